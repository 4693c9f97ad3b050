"""Merges two films that turn out to be the same, and splits them again.

Each fact is decided by itself, as in an import: an edit by staff wins, then the better source (`importing.precedence`),
then the kept film. The losing value is stored in its source row. `MergedMovie.record` has a snapshot of the merged film
(see `_SNAPSHOT`) and what else is needed to restore it.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, models, transaction

from movies import search
from movies.folding import fold
from movies.importing import precedence
from movies.importing.facts import COLUMNS, FACTS, LINKS, ROLES
from movies.importing.sql_files import links_json
from movies.links import keys_of, set_credits
from movies.locks import lock_editing, lock_indexing
from movies.models import (
    Credit,
    ExternalId,
    Genre,
    ImportChange,
    ImportRun,
    MergedMovie,
    Movie,
    MovieGenre,
    Person,
    SourceRow,
)  # fmt: skip
from movies.records import PLACEHOLDER_ID
from movies.selectors import NoSuchMovie
from netflix import events

MovieSnapshot = dict[str, Any]  # as `_SNAPSHOT` selects it
Rows = Mapping[int, dict[str, Any]]  # source rows by id, as in a snapshot
Values = Mapping[int, dict[str, Any]]  # values of facts, by id of the source row

_PLACEHOLDER = PLACEHOLDER_ID + "{}"


class MergedWithItself(Exception):
    """A film, a person or a genre can only be merged with another one."""


class Combined(NamedTuple):
    """Two films after `combine`: the first has the facts, rows and ids of both, the second is about to be deleted."""

    kept: int
    merged: int
    record: dict[str, Any]


@transaction.atomic
def merge_movies(*, kept_id: int, merged_id: int) -> None:
    """Merge the second film into the first: everything that referred to the second refers to the first afterwards.

    Raises MergedWithItself, NoSuchMovie.
    """
    if kept_id == merged_id:
        raise MergedWithItself
    lock_editing()
    if lock_movies([kept_id, merged_id]) != {kept_id, merged_id}:
        raise NoSuchMovie
    lock_indexing()
    combined = combine(kept_id, merged_id)
    search.remove_document(merged_id)
    search.index([kept_id])
    finish_merge([combined])
    events.movies_changed.send(None, movie_ids=[kept_id])


def preview(kept_id: int, merged_id: int) -> list[tuple[str, Any, Any, bool]]:
    """For each fact: its name, both films' values, and whether the merged film's wins. Raises NoSuchMovie."""
    both = snapshots([kept_id, merged_id])
    return [(fact, *(value_of(fact, movie) for movie in both), _wins(fact, *both)) for fact in FACTS]


def lock_movies(movie_ids: Collection[int]) -> set[int]:
    """Lock these films until the transaction ends, also against likes and list entries; return the ids that exist.

    The caller has called `lock_editing`.
    """
    movies = Movie.objects.select_for_update(of=("self",)).filter(pk__in=movie_ids).order_by("pk")
    return set(movies.values_list("pk", flat=True))


def combine(kept_id: int, merged_id: int) -> Combined:
    """Give the first film the winning facts, and the rows and ids of both; changes nothing else."""
    kept, merged = snapshots([kept_id, merged_id])
    won = {fact for fact in FACTS if _wins(fact, kept, merged)}
    # A placeholder, so that the kept film can get this one's title, year and director.
    Movie.objects.filter(pk=merged_id).update(source_id=_PLACEHOLDER.format(merged_id))
    _store_columns(kept, merged, won)
    for fact in won.intersection(LINKS):
        _move_links(fact, kept_id, merged_id)
    _store_rows(kept, merged, won)
    ExternalId.objects.filter(movie=merged_id).update(movie=kept_id)
    changes = ImportChange.objects.filter(movie=merged_id).order_by("run").values("run", "before", "after")
    return Combined(kept_id, merged_id, merged | {"changes": list(changes)})


def finish_merge(combined: Iterable[Combined], *, run_id: int | None = None) -> None:
    """Move the rows of users (likes, lists, tickets) and redirects, and delete the merged films.

    The caller has updated the search.
    """
    for kept_id, merged_id, record in combined:
        moved: dict[str, list[int]] = {}
        events.movies_merged.send(None, kept_id=kept_id, merged_id=merged_id, moved=moved)
        MergedMovie.objects.filter(kept=merged_id).update(kept=kept_id)
        MergedMovie.objects.create(
            number=merged_id, kept_id=kept_id, into=kept_id, run_id=run_id, record=record | {"moved": moved}
        )
        Movie.objects.filter(pk=merged_id).delete()


def split(number: int) -> bool:
    """Restore a merged film with its rows, its ids, and the moved rows of users that still exist.

    The kept film keeps its facts, so both may have the same title, year and director: call `free_names` last. The
    caller has called `lock_editing`. Returns False if the merge is not recorded any more: the kept film was deleted.
    """
    entry = MergedMovie.objects.filter(pk=number).first()
    if entry is None or not lock_movies([entry.kept_id]):
        return False
    movie_id, kept_id, record = entry.number, entry.kept_id, entry.record
    source_id = record["movie"]["source_id"] or _PLACEHOLDER.format(movie_id)
    columns = {name: FACTS[name].empty for name in COLUMNS} | record["movie"]  # it may be older than a column
    with connection.cursor() as cursor:
        cursor.execute(_RESTORE, [json.dumps(columns | {"source_id": source_id})])
    restore_links(movie_id, record)
    Movie.objects.filter(pk=movie_id).update(director_key=director_key_of(movie_id))
    for row_id, row in record["rows"].items():
        own = SourceRow.objects.filter(pk=row_id, movie=kept_id)
        own.update(movie=movie_id, **{name: row[name] for name in ("gives", "unused", "called")})
    ExternalId.objects.filter(movie=kept_id, name__in=record["ids"]).update(movie=movie_id)
    ImportChange.objects.bulk_create(_changes_to_restore(movie_id, record["changes"]))
    entry.delete()
    _redirect(movie_id, {movie_id}, list(MergedMovie.objects.filter(kept=kept_id)))
    lock_indexing()
    search.index([movie_id])
    events.movie_split.send(None, kept_id=kept_id, merged_id=movie_id, moved=record["moved"])
    events.movies_changed.send(None, movie_ids=[kept_id, movie_id])
    return True


def _changes_to_restore(movie_id: int, changes: Sequence[Mapping[str, Any]]) -> Iterator[ImportChange]:
    """What imports changed in a merged film, except for imports that are gone."""
    runs = set(ImportRun.objects.filter(pk__in=[change["run"] for change in changes]).values_list("pk", flat=True))
    for change in changes:
        if change["run"] in runs:
            yield ImportChange(movie_id=movie_id, run_id=change["run"], before=change["before"], after=change["after"])


@transaction.atomic
def free_names() -> None:
    """Remove the placeholder ids of films that were split off, unless another film still has the same title, year and
    director."""
    lock_editing()
    placeholders = Movie.objects.filter(source_id__startswith=PLACEHOLDER_ID).order_by("pk")
    _free_names_of(list(placeholders.values_list("pk", flat=True)))


def _free_names_of(movie_ids: Iterable[int]) -> None:
    for movie_id in movie_ids:
        with suppress(IntegrityError), transaction.atomic():  # else the placeholder stays
            Movie.objects.filter(pk=movie_id).update(source_id="")


def split_rows(movie_id: int, row_ids: Collection[int]) -> tuple[int, int]:
    """Split source rows without ids off into a film of their own; each film's facts are those of its rows.

    The film with the oldest row keeps the id, the edits of staff and the rows of users. The caller has called
    `lock_editing`. Returns the ids of both films.
    """
    Movie.objects.select_for_update(no_key=True).get(pk=movie_id)
    (movie,) = snapshots([movie_id])
    rows = {int(row_id): row for row_id, row in movie["rows"].items()}
    leaving = {row_id: rows[row_id] for row_id in row_ids}
    staying = {row_id: row for row_id, row in rows.items() if row_id not in row_ids}
    ids = set(movie["ids"])
    if min(leaving) < min(staying):
        leaving, staying = staying, leaving
    other = Movie.objects.create(title=movie["movie"]["title"], source_id=_PLACEHOLDER.format(f"from {movie_id}"))
    values = {row_id: _values(row, movie) for row_id, row in rows.items()}
    for target, own, edited in ((other.pk, leaving, ()), (movie_id, staying, movie["movie"]["edited"])):
        _set_facts(target, own, values, edited)
    if not ids.isdisjoint(row["key"] for row in leaving.values()):
        ExternalId.objects.filter(movie=movie_id).update(movie=other.pk)
    SourceRow.objects.filter(movie=other, created_by=None).update(created_by=models.F("last_run"))
    _free_names_of((movie_id, other.pk))
    return movie_id, other.pk


def director_key_of(movie_id: int) -> str:
    """The folded name of the first director, who may have been renamed since `director_key` was stored."""
    directors = Credit.objects.filter(movie=movie_id, role=Credit.Role.DIRECTOR).order_by("billing", "id")
    return directors.values_list("person__name_key", flat=True).first() or ""


def snapshots(movie_ids: Sequence[int]) -> list[MovieSnapshot]:
    """The films' snapshots, in the order of the ids. Raises NoSuchMovie."""
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, [list(movie_ids)])
        by_id = {movie_id: json.loads(snapshot) for movie_id, snapshot in cursor.fetchall()}
    if by_id.keys() != {*movie_ids}:
        raise NoSuchMovie
    return [by_id[movie_id] for movie_id in movie_ids]


_SNAPSHOT = f"""
    SELECT movie.id, jsonb_build_object(
        'movie', to_jsonb(movie),
        {", ".join(f"'{fact}', {links_json(fact, by='id')}" for fact in LINKS)},
        'names', jsonb_build_object({", ".join(f"'{fact}', {links_json(fact, by='name')}" for fact in LINKS)}),
        'rows', coalesce((SELECT jsonb_object_agg(id, jsonb_build_object(
                                     'source', source, 'key', key, 'gives', gives, 'unused', unused, 'called', called))
                            FROM movies_sourcerow AS source_row WHERE source_row.movie_id = movie.id), '{{}}'),
        'ids', coalesce((SELECT jsonb_agg(name ORDER BY name) FROM movies_externalid AS external_id
                          WHERE external_id.movie_id = movie.id), '[]'))
      FROM movies_movie AS movie WHERE movie.id = ANY(%s)
"""  # noqa: S608  # made of the fragments above


_RESTORE = """
    INSERT INTO movies_movie OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::movies_movie, %s)
"""


def value_of(fact: str, movie: MovieSnapshot) -> Any:
    """A film's value of a fact, genres and people by name; empty or None if absent."""
    return movie["movie"][fact] if FACTS[fact].is_column else movie["names"][fact]


def _wins(fact: str, kept: MovieSnapshot, merged: MovieSnapshot) -> bool:
    """Whether the merged film's value of a fact wins."""
    if value_of(fact, merged) in (None, "", []):
        return False
    if value_of(fact, kept) in (None, "", []):
        return True
    return _rank(fact, merged) < _rank(fact, kept)


def _rank(fact: str, movie: MovieSnapshot) -> tuple[bool, int, str]:
    """Sort key, the lowest wins: edits by staff, then sources in their order; within a source, the lower key."""
    order = precedence.order_of(fact)
    source_row = next((row for row in movie["rows"].values() if fact in row["gives"]), None)
    edited = fact in movie["movie"]["edited"]
    if edited or source_row is None or source_row["source"] not in order:
        return not edited, len(order), ""
    return True, order.index(source_row["source"]), source_row["key"]


def restore_links(movie_id: int, record: MovieSnapshot) -> None:
    """Restore the record's links to the genres and people that still exist."""
    genres = Genre.objects.filter(pk__in=record.get("genres", []))
    MovieGenre.objects.bulk_create(MovieGenre(movie_id=movie_id, genre=genre) for genre in genres)
    credited = {role: record.get(fact, []) for fact, role in ROLES.items()}
    people = set(Person.objects.filter(pk__in=chain.from_iterable(credited.values())).values_list("pk", flat=True))
    Credit.objects.bulk_create(
        Credit(movie_id=movie_id, person_id=person, role=role, billing=billing)
        for role, ids in credited.items()
        for billing, person in enumerate(ids, start=1)
        if person in people
    )


def _redirect(movie_id: int, through: set[int], entries: list[MergedMovie]) -> None:
    """Redirect the films that had been merged into this one to it again."""
    for entry in [entry for entry in entries if entry.into in through]:
        MergedMovie.objects.filter(pk=entry.pk).update(kept=movie_id)
        _redirect(movie_id, {entry.number}, entries)


def _store_columns(kept: MovieSnapshot, merged: MovieSnapshot, won: set[str]) -> None:
    mine, others = kept["movie"], merged["movie"]
    columns = {fact: others[fact] for fact in won if FACTS[fact].is_column}
    if "title" in won:
        columns["title_key"] = others["title_key"]
    if "directors" in won:
        columns["director_key"] = others["director_key"]
    columns["source"] = min(mine["source"], others["source"], key=_title_order)
    columns["edited"] = sorted({*mine["edited"], *others["edited"]})
    Movie.objects.filter(pk=mine["id"]).update(**columns)


def _move_links(fact: str, kept_id: int, merged_id: int) -> None:
    """Replace the kept film's links of a fact by the merged film's."""
    links: models.QuerySet[Any] = (
        MovieGenre.objects.all() if fact == "genres" else Credit.objects.filter(role=ROLES[fact])
    )
    links.filter(movie=kept_id).delete()
    links.filter(movie=merged_id).update(movie=kept_id)


def _store_rows(kept: MovieSnapshot, merged: MovieSnapshot, won: set[str]) -> None:
    """Let one row give each fact; the others store theirs as `unused`, and a former title and year as `called`."""
    titled, dated = ((merged if fact in won else kept)["movie"] for fact in ("title", "year"))
    name = _name(titled["title_key"], dated["year"])
    for movie, lost in ((kept, won), (merged, FACTS.keys() - won)):
        own_name = _name(movie["movie"]["title_key"], movie["movie"]["year"])
        for row_id, row in movie["rows"].items():
            SourceRow.objects.filter(pk=row_id).update(
                movie=kept["movie"]["id"],
                gives=[fact for fact in row["gives"] if fact not in lost],
                unused=_unused(row, movie, lost),
                called=row["called"] or ("" if own_name == name else own_name),
            )


def _unused(row: dict[str, Any], movie: MovieSnapshot, lost: Collection[str]) -> dict[str, Any] | None:
    """A row's unused values after its film gets other values of the facts `lost`, except those that staff edited."""
    more = [fact for fact in row["gives"] if fact in lost and fact not in movie["movie"]["edited"]]
    return (row["unused"] or {}) | {fact: value_of(fact, movie) for fact in more} or None


def _name(title_key: str, year: int | None) -> str:
    """Title and year, in the format of `SourceRow.called`."""
    return f"{title_key}|{year or ''}"


def _values(row: dict[str, Any], movie: MovieSnapshot) -> dict[str, Any]:
    """A row's values of all facts, whether its film uses them or not."""
    return (row["unused"] or {}) | {fact: value_of(fact, movie) for fact in row["gives"]}


def _set_facts(movie_id: int, rows: Rows, values: Values, edited: Collection[str]) -> None:
    """Set a film's facts to the values of the best of these rows, except those that staff edited."""
    best = {fact: _best(fact, rows, values) for fact in FACTS}
    for row_id in rows:
        _set_row(row_id, movie_id, [fact for fact, giver in best.items() if giver == row_id], values[row_id])
    facts = {
        fact: values[giver][fact] if giver else FACTS[fact].empty for fact, giver in best.items() if fact not in edited
    }
    Movie.objects.filter(pk=movie_id).update(
        **_columns(facts), **_set_links(movie_id, facts), **_source(movie_id, rows)
    )


def _set_row(row_id: int, movie_id: int, gives: Collection[str], values: Mapping[str, Any]) -> None:
    unused = {fact: value for fact, value in values.items() if fact not in gives}
    SourceRow.objects.filter(pk=row_id).update(movie=movie_id, gives=gives, unused=unused or None)


def _columns(facts: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: value for name, value in facts.items() if FACTS[name].is_column}
    return columns | {"title_key": fold(facts["title"])} if "title" in facts else columns


def _source(movie_id: int, rows: Rows) -> dict[str, str]:
    """The best source of a film with these rows, and its id there, or a placeholder."""
    ids = ExternalId.objects.filter(name__in=[row["key"] for row in rows.values()]).order_by("name")
    source_id = ids.values_list("name", flat=True).first() or _PLACEHOLDER.format(movie_id)
    return {"source": min({row["source"] for row in rows.values()}, key=_title_order), "source_id": source_id}


def _set_links(movie_id: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the genres and people among these facts; return the film's new `director_key`, if it has one."""
    if "genres" in facts:
        names = facts["genres"]
        genres = Genre.objects.filter(models.Q(name__in=names) | models.Q(aliases__name__in=names)).distinct()
        MovieGenre.objects.filter(movie=movie_id).delete()
        MovieGenre.objects.bulk_create(MovieGenre(movie_id=movie_id, genre=genre) for genre in genres)
    keys = {
        role: set_credits(movie_id, role, keys_of(facts[fact]).values())
        for fact, role in ROLES.items()
        if fact in facts
    }
    return {"director_key": next(iter(keys["director"]), "")} if "director" in keys else {}


def _title_order(source: str) -> int:
    """Sort key of sources: best for titles first, after those that are not a data set, such as staff."""
    order = precedence.order_of("title")
    return order.index(source) if source in order else -1


def _best(fact: str, rows: Rows, values: Values) -> int | None:
    """The row whose value of a fact is believed; None if no row has one."""
    candidates = [row_id for row_id in rows if fact in values[row_id]]
    ranks = {row_id: (precedence.rank(fact, rows[row_id]["source"]), rows[row_id]["key"]) for row_id in candidates}
    return min(candidates, key=ranks.__getitem__, default=None)
