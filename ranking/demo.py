"""Demo viewers and likes, so that the rankings are not empty."""

import random
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from ranking import services
from ranking.models import Like, Standing

_DAYS = 21  # likes are spread over this many past days
_MOVIES_EACH = 15
_WELL_RATED = 300


@transaction.atomic
def create_likes(*, viewers: int, seed: int = 2006) -> int:
    """Create viewers, who cannot log in, with likes of well-rated films; return the number of likes.

    Does nothing, and returns 0, if there are likes already.
    """
    if Like.objects.exists():
        return 0
    rng = random.Random(seed)  # noqa: S311  # a demo, the same on every machine
    best = Standing.objects.filter(genre=None).order_by("-weighted_rating", "movie")
    movies = list(best.values_list("movie", flat=True)[:_WELL_RATED])
    names = [f"demo-viewer-{number:02}" for number in range(1, viewers + 1)]
    people = get_user_model().objects
    people.bulk_create(
        (people.model(username=name, password=make_password(None)) for name in names), ignore_conflicts=True
    )
    now = timezone.now()
    likes = [
        Like(user=viewer, movie_id=movie, created_at=now - timedelta(days=rng.uniform(0, _DAYS)))
        for viewer in people.filter(username__in=names).order_by("username")
        for movie in {_pick(movies, rng) for _ in range(_MOVIES_EACH) if movies}
    ]
    Like.objects.bulk_create(likes)
    services.recompute({like.movie_id for like in likes})
    return len(likes)


def _pick(movies: list[int], rng: random.Random) -> int:
    """One of the films, the first ones more often."""
    return movies[int(len(movies) * rng.random() ** 2)]
