"""The hottest reads of the catalogue, each one prepared statement in which PostgreSQL writes the JSON: docs/adr/0014.

They say what `selectors` says, byte for byte; a test holds them beside each other.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from movies.search import Match, page_sql, page_values, suggesting
from netflix.api.caching import VERSION, Found
from netflix.api.lines import Line, Lines, lines_sql
from netflix.api.pagination import Window
from netflix.api.prepared import Query, Rows, Statement


def likes_sql(movie_id: str) -> str:
    """An SQL expression: how many people like the film whose id is the given expression."""
    return f"coalesce((SELECT likes FROM movies_likecount AS count WHERE count.movie_id = {movie_id}), 0)"


_SUMMARY = f"""
    movie.id, movie.title, movie.year,
    ARRAY(SELECT genre.name FROM movies_moviegenre AS link JOIN movies_genre AS genre ON genre.id = link.genre_id
           WHERE link.movie_id = movie.id ORDER BY genre.name) AS genres,
    movie.runtime_minutes, nullif(movie.certificate, '') AS certificate, movie.imdb_rating,
    {likes_sql("movie.id")} AS likes
"""
_NAMES = """
    ARRAY(SELECT person.name FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
           WHERE credit.movie_id = movie.id AND credit.role = '{role}' ORDER BY credit.billing, credit.id)
"""
_DETAILS = Statement(
    f"""
    SELECT {VERSION}, (SELECT row_to_json(film) FROM (
               SELECT {_SUMMARY}, nullif(movie.description, '') AS description,
                      {_NAMES.format(role="director")} AS directors, {_NAMES.format(role="cast")} AS actors,
                      movie.imdb_votes, movie.revenue_usd, movie.metascore,
                      movie.source, nullif(movie.source_id, '') AS source_id) AS film)
      FROM movies_movie AS movie WHERE movie.id = $1
    """
)


def summary_json(movie_id: str) -> str:
    """An SQL expression: the summary, as JSON, of the film whose id is the given expression.

    In a SELECT list it is looked up for each row that there is, however many the planner expects.
    """
    film = f"SELECT {_SUMMARY} FROM movies_movie AS movie WHERE movie.id = {movie_id}"
    return f"(SELECT row_to_json(film) FROM ({film}) AS film)"


# What the films `movie_ids` are ranked by, a row for each genre and one for the whole catalogue, which has no genre.
RANKED_BY = """
    SELECT movie.id AS movie_id, place.genre_id, movie.imdb_rating, movie.imdb_votes
      FROM (SELECT id, imdb_rating, imdb_votes FROM movies_movie WHERE id = ANY(%(movie_ids)s) ORDER BY id) AS movie,
           LATERAL (
               SELECT NULL::bigint AS genre_id
               UNION ALL SELECT genre_id FROM movies_moviegenre AS link WHERE link.movie_id = movie.id
           ) AS place
"""


def movie_details(movie_id: int) -> Query[Found | None]:
    """Everything about a film; None for one that is not there."""
    return Query(_DETAILS, (movie_id,), lambda rows: Found(orjson.Fragment(rows[0][1]), *rows[0]) if rows else None)


def movies(genre: str | None) -> Window:
    """All films, or those of the genre of exactly this name, by id."""

    def window(values: tuple[Any, ...], descending: bool, limit: int) -> Query[Lines]:
        after = values or (0,)
        if genre is None:
            return Query(_PAGES[descending], (*after, limit), Lines.of)
        return Query(_PAGES_OF_GENRE[descending], (*after, limit, genre), Lines.of)

    return window


def search(texts: Sequence[str]) -> Window:
    """The films that match one of these queries, by relevance."""

    def window(values: tuple[Any, ...], descending: bool, limit: int) -> Query[Lines]:
        asked = page_values(texts, values, best_first=descending, limit=limit)
        return Query(_MATCHES[descending], tuple(asked), Lines.of)

    return window


class Suggestions(NamedTuple):
    """For who is still typing: films as (id, title, year), and names of people, each the best first."""

    titles: list[tuple[int, str, int | None]]
    names: list[str]
    version: bytes | None


def suggestions(texts: Sequence[str]) -> Query[Suggestions]:
    """The films and people that queries mean whose last word may go on."""

    def meaning(rows: Rows) -> Suggestions:
        ((version, titles, names),) = rows
        return Suggestions(orjson.loads(titles or b"[]"), orjson.loads(names or b"[]"), version)

    return Query(_SUGGESTIONS, tuple(suggesting.values_of(texts)), meaning)


def genres() -> Window:
    """All genres by name, with the number of their films."""

    def window(values: tuple[Any, ...], descending: bool, limit: int) -> Query[Lines]:
        return Query(_GENRES[descending], (*(values or ("", 0)), limit), Lines.of)

    return window


def values_of_genre(line: Line) -> list[Any]:
    """The ordering's keys."""
    return [bytes.fromhex(line[1].decode()).decode(), int(line[2])]


def values_of_match(line: Line) -> list[int]:
    """The ordering's keys."""
    return [int(value) for value in line[1:]]


def json_of_match(line: Line, position: int) -> bytes:
    """The film, and what the query was found in."""
    return b'%b,"matched":"%b"}' % (line[0][:-1], Match(int(line[1])).field.encode())


def values(line: Line) -> list[int]:
    """The ordering's keys."""
    return [int(line[1])]


def _statement(page: str) -> Statement:
    """Ids first, from one range of an index; what is shown of the films then."""
    return Statement(lines_sql(summary_json("page.movie_id"), ["movie_id"], f"({page}) AS page"))


# Each by whether it goes backwards.
_PAGES = [
    _statement(f"SELECT id AS movie_id FROM movies_movie WHERE id {beyond} $1 ORDER BY id {direction} LIMIT $2")
    for beyond, direction in ((">", "ASC"), ("<", "DESC"))
]
# The genre is a range of its own index, and not a value: else PostgreSQL, which does not know how rare it is, may go
# through the films of all genres in their order and leave out the others.
_GENRE = "(SELECT id FROM movies_genre WHERE name = $3)"
_PAGES_OF_GENRE = [
    _statement(
        f"""
        SELECT movie_id FROM movies_moviegenre
         WHERE (genre_id, movie_id) {beyond} ({_GENRE}, $1) AND (genre_id, movie_id) {within}
         ORDER BY genre_id {direction}, movie_id {direction} LIMIT $2
        """
    )
    for beyond, within, direction in ((">", f"< ({_GENRE} + 1, 0)", "ASC"), ("<", f"> ({_GENRE}, 0)", "DESC"))
]

# Each by whether the best are first.
_MATCHES = [
    Statement(
        lines_sql(
            summary_json("page.movie_id"),
            ["match", "votes", "movie_id"],
            f"({page_sql(best_first=best_first)}) AS page",
        )
    )
    for best_first in (False, True)
]

_SUGGESTIONS = Statement(f"SELECT {VERSION}, {suggesting.TITLES}, {suggesting.NAMES}")

_COUNTED = """(
    SELECT row_to_json(counted) FROM (
        SELECT page.id, page.name,
               (SELECT coalesce(sum(movies), 0)::bigint FROM movies_genrecount WHERE genre_id = page.id) AS movies
    ) AS counted
)"""
_GENRES = [
    Statement(
        lines_sql(
            _COUNTED,
            ["encode(convert_to(name, 'UTF8'), 'hex')", "id"],  # a name may have a comma
            f"""(SELECT id, name FROM movies_genre WHERE (name, id) {beyond} ($1, $2::bigint)
                  ORDER BY name {direction}, id {direction} LIMIT $3) AS page""",
        )
    )
    for beyond, direction in ((">", "ASC"), ("<", "DESC"))
]
