"""Records what staff change in films, people and genres, and which imports they undo, as rows of `Change`.

Services take the author as `by`, and record in the transaction of the change. Without an author, as in imports,
nothing is recorded.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection, models

from movies.importing.facts import COLUMNS, LINKS
from movies.importing.sql_files import links_json
from movies.models import Change, Genre, ImportRun, Movie, Person
from netflix.accounts.services import lock_user, lock_users

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and whether in the admin or through the API."""

    user_id: int
    way: Change.Way


class Snapshot(NamedTuple):
    """A film, a person or a genre at one moment."""

    name: str
    facts: Mapping[str, Any]  # by name; genres and people by their names


_ABSENT = Snapshot("", {})


def changes_of(kind: Change.Kind, number: int) -> models.QuerySet[Change]:
    """All changes of one film, person, genre or import, newest first."""
    return Change.objects.filter(kind=kind, number=number).select_related("user").order_by("-id")


@contextmanager
def record_changes(
    by: Author | None, kind: Change.Kind, numbers: Iterable[int] = (), *, kept: int | None = None
) -> Iterator[list[int]]:
    """Compare these rows, which the caller's locks protect, before and after the block, and record the differences.

    Yields the list of their ids; the block appends the ids of rows that it adds. `kept`: the id of the row that stays
    when the block merges two. Raises UserErased.
    """
    numbers = list(numbers)
    if by is None:
        yield numbers
        return
    lock_user(by.user_id)  # see movies/locks.py
    before = _READ[kind](numbers)
    yield numbers
    changes = _changes(by, kind, before, _READ[kind](numbers))
    if kept is not None:
        changes = _merge(by, changes, kept, before[kept].name)
    Change.objects.bulk_create(changes, batch_size=_BATCH)


@contextmanager
def added_people(by: Author | None, name_keys: Collection[str], movie: Movie) -> Iterator[None]:
    """Record which of these people the block adds, because they are credited in the film."""
    if by is None or not name_keys:
        yield
        return
    named = Person.objects.filter(name_key__in=name_keys).values_list("pk", "name_key")
    existing = {key for _, key in named}
    yield
    if existing != {*name_keys}:
        new = [pk for pk, key in named.all() if key not in existing]
        changes = _changes(by, Change.Kind.PERSON, {}, _READ[Change.Kind.PERSON](new))
        for change in changes:
            change.note = f"Credited in {movie}, film {movie.pk}."
        Change.objects.bulk_create(changes, batch_size=_BATCH)


def record_forgotten_edits(by: Author | None, movies: models.QuerySet[Movie]) -> None:
    """Record that imports may change the edited facts of these films again. Raises UserErased."""
    if by is None:
        return
    lock_user(by.user_id)
    changes = []
    for movie in movies.only("title", "year", "edited").order_by("pk"):
        facts = ", ".join(name.replace("_", " ") for name in movie.edited)
        note = f"Imports may change again what was edited: {facts}."
        changes.append(_change(by, Change.Action.CHANGED, Change.Kind.MOVIE, movie.pk, str(movie), note=note))
    Change.objects.bulk_create(changes, batch_size=_BATCH)


def record_undone(by: Author | None, run: ImportRun, outcome: str) -> None:
    """Record that staff undid an import: one entry, however many films it removed."""
    if by is None:
        return
    change = _change(by, Change.Action.UNDONE, Change.Kind.IMPORT, run.pk, str(run), note=f"{outcome.capitalize()}.")
    if not lock_users([by.user_id]):  # erased since they asked for it
        change.user_id = None
    change.save()


def _changes(
    by: Author, kind: Change.Kind, before: Mapping[int, Snapshot], after: Mapping[int, Snapshot]
) -> list[Change]:
    """The entries of rows that differ, ordered by id."""
    changes = []
    for number in sorted({*before, *after}):
        old, new = before.get(number, _ABSENT), after.get(number, _ABSENT)
        if facts := _differences(old.facts, new.facts):
            name = new.name or old.name
            changes.append(_change(by, _action(old, new), kind, number, name, facts=facts))
    return changes


def _action(old: Snapshot, new: Snapshot) -> Change.Action:
    if old is _ABSENT:
        return Change.Action.ADDED
    return Change.Action.REMOVED if new is _ABSENT else Change.Action.CHANGED


def _merge(by: Author, changes: list[Change], kept: int, name: str) -> list[Change]:
    """Make the two entries of a merge. The kept row gets one even if none of its facts changed."""
    removed = next(change for change in changes if change.number != kept)
    of_kept = (change for change in changes if change.number == kept)
    stays = next(of_kept, None) or _change(by, Change.Action.MERGED, Change.Kind(removed.kind), kept, name)
    stays.action, stays.note = Change.Action.MERGED, f"Merged with {removed.name}, number {removed.number}."
    removed.note = f"Merged into {stays.name}, number {kept}."
    return [removed, stays]


def _change(by: Author, action: Change.Action, kind: Change.Kind, number: int, name: str, **more: Any) -> Change:
    return Change(user_id=by.user_id, way=by.way, action=action, kind=kind, number=number, name=name, **more)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    both = {fact: [_none_if_absent(before.get(fact)), _none_if_absent(after.get(fact))] for fact in (*before, *after)}
    return {fact: [old, new] for fact, (old, new) in both.items() if old != new}


def _none_if_absent(value: Any) -> Any:
    return None if value in ("", []) else value


def _movies(movie_ids: Collection[int]) -> dict[int, Snapshot]:
    with connection.cursor() as cursor:
        cursor.execute(_MOVIES, [list(movie_ids)])
        states = {movie_id: json.loads(facts) for movie_id, facts in cursor.fetchall()}
    return {
        movie_id: Snapshot(str(Movie(title=facts["title"], year=facts["year"])), facts)
        for movie_id, facts in states.items()
    }


_MOVIES = f"""
    SELECT id, jsonb_build_object(
               {", ".join(f"'{name}', {name}" for name in COLUMNS)},
               {", ".join(f"'{name}', {links_json(name, by='name')}" for name in LINKS)})
      FROM movies_movie AS movie WHERE id = ANY(%s)
"""  # noqa: S608  # made of the `Facts` dataclass


def _named(model: type[Person] | type[Genre]) -> Callable[[Collection[int]], dict[int, Snapshot]]:
    def read(numbers: Collection[int]) -> dict[int, Snapshot]:
        names = model._default_manager.filter(pk__in=numbers).values_list("pk", "name")
        return {pk: Snapshot(name, {"name": name}) for pk, name in names}

    return read


_READ: Mapping[Change.Kind, Callable[[Collection[int]], dict[int, Snapshot]]] = {
    Change.Kind.MOVIE: _movies, Change.Kind.PERSON: _named(Person), Change.Kind.GENRE: _named(Genre),
}  # fmt: skip
