"""Merges two people, or two genres: the second is deleted, and its names become aliases of the first.

A merged person's URL redirects to the first. As after a rename, data sets may continue to use all names. The records of
imports and merges are updated too, so that undoing these later restores links with the first.
"""

from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Q, QuerySet

from movies.merging import MergedWithItself
from movies.models import (
    Credit,
    Genre,
    GenreAlias,
    ImportChange,
    MergedMovie,
    MergedPerson,
    Movie,
    MovieGenre,
    Person,
    PersonAlias,
)  # fmt: skip

_BATCH = 500  # records in memory

Named = TypeVar("Named", Person, Genre)


def combine_people(kept_id: int, merged_id: int) -> list[int]:
    """Move all credits and names to the first person; return the ids of the second one's films.

    The caller has called `lock_editing`, and deletes the second. Raises MergedWithItself, Person.DoesNotExist.
    """
    kept, merged = _both(Person.objects.all(), kept_id, merged_id)
    credits = Credit.objects.filter(person=merged)
    movie_ids = list(credits.order_by("movie").values_list("movie", flat=True).distinct())
    _drop_double_credits(kept_id, merged_id)
    credits.update(person=kept)
    merged.aliases.update(person=kept)
    PersonAlias.objects.update_or_create(name_key=merged.name_key, defaults={"person": kept})
    MergedPerson.objects.filter(kept=merged).update(kept=kept)
    MergedPerson.objects.create(number=merged_id, kept=kept)
    _replace_in_records(("directors", "actors"), kept_id, merged_id)
    return movie_ids


def combine_genres(kept_id: int, merged_id: int) -> list[int]:
    """Like `combine_people`, for genres. Raises MergedWithItself, Genre.DoesNotExist."""
    kept, merged = _both(Genre.objects.all(), kept_id, merged_id)
    links = MovieGenre.objects.filter(genre=merged)
    movie_ids = list(links.order_by("movie").values_list("movie", flat=True))
    links.filter(movie__in=MovieGenre.objects.filter(genre=kept).values("movie")).delete()
    links.update(genre=kept)
    merged.aliases.update(genre=kept)
    GenreAlias.objects.filter(name__iexact=merged.name).delete()
    GenreAlias.objects.create(name=merged.name, genre=kept)
    _replace_in_records(("genres",), kept_id, merged_id)
    return movie_ids


def duplicates_after(kept: Person, merged: Person) -> list[tuple[Movie, Movie]]:
    """Pairs of films that would get the same title, year and director, and have to be merged first."""
    directed = [
        Movie.objects.filter(
            credits__person=person, credits__role=Credit.Role.DIRECTOR, director_key=person.name_key, source_id=""
        )
        for person in (kept, merged)
    ]
    others = {(movie.title_key, movie.year): movie for movie in directed[1]}
    mine = directed[0].filter(title_key__in=[title_key for title_key, _ in others]).order_by("title_key", "pk")
    return [(movie, others[name]) for movie in mine if (name := (movie.title_key, movie.year)) in others]


def _both(rows: QuerySet[Named], kept_id: int, merged_id: int) -> tuple[Named, Named]:
    if kept_id == merged_id:
        raise MergedWithItself
    return rows.get(pk=kept_id), rows.get(pk=merged_id)


def _drop_double_credits(kept_id: int, merged_id: int) -> None:
    """Where a film credits both in one role, keep the first billed, and renumber the billing without gaps."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP_DOUBLE, {"pair": [kept_id, merged_id]})
        movie_ids, roles = zip(*cursor.fetchall(), strict=True) if cursor.rowcount else ((), ())
        cursor.execute(_CLOSE_GAPS, [list(movie_ids), list(roles)])


_DROP_DOUBLE = """
    DELETE FROM movies_credit AS later USING movies_credit AS first
     WHERE first.person_id = ANY(%(pair)s) AND later.person_id = ANY(%(pair)s)
       AND first.movie_id = later.movie_id AND first.role = later.role
       AND (first.billing, first.id) < (later.billing, later.id)
    RETURNING later.movie_id, later.role
"""
_CLOSE_GAPS = """
    UPDATE movies_credit AS credit SET billing = placed.place
      FROM (SELECT id, row_number() OVER (PARTITION BY movie_id, role ORDER BY billing, id) AS place
              FROM movies_credit JOIN unnest(%s::bigint[], %s::text[]) AS doubled (movie_id, role)
             USING (movie_id, role)) AS placed
     WHERE placed.id = credit.id AND placed.place <> credit.billing
"""


def _replace_in_records(facts: Collection[str], kept_id: int, merged_id: int) -> None:
    """Replace the id in all lists of ids that `importing.journal` and `merging` store."""
    changes, records = Q(), Q()
    for fact in facts:
        ids = {fact: [merged_id]}
        changes |= Q(before__contains=ids) | Q(after__contains=ids)
        records |= Q(record__contains=ids)
        records |= Q(record__contains={"changes": [{"before": ids}]})
        records |= Q(record__contains={"changes": [{"after": ids}]})
    for rows, columns in (
        (ImportChange.objects.filter(changes), ("before", "after")),
        (MergedMovie.objects.filter(records), ("record",)),
    ):
        for batch in _batches(rows):
            for row in batch:
                for column in columns:
                    setattr(row, column, _replaced(getattr(row, column), facts, kept_id, merged_id))
            rows.model._default_manager.bulk_update(batch, columns)


def _batches(rows: Any) -> Iterator[list[Any]]:
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), _BATCH):
        yield list(rows.model._default_manager.filter(pk__in=pks[start : start + _BATCH]))


def _replaced(value: Any, facts: Collection[str], kept_id: int, merged_id: int) -> Any:
    if isinstance(value, list):
        return [_replaced(item, facts, kept_id, merged_id) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _replaced_ids(name, item, kept_id, merged_id)
        if name in facts and isinstance(item, list) and merged_id in item
        else _replaced(item, facts, kept_id, merged_id)
        for name, item in value.items()
    }


def _replaced_ids(fact: str, ids: list[int], kept_id: int, merged_id: int) -> list[int]:
    """Keeps the order of people; sorts genres by id."""
    unique = list(dict.fromkeys(kept_id if pk == merged_id else pk for pk in ids))
    return sorted(unique) if fact == "genres" else unique
