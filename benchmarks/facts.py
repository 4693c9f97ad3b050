"""The facts of a made-up catalogue, which depend only on the number of films.

PostgreSQL computes all values from hashes of row numbers, with one statement for each table.
"""

from typing import Any

from django.db import connection

from benchmarks import words

VIEWERS = 200  # people with a login who like nothing yet; their ids follow those of the other users
READERS = 20  # people with a login who have lists; their ids are the last
DAYS = 60  # likes are spread over this many days, until last midnight

# `chance` is from 0 to below 1. The salt makes several values of one row independent of each other.
_CHANCE = """
    CREATE FUNCTION pg_temp.chance(number bigint, salt bigint) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$
        SELECT (hashint8extended(number, salt) & 9007199254740991)::float8 / 9007199254740992
    $$;
    CREATE FUNCTION pg_temp.one_of(choices text[], number bigint, salt bigint)
        RETURNS text IMMUTABLE LANGUAGE sql AS $$
        SELECT choices[1 + floor(pg_temp.chance(number, salt) * cardinality(choices))::int]
    $$
"""
_GENRES = """
    INSERT INTO movies_genre (id, name) SELECT place, name
      FROM unnest(%(genres)s::text[]) WITH ORDINALITY AS given (name, place)
"""
_PEOPLE = """
    INSERT INTO movies_person (id, name, name_key)
    SELECT n, name, lower(replace(name, '.', ''))
      FROM generate_series(1, %(people)s) AS n,
           LATERAL (SELECT (%(first_names)s::text[])[1 + n %% 40] || ' '
                        || chr(65 + n / 2000 %% 26) || '. ' || chr(65 + n / 52000 %% 26) || '. '
                        || (%(last_names)s::text[])[1 + n / 40 %% 50] AS name) AS called
"""
_MOVIES = """
    INSERT INTO movies_movie (
           id, title, title_key, director_key, year, description, certificate, runtime_minutes, imdb_rating, imdb_votes,
           revenue_usd, metascore, source, source_id)
    SELECT n, title, lower(title), director.name_key, 2026 - floor(105 * power(pg_temp.chance(n, 1), 2)),
           concat_ws(' ', pg_temp.one_of(%(phrases)s::text[], n, 2), pg_temp.one_of(%(phrases)s::text[], n, 3),
                     pg_temp.one_of(%(phrases)s::text[], n, 4), pg_temp.one_of(%(phrases)s::text[], n, 5)),
           pg_temp.one_of(%(certificates)s::text[], n, 6), 70 + floor(110 * power(pg_temp.chance(n, 7), 2)),
           CASE WHEN rated THEN
               round((2 + 7 * (pg_temp.chance(n, 8) + pg_temp.chance(n, 9) + pg_temp.chance(n, 10)) / 3)::numeric, 1)
           END,
           CASE WHEN rated THEN floor(power(10, 1 + 5 * power(pg_temp.chance(n, 11), 2))) END,
           CASE WHEN pg_temp.chance(n, 12) < 0.4 THEN floor(power(10, 4 + 5 * pg_temp.chance(n, 13))) END,
           CASE WHEN pg_temp.chance(n, 14) < 0.6 THEN 10 + floor(90 * pg_temp.chance(n, 15)) END,
           'benchmark', n::text
      FROM generate_series(1, %(movies)s) AS n,
           LATERAL (SELECT pg_temp.chance(n, 16) < 0.95 AS rated,
                           'The ' || pg_temp.one_of(%(adjectives)s::text[], n, 17) || ' '
                        || pg_temp.one_of(%(nouns)s::text[], n, 18)
                        || ' of ' || pg_temp.one_of(%(nouns)s::text[], n, 19) AS title,
                           floor(%(people)s * power(pg_temp.chance(n, 50), 1.5))::bigint AS first) AS drawn
      JOIN movies_person AS director ON director.id = 1 + first %% %(people)s
     ORDER BY 1
"""
_LINKS = """
    INSERT INTO movies_moviegenre (movie_id, genre_id)
    SELECT n, genre
      FROM generate_series(1, %(movies)s) AS n,
           unnest(%(parts)s::float8[]) WITH ORDINALITY AS given (part, genre)
     WHERE pg_temp.chance(n, 20 + genre) < part
"""
# A director and two actors for each film; some people have many films.
_CREDITS = """
    INSERT INTO movies_credit (movie_id, person_id, role, billing)
    SELECT n, 1 + (first + step * place) %% %(people)s, CASE place WHEN 0 THEN 'director' ELSE 'cast' END,
           greatest(place, 1)
      FROM generate_series(1, %(movies)s) AS n,
           LATERAL (SELECT floor(%(people)s * power(pg_temp.chance(n, 50), 1.5))::bigint AS first,
                           1 + floor(20 * pg_temp.chance(n, 51))::bigint AS step) AS drawn,
           generate_series(0, 2) AS place
"""
_USERS = """
    INSERT INTO accounts_user (
           id, username, password, first_name, last_name, email, verified_email, is_superuser, is_staff, is_active,
           date_joined)
    SELECT n, 'viewer' || n, '!', '', '', '', '', false, false, true, now() FROM generate_series(1, %(users)s) AS n
"""
# Few films have most likes: the film at place r has about 1/r as many as the first. The users of a film's likes have
# consecutive numbers (times a constant, modulo the number of users), so nobody likes a film twice.
_LIKES = """
    INSERT INTO ranking_like (user_id, movie_id, created_at)
    SELECT 1 + (movie * 7919 + row_number() OVER (PARTITION BY movie) * 2654435761) %% %(fans)s, movie,
           date_trunc('day', now()) - %(days)s * interval '1 day' * pg_temp.chance(n, 60) AS liked_at
      FROM (SELECT n, 1 + (floor(power(%(movies)s, pg_temp.chance(n, 61)))::bigint * 2654435761) %% %(movies)s AS movie
              FROM generate_series(1, %(likes)s) AS n) AS drawn
     ORDER BY liked_at
"""
_STEPS = {
    "genres": _GENRES,
    "people": _PEOPLE,
    "films": _MOVIES,
    "genres of films": _LINKS,
    "credits": _CREDITS,
    "users": _USERS,
    "likes": _LIKES,
}
TABLES = (
    "movies_genre",
    "movies_person",
    "movies_movie",
    "movies_moviegenre",
    "movies_credit",
    "accounts_user",
    "ranking_like",
)


def sizes(movies: int) -> dict[str, int]:
    """The numbers of rows."""
    fans = min(1_000_000, max(1_000, movies))
    return {
        "movies": movies,
        "people": max(50, movies // 5),
        "fans": fans,
        "users": fans + VIEWERS + READERS,
        "likes": 5 * movies,
    }


def steps(movies: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """The statements that fill the tables, in order, each with its parameters."""
    parameters: dict[str, Any] = {
        **sizes(movies),
        "days": DAYS,
        "genres": list(words.GENRES),
        "parts": list(words.GENRES.values()),
        "first_names": words.FIRST_NAMES,
        "last_names": words.LAST_NAMES,
        "adjectives": words.ADJECTIVES,
        "nouns": words.NOUNS,
        "certificates": words.CERTIFICATES,
        "phrases": words.phrases(200),
    }
    return {name: (statement, parameters) for name, statement in _STEPS.items()}


def prepare() -> None:
    """Create the functions that the statements call, for this connection."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANCE)
