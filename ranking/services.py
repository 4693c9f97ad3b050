"""What may change likes and rankings. Each function is one transaction."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from movies import selectors as movie_selectors
from movies import services as movie_services
from movies.selectors import NoSuchMovie
from netflix.api.errors import PersonGone
from netflix.hot.statements import Query, is_id
from ranking import selectors, standings, statements
from ranking.models import Parameters
from ranking.statements import Change

# The prior of the weighted rating counts as much as the votes that 90 % of the rated films do not reach.
VOTES_PERCENTILE = 0.9
_STEP = 500  # films at a time when all are gone through: likes of these wait meanwhile


@dataclass(frozen=True, slots=True)
class Rebuild:
    """`drift`: stored rows that were not what the likes say. `reparametrised`: the catalogue's mean has moved."""

    movies: int
    drift: int
    reparametrised: bool


def like(*, user_id: int, movie_id: int) -> int:
    """Note that a person likes a film, and return how many do; liking again changes nothing.

    Raises NoSuchMovie, PersonGone.
    """
    change = _changed(statements.like, user_id, movie_id)
    if change.outcome == "not ranked":  # rankings were never computed for it
        recompute([movie_id])
        change = _changed(statements.like, user_id, movie_id)
    return change.likes


def unlike(*, user_id: int, movie_id: int) -> int:
    """Take a like back, and return how many people still like the film; without a like nothing changes.

    Raises NoSuchMovie, PersonGone.
    """
    return _changed(statements.unlike, user_id, movie_id).likes


def take_back_likes(user_id: int, **_: object) -> None:
    """Take back all likes of a person, one after the other, so that nobody waits for all of them to like one of these
    films. Follows `account_leaving`."""
    with suppress(PersonGone):
        for movie_id in sorted(selectors.liked_movies(user_id)):
            with suppress(NoSuchMovie):
                unlike(user_id=user_id, movie_id=movie_id)


@transaction.atomic
def forget_viewer(user_id: int, **_: object) -> None:
    """Take back the likes that a person has left who is about to be erased. Follows `account_erased`."""
    movie_ids = sorted(selectors.liked_movies(user_id))
    movie_services.lock_likes(movie_ids)  # all counts before the likes
    for movie_id in movie_ids:
        with suppress(NoSuchMovie):  # somebody has removed the film meanwhile, and the like with it
            unlike(user_id=user_id, movie_id=movie_id)


@transaction.atomic
def recompute(movie_ids: Collection[int], **_: object) -> int:
    """Compute anew how films stand, after their facts or genres changed; returns how many rows were not right.

    Follows `movies_changed`.
    """
    if not movie_ids:
        return 0
    movie_services.lock_likes(movie_ids)
    return standings.store(movie_ids)


def recompute_after_load(**_: object) -> bool:
    """Let new films stand in the rankings, by what the weighted rating takes from the whole catalogue now; and every
    film anew if that has changed.

    Returns whether it has; or whether whoever did this last was stopped half way. Follows `catalogue_loaded`.
    """
    if not _refresh_parameters():
        _rank_new()
        return False
    _apply_parameters()
    return True


def rebuild(progress: Callable[[int], object] = lambda _: None) -> Rebuild:
    """Compute every ranking anew from likes and films, and count what had drifted from them."""
    if not selectors.half_lives_are_stored():  # made with other half-lives, or never: nothing can have drifted
        _refresh_parameters()
        movies, _ = _apply_parameters(progress)
        return Rebuild(movies, drift=0, reparametrised=True)
    _rank_new()  # which has nothing to do with drift
    movies, drift = _recompute_all(progress)
    return Rebuild(movies, drift, reparametrised=recompute_after_load())


def _apply_parameters(progress: Callable[[int], object] = lambda _: None) -> tuple[int, int]:
    """As `_recompute_all`, and notes that it is done, unless others have stored other parameters meanwhile."""
    computed_at = Parameters.objects.values_list("computed_at", flat=True).get()
    done = _recompute_all(progress)
    Parameters.objects.filter(computed_at=computed_at).update(is_applied=True)
    return done


def _rank_new() -> None:
    while movie_ids := selectors.unranked(limit=_STEP):
        recompute(movie_ids)


def _recompute_all(progress: Callable[[int], object] = lambda _: None) -> tuple[int, int]:
    """Goes through the whole catalogue; returns how many films that were, and how many rows were not right."""
    movies = wrong = after = 0
    while movie_ids := movie_selectors.movie_ids(after=after, limit=_STEP):
        wrong += recompute(movie_ids)
        movies += len(movie_ids)
        after = movie_ids[-1]
        progress(len(movie_ids))
    return movies, wrong


def _changed(ask: Callable[..., Query[Change]], user_id: int, movie_id: int) -> Change:
    """Raises NoSuchMovie, PersonGone."""
    if not is_id(movie_id):
        raise NoSuchMovie
    change = ask(user_id=user_id, movie_id=movie_id).run()
    if change.outcome == "no such movie":
        raise NoSuchMovie
    if change.outcome == "person gone":
        raise PersonGone
    return change


@transaction.atomic
def _refresh_parameters() -> bool:
    """Returns whether the scores have to follow: they stand beside the parameters that they are made with."""
    stored, _ = Parameters.objects.select_for_update().get_or_create(pk=1)
    mean, votes = movie_selectors.rating_statistics(VOTES_PERCENTILE)
    fresh = (mean, votes, selectors.half_lives())
    if (stored.mean_rating, stored.minimum_votes, stored.half_lives) == fresh:
        return not stored.is_applied
    stored.is_applied = False
    stored.mean_rating, stored.minimum_votes, stored.half_lives = fresh
    stored.save()
    return True
