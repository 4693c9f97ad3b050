"""Move likes when films are merged or split. `apps.py` connects both functions to events."""

from django.db import connection

from movies import services as movie_services
from ranking.models import Like, Standing

_MOVED = "likes"
# A person who likes both films keeps one like, with the earlier time.
_ONE_OF_TWO = """
    WITH twice AS (
        DELETE FROM ranking_like AS merged USING ranking_like AS kept
         WHERE merged.movie_id = %(merged_id)s AND kept.movie_id = %(kept_id)s AND kept.user_id = merged.user_id
        RETURNING kept.id, merged.created_at
    )
    UPDATE ranking_like AS kept SET created_at = twice.created_at
      FROM twice WHERE kept.id = twice.id AND kept.created_at > twice.created_at
"""


def merge_likes(kept_id: int, merged_id: int, moved: dict[str, list[int]], **_: object) -> None:
    """Move likes to the kept film, at most one per person. `movies_changed` follows and updates the counts."""
    movie_services.lock_likes([kept_id, merged_id])
    with connection.cursor() as cursor:
        cursor.execute(_ONE_OF_TWO, {"kept_id": kept_id, "merged_id": merged_id})
    moved[_MOVED] = sorted(Like.objects.filter(movie=merged_id).values_list("pk", flat=True))
    Like.objects.filter(movie=merged_id).update(movie=kept_id)
    Standing.objects.filter(movie=merged_id).delete()


def split_likes(kept_id: int, merged_id: int, moved: dict[str, list[int]], **_: object) -> None:
    """Move the likes back. People who liked both films keep only the like of the kept film."""
    movie_services.lock_likes([kept_id, merged_id])
    Like.objects.filter(movie=kept_id, pk__in=moved.get(_MOVED, [])).update(movie=merged_id)
