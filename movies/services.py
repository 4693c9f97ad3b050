"""What other rooms may change in the catalogue. Each function is one transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, connection, models, transaction

from movies import locks, merging, merging_names, search, selectors
from movies.folding import fold
from movies.locks import edit_alone, edit_alongside, lock_name
from movies.models import Credit, ExternalId, Genre, GenreAlias, Movie, MovieGenre, Person, PersonAlias, SourceRow
from netflix import events

lock_likes = locks.lock_likes  # for who counts them
MergedWithItself = merging.MergedWithItself
merge_preview = merging.preview
same_after_merge = merging_names.same_after


class MovieExists(Exception):
    """Another film has the same title, year and first director, or one of the two names no director."""

    def __init__(self, movie_id: int | None = None) -> None:
        super().__init__()
        self.movie_id = movie_id  # of the other film, if that is known


class GenreGone(Exception):
    """Somebody has deleted a genre since it was looked up by its name."""


class MovieFacts(TypedDict, total=False):
    """What a curator can say about a film; see the Movie model for meanings and units."""

    title: str
    year: int
    description: str
    certificate: str
    runtime_minutes: int | None
    imdb_rating: Decimal | None
    imdb_votes: int | None
    revenue_usd: int | None
    metascore: int | None
    genres: Sequence[Genre]
    directors: Sequence[str]
    actors: Sequence[str]


@transaction.atomic
def add_movie(**facts: Unpack[MovieFacts]) -> int:
    """Add a film, its people included, and return its id. Raises MovieExists, GenreGone."""
    edit_alongside()
    movie = Movie(edited=sorted(name for name, value in facts.items() if _says_something(value)))
    _apply(movie, facts)
    return movie.pk


def lock_movie(*, movie_id: int) -> None:
    """Until the caller's transaction ends, nobody else changes or removes this film. Raises NoSuchMovie."""
    edit_alongside()
    # Not the key: whoever refers to the film, such as a new like, need not wait, and we not for them.
    _found(Movie.objects.select_for_update(no_key=True).filter(pk=movie_id))


@transaction.atomic
def change_movie(*, movie_id: int, **changes: Unpack[MovieFacts]) -> None:
    """Change what is given and leave the rest; lists are replaced whole.

    Raises NoSuchMovie, MovieExists, GenreGone.
    """
    edit_alongside()
    # Not the key: whoever refers to the film, such as a new like, need not wait, and we not for them.
    movie = _found(Movie.objects.select_for_update(no_key=True).filter(pk=movie_id))
    movie.edited = sorted({*movie.edited, *changes})
    _apply(movie, changes)


@transaction.atomic
def remove_movie(*, movie_id: int) -> None:
    """Remove a film; its people and genres stay. Raises NoSuchMovie."""
    edit_alongside()
    movie = _found(Movie.objects.select_for_update().filter(pk=movie_id))
    search.forget(movie_id)  # words come before counts of likes
    lock_likes([movie_id])  # who likes it now waits, and then finds it gone
    for known_by in (SourceRow, ExternalId):
        known_by._default_manager.filter(movie=movie).update(removed_movie=movie_id)
    movie.delete()


def merge_movies(*, kept_id: int, merged_id: int) -> None:
    """Let two films be one; see `merging.merge_movies`. Raises MergedWithItself, NoSuchMovie, MovieExists."""
    with exists_if_duplicate():
        merging.merge_movies(kept_id=kept_id, merged_id=merged_id)


def set_likes(counts: Mapping[int, int]) -> int:
    """Correct the counts of films, whose likes the caller has locked; returns how many were not right."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE movies_likecount AS known SET likes = given.likes
              FROM unnest(%s::bigint[], %s::bigint[]) AS given (movie_id, likes)
             WHERE known.movie_id = given.movie_id AND known.likes <> given.likes
            """,
            [list(counts), list(counts.values())],
        )
        return int(cursor.rowcount)


@transaction.atomic
def refresh(movie_ids: Collection[int]) -> None:
    """Derive anew what is stored for matching and searching, after titles, names or credits changed elsewhere.

    Raises MovieExists when a change made two films the same.
    """
    directors = Credit.objects.filter(movie__in=movie_ids, role=Credit.Role.DIRECTOR).order_by("-billing", "-id")
    first_director = dict(directors.values_list("movie_id", "person__name_key"))  # of several, the last one stays
    movies = list(Movie.objects.filter(pk__in=movie_ids).only("title"))
    for movie in movies:
        movie.title_key = fold(movie.title)
        movie.director_key = first_director.get(movie.pk, "")
    with exists_if_duplicate():
        Movie.objects.bulk_update(movies, ["title_key", "director_key"], batch_size=1000)
    search.index(movie_ids)
    events.movies_changed.send(None, movie_ids=movie_ids)


@transaction.atomic
def note_edits(*, movie_id: int, facts: Collection[str]) -> None:
    """Note what a person has said about a film, by the names of MovieFacts: imports leave that alone.

    For the admin, whose forms write by themselves; the functions above note it too.
    """
    edited = Movie.objects.values_list("edited", flat=True).get(pk=movie_id)
    Movie.objects.filter(pk=movie_id).update(edited=sorted({*edited, *facts}))


@transaction.atomic
def let_imports_change(movie_ids: Collection[int]) -> int:
    """Take back what `note_edits` noted: from the next import on these films say what the file says again.

    Returns how many films that were.
    """
    edit_alone()
    return Movie.objects.filter(pk__in=movie_ids).exclude(edited=[]).update(edited=[])


@transaction.atomic
def let_imports_add(source_row_ids: Collection[int]) -> None:
    """Forget these rows; and if somebody removed their films, all that imports know those by: they may come again."""
    edit_alone()
    rows = SourceRow.objects.filter(pk__in=source_row_ids)
    removed = list(rows.filter(movie=None).values_list("removed_movie", flat=True))
    rows.delete()
    for known_by in (SourceRow, ExternalId):
        known_by._default_manager.filter(movie=None, removed_movie__in=removed).delete()


@transaction.atomic
def rename_person(*, person_id: int, name: str) -> None:
    """Give a person another name everywhere; data sets may go on using the old one.

    Raises Person.DoesNotExist, IntegrityError if the name is taken.
    """
    edit_alone()
    person = Person.objects.get(pk=person_id)
    former, person.name, person.name_key, person.edited = person.name_key, name, fold(name), True
    person.save()
    PersonAlias.objects.filter(name_key=person.name_key).delete()  # now it is somebody's own name
    if former != person.name_key:
        PersonAlias.objects.update_or_create(name_key=former, defaults={"person": person})
    refresh(list(Credit.objects.filter(person=person).values_list("movie_id", flat=True)))


@transaction.atomic
def merge_people(*, kept_id: int, merged_id: int) -> None:
    """Let two people be one: the second goes, and imports go on crediting the first under the names of both.

    Raises MergedWithItself, Person.DoesNotExist, MovieExists when that makes two films the same.
    """
    edit_alone()
    refresh(merging_names.join_people(kept_id, merged_id))
    Person.objects.filter(pk=merged_id).delete()


@transaction.atomic
def merge_genres(*, kept_id: int, merged_id: int) -> None:
    """The same for genres. Raises MergedWithItself, Genre.DoesNotExist."""
    edit_alone()
    events.movies_changed.send(None, movie_ids=merging_names.join_genres(kept_id, merged_id))
    Genre.objects.filter(pk=merged_id).delete()


@transaction.atomic
def remove_people(person_ids: Collection[int]) -> None:
    """Remove people who have no film. Raises ProtectedError."""
    edit_alone()  # nobody gives one of them a film meanwhile
    Person.objects.filter(pk__in=person_ids).delete()


@transaction.atomic
def remove_genres(genre_ids: Collection[int]) -> None:
    """Remove genres that no film has. Raises ProtectedError."""
    edit_alone()  # nobody gives a film one of them meanwhile
    Genre.objects.filter(pk__in=genre_ids).delete()


def own_name(thing: Person | Genre) -> None:
    """A name that somebody gave to a new person or genre is no other's former name any more."""
    if isinstance(thing, Person):
        PersonAlias.objects.filter(name_key=thing.name_key).delete()
    else:
        GenreAlias.objects.filter(name__iexact=thing.name).delete()


@transaction.atomic
def rename_genre(*, genre_id: int, name: str) -> None:
    """Give a genre another name; data sets may go on using the old one.

    Raises Genre.DoesNotExist, IntegrityError if the name is taken.
    """
    edit_alone()
    genre = Genre.objects.get(pk=genre_id)
    former, genre.name, genre.edited = genre.name, name, True
    genre.save()
    GenreAlias.objects.filter(name__iexact=name).delete()
    if former.lower() != name.lower():
        GenreAlias.objects.filter(name__iexact=former).delete()
        GenreAlias.objects.create(name=former, genre=genre)


def _found(movies: models.QuerySet[Movie]) -> Movie:
    movie = movies.first()
    if movie is None:
        raise selectors.NoSuchMovie
    return movie


def _says_something(value: Any) -> bool:
    return value is not None and value not in ("", [])


def _apply(movie: Movie, facts: MovieFacts) -> None:
    """Write the film's own row first, see `locks`."""
    columns: dict[str, Any] = dict(facts)
    genres, directors, actors = (columns.pop(name, None) for name in ("genres", "directors", "actors"))
    for name, value in columns.items():
        setattr(movie, name, value)
    movie.title_key = fold(movie.title)
    keys = _keys([*(directors or ()), *(actors or ())])
    if directors is not None:
        movie.director_key = keys[directors[0]] if directors else ""
    if {"title", "year", "directors"} & facts.keys():
        lock_name(movie.title_key, movie.year)
        if twin := selectors.twins(movie).first():
            raise MovieExists(twin.pk)
    with exists_if_duplicate():
        movie.save()
    if genres is not None:
        _set_genres(movie, genres)
    _add_people(keys)
    if directors is not None:
        _credit(movie, Credit.Role.DIRECTOR, [keys[name] for name in directors])
    if actors is not None:
        _credit(movie, Credit.Role.CAST, [keys[name] for name in actors])
    search.index([movie.pk])
    events.movies_changed.send(None, movie_ids=[movie.pk])


def _set_genres(movie: Movie, genres: Sequence[Genre]) -> None:
    """Raises GenreGone. The editing lock keeps those that are there from being removed."""
    if Genre.objects.filter(pk__in=[genre.pk for genre in genres]).count() < len(genres):
        raise GenreGone
    movie.genre_links.all().delete()
    MovieGenre.objects.bulk_create(MovieGenre(movie=movie, genre=genre) for genre in genres)


def _keys(names: Sequence[str]) -> dict[str, str]:
    """What the person of each name is called today, folded: former names are theirs too."""
    folded = {name: fold(name) for name in names}
    aliases = PersonAlias.objects.filter(name_key__in=folded.values())
    today = dict(aliases.values_list("name_key", "person__name_key")) if folded else {}
    return {name: today.get(key, key) for name, key in folded.items()}


def _add_people(keys: dict[str, str]) -> None:
    """Those whom the catalogue does not know, all at once and in one order: others may be adding the same."""
    named = {key: name for name, key in reversed(keys.items())}
    Person.objects.bulk_create((Person(name=named[key], name_key=key) for key in sorted(named)), ignore_conflicts=True)


def _credit(movie: Movie, role: Credit.Role, keys: Sequence[str]) -> None:
    people = {person.name_key: person for person in Person.objects.filter(name_key__in=keys)}
    movie.credits.filter(role=role).delete()
    Credit.objects.bulk_create(
        Credit(movie=movie, person=people[key], role=role, billing=billing)
        for billing, key in enumerate(dict.fromkeys(keys), start=1)
    )


@contextmanager
def exists_if_duplicate() -> Iterator[None]:
    """Raises MovieExists where the database refuses a film that is there already."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "movie_title_year_director_once" not in str(error):
            raise
        raise MovieExists from error
