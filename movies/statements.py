"""SQL statements of the catalogue's reads, in which PostgreSQL renders the JSON: docs/adr/0014."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse

from movies import posters
from movies.pictures import LARGE, SMALL
from movies.records import PLACEHOLDER_ID
from movies.search import suggesting
from netflix.api.entity_tags import SNAPSHOT_SQL
from netflix.hot.pages import row_json
from netflix.hot.statements import Lane, Query, Row, Statement
from netflix.hot.steps import Content


def likes_sql(movie_id: str) -> str:
    """An SQL expression: how many people like the film whose id is the given expression."""
    return f"coalesce((SELECT likes FROM movies_likecount AS count WHERE count.movie_id = {movie_id}), 0)"


_IS_UPLOADED = "movie.poster <> '' AND NOT starts_with(movie.poster, 'https://')"


def _poster_sql(width: int) -> str:
    """An SQL expression: the URL of an uploaded poster, as `movies/posters.py` names its files."""
    return f"%(posters_url)s::text || movie.poster || '-{width}.webp'"


_POSTER = f"CASE WHEN {_IS_UPLOADED} THEN {_poster_sql(LARGE)} ELSE nullif(movie.poster, '') END AS poster"
_POSTER_SMALL = f"CASE WHEN {_IS_UPLOADED} THEN {_poster_sql(SMALL)} END AS poster_small"
_POSTER_COLOR = f"CASE WHEN {_IS_UPLOADED} THEN '#' || right(movie.poster, 6) END AS poster_color"
# The columns of a film in lists.
_SUMMARY = f"""
    movie.id, %(movies_url)s::text || movie.id || '/' AS url, movie.title, movie.year,
    ARRAY(SELECT genre.name FROM movies_moviegenre AS link JOIN movies_genre AS genre ON genre.id = link.genre_id
           WHERE link.movie_id = movie.id ORDER BY genre.name) AS genres,
    movie.runtime_minutes, nullif(movie.certificate, '') AS certificate, movie.imdb_rating,
    {likes_sql("movie.id")} AS likes, {_POSTER}
"""
_NAMES = """
    ARRAY(SELECT person.name FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
           WHERE credit.movie_id = movie.id AND credit.role = '{role}' ORDER BY credit.billing, credit.id)
"""
_ROLE = "CASE credit.role WHEN 'cast' THEN 'actor' ELSE credit.role END AS role"
# The people of a film: directors before actors, each in billing order.
_PEOPLE = f"""
    (SELECT coalesce(json_agg({row_json("person.id, person.name, " + _ROLE)}
                              ORDER BY credit.role DESC, credit.billing, credit.id), '[]')
       FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
      WHERE credit.movie_id = movie.id) AS people
"""  # made of our own parts
_SOURCE_ID = f"""
    CASE WHEN NOT starts_with(movie.source_id, '{PLACEHOLDER_ID}') THEN nullif(movie.source_id, '') END AS source_id
"""  # made of our own parts
# The columns of a film's details.
_DETAILS = f"""
    {_SUMMARY}, nullif(movie.description, '') AS description,
    {_NAMES.format(role="director")} AS directors, {_NAMES.format(role="cast")} AS actors,
    movie.imdb_votes, movie.revenue_usd, movie.metascore,
    nullif(movie.original_title, '') AS original_title, nullif(movie.original_language, '') AS original_language,
    movie.countries, {_POSTER_SMALL}, {_POSTER_COLOR}, movie.release_date,
    movie.source, {_SOURCE_ID}, {_PEOPLE}
"""
# With `sources=1`: for each fact the data set it comes from, or `staff`; and the external ids.
_SOURCES = """
    (SELECT '{' || coalesce(
                string_agg(to_json(fact) || ':' || to_json(source), ',' ORDER BY fact COLLATE "C"), '') || '}'
       FROM (
           SELECT DISTINCT ON (fact) fact, source FROM (
               SELECT unnest(gives) AS fact, source, false AS edited FROM movies_sourcerow WHERE movie_id = movie.id
               UNION ALL SELECT unnest(movie.edited), 'staff', true
           ) AS given ORDER BY fact, edited DESC
       ) AS known)::json AS sources,
    ARRAY(SELECT name FROM movies_externalid WHERE movie_id = movie.id ORDER BY name) AS ids
"""


# Columns of a film that lists have if asked to.
INCLUDED = {
    "people": _PEOPLE,
    "description": "nullif(movie.description, '') AS description",
    "poster_small": _POSTER_SMALL,
    "poster_color": _POSTER_COLOR,
}


def summary_json(movie_id: str, *more: str) -> str:
    """An SQL expression: the JSON summary of the film whose id is the given expression, null if there is none.

    `more` are columns to append. In a SELECT list it is an index lookup for each row, whatever the planner's estimate.
    """
    return row_json(", ".join([_SUMMARY, *more]), f"FROM movies_movie AS movie WHERE movie.id = {movie_id}")


# Inputs of the rankings for the films `movie_ids`: for each film a row per genre, and one row with a null genre, which
# is its row in the ranking of the whole catalogue.
RANKING_INPUTS = """
    SELECT movie.id AS movie_id, place.genre_id, movie.imdb_rating, movie.imdb_votes
      FROM (SELECT id, imdb_rating, imdb_votes FROM movies_movie WHERE id = ANY(%(movie_ids)s) ORDER BY id) AS movie,
           LATERAL (
               SELECT NULL::bigint AS genre_id
               UNION ALL SELECT genre_id FROM movies_moviegenre AS link WHERE link.movie_id = movie.id
           ) AS place
"""

_DETAILS_STATEMENTS = {
    sources: Statement(
        f"SELECT {SNAPSHOT_SQL}, {row_json(columns)} FROM movies_movie AS movie WHERE movie.id = %(movie_id)s"
    )
    for sources, columns in ((False, _DETAILS), (True, f"{_DETAILS}, {_SOURCES}"))
}


def movie_details(movie_id: int, urls: dict[str, str], *, sources: bool = False) -> Query[Content | None]:
    """A film's details, with provenance if `sources`; None if there is no such film. `urls` come from `urls_of`."""
    return Query(_DETAILS_STATEMENTS[sources], {"movie_id": movie_id, **urls}, _content)


def _content(rows: list[Row]) -> Content | None:
    return Content(rows[0][1], rows[0][0]) if rows else None


def urls_of(request: HttpRequest) -> dict[str, str]:
    """The parameters of statements with summaries: the URL prefixes of films and of uploaded posters."""
    origin = f"{request.scheme}://{request.get_host()}"
    return {
        "movies_url": f"{origin}{_path('movie-list', get_script_prefix())}",
        "posters_url": posters.folder_url(origin),
    }


def people_urls_of(request: HttpRequest) -> dict[str, str]:
    """The parameters of statements with people: the URL prefixes of films and people."""
    people = f"{request.scheme}://{request.get_host()}{_path('person-list', get_script_prefix())}"
    return {**urls_of(request), "people_url": people}


@lru_cache
def _path(name: str, script_prefix: str) -> str:  # part of the cache key: `reverse` depends on it
    return reverse(name)


# The columns of a person in lists.
_PERSON = "person.id, %(people_url)s::text || person.id || '/' AS url, person.name"
_MAX_CREDITS = 1000  # of a person; more than anybody has


def person_json(person_id: str) -> str:
    """An SQL expression: the JSON of the person whose id is the given expression."""
    return row_json(_PERSON, f"FROM movies_person AS person WHERE person.id = {person_id}")


def _movies_by_role(role: str) -> str:
    """An SQL expression: the films of a role, the latest first."""
    movie = row_json("movie.id, movie.title, movie.year, %(movies_url)s::text || movie.id || '/' AS url")
    return f"""
        (SELECT coalesce(json_agg({movie} ORDER BY movie.year DESC NULLS LAST, movie.title, movie.id), '[]')
           FROM movie WHERE movie.role = '{role}')
    """  # made of our own parts


# The columns of a person's details.
_PERSON_DETAILS = f"""
    {_PERSON}, {row_json(f"{_movies_by_role('director')} AS director, {_movies_by_role('cast')} AS actor")} AS movies,
    (SELECT coalesce(json_agg({row_json("genre.id, genre.name, worked_in.movies")}
                              ORDER BY worked_in.movies DESC, genre.name), '[]')
       FROM worked_in JOIN movies_genre AS genre ON genre.id = worked_in.genre_id) AS genres
"""  # made of our own parts
# Films and their genres are looked up one by one (OFFSET 0), however many the planner expects.
_PERSON_STATEMENT = Statement(
    f"""
    WITH movie AS MATERIALIZED (
        SELECT credit.role, movie.id, movie.title, movie.year
          FROM (
                   SELECT movie_id, role FROM movies_credit WHERE person_id = %(person_id)s LIMIT {_MAX_CREDITS}
               ) AS credit
         CROSS JOIN LATERAL (SELECT id, title, year FROM movies_movie WHERE id = credit.movie_id OFFSET 0) AS movie
    ), worked_in AS MATERIALIZED (
        SELECT link.genre_id, count(*) AS movies
          FROM (SELECT DISTINCT id FROM movie) AS own
         CROSS JOIN LATERAL (SELECT genre_id FROM movies_moviegenre WHERE movie_id = own.id OFFSET 0) AS link
         GROUP BY link.genre_id
    )
    SELECT {SNAPSHOT_SQL}, {row_json(_PERSON_DETAILS)} FROM movies_person AS person WHERE person.id = %(person_id)s
    """,
    lane=Lane.SLOW,  # its cost depends on how many films they have made
)


def person_details(person_id: int, urls: dict[str, str]) -> Query[Content | None]:
    """A person with films and genres; None if there is no such person. `urls` come from `people_urls_of`."""
    return Query(_PERSON_STATEMENT, {"person_id": person_id, **urls}, _content)


_LIKES = Statement(f"SELECT {likes_sql('movie.id')} FROM movies_movie AS movie WHERE movie.id = %(movie_id)s")


def likes(movie_id: int) -> Query[int | None]:
    """How many people like a film; None if there is no such film."""
    return Query(_LIKES, {"movie_id": movie_id}, lambda rows: int(rows[0][0]) if rows else None)


class FilterChoices(NamedTuple):
    genres: list[str]
    certificates: list[str]


# A loose index scan: jumps from one certificate to the next.
_CHOICES = Statement(
    """
    WITH RECURSIVE used AS (
        (SELECT certificate FROM movies_movie WHERE certificate <> '' ORDER BY certificate LIMIT 1)
        UNION ALL
        SELECT (SELECT certificate FROM movies_movie
                 WHERE certificate <> '' AND certificate > used.certificate ORDER BY certificate LIMIT 1)
          FROM used WHERE used.certificate IS NOT NULL
    )
    SELECT to_json(ARRAY(SELECT name FROM movies_genre ORDER BY name)),
           to_json(ARRAY(SELECT certificate FROM used WHERE certificate IS NOT NULL))
    """
)


def filter_choices() -> Query[FilterChoices]:
    """The genres and certificates that exist."""
    return Query(_CHOICES, {}, lambda rows: FilterChoices(*map(orjson.loads, rows[0])))


_CHOICES_IN_ERRORS = 50


def catalogue_spelling(values: Iterable[str], known: Sequence[str]) -> list[str]:
    """The values in the catalogue's spelling. Raises Django's ValidationError."""
    by_spelling = {name.casefold(): name for name in known}
    if unknown := next((text for text in values if text.casefold() not in by_spelling), None):
        allowed = ", ".join(known[:_CHOICES_IN_ERRORS]) or "nothing yet, the catalogue has none"
        raise ValidationError(
            "%(unknown)s is not in the catalogue. Allowed: %(allowed)s.",  # via `params`, as the value may contain %
            code="invalid_choice",
            params={"unknown": f"{unknown!r:.60}", "allowed": allowed},
        )
    return [by_spelling[text.casefold()] for text in values]


class Suggestions(NamedTuple):
    """Suggestions for a typed prefix: films as (id, title, year) and people as (id, name), best match first."""

    titles: list[tuple[int, str, int | None]]
    people: list[tuple[int, str]]
    snapshot: bytes | None


_SUGGESTIONS = Statement(f"SELECT {SNAPSHOT_SQL}, {suggesting.TITLES}, {suggesting.PEOPLE}", lane=Lane.SLOW)


def suggestions(texts: Sequence[str]) -> Query[Suggestions]:
    """The films and people that match any of these texts, whose last word may be incomplete."""

    def result(rows: list[Row]) -> Suggestions:
        ((snapshot, titles, people),) = rows
        return Suggestions(orjson.loads(titles or b"[]"), orjson.loads(people or b"[]"), snapshot)

    values: dict[str, Any] = suggesting.values_of(texts)
    return Query(_SUGGESTIONS, values, result)
