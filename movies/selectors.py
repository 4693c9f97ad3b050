"""What other rooms may read of the catalogue. Every list is one query, whatever the page holds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypedDict

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, models
from django.db.models.functions import Coalesce

from movies.models import Credit, ExternalId, Genre, GenreCount, LikeCount, MergedMovie, Movie, MovieGenre, SourceRow
from netflix.api.errors import NotThere
from netflix.api.pagination import Ordering
from netflix.api.prepared import is_id

Row = dict[str, Any]

_DETAIL = ("description", "directors", "actors", "imdb_votes", "revenue_usd", "metascore", "source", "source_id")

BY_NAME = Ordering("name", ("name", "id"))  # of genres
_SORT_KEYS = {
    "id": ("_id",),
    "title": ("title_key", "id"),
    "year": ("_year", "id"),
    "imdb_rating": ("_rating", "id"),
    "imdb_votes": ("_votes", "id"),
}
ORDERINGS = {
    prefix + name: Ordering(prefix + name, keys, descending=prefix == "-")
    for name, keys in _SORT_KEYS.items()
    for prefix in ("", "-")
}


class NoSuchMovie(NotThere):
    said = "There is no film with this id."

    @classmethod
    def moved_to(cls, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        kept_id = merged_into(arguments.get("movie_id", 0))
        return {**arguments, "movie_id": kept_id} if kept_id else None


@dataclass(frozen=True, slots=True)
class FilterChoices:
    genres: list[str]
    certificates: list[str]


def movies() -> models.QuerySet[Movie]:
    """All films with what the orderings sort by; absent values sort lowest. Each is written as its index has it."""
    return Movie.objects.annotate(
        _id=models.F("id"),
        _year=Coalesce("year", 0),
        _rating=Coalesce("imdb_rating", -1, output_field=models.DecimalField()),
        _votes=Coalesce("imdb_votes", -1),
    )


def summary_fields(movie: str = "") -> dict[str, Any]:
    """What `summary` reads, for `.values(**summary_fields())` of films, or of rows whose foreign key is `movie`.

    So a list of anything about films is one query, its films included.
    """
    of = f"{movie}__" if movie else ""
    links = MovieGenre.objects.filter(movie=models.OuterRef(f"{of}pk")).order_by("genre__name")
    counts = LikeCount.objects.filter(pk=models.OuterRef(f"{of}pk"))
    return {
        "movie_pk": models.F(f"{of}id"),
        "movie_title": models.F(f"{of}title"),
        "movie_year": models.F(f"{of}year"),
        "movie_genres": ArraySubquery(links.values("genre__name")),
        "movie_runtime_minutes": models.F(f"{of}runtime_minutes"),
        "movie_certificate": models.F(f"{of}certificate"),
        "movie_imdb_rating": models.F(f"{of}imdb_rating"),
        # Looked up for the rows of a page; a join would be read from its start, however far away the page is.
        "movie_likes": Coalesce(models.Subquery(counts.values("likes")), 0, output_field=models.BigIntegerField()),
    }


class MovieSummary(TypedDict):
    """A film as lists show it. Absent is None."""

    id: int
    title: str
    year: int | None
    genres: list[str]
    runtime_minutes: int | None
    certificate: str | None
    imdb_rating: Decimal | None
    likes: int


class MovieDetails(MovieSummary):
    """Everything about a film. Absent is None."""

    description: str | None
    directors: list[str]
    actors: list[str]
    imdb_votes: int | None
    revenue_usd: int | None
    metascore: int | None
    source: str
    source_id: str | None


def summary(row: Row) -> MovieSummary:
    """What a row with `summary_fields` says of its film."""
    return {
        "id": row["movie_pk"],
        "title": row["movie_title"],
        "year": row["movie_year"],
        "genres": row["movie_genres"],
        "runtime_minutes": row["movie_runtime_minutes"],
        "certificate": row["movie_certificate"] or None,
        "imdb_rating": row["movie_imdb_rating"],
        "likes": row["movie_likes"],
    }


def summaries(movie_ids: Collection[int]) -> dict[int, MovieSummary]:
    """Films by id, as lists show them; one that is not there is left out."""
    if not movie_ids:
        return {}
    rows: Any = Movie.objects.filter(pk__in=movie_ids).values(**summary_fields())
    return {row["movie_pk"]: summary(row) for row in rows}


def summary_if_any(row: Row) -> MovieSummary | None:
    """The same, of a row whose foreign key may be empty."""
    return None if row["movie_pk"] is None else summary(row)


def movie_details(movie_id: int) -> MovieDetails:
    """Everything about one film, in one query. Raises NoSuchMovie."""
    movies: Any = Movie.objects.filter(pk=movie_id)
    movies = movies.annotate(directors=_names(Credit.Role.DIRECTOR), actors=_names(Credit.Role.CAST))
    row = movies.values(*_DETAIL, **summary_fields()).first()
    if row is None:
        raise NoSuchMovie
    return {
        **summary(row),
        "description": row["description"] or None,
        "directors": row["directors"],
        "actors": row["actors"],
        "imdb_votes": row["imdb_votes"],
        "revenue_usd": row["revenue_usd"],
        "metascore": row["metascore"],
        "source": row["source"],
        "source_id": row["source_id"] or None,
    }


class MovieSources(TypedDict):
    """Where the facts of a film come from, and what others know it by."""

    sources: dict[str, str]  # fact, as MovieFacts calls it -> its source; `staff` for what a person said
    ids: list[str]  # such as imdb:tt0113277


def movie_sources(movie_id: int) -> MovieSources:
    """Of one film. Raises NoSuchMovie."""
    edited = Movie.objects.filter(pk=movie_id).values_list("edited", flat=True).first()
    if edited is None:
        raise NoSuchMovie
    rows = SourceRow.objects.filter(movie=movie_id).values_list("source", "gives")
    said = {fact: source for source, facts in rows for fact in facts} | dict.fromkeys(edited, "staff")
    ids = ExternalId.objects.filter(movie=movie_id).order_by("name").values_list("name", flat=True)
    return {"sources": dict(sorted(said.items())), "ids": list(ids)}


def likes(movie_id: int) -> int:
    """How many people like a film. Raises NoSuchMovie."""
    counts = Movie.objects.filter(pk=movie_id).values_list(Coalesce("like_count__likes", 0), flat=True)
    count: int | None = counts.first()
    if count is None:
        raise NoSuchMovie
    return count


def merged_into(movie_id: int) -> int | None:
    """The film that this one has proved to be; None if there is none."""
    if not is_id(movie_id):
        return None
    return MergedMovie.objects.filter(pk=movie_id).values_list("kept", flat=True).first()


def exists(movie_id: int) -> bool:
    return Movie.objects.filter(pk=movie_id).exists()


def hold(movie_id: int) -> None:
    """Until the caller's transaction ends, nobody removes this film. Raises NoSuchMovie."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM movies_movie WHERE id = %s FOR KEY SHARE", [movie_id])
        if not cursor.rowcount:
            raise NoSuchMovie


def twins(movie: Movie) -> models.QuerySet[Movie]:
    """Other films that this one cannot be told from: same title and year, and no two directors that differ.

    Reads `title_key`, `year` and `director_key`; the film need not be stored.
    """
    same = Movie.objects.filter(title_key=movie.title_key, year=movie.year, source_id="").exclude(pk=movie.pk)
    return same.filter(director_key__in=["", movie.director_key]) if movie.director_key else same


def likely_twins(*, limit: int) -> list[tuple[int, int]]:
    """Films that may be the same, but nothing proves it: pairs of one title whose years are at most one apart, without
    different ids of one kind or rows of one data set, and with no two directors who differ. By title."""
    with connection.cursor() as cursor:
        cursor.execute(_LIKELY_TWINS, [limit])
        return [(movie_id, other_id) for movie_id, other_id in cursor.fetchall()]


_DIRECTED = """
    SELECT person_id FROM movies_credit AS credit WHERE credit.role = 'director' AND credit.movie_id = {movie}.id
"""
_LIKELY_TWINS = f"""
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


def is_known_as_that(movie: Movie) -> bool:
    """Whether the film is stored with these `title_key`, `year` and `director_key`: nobody calls it anything else."""
    identity = {"title_key": movie.title_key, "year": movie.year, "director_key": movie.director_key}
    return Movie.objects.filter(pk=movie.pk, **identity).exists()


def titles(movie_ids: Collection[int]) -> dict[int, str]:
    return dict(Movie.objects.filter(pk__in=movie_ids).values_list("id", "title"))


def movie_ids(*, after: int, limit: int) -> list[int]:
    """The next ids in order, to go through the whole catalogue in steps."""
    return list(Movie.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])


def newest_id() -> int:
    """The highest there is, 0 in an empty catalogue."""
    return Movie.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def rating_statistics(votes_percentile: float) -> tuple[float, int]:
    """The mean rating of all rated films, and the votes that the given part of them does not reach; 0 without any."""
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


def genres() -> models.QuerySet[Genre, Row]:
    """Every genre with the number of its films."""
    rows: models.QuerySet[Genre, Row] = with_movie_counts(Genre.objects.all()).values("id", "name", "movies")
    return rows


def with_movie_counts(genres: models.QuerySet[Genre]) -> Any:
    """Adds `movies`, the number of a genre's films."""
    parts = GenreCount.objects.filter(genre=models.OuterRef("pk")).order_by().values("genre")
    count = parts.annotate(count=models.Sum("movies")).values("count")
    return genres.annotate(movies=Coalesce(models.Subquery(count), 0, output_field=models.BigIntegerField()))


def genres_named(names: list[str]) -> list[Genre]:
    """The genres of these names, whatever their case; a name without a genre is left out."""
    wanted = {name.casefold() for name in names}
    return [genre for genre in Genre.objects.order_by("name") if genre.name.casefold() in wanted]


def filter_choices() -> FilterChoices:
    """The genres and certificates that exist, in one query that steps through the certificate index."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE used AS (
                (SELECT certificate FROM movies_movie WHERE certificate <> '' ORDER BY certificate LIMIT 1)
                UNION ALL
                SELECT (SELECT certificate FROM movies_movie
                         WHERE certificate <> '' AND certificate > used.certificate ORDER BY certificate LIMIT 1)
                  FROM used WHERE used.certificate IS NOT NULL
            )
            SELECT ARRAY(SELECT name FROM movies_genre ORDER BY name),
                   ARRAY(SELECT certificate FROM used WHERE certificate IS NOT NULL)
            """
        )
        return FilterChoices(*cursor.fetchone())


def _names(role: str) -> ArraySubquery:
    credits = Credit.objects.filter(movie=models.OuterRef("pk"), role=role)
    return ArraySubquery(credits.order_by("billing", "id").values("person__name"))
