"""What other rooms may read of the catalogue. Every list is one query, whatever the page holds."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, models
from django.db.models.functions import Coalesce

from movies.models import Credit, Genre, Movie, MovieGenre
from netflix.api.pagination import Ordering

Row = dict[str, Any]

_SUMMARY = ("id", "title", "year", "genre_names", "runtime_minutes", "certificate", "imdb_rating", "likes")
_DETAIL = (
    *_SUMMARY,
    "description",
    "directors",
    "cast",
    "imdb_votes",
    "revenue_usd",
    "metascore",
    "source",
    "source_id",
)

RELEVANCE = Ordering("relevance", ("_relevance", "_votes", "id"), descending=True)
_SORT_KEYS = {
    "id": ("id",),
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


@dataclass(frozen=True, slots=True)
class FilterChoices:
    genres: list[str]
    certificates: list[str]


def movies() -> models.QuerySet[Movie]:
    """All films with what the orderings sort by; absent values sort lowest."""
    return Movie.objects.annotate(
        _year=Coalesce("year", 0),
        _rating=Coalesce("imdb_rating", -1, output_field=models.DecimalField()),
        _votes=Coalesce("imdb_votes", -1),
    )


def summary_rows(movies: models.QuerySet[Movie], ordering: Ordering) -> models.QuerySet[Movie, Row]:
    """The raw rows behind `summary`, with the keys of `ordering`."""
    rows: models.QuerySet[Movie, Row] = _with_genres_and_likes(movies).values(*{*_SUMMARY, *ordering.keys})
    return rows


def summary(row: Row) -> Row:
    """A film as lists show it. Absent is None."""
    return {
        "id": row["id"],
        "title": row["title"],
        "year": row["year"],
        "genres": row["genre_names"],
        "runtime_minutes": row["runtime_minutes"],
        "certificate": row["certificate"] or None,
        "imdb_rating": row["imdb_rating"],
        "likes": row["likes"],
    }


def movie_details(movie_id: int) -> Row:
    """Everything about one film, in one query. Raises Movie.DoesNotExist."""
    movies = _with_genres_and_likes(Movie.objects.filter(pk=movie_id))
    row = movies.annotate(directors=_names(Credit.Role.DIRECTOR), cast=_names(Credit.Role.CAST)).values(*_DETAIL).get()
    return summary(row) | {
        "description": row["description"] or None,
        "directors": row["directors"],
        "cast": row["cast"],
        "imdb_votes": row["imdb_votes"],
        "revenue_usd": row["revenue_usd"],
        "metascore": row["metascore"],
        "source": row["source"],
        "source_id": row["source_id"] or None,
    }


def genres() -> models.QuerySet[Genre, Row]:
    """Every genre with the number of its films."""
    rows: models.QuerySet[Genre, Row] = with_movie_counts(Genre.objects.all()).values("id", "name", "movies")
    return rows


def with_movie_counts(genres: models.QuerySet[Genre]) -> Any:
    """Adds `movies`, the number of a genre's films."""
    links = MovieGenre.objects.filter(genre=models.OuterRef("pk")).order_by().values("genre")
    count = links.annotate(count=models.Count("*")).values("count")
    return genres.annotate(movies=Coalesce(models.Subquery(count), 0, output_field=models.IntegerField()))


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


def _with_genres_and_likes(movies: models.QuerySet[Movie]) -> Any:
    links = MovieGenre.objects.filter(movie=models.OuterRef("pk")).order_by("genre__name")
    return movies.annotate(
        genre_names=ArraySubquery(links.values("genre__name")), likes=Coalesce("popularity__likes", 0)
    )


def _names(role: str) -> ArraySubquery:
    credits = Credit.objects.filter(movie=models.OuterRef("pk"), role=role)
    return ArraySubquery(credits.order_by("billing", "id").values("person__name"))
