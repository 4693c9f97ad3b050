"""Public writes of likes and rankings."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from movies import selectors as movie_selectors
from movies import services as movie_services
from movies.selectors import NoSuchMovie
from netflix.api.errors import UserErased
from netflix.hot.statements import Query, fits_bigint
from ranking import selectors, standings, statements
from ranking.models import Like, Parameters
from ranking.statements import LikeChange

# The prior of the weighted rating counts as many votes as a film at this percentile of the rated films has.
VOTES_PERCENTILE = 0.9
_STEP = 500  # films per transaction of a rebuild; likes of these wait for it


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """`drift` is how many rows did not match the likes. If the parameters changed, every score changed too."""

    movies: int
    drift: int
    parameters_changed: bool


def like(*, user_id: int, movie_id: int) -> int:
    """Like a film; return how many people like it. Idempotent. Raises NoSuchMovie, UserErased."""
    change = _run(statements.like, user_id, movie_id)
    if change.outcome == "not ranked":  # rankings were never computed for it
        recompute([movie_id])
        change = _run(statements.like, user_id, movie_id)
    return change.likes


def like_all(*, user_id: int, movie_ids: Collection[int]) -> dict[int, bool]:
    """Like films in one transaction; return by id whether the like is new. Unknown films are left out.

    Raises UserErased.
    """
    ids = list(filter(fits_bigint, movie_ids))
    outcomes = statements.like_all(user_id=user_id, movie_ids=ids).run()
    if unranked := [pk for pk, outcome in outcomes.items() if pk is not None and outcome == "not ranked"]:
        recompute(unranked)  # in a transaction of its own: it locks counts of likes
        outcomes = statements.like_all(user_id=user_id, movie_ids=ids).run()
    if "no such viewer" in outcomes.values():
        raise UserErased
    return {pk: outcome == "liked" for pk, outcome in outcomes.items() if pk is not None}


def unlike(*, user_id: int, movie_id: int) -> int:
    """Unlike a film; return how many people still like it. Idempotent. Raises NoSuchMovie, UserErased."""
    return _run(statements.unlike, user_id, movie_id).likes


def remove_likes(user_id: int, **_: object) -> None:
    """Remove all likes of a person, each in a transaction of its own, so that others who like one of these films wait
    for one like at most. Receiver of `account_erasure_started`."""
    with suppress(UserErased):
        for movie_id in sorted(selectors.liked_movies(user_id)):
            with suppress(NoSuchMovie):
                unlike(user_id=user_id, movie_id=movie_id)


@transaction.atomic
def remove_remaining_likes(user_id: int, **_: object) -> None:
    """Remove the likes that a person added since `remove_likes`. Receiver of `account_erased`.

    Does not lock the films as `unlike` does: the person is locked, and films come before people in the order of locks.
    """
    while movie_ids := selectors.liked_movies(user_id):  # again if a merge has moved a like to another film
        movie_services.lock_likes(movie_ids)  # all counts before the likes
        Like.objects.filter(user=user_id, movie__in=movie_ids).delete()
        recompute(movie_ids)


@transaction.atomic
def recompute(movie_ids: Collection[int], **_: object) -> int:
    """Recompute the standings of films whose facts or genres changed; return how many rows were wrong.

    Receiver of `movies_changed`.
    """
    if not movie_ids:
        return 0
    movie_services.lock_likes(movie_ids)
    return standings.store(movie_ids)


def recompute_after_load(**_: object) -> bool:
    """Rank new films. Recompute all films if the parameters of the weighted rating changed, or if an earlier run that
    applied them was interrupted; return whether that was done.

    Receiver of `catalogue_loaded`.
    """
    if not _refresh_parameters():
        _rank_new()
        return False
    _apply_parameters()
    return True


def rebuild(progress: Callable[[int], object] = lambda _: None) -> RebuildResult:
    """Recompute every ranking from likes and films, and count the rows that had drifted."""
    if not selectors.stored_half_lives_are_current():  # every score changes, which is not drift
        _refresh_parameters()
        movies, _ = _apply_parameters(progress)
        return RebuildResult(movies, drift=0, parameters_changed=True)
    _rank_new()  # first, as new films are not drift
    movies, drift = _recompute_all(progress)
    return RebuildResult(movies, drift, parameters_changed=recompute_after_load())


def _apply_parameters(progress: Callable[[int], object] = lambda _: None) -> tuple[int, int]:
    """Like `_recompute_all`, then mark the parameters as applied, unless they have changed since."""
    computed_at = Parameters.objects.values_list("computed_at", flat=True).get()
    counts = _recompute_all(progress)
    Parameters.objects.filter(computed_at=computed_at).update(is_applied=True)
    return counts


def _rank_new() -> None:
    while movie_ids := selectors.unranked(limit=_STEP):
        recompute(movie_ids)


def _recompute_all(progress: Callable[[int], object] = lambda _: None) -> tuple[int, int]:
    """Recompute all films in steps; return the number of films, and of rows that were wrong."""
    movies = wrong = after = 0
    while movie_ids := movie_selectors.movie_ids(after=after, limit=_STEP):
        wrong += recompute(movie_ids)
        movies += len(movie_ids)
        after = movie_ids[-1]
        progress(len(movie_ids))
    return movies, wrong


def _run(query: Callable[..., Query[LikeChange]], user_id: int, movie_id: int) -> LikeChange:
    """Raises NoSuchMovie, UserErased."""
    if not fits_bigint(movie_id):
        raise NoSuchMovie
    change = query(user_id=user_id, movie_id=movie_id).run()
    if change.outcome == "no such movie":
        raise NoSuchMovie
    if change.outcome == "no such viewer":
        raise UserErased
    return change


@transaction.atomic
def _refresh_parameters() -> bool:
    """Store today's parameters; return whether the scores have to be recomputed with them."""
    stored, _ = Parameters.objects.select_for_update().get_or_create(pk=1)
    mean, votes = movie_selectors.rating_statistics(VOTES_PERCENTILE)
    fresh = (mean, votes, selectors.half_lives())
    if (stored.mean_rating, stored.minimum_votes, stored.half_lives) == fresh:
        return not stored.is_applied
    stored.is_applied = False
    stored.mean_rating, stored.minimum_votes, stored.half_lives = fresh
    stored.save()
    return True
