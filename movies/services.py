"""Public writes of the catalogue. Each write is one transaction unless its docstring says otherwise.

`by`: the author of a change by staff, which is then recorded (movies/history.py).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import IntegrityError, connection, models, transaction

from movies import history, locks, merging, merging_names, posters, search, selectors
from movies.folding import fold
from movies.history import Author
from movies.importing.facts import LINKS, ROLES
from movies.links import keys_of, set_credits
from movies.locks import lock_editing, lock_editing_shared, lock_name
from movies.models import (
    Change,
    Credit,
    ExternalId,
    Genre,
    GenreAlias,
    Movie,
    MovieGenre,
    Person,
    PersonAlias,
    SourceRow,
)
from movies.pictures import Picture
from netflix import events

lock_likes = locks.lock_likes
MergedWithItself = merging.MergedWithItself
PosterNotStored = posters.NotStored
merge_preview = merging.preview
duplicates_after_merge = merging_names.duplicates_after


class MovieExists(Exception):
    """A film with this title and year exists, and both have the same first director or one of the two has none."""

    def __init__(self, movie_id: int | None = None) -> None:
        super().__init__()
        self.movie_id = movie_id  # of the other film, if known


class GenreGone(Exception):
    """A genre was deleted after it had been looked up by name."""


class MovieFacts(TypedDict, total=False):
    """The facts that staff can set; see the Movie model for meanings and units."""

    title: str
    year: int
    description: str
    certificate: str
    runtime_minutes: int | None
    imdb_rating: Decimal | None
    imdb_votes: int | None
    revenue_usd: int | None
    metascore: int | None
    original_title: str
    original_language: str
    countries: Sequence[str]
    poster: str
    release_date: date | None
    genres: Sequence[Genre]
    directors: Sequence[str]
    actors: Sequence[str]


@transaction.atomic
def add_movie(*, by: Author | None = None, **facts: Unpack[MovieFacts]) -> int:
    """Add a film with its people; return its id. Raises MovieExists, GenreGone."""
    lock_editing_shared()
    movie = Movie(edited=sorted(name for name, value in facts.items() if value not in (None, "", [])))
    with history.record_changes(by, Change.Kind.MOVIE) as added:
        _apply(movie, facts, by)
        added.append(movie.pk)
    return movie.pk


def lock_movie(*, movie_id: int) -> Movie:
    """Lock a film against changes and removal until the caller's transaction ends. Raises NoSuchMovie."""
    lock_editing_shared()
    # `no_key`: rows that refer to the film, such as likes, can be inserted without waiting for this lock.
    return _existing(Movie.objects.select_for_update(no_key=True).filter(pk=movie_id))


@transaction.atomic
def change_movie(*, movie_id: int, by: Author | None = None, **changes: Unpack[MovieFacts]) -> None:
    """Change the given facts; lists are replaced as a whole. Raises NoSuchMovie, MovieExists, GenreGone."""
    movie = lock_movie(movie_id=movie_id)
    former = movie.poster
    if posters.is_url_of(former, changes.get("poster", "")):
        del changes["poster"]
    movie.edited = sorted({*movie.edited, *changes})
    with history.record_changes(by, Change.Kind.MOVIE, [movie_id]):
        _apply(movie, changes, by)
    if movie.poster != former:
        posters.release(movie_id, [former])


def set_poster(*, movie_id: int, picture: Picture, by: Author | None = None) -> None:
    """Let a film have an uploaded poster. Raises NoSuchMovie, PosterNotStored."""
    with posters.stored(picture) as poster:
        change_movie(movie_id=movie_id, by=by, poster=poster)


@dataclass(frozen=True, slots=True)
class BulkEditResult:
    """The films that were changed, and those that were left alone because they would have no genre."""

    changed: set[int]
    without_genre: set[int]


def bulk_edit(
    *,
    movie_ids: Sequence[int],
    certificate: str,
    add_genres: Sequence[Genre],
    remove_genres: Sequence[Genre],
    by: Author | None = None,
) -> BulkEditResult:
    """Change the certificate, unless it is empty, and the genres of films; each in a transaction of its own.

    Films that are gone, or have all of this already, are passed over.
    """
    done = BulkEditResult(set(), set())
    for movie_id in movie_ids:
        with transaction.atomic(), suppress(selectors.NoSuchMovie):
            movie = lock_movie(movie_id=movie_id)
            genres = list(movie.genres.order_by("name"))
            wanted = [genre for genre in [*genres, *add_genres] if genre not in remove_genres]
            changes: MovieFacts = {}
            if certificate and certificate != movie.certificate:
                changes["certificate"] = certificate
            if set(wanted) != set(genres):
                changes["genres"] = list(dict.fromkeys(wanted))
            if "genres" in changes and not wanted:
                done.without_genre.add(movie_id)
            elif changes:
                change_movie(movie_id=movie_id, by=by, **changes)
                done.changed.add(movie_id)
    return done


@transaction.atomic
def remove_movie(*, movie_id: int, by: Author | None = None) -> None:
    """Remove a film; its people and genres stay. Raises NoSuchMovie."""
    lock_editing_shared()
    movie = _existing(Movie.objects.select_for_update().filter(pk=movie_id))
    with history.record_changes(by, Change.Kind.MOVIE, [movie_id]):
        search.remove_document(movie_id)  # locks search words, which come before counts of likes
        lock_likes([movie_id])  # a concurrent like waits, and then raises NoSuchMovie
        posters.release(movie_id, posters.posters_of(movie_id))
        for model in (SourceRow, ExternalId):
            model._default_manager.filter(movie=movie).update(removed_movie=movie_id)
        movie.delete()


def merge_movies(*, kept_id: int, merged_id: int, by: Author | None = None) -> None:
    """Merge two films: see `merging.merge_movies`. Raises MergedWithItself, NoSuchMovie, MovieExists."""
    with duplicates_raise_movie_exists():
        lock_editing()
        with history.record_changes(by, Change.Kind.MOVIE, [kept_id, merged_id], kept=kept_id):
            merging.merge_movies(kept_id=kept_id, merged_id=merged_id)


def set_likes(counts: Mapping[int, int]) -> int:
    """Set the like counts of films whose likes the caller has locked; return how many were wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE movies_likecount AS stored SET likes = given.likes
              FROM unnest(%s::bigint[], %s::bigint[]) AS given (movie_id, likes)
             WHERE stored.movie_id = given.movie_id AND stored.likes <> given.likes
            """,
            [list(counts), list(counts.values())],
        )
        return int(cursor.rowcount)


@transaction.atomic
def refresh_keys_and_search(movie_ids: Collection[int]) -> None:
    """Update match keys and search documents after titles, names or credits have changed elsewhere.

    Raises MovieExists if two films have become the same.
    """
    directors = Credit.objects.filter(movie__in=movie_ids, role=Credit.Role.DIRECTOR).order_by("-billing", "-id")
    first_director = dict(directors.values_list("movie_id", "person__name_key"))  # the last, so the first billed, wins
    movies = list(Movie.objects.filter(pk__in=movie_ids).only("title"))
    for movie in movies:
        movie.title_key = fold(movie.title)
        movie.director_key = first_director.get(movie.pk, "")
    with duplicates_raise_movie_exists():
        Movie.objects.bulk_update(movies, ["title_key", "director_key"], batch_size=1000)
    search.index(movie_ids)
    events.movies_changed.send(None, movie_ids=movie_ids)


@transaction.atomic
def let_imports_change(movie_ids: Collection[int], *, by: Author | None = None) -> int:
    """Forget the edits of these films, so that the next import sets all facts; return how many had edits."""
    lock_editing()
    movies = Movie.objects.filter(pk__in=movie_ids).exclude(edited=[])
    history.record_forgotten_edits(by, movies)
    return movies.update(edited=[])


@transaction.atomic
def let_imports_add(source_row_ids: Collection[int]) -> None:
    """Delete these source rows, and all rows and ids of their removed films, so that imports add these films again."""
    lock_editing()
    rows = SourceRow.objects.filter(pk__in=source_row_ids)
    removed = list(rows.filter(movie=None).values_list("removed_movie", flat=True))
    rows.delete()
    for model in (SourceRow, ExternalId):
        model._default_manager.filter(movie=None, removed_movie__in=removed).delete()


@transaction.atomic
def rename_person(*, person_id: int, name: str, by: Author | None = None) -> None:
    """Rename a person; data sets may continue to use the old name.

    Raises Person.DoesNotExist, IntegrityError if the name is taken.
    """
    lock_editing()
    person = Person.objects.get(pk=person_id)
    former, person.name, person.name_key, person.edited = person.name_key, name, fold(name), True
    with history.record_changes(by, Change.Kind.PERSON, [person_id]):
        person.save()
    PersonAlias.objects.filter(name_key=person.name_key).delete()  # it is not an alias any more
    if former != person.name_key:
        PersonAlias.objects.update_or_create(name_key=former, defaults={"person": person})
    refresh_keys_and_search(list(Credit.objects.filter(person=person).values_list("movie_id", flat=True)))


@transaction.atomic
def merge_people(*, kept_id: int, merged_id: int, by: Author | None = None) -> None:
    """Merge two people: the second is removed, and imports credit the first under the names of both.

    Raises MergedWithItself, Person.DoesNotExist, MovieExists if two films would become the same.
    """
    lock_editing()
    with history.record_changes(by, Change.Kind.PERSON, [kept_id, merged_id], kept=kept_id):
        refresh_keys_and_search(merging_names.combine_people(kept_id, merged_id))
        Person.objects.filter(pk=merged_id).delete()


@transaction.atomic
def merge_genres(*, kept_id: int, merged_id: int, by: Author | None = None) -> None:
    """Like `merge_people`, for genres. Raises MergedWithItself, Genre.DoesNotExist."""
    lock_editing()
    with history.record_changes(by, Change.Kind.GENRE, [kept_id, merged_id], kept=kept_id):
        events.movies_changed.send(None, movie_ids=merging_names.combine_genres(kept_id, merged_id))
        Genre.objects.filter(pk=merged_id).delete()


@transaction.atomic
def remove_named(model: type[Person] | type[Genre], ids: Collection[int], *, by: Author | None = None) -> None:
    """Remove people or genres that no film has. Raises ProtectedError."""
    lock_editing()  # so that no film is linked with them now
    with history.record_changes(by, _KINDS[model], ids):
        model._default_manager.filter(pk__in=ids).delete()


@transaction.atomic
def add_named(named: Person | Genre, *, by: Author | None = None) -> None:
    """Store a new person or genre, whose name is nobody's alias any more. Raises IntegrityError if it is taken."""
    named.edited = True
    with history.record_changes(by, _KINDS[type(named)]) as added:
        named.save()
        added.append(named.pk)
    if isinstance(named, Person):
        PersonAlias.objects.filter(name_key=named.name_key).delete()
    else:
        GenreAlias.objects.filter(name__iexact=named.name).delete()


_KINDS: Mapping[type[Person] | type[Genre], Change.Kind] = {
    Person: Change.Kind.PERSON, Genre: Change.Kind.GENRE,
}  # fmt: skip


@transaction.atomic
def rename_genre(*, genre_id: int, name: str, by: Author | None = None) -> None:
    """Rename a genre; data sets may continue to use the old name.

    Raises Genre.DoesNotExist, IntegrityError if the name is taken.
    """
    lock_editing()
    genre = Genre.objects.get(pk=genre_id)
    former, genre.name, genre.edited = genre.name, name, True
    with history.record_changes(by, Change.Kind.GENRE, [genre_id]):
        genre.save()
    GenreAlias.objects.filter(name__iexact=name).delete()
    if former.lower() != name.lower():
        GenreAlias.objects.filter(name__iexact=former).delete()
        GenreAlias.objects.create(name=former, genre=genre)


def _existing(movies: models.QuerySet[Movie]) -> Movie:
    movie = movies.first()
    if movie is None:
        raise selectors.NoSuchMovie
    return movie


def _apply(movie: Movie, facts: MovieFacts, by: Author | None) -> None:
    """Save the film with these facts. Its own row is written first: see the lock order in `locks`."""
    keys = keys_of([*facts.get("directors", ()), *facts.get("actors", ())])
    _set_columns(movie, facts, keys)
    with duplicates_raise_movie_exists():
        movie.save()
    if "genres" in facts:
        _set_genres(movie, facts["genres"])
    with history.added_people(by, {*keys.values()}, movie):
        _add_people(keys)
    for fact, role in ROLES.items():
        if fact in facts:
            set_credits(movie.pk, role, [keys[name] for name in facts[fact]])  # type: ignore[literal-required]
    search.index([movie.pk])
    events.movies_changed.send(None, movie_ids=[movie.pk])


def _set_columns(movie: Movie, facts: MovieFacts, keys: Mapping[str, str]) -> None:
    """Set the columns that these facts change. Raises MovieExists."""
    for name, value in facts.items():
        if name not in LINKS:
            setattr(movie, name, value)
    movie.title_key = fold(movie.title)
    if "directors" in facts:
        movie.director_key = next((keys[name] for name in facts["directors"]), "")
    if {"title", "year", "directors"} & facts.keys():
        lock_name(movie.title_key, movie.year)
        if duplicate := selectors.possible_duplicates(movie).first():
            raise MovieExists(duplicate.pk)


def _set_genres(movie: Movie, genres: Sequence[Genre]) -> None:
    """Raises GenreGone. The editing lock keeps existing genres from being removed."""
    if Genre.objects.filter(pk__in=[genre.pk for genre in genres]).count() < len(genres):
        raise GenreGone
    movie.genre_links.all().delete()
    MovieGenre.objects.bulk_create(MovieGenre(movie=movie, genre=genre) for genre in genres)


def _add_people(keys: dict[str, str]) -> None:
    """Insert missing people, by name, sorted: concurrent inserts of the same people must not deadlock."""
    named = {key: name for name, key in reversed(keys.items())}
    Person.objects.bulk_create((Person(name=named[key], name_key=key) for key in sorted(named)), ignore_conflicts=True)


@contextmanager
def duplicates_raise_movie_exists() -> Iterator[None]:
    """Translate a violation of the films' unique constraint into MovieExists."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "movie_title_year_director_once" not in str(error):
            raise
        raise MovieExists from error
