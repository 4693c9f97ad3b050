"""What may change likes and rankings. Each function is one transaction."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from django.db import connection, transaction

from movies import selectors as movie_selectors
from movies import services as movie_services
from movies.selectors import NoSuchMovie
from netflix.api.errors import PersonGone
from netflix.api.prepared import Query, is_id
from ranking import formulas, selectors, statements
from ranking.models import Parameters
from ranking.selectors import Tally
from ranking.statements import Change

# The prior of the weighted rating counts as much as the votes that 90 % of the rated films do not reach.
VOTES_PERCENTILE = 0.9
_STEP = 5000  # films at a time when all are gone through


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


@transaction.atomic
def forget_viewer(user_id: int) -> None:
    """Take back all likes of a person who is about to be erased. A hook: see settings.HOOKS."""
    movie_ids = sorted(selectors.liked_movies(user_id))
    movie_services.lock_likes(movie_ids)  # all counts before the likes
    for movie_id in movie_ids:
        with suppress(NoSuchMovie):  # somebody has removed the film meanwhile, and the like with it
            unlike(user_id=user_id, movie_id=movie_id)


@transaction.atomic
def recompute(movie_ids: Collection[int]) -> int:
    """Compute anew how films stand, after their facts or genres changed; returns how many rows were not right.

    A hook: see settings.HOOKS.
    """
    if not movie_ids:
        return 0
    movie_services.lock_likes(movie_ids)
    return _store_standings(movie_ids)


def recompute_after_load() -> bool:
    """Compute anew what the weighted rating takes from the whole catalogue, and every film's if that has changed.

    Returns whether it has; or whether whoever did this last was stopped half way. A hook: see settings.HOOKS.
    """
    if not _refresh_parameters():
        return False
    _apply_parameters()
    return True


def rebuild(progress: Callable[[int], object] = lambda _: None) -> Rebuild:
    """Compute every ranking anew from likes and films, and count what had drifted from them."""
    if not selectors.half_lives_are_stored():  # made with other half-lives, or never: nothing can have drifted
        _refresh_parameters()
        movies, _ = _apply_parameters(progress)
        return Rebuild(movies, drift=0, reparametrised=True)
    movies, drift = _recompute_all(progress)
    return Rebuild(movies, drift, reparametrised=recompute_after_load())


def _apply_parameters(progress: Callable[[int], object] = lambda _: None) -> tuple[int, int]:
    """As `_recompute_all`, and notes that it is done, unless others have stored other parameters meanwhile."""
    computed_at = Parameters.objects.values_list("computed_at", flat=True).get()
    done = _recompute_all(progress)
    Parameters.objects.filter(computed_at=computed_at).update(is_applied=True)
    return done


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


def _store_standings(movie_ids: Collection[int]) -> int:
    """Store how these films, whose likes are locked, stand; returns how many rows that changed."""
    parameters = selectors.locked_parameters()
    tallies = selectors.tallies(movie_ids)
    rows, miscounted = [], {}
    for facts in movie_selectors.ranking_facts(movie_ids):
        tally = tallies.get(facts.movie_id, Tally())
        rating = formulas.weighted_rating(
            rating=None if facts.imdb_rating is None else float(facts.imdb_rating),
            votes=facts.imdb_votes,
            minimum_votes=parameters.minimum_votes,
            mean_rating=parameters.mean_rating,
        )
        rows += [
            (facts.movie_id, genre_id, tally.likes, rating, *tally.trends) for genre_id in (None, *facts.genre_ids)
        ]
        if facts.likes != tally.likes:
            miscounted[facts.movie_id] = tally.likes
    movie_services.set_likes(miscounted)
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 7
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [*columns, list(movie_ids)])
        (changed,) = cursor.fetchone()
    return int(changed) + len(miscounted)


# Sums that were added up in another order may differ in their last digits: that is no drift.
_STORE = """
    WITH wanted AS (
        SELECT * FROM unnest(
            %s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::float8[]
        ) AS given (movie_id, genre_id, likes, weighted_rating, trend_day, trend_week, trend_month)
    ), removed AS (
        DELETE FROM ranking_standing AS standing
         WHERE movie_id = ANY(%s)
           AND NOT EXISTS (
               SELECT FROM wanted
                WHERE wanted.movie_id = standing.movie_id AND wanted.genre_id IS NOT DISTINCT FROM standing.genre_id)
        RETURNING movie_id
    ), stored AS (
        INSERT INTO ranking_standing AS known (
               movie_id, genre_id, likes, weighted_rating, trend_day, trend_week, trend_month)
        SELECT movie_id, genre_id, likes, weighted_rating, trend_day, trend_week, trend_month FROM wanted
        ON CONFLICT (movie_id, genre_id) DO UPDATE
           SET likes = excluded.likes, weighted_rating = excluded.weighted_rating,
               trend_day = excluded.trend_day, trend_week = excluded.trend_week, trend_month = excluded.trend_month
         WHERE known.likes <> excluded.likes
            OR known.weighted_rating <> excluded.weighted_rating
            OR (known.trend_day <> excluded.trend_day AND NOT abs(known.trend_day - excluded.trend_day) < 1e-9)
            OR (known.trend_week <> excluded.trend_week AND NOT abs(known.trend_week - excluded.trend_week) < 1e-9)
            OR (known.trend_month <> excluded.trend_month AND NOT abs(known.trend_month - excluded.trend_month) < 1e-9)
        RETURNING movie_id
    )
    SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM stored)
"""
