"""Public reads of the catalogue. Every list is one query, whatever the page holds."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models.functions import Coalesce

from movies.folding import fold
from movies.models import (
    Credit,
    Genre,
    GenreCount,
    MergedMovie,
    MergedPerson,
    Movie,
    MovieGenre,
    Person,
    PersonAlias,
    SourceRow,
)
from netflix.api.errors import NoSuchObject
from netflix.api.pagination import Ordering
from netflix.hot.statements import fits_bigint

BY_NAME = Ordering("name", ("name", "id"))  # of genres
_SORT_KEYS = {
    "id": ("_id",),
    "title": ("title_key", "id"),
    "year": ("_year", "id"),
    "imdb_rating": ("_rating", "id"),
    "imdb_votes": ("_votes", "id"),
    "likes": ("_likes", "_liked_id"),
}
ORDERINGS = {
    prefix + name: Ordering(prefix + name, keys, descending=prefix == "-")
    for name, keys in _SORT_KEYS.items()
    for prefix in ("", "-")
}


class NoSuchMovie(NoSuchObject):
    message = "There is no film with this id."

    @classmethod
    def moved_to(cls, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        kept_id = merged_into(arguments.get("movie_id", 0))
        return {**arguments, "movie_id": kept_id} if kept_id else None


class NoSuchPerson(NoSuchObject):
    message = "There is no person with this id."

    @classmethod
    def moved_to(cls, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        person_id = arguments.get("person_id", 0)
        if not fits_bigint(person_id):
            return None
        kept = MergedPerson.objects.filter(pk=person_id).values_list("kept", flat=True)
        return {**arguments, "person_id": kept[0]} if kept else None


def movies() -> models.QuerySet[Movie]:
    """All films with the sort keys of ORDERINGS, as the indexes have them; absent values sort lowest."""
    return Movie.objects.annotate(
        _id=models.F("id"),
        _year=Coalesce("year", 0),
        _rating=Coalesce("imdb_rating", -1, output_field=models.DecimalField()),
        _votes=Coalesce("imdb_votes", -1),
    )


def with_sort_keys(movies: models.QuerySet[Movie], ordering: Ordering) -> models.QuerySet[Movie]:
    """Add the keys of an ordering that `movies` does not have, because they are columns of another table."""
    if "_likes" not in ordering.keys:
        return movies
    keys = {"_likes": models.F("like_count__likes"), "_liked_id": models.F("like_count__movie")}
    return movies.filter(like_count__isnull=False).annotate(**keys)


def movie_sources(movie_id: int) -> dict[str, str]:
    """By fact of a film, the data set that it comes from, or `staff` if staff edited it. Raises NoSuchMovie."""
    edited = Movie.objects.filter(pk=movie_id).values_list("edited", flat=True).first()
    if edited is None:
        raise NoSuchMovie
    rows = SourceRow.objects.filter(movie=movie_id).values_list("source", "gives")
    return {fact: source for source, facts in rows for fact in facts} | dict.fromkeys(edited, "staff")


def merged_into(movie_id: int) -> int | None:
    """The id of the film that this one was merged into; None if it was not merged."""
    if not fits_bigint(movie_id):
        return None
    return MergedMovie.objects.filter(pk=movie_id).values_list("kept", flat=True).first()


def merged_movies(movie_ids: Collection[int]) -> dict[int, int]:
    """By id, for those of these films that were merged: the id of the film that each was merged into."""
    merged = MergedMovie.objects.filter(pk__in=list(filter(fits_bigint, movie_ids)))
    return dict(merged.values_list("number", "kept"))


def lock_against_removal(movie_id: int) -> None:
    """Lock a film against removal until the caller's transaction ends. Raises NoSuchMovie."""
    if not lock_all_against_removal([movie_id]):
        raise NoSuchMovie


def lock_all_against_removal(movie_ids: Collection[int]) -> set[int]:
    """Like `lock_against_removal`, for several films; returns the ids of those that exist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT movies_lock_all_against_removal(%s)", [list(filter(fits_bigint, movie_ids))])
        return set(cursor.fetchone()[0])


def possible_duplicates(movie: Movie) -> models.QuerySet[Movie]:
    """Other films that may be this one: same title and year, and first directors that do not differ.

    Reads `title_key`, `year` and `director_key`; the film need not be stored.
    """
    same = Movie.objects.filter(title_key=movie.title_key, year=movie.year, source_id="").exclude(pk=movie.pk)
    return same.filter(director_key__in=["", movie.director_key]) if movie.director_key else same


def likely_duplicates(*, limit: int) -> list[tuple[int, int]]:
    """Pairs of films that may be the same, by title: equal titles, years at most one apart, directors that do not
    differ, and neither different ids of one kind nor rows of one data set."""
    with connection.cursor() as cursor:
        cursor.execute(_LIKELY_DUPLICATES, [limit])
        return [(movie_id, other_id) for movie_id, other_id in cursor.fetchall()]


_DIRECTED = """
    SELECT person_id FROM movies_credit AS credit WHERE credit.role = 'director' AND credit.movie_id = {movie}.id
"""
_LIKELY_DUPLICATES = f"""
    SELECT movie.id, other.id
      FROM movies_movie AS movie
      JOIN movies_movie AS other
        ON other.title_key = movie.title_key AND other.id > movie.id AND abs(other.year - movie.year) <= 1
     WHERE NOT EXISTS (
               SELECT FROM movies_externalid AS mine JOIN movies_externalid AS theirs
                   ON split_part(theirs.name, ':', 1) = split_part(mine.name, ':', 1)
                WHERE mine.movie_id = movie.id AND theirs.movie_id = other.id)
       AND NOT EXISTS (
               SELECT FROM movies_sourcerow AS mine JOIN movies_sourcerow AS theirs USING (source)
                WHERE mine.movie_id = movie.id AND theirs.movie_id = other.id)
       AND (movie.director_key = '' OR other.director_key = ''
            OR EXISTS ({_DIRECTED.format(movie="movie")} INTERSECT {_DIRECTED.format(movie="other")}))
     ORDER BY movie.title_key, movie.id, other.id LIMIT %s
"""  # noqa: S608  # made of the fragment above


def has_stored_identity(movie: Movie) -> bool:
    """Whether the stored film has the same `title_key`, `year` and `director_key`."""
    identity = {"title_key": movie.title_key, "year": movie.year, "director_key": movie.director_key}
    return Movie.objects.filter(pk=movie.pk, **identity).exists()


class Names(TypedDict):
    """The names in a film, in the order in which they are shown."""

    genres: list[str]
    directors: list[str]
    actors: list[str]


def names_in(movie: Movie) -> Names:
    people: dict[str, list[str]] = {role: [] for role in Credit.Role.values}
    for role, name in movie.credits.order_by("billing", "id").values_list("role", "person__name"):
        people[role].append(name)
    genres = sorted(genre.name for genre in movie.genres.all())
    return {"genres": genres, "directors": people[Credit.Role.DIRECTOR], "actors": people[Credit.Role.CAST]}


def people_named(names: Collection[str]) -> dict[str, str]:
    """The names that somebody has or had, folded, with the folded current name of that person."""
    keys = [fold(name) for name in names]
    former = PersonAlias.objects.filter(name_key__in=keys).values_list("name_key", "person__name_key")
    current = Person.objects.filter(name_key__in=keys).values_list("name_key", "name_key")
    return dict(former) | dict(current)


def person_named(name: str) -> str | None:
    """The current name of the person who has or had this name; None if nobody has."""
    key = people_named([name]).get(fold(name))
    return Person.objects.filter(name_key=key).values_list("name", flat=True).first() if key else None


def rows_to_export(movie_ids: Sequence[int]) -> list[dict[str, Any]]:
    """All facts of these films, for a file, in this order. Films that are gone are left out."""
    genres = MovieGenre.objects.filter(movie=models.OuterRef("pk")).order_by("genre__name").values("genre__name")
    credits = Credit.objects.filter(movie=models.OuterRef("pk")).order_by("billing", "id").values("person__name")
    movies = Movie.objects.filter(pk__in=movie_ids).annotate(
        _genres=ArraySubquery(genres),
        directors=ArraySubquery(credits.filter(role=Credit.Role.DIRECTOR)),
        actors=ArraySubquery(credits.filter(role=Credit.Role.CAST)),
        likes=Coalesce("like_count__likes", 0),
    )
    by_id = {movie["id"]: {**movie, "genres": movie["_genres"]} for movie in movies.values()}
    return [by_id[movie_id] for movie_id in movie_ids if movie_id in by_id]


def titles(movie_ids: Collection[int]) -> dict[int, str]:
    return dict(Movie.objects.filter(pk__in=movie_ids).values_list("id", "title"))


def movie_ids(*, after: int, limit: int) -> list[int]:
    """The next ids in ascending order, to process the whole catalogue in steps."""
    return list(Movie.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])


class CatalogueSize(TypedDict):
    """Numbers of films, people and genres. Large ones are PostgreSQL's estimates: counting all rows takes long."""

    movies: int
    people: int
    genres: int
    movies_estimated: bool
    people_estimated: bool


MAX_COUNTED = 20_000  # rows of a table; beyond that the number is an estimate
_SIZE = """
    SELECT (SELECT count(*) FROM (SELECT FROM movies_movie LIMIT %(limit)s + 1) AS counted),
           (SELECT count(*) FROM (SELECT FROM movies_person LIMIT %(limit)s + 1) AS counted),
           (SELECT count(*) FROM movies_genre),
           (SELECT reltuples::bigint FROM pg_class WHERE oid = 'movies_movie'::regclass),
           (SELECT reltuples::bigint FROM pg_class WHERE oid = 'movies_person'::regclass)
"""


def catalogue_size() -> CatalogueSize:
    with connection.cursor() as cursor:
        cursor.execute(_SIZE, {"limit": MAX_COUNTED})
        movies, people, genres, movies_about, people_about = cursor.fetchone()
    return {
        "movies": movies if movies <= MAX_COUNTED else max(movies, movies_about),
        "people": people if people <= MAX_COUNTED else max(people, people_about),
        "genres": genres,
        "movies_estimated": movies > MAX_COUNTED,
        "people_estimated": people > MAX_COUNTED,
    }


def newest_id() -> int:
    """The highest id; 0 in an empty catalogue."""
    return Movie.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def rating_statistics(votes_percentile: float) -> tuple[float, int]:
    """The mean rating of all rated films, and a percentile (0 to 1) of their votes; both 0 if there are none."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(avg(imdb_rating), 0)::float8,
                   coalesce(percentile_disc(%s) WITHIN GROUP (ORDER BY imdb_votes), 0)
              FROM movies_movie WHERE imdb_rating IS NOT NULL AND imdb_votes IS NOT NULL
            """,
            [votes_percentile],
        )
        mean, votes = cursor.fetchone()
    return mean, votes


def with_movie_counts(genres: models.QuerySet[Genre]) -> Any:
    """Annotate genres with `movies`, their number of films."""
    parts = GenreCount.objects.filter(genre=models.OuterRef("pk")).order_by().values("genre")
    count = parts.annotate(count=models.Sum("movies")).values("count")
    return genres.annotate(movies=Coalesce(models.Subquery(count), 0, output_field=models.BigIntegerField()))


def genres_named(names: list[str]) -> list[Genre]:
    """The genres with these names, ignoring case; unknown names are skipped."""
    wanted = {name.casefold() for name in names}
    return [genre for genre in Genre.objects.order_by("name") if genre.name.casefold() in wanted]


def lower_countries() -> models.Func:
    """A film's countries in lowercase, as the index has them."""
    return models.Func("countries", function="movies_lower", output_field=ArrayField(models.TextField()))


def movies_of_genre(name: Any) -> models.QuerySet[Any, Any]:
    """The ids of the films that have the genre with exactly this name, which may be an expression."""
    return MovieGenre.objects.filter(genre=genre_id_named(name)).values("movie")


def genre_id_named(name: Any) -> models.Subquery:
    """Subquery for the id of the genre with exactly this name, which may be an expression.

    Not a join: so PostgreSQL knows that it is one genre, whose links it can read in index order.
    """
    return models.Subquery(Genre.objects.filter(name=name).values("pk")[:1])
