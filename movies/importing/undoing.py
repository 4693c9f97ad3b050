"""Undo an import, except for what staff or later imports have changed since, and films that users like or list."""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from movies import history, merging, search
from movies.folding import fold
from movies.importing.facts import ROLES
from movies.importing.journal import COLUMNS, FACTS_SQL
from movies.importing.run import import_lock, refresh_derived
from movies.locks import lock_editing, lock_likes
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

_BATCH = 500  # films; edits wait for each batch
_NOT_UNDONE_LISTED = 100
_MAX_CHECKED = 20_000  # films of a preview that are checked for reasons to keep them
_TITLES_SHOWN = 20

JournalFacts = dict[str, Any]  # in the format of `journal`

_NOT_SHOWN = {"gives", "ids", "source", "title_key", "director_key"}  # journal entries that are not shown as changed


class CannotUndo(Exception):
    """The message can be shown to users."""


class NotUndone(NamedTuple):
    """A film that is not fully undone, and why."""

    movie_id: int
    title: str
    reason: str


@dataclass(slots=True)
class UndoResult:
    removed: int = 0
    restored: int = 0
    split: int = 0
    not_undone: list[NotUndone] = field(default_factory=list)

    def in_words(self) -> Iterator[str]:
        for movie in self.not_undone[:_NOT_UNDONE_LISTED]:
            yield f"kept {movie.title}, film {movie.movie_id}: {movie.reason}"
        if len(self.not_undone) > _NOT_UNDONE_LISTED:
            yield f"... and {len(self.not_undone) - _NOT_UNDONE_LISTED} more kept"
        split = f", split {self.split}" if self.split else ""
        yield f"removed {self.removed}, restored {self.restored}, kept {len(self.not_undone)}{split}"


@dataclass(frozen=True, slots=True)
class Preview:
    """What an undo would do now. All but `titles` are numbers of films."""

    created: int  # by this import; they are removed, except those that stay
    stays: int | None  # None if there are too many films to check
    changed: int  # restored to their former facts
    split: int  # merged films that are split again
    titles: list[str]  # of the first films that are removed

    @property
    def removed(self) -> int:
        return self.created - (self.stays or 0)


@dataclass(slots=True)
class _Links:
    """The films' people and genres before the undo."""

    people: set[int]
    genres: set[int]

    def collect(self, movie_ids: Collection[int]) -> None:
        self.people |= set(Credit.objects.filter(movie__in=movie_ids).values_list("person", flat=True))
        self.genres |= set(MovieGenre.objects.filter(movie__in=movie_ids).values_list("genre", flat=True))


def undo(run_id: int, *, by: history.Author | None = None, on_wait: Callable[[], object] = lambda: None) -> UndoResult:
    """Split the films that an import merged, delete those that it created, and restore the facts that it changed.

    Films that staff edited, or that a user likes or has on a list, stay, and so do facts that have changed since. A
    film that a later import also contains stays as it is; undoing that import undoes both. Runs in batches, one
    transaction each; after an interruption, call it again. Raises CannotUndo.
    """
    with import_lock(on_wait):
        try:
            done = _undo(run_id, by)
        finally:
            ImportRun.objects.filter(pk=run_id).update(undo_requested=False)
    refresh_derived()
    return done


def preview(run: ImportRun) -> Preview:
    """What undoing this import would do now."""
    rows = SourceRow.objects.filter(created_by=run, movie__isnull=False)
    brought = Movie.objects.filter(pk__in=rows.values("movie"))
    number = brought.count()
    is_of_others = models.Exists(_others_rows(run).filter(movie=models.OuterRef("pk")))
    # As `_reasons_to_keep` decides for each film.
    removed = brought.exclude(models.Q(is_of_others) | ~models.Q(edited=[]) | _is_used())
    return Preview(
        created=number,
        stays=None if number > _MAX_CHECKED else number - removed.count(),
        changed=ImportChange.objects.filter(run=run).count(),
        split=MergedMovie.objects.filter(run=run).count(),
        titles=[str(movie) for movie in removed.order_by("pk")[:_TITLES_SHOWN]],
    )


def set_pending(run_id: int, *, pending: bool) -> None:
    """Record, for display, whether staff have asked for an undo that is not done yet."""
    ImportRun.objects.filter(pk=run_id).exclude(state=ImportRun.State.UNDONE).update(undo_requested=pending)


def _undo(run_id: int, by: history.Author | None) -> UndoResult:
    """Raises CannotUndo."""
    done = UndoResult()
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
    _delete_unlinked(links)
    merging.free_names()
    *_, outcome = words = list(done.in_words())
    run.state, run.message = ImportRun.State.UNDONE, "\n".join(words)
    with transaction.atomic():
        run.save(update_fields=["state", "message"])
        history.record_undone(by, run, outcome)
    return done


def _batches(rows: models.QuerySet[Any]) -> Iterator[list[int]]:
    """Yield the distinct film ids of these rows, in batches."""
    after = 0
    ids = rows.filter(movie__isnull=False).order_by("movie").values_list("movie", flat=True)
    while batch := list(dict.fromkeys(ids.filter(movie__gt=after)[:_BATCH])):
        yield batch
        after = batch[-1]


def _split(run: ImportRun, done: UndoResult) -> None:
    """Split merges, newest first, because a film may be part of several merges."""
    undone = ImportRun.objects.filter(state=ImportRun.State.UNDONE)
    for entry in MergedMovie.objects.filter(run=run).order_by("-merged_at"):
        with transaction.atomic():
            lock_editing()
            if merging.split(entry.number):
                done.split += 1
                # An earlier undo kept the split film only because of this merge: `_remove` must delete it now.
                both = SourceRow.objects.filter(movie__in=[entry.number, entry.kept_id])
                both.filter(last_run__in=undone).update(created_by=run)


@transaction.atomic
def _remove(run: ImportRun, movie_ids: list[int], done: UndoResult, links: _Links) -> None:
    movies = _locked(movie_ids, to_remove=True)
    reasons = _reasons_to_keep(run, movies)
    done.not_undone += [NotUndone(movie_id, str(movies[movie_id]), reason) for movie_id, reason in reasons.items()]
    removed = [movie_id for movie_id in movies if movie_id not in reasons]
    done.removed += len(removed)
    SourceRow.objects.filter(movie__in=reasons, created_by=run).update(created_by=None)
    # The kept films now count as created by the other imports, so undoing those deletes the films.
    _others_rows(run).filter(movie__in=reasons).update(created_by=models.F("last_run"))
    SearchDocument.objects.filter(movie__in=removed).delete()  # lock order: search words before like counts
    lock_likes(removed)
    links.collect(removed)
    # Delete the source rows too: a row without a film means that staff removed it, and blocks its import.
    SourceRow.objects.filter(movie__in=removed).delete()
    ExternalId.objects.filter(movie__in=removed).delete()
    Movie.objects.filter(pk__in=removed).delete()


@transaction.atomic
def _delete_unlinked(links: _Links) -> None:
    """Delete people and genres that have no film left, unless staff edited them."""
    lock_editing()
    linked = models.OuterRef("pk")
    people = Person.objects.filter(pk__in=links.people, edited=False, aliases=None)
    people.exclude(models.Exists(Credit.objects.filter(person=linked))).delete()
    genres = Genre.objects.filter(pk__in=links.genres, edited=False, aliases=None)
    genres.exclude(models.Exists(MovieGenre.objects.filter(genre=linked))).delete()


def _locked(movie_ids: list[int], *, to_remove: bool) -> dict[int, Movie]:
    """Lock films against edits until the transaction ends; with `to_remove` also against likes and lists."""
    lock_editing()
    movies = Movie.objects.select_for_update(of=("self",), no_key=not to_remove).filter(pk__in=movie_ids).order_by("pk")
    return {movie.pk: movie for movie in movies}


def _reasons_to_keep(run: ImportRun, movies: dict[int, Movie]) -> dict[int, str]:
    of_others = _others_rows(run).filter(movie__in=movies).values_list("movie", flat=True)
    used = Movie.objects.filter(_is_used(), pk__in=movies).values_list("pk", flat=True)
    edited = [movie.pk for movie in movies.values() if movie.edited]
    return (
        dict.fromkeys(of_others, "another import has it, too")
        | dict.fromkeys(used, "a user likes it, or has it on a list")
        | dict.fromkeys(edited, "staff edited it")
    )


def _others_rows(run: ImportRun) -> models.QuerySet[SourceRow]:
    """Source rows whose last import is another one that is not undone."""
    undone = ImportRun.objects.filter(state=ImportRun.State.UNDONE)
    return SourceRow.objects.exclude(last_run=run).exclude(last_run__in=undone)


def _is_used() -> models.Q:
    """The condition on films that a user's row of any app refers to, such as a like or a reminder."""
    condition = models.Q()
    for relation in Movie._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and _belongs_to_user(relation.related_model):
            rows = relation.related_model._default_manager.filter(**{relation.field.name: models.OuterRef("pk")})
            condition |= models.Q(models.Exists(rows))
    return condition


def _belongs_to_user(model: Any) -> bool:
    related = (field.related_model for field in model._meta.concrete_fields)
    return any(other is not None and other._meta.label == settings.AUTH_USER_MODEL for other in related)


@transaction.atomic
def _restore(run: ImportRun, movie_ids: list[int], done: UndoResult, links: _Links) -> None:
    movies = _locked(movie_ids, to_remove=False)
    links.collect(movies)
    later = _later_imports(run, movies)
    current = _current_facts(movies)
    restored = set()
    for change in ImportChange.objects.filter(run=run, movie__in=movies).order_by("movie"):
        movie = movies[change.movie_id]
        if movie.pk in later:
            _pass_to(later[movie.pk], change)
            done.not_undone.append(NotUndone(movie.pk, str(movie), "another import has it, too"))
            continue
        unchanged = {fact for fact, value in change.after.items() if current[movie.pk][fact] == value}
        unchanged -= {*movie.edited}
        try:
            with transaction.atomic():
                _restore_facts(movie.pk, change, unchanged)
        except IntegrityError:
            done.not_undone.append(NotUndone(movie.pk, str(movie), "another film is called by its former title by now"))
            continue
        restored.add(movie.pk)
        if changed_since := sorted(change.after.keys() - unchanged - _NOT_SHOWN):
            facts = ", ".join(changed_since).replace("_", " ")
            done.not_undone.append(NotUndone(movie.pk, str(movie), f"changed since: {facts}"))
    ImportChange.objects.filter(run=run, movie__in=movies).delete()
    search.index(restored)
    events.movies_changed.send(None, movie_ids=restored)
    done.restored += len(restored)


def _later_imports(run: ImportRun, movie_ids: Collection[int]) -> dict[int, int]:
    """By film id, the id of the first later import that also has the film."""
    changed = ImportChange.objects.filter(movie__in=movie_ids, run__started_at__gt=run.started_at)
    had = _others_rows(run).filter(movie__in=movie_ids, last_run__started_at__gt=run.started_at)
    later = [
        *changed.values_list("run__started_at", "run", "movie"),
        *had.values_list("last_run__started_at", "last_run", "movie"),
    ]
    return {movie_id: run_id for _, run_id, movie_id in sorted(later, reverse=True)}


def _pass_to(run_id: int, change: ImportChange) -> None:
    """Merge this change into a later import's, so that undoing that import undoes both."""
    later, _ = ImportChange.objects.get_or_create(
        run_id=run_id, movie_id=change.movie_id, defaults={"before": {}, "after": {}}
    )
    later.before = later.before | change.before
    later.after = change.after | later.after
    later.save(update_fields=["before", "after"])


def _current_facts(movie_ids: Collection[int]) -> dict[int, JournalFacts]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {FACTS_SQL} FROM movies_movie AS movie WHERE id = ANY(%s)", [list(movie_ids)])  # noqa: S608
        return {movie_id: json.loads(facts) for movie_id, facts in cursor.fetchall()}


def _restore_facts(movie_id: int, change: ImportChange, facts: Collection[str]) -> None:
    """Restore these facts of a film. Raises IntegrityError if another film has the former title."""
    before = {fact: value for fact, value in change.before.items() if fact in facts}
    columns = {name: before[name] for name in COLUMNS if name in before}
    if "genres" in before:
        MovieGenre.objects.filter(movie=movie_id).delete()
    for fact in before.keys() & ROLES.keys():
        Credit.objects.filter(movie=movie_id, role=ROLES[fact]).delete()
    merging.restore_links(movie_id, before)
    columns["director_key"] = merging.director_key_of(movie_id)
    columns.pop("title_key", None)
    if "title" in columns:
        columns["title_key"] = fold(columns["title"])
    Movie.objects.filter(pk=movie_id).update(**columns)
    _restore_sources(movie_id, change)


def _restore_sources(movie_id: int, change: ImportChange) -> None:
    """Restore the film's former source rows, what each provides, and external ids."""
    before, after = (facts.get("gives", {}) for facts in (change.before, change.after))
    rows = SourceRow.objects.filter(movie=movie_id)
    rows.filter(pk__in=after.keys() - before.keys()).delete()
    for row_id, gives in before.items():
        rows.filter(pk=row_id).update(gives=gives)
    added = set(change.after.get("ids", [])) - set(change.before.get("ids", []))
    ExternalId.objects.filter(movie=movie_id, name__in=added).exclude(name__in=rows.values("key")).delete()
