"""Taking back what an import did, as far as nobody has built on it since."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from movies import merging, search
from movies.importing.journal import COLUMNS, FACTS
from movies.importing.run import alone, settle
from movies.locks import edit_alone, lock_likes
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
    SearchDocument,
    SourceRow,
)  # fmt: skip
from netflix import events

_BATCH = 500  # films, for which curators wait
_KEPT_LISTED = 100

Facts = dict[str, Any]  # as `journal` has them

# Who says so, not what is said.
_OWN = {"gives", "ids", "source", "title_key", "director_key"}
_OF_ROWS = {"gives", "ids"}  # each import's own


class CannotUndo(Exception):
    """The message is a sentence for a person."""


class Kept(NamedTuple):
    """A film of which not everything is taken back, and why."""

    movie_id: int
    film: str
    reason: str


@dataclass(slots=True)
class Undone:
    removed: int = 0
    restored: int = 0
    split: int = 0
    kept: list[Kept] = field(default_factory=list)

    def in_words(self) -> Iterator[str]:
        for kept in self.kept[:_KEPT_LISTED]:
            yield f"kept {kept.film}, film {kept.movie_id}: {kept.reason}"
        if len(self.kept) > _KEPT_LISTED:
            yield f"... and {len(self.kept) - _KEPT_LISTED} more kept"
        split = f", split {self.split}" if self.split else ""
        yield f"removed {self.removed}, restored {self.restored}, kept {len(self.kept)}{split}"


@dataclass(slots=True)
class _Links:
    """Who had to do with the films, and which genres they had, before anything was taken back."""

    people: set[int]
    genres: set[int]

    def note(self, movie_ids: Collection[int]) -> None:
        self.people |= set(Credit.objects.filter(movie__in=movie_ids).values_list("person", flat=True))
        self.genres |= set(MovieGenre.objects.filter(movie__in=movie_ids).values_list("genre", flat=True))


def undo(run_id: int, *, on_wait: Callable[[], object] = lambda: None) -> Undone:
    """Split the films that an import merged, remove those that it brought, and give others the facts back that it
    changed.

    What people did since stays: films that somebody edited, likes or has on a list, and facts that are others by now.
    So do films that another import has, too. In batches, each whole or not at all; if it is interrupted, it can be
    called again. Raises CannotUndo.
    """
    with alone(on_wait):
        try:
            done = _undo(run_id)
        finally:
            ImportRun.objects.filter(pk=run_id).update(is_being_undone=False)
    settle()
    return done


def note_asked(run_id: int, *, asked: bool) -> None:
    """Whether a worker will undo it, for those who watch."""
    ImportRun.objects.filter(pk=run_id).exclude(state=ImportRun.State.UNDONE).update(is_being_undone=asked)


def _undo(run_id: int) -> Undone:
    """Raises CannotUndo."""
    done = Undone()
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise CannotUndo(f"There is no import {run_id}.")
    if run.state == ImportRun.State.UNDONE:
        raise CannotUndo(f"Import {run_id} is undone already.")
    if run.started_at is None:
        raise CannotUndo(f"Import {run_id} has not begun.")
    _split(run, done)
    links = _Links(set(), set())
    for movie_ids in _batches(SourceRow.objects.filter(created_by=run)):
        _remove(run, movie_ids, done, links)
    for movie_ids in _batches(ImportChange.objects.filter(run=run)):
        _restore(run, movie_ids, done, links)
    _forget(links)
    merging.free_names()
    run.state, run.message = ImportRun.State.UNDONE, "\n".join(done.in_words())
    run.save(update_fields=["state", "message"])
    return done


def _batches(rows: models.QuerySet[Any]) -> Iterator[list[int]]:
    """The films of these rows, each once."""
    after = 0
    ids = rows.filter(movie__isnull=False).order_by("movie").values_list("movie", flat=True)
    while batch := list(dict.fromkeys(ids.filter(movie__gt=after)[:_BATCH])):
        yield batch
        after = batch[-1]


def _split(run: ImportRun, done: Undone) -> None:
    """From the last merge to the first: a film may have been merged with one that was merged then."""
    undone = ImportRun.objects.filter(state=ImportRun.State.UNDONE)
    for entry in MergedMovie.objects.filter(run=run).order_by("-merged_at"):
        with transaction.atomic():
            edit_alone()
            if merging.split(entry.number):
                done.split += 1
                # A film that was kept when its import was undone, because this one had it too, goes with this one.
                both = SourceRow.objects.filter(movie__in=[entry.number, entry.kept_id])
                both.filter(last_run__in=undone).update(created_by=run)


@transaction.atomic
def _remove(run: ImportRun, movie_ids: list[int], done: Undone, links: _Links) -> None:
    movies = _locked(movie_ids, to_remove=True)
    reasons = _reasons_to_keep(run, movies)
    done.kept += [Kept(movie_id, str(movies[movie_id]), reason) for movie_id, reason in reasons.items()]
    gone = [movie_id for movie_id in movies if movie_id not in reasons]
    done.removed += len(gone)
    SourceRow.objects.filter(movie__in=reasons, created_by=run).update(created_by=None)
    _of_others(run, reasons).update(created_by=models.F("last_run"))  # whose undoing removes them
    SearchDocument.objects.filter(movie__in=gone).delete()  # words come before counts of likes
    lock_likes(gone)
    links.note(gone)
    # Without a row, it is not as if somebody had removed them: the file may bring them again.
    SourceRow.objects.filter(movie__in=gone).delete()
    ExternalId.objects.filter(movie__in=gone).delete()
    Movie.objects.filter(pk__in=gone).delete()


@transaction.atomic
def _forget(links: _Links) -> None:
    """Those people and genres that have no film any more, unless somebody edited them."""
    edit_alone()
    linked = models.OuterRef("pk")
    people = Person.objects.filter(pk__in=links.people, edited=False, aliases=None)
    people.exclude(models.Exists(Credit.objects.filter(person=linked))).delete()
    genres = Genre.objects.filter(pk__in=links.genres, edited=False, aliases=None)
    genres.exclude(models.Exists(MovieGenre.objects.filter(genre=linked))).delete()


def _locked(movie_ids: list[int], *, to_remove: bool) -> dict[int, Movie]:
    """Whom nobody edits until the transaction ends; nor likes or lists, if they are to be removed."""
    edit_alone()
    movies = Movie.objects.select_for_update(of=("self",), no_key=not to_remove).filter(pk__in=movie_ids).order_by("pk")
    return {movie.pk: movie for movie in movies}


def _reasons_to_keep(run: ImportRun, movies: dict[int, Movie]) -> dict[int, str]:
    return (
        dict.fromkeys(_of_others(run, movies).values_list("movie", flat=True), "another import has it, too")
        | dict.fromkeys(_of_people(movies), "somebody likes it, or has it on a list")
        | {movie.pk: "somebody edited it" for movie in movies.values() if movie.edited}
    )


def _of_others(run: ImportRun, movie_ids: Collection[int]) -> models.QuerySet[SourceRow]:
    """Rows of these films that another import had last, which nobody has taken back."""
    rows = SourceRow.objects.filter(movie__in=movie_ids).exclude(last_run=run)
    return rows.exclude(last_run__in=ImportRun.objects.filter(state=ImportRun.State.UNDONE))


def _of_people(movie_ids: Collection[int]) -> set[int]:
    """The films that something of somebody's is about, such as a like or a reminder: whatever context it is of."""
    found: set[int] = set()
    for relation in Movie._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and _is_somebodys(relation.related_model):
            rows = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": list(movie_ids)})
            found.update(rows.values_list(relation.field.name, flat=True))
    return found


def _is_somebodys(model: Any) -> bool:
    related = (field.related_model for field in model._meta.concrete_fields)
    return any(other is not None and other._meta.label == settings.AUTH_USER_MODEL for other in related)


@transaction.atomic
def _restore(run: ImportRun, movie_ids: list[int], done: Undone, links: _Links) -> None:
    movies = _locked(movie_ids, to_remove=False)
    links.note(movies)
    today = _facts_today(movies)
    given = _given_since(run, movies)
    later = _later_changes(run, movies)
    changes = list(ImportChange.objects.filter(run=run, movie__in=movies).order_by("movie"))
    known = _known(changes)
    restored = set()
    for change in changes:
        movie = movies[change.movie_id]
        since = sorted(
            fact for fact, value in change.after.items()
            if fact not in _OWN and (
                today[movie.pk][fact] != value or fact in movie.edited or fact in given.get(movie.pk, ())
                or (fact in known and not known[fact].issuperset(change.before[fact]))
            )
        )  # fmt: skip
        _hand_down(change, later.get(movie.pk, []), today[movie.pk], since)
        try:
            with transaction.atomic():
                _give_back(movie, change, today[movie.pk], since)
        except IntegrityError:
            done.kept.append(Kept(movie.pk, str(movie), "another film is called by its former title by now"))
            continue
        restored.add(movie.pk)
        if since:
            facts = ", ".join(since).replace("_", " ")
            done.kept.append(Kept(movie.pk, str(movie), f"changed since: {facts}"))
    ImportChange.objects.filter(run=run, movie__in=movies).delete()
    search.index(restored)
    events.movies_changed.send(None, movie_ids=restored)
    done.restored += len(restored)


def _given_since(run: ImportRun, movie_ids: Collection[int]) -> dict[int, set[str]]:
    """The facts of these films that a later import gives, even if it says the same."""
    given: dict[int, set[str]] = {}
    rows = _of_others(run, movie_ids).filter(last_run__started_at__gt=run.started_at)
    for movie_id, facts in rows.values_list("movie", "gives"):
        given.setdefault(movie_id, set()).update(facts)
    return given


def _later_changes(run: ImportRun, movie_ids: Collection[int]) -> dict[int, list[ImportChange]]:
    """What imports since have changed about these films, in their order."""
    changes: dict[int, list[ImportChange]] = {}
    for change in ImportChange.objects.filter(run__gt=run.pk, movie__in=movie_ids).order_by("run"):
        changes.setdefault(change.movie_id, []).append(change)
    return changes


def _hand_down(change: ImportChange, later: Sequence[ImportChange], today: Facts, since: Collection[str]) -> None:
    """What this import has said, and a later one replaced, must not come back when that one is undone, too."""
    for fact, value in change.after.items():
        if fact in _OF_ROWS or (fact not in since and today[fact] == value):
            continue
        replaced = next((other for other in later if fact in other.before and other.before[fact] == value), None)
        if replaced is not None:
            replaced.before[fact] = change.before[fact]
            replaced.save(update_fields=["before"])


def _known(changes: Collection[ImportChange]) -> dict[str, set[int]]:
    """By fact, who and what of the films before is there still: somebody may have deleted a genre or a person."""
    models_of: dict[str, Any] = {"genres": Genre, "directors": Person, "actors": Person}
    return {
        fact: set(
            model._default_manager.filter(
                pk__in={pk for change in changes for pk in change.before.get(fact, ())}
            ).values_list("pk", flat=True)
        )
        for fact, model in models_of.items()
    }


def _facts_today(movie_ids: Collection[int]) -> dict[int, Facts]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {FACTS} FROM movies_movie AS movie WHERE id = ANY(%s)", [list(movie_ids)])  # noqa: S608
        return {movie_id: json.loads(facts) for movie_id, facts in cursor.fetchall()}


def _give_back(movie: Movie, change: ImportChange, today: Facts, since: Collection[str]) -> None:
    """Raises IntegrityError."""
    before = {fact: value for fact, value in change.before.items() if fact not in since}
    if "title" in since:
        before.pop("title_key", None)
    before.pop("director_key", None)
    columns = {name: before[name] for name in COLUMNS if name in before and today[name] == change.after[name]}
    if "genres" in before:
        MovieGenre.objects.filter(movie=movie).exclude(genre__in=before["genres"]).delete()
        MovieGenre.objects.bulk_create(
            (MovieGenre(movie=movie, genre_id=genre) for genre in before["genres"]), ignore_conflicts=True
        )
    for fact, role in (("directors", Credit.Role.DIRECTOR), ("actors", Credit.Role.CAST)):
        if fact in before:
            Credit.objects.filter(movie=movie, role=role).delete()
            Credit.objects.bulk_create(
                Credit(movie=movie, person_id=person, role=role, billing=billing)
                for billing, person in enumerate(before[fact], start=1)
            )
    if "directors" in before:
        columns["director_key"] = merging.director_key_of(movie.pk)
    if columns:
        Movie.objects.filter(pk=movie.pk).update(**columns)
    _give_back_sources(movie, change, since)


def _give_back_sources(movie: Movie, change: ImportChange, since: Collection[str]) -> None:
    """Facts that stay are still the import's; without any it does not know the film any more. What later imports have
    taken over is theirs."""
    before, after = change.before.get("gives", {}), change.after.get("gives", {})
    rows = {str(row.pk): row for row in SourceRow.objects.filter(movie=movie)}
    stays = {
        key: [fact for fact in row.gives if fact in since or fact not in after.get(key, ())]
        for key, row in rows.items()
    }  # fmt: skip
    taken = {*since, *chain.from_iterable(stays.values())}
    for key in rows.keys() & after.keys():
        row = rows[key]
        if key not in before and not stays[key] and row.last_run_id == change.run_id:
            row.delete()
            continue
        row.gives = [fact for fact in before.get(key, ()) if fact not in taken] + stays[key]
        row.save(update_fields=["gives"])
    if not since:
        added = set(change.after.get("ids", [])) - set(change.before.get("ids", []))
        known_by = SourceRow.objects.filter(movie=movie).values("key")
        ExternalId.objects.filter(movie=movie, name__in=added).exclude(name__in=known_by).delete()
