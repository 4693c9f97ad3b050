"""WSGI without a framework: psycopg, prepared statements, JSON made by PostgreSQL. About the limit of Python."""

import os
import re
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha512
from typing import Any
from urllib.parse import parse_qs

import django
import orjson
import psycopg
from psycopg.types.json import set_json_loads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
django.setup()  # for the product's lists, which use models; requests do not use Django

from benchmarks.peers.product_sql import LIKE, UNLIKE, Sql, page_sql, rows_and_keys  # noqa: E402
from movies import statements  # noqa: E402
from movies.lists import GenreList, MovieList  # noqa: E402
from ranking.lists import RankingList  # noqa: E402

Answer = tuple[str, bytes]
_ONE = re.compile(r"/api/v1/movies/(\d+)/(like/)?$")
_NOT_FOUND: Answer = ("404 Not Found", b"{}")
_PAGE, _GENRES_PAGE = 20, 100
_MOVIES, _MOVIES_AFTER = (page_sql(MovieList(), {"genre": "Drama"}, after=after) for after in (False, True))
_RANKING = page_sql(RankingList(), {"genre": "Drama"})
_GENRES = page_sql(GenreList(), {})
_DETAILS = Sql.of(statements.movie_details(1, {}).statement)


@cache
def _connection() -> psycopg.Connection:
    """The connection of this process, which has one thread."""
    options = "-c jit=off -c max_parallel_workers_per_gather=0"
    connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, options=options, prepare_threshold=0)
    connection.cursor_factory = psycopg.RawCursor  # its parameters are `$1`, `$2` ...
    set_json_loads(bytes, connection)  # JSON is passed on as it is
    return connection


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    status, body = _answer(environ)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _answer(environ: dict[str, Any]) -> Answer:
    path = environ["PATH_INFO"]
    if path == "/api/v1/movies/":
        return _movies(environ, parse_qs(environ["QUERY_STRING"]))
    if path == "/api/v1/ranking/":
        return _ranking(environ, parse_qs(environ["QUERY_STRING"]))
    if path == "/api/v1/genres/":
        rows, _ = rows_and_keys(_row(environ, _GENRES, {"limit": _GENRES_PAGE + 1}))
        return _listed(rows[:_GENRES_PAGE], None)
    match = _ONE.match(path)
    if match is None:
        return _NOT_FOUND
    return _like(environ, int(match[1])) if match[2] else _details(environ, int(match[1]))


def _movies(environ: dict[str, Any], query: dict[str, list[str]]) -> Answer:
    values = {"genre_0": query["genre"][0], "limit": _PAGE + 1}
    if "after" in query:
        values["after_0"] = int(query["after"][0])
    rows, keys = rows_and_keys(_row(environ, _MOVIES_AFTER if "after" in query else _MOVIES, values))
    more = len(rows) > _PAGE
    link = f"/api/v1/movies/?genre={query['genre'][0]}&after={orjson.loads(keys[_PAGE - 1])[0]}" if more else None
    return _listed(rows[:_PAGE], link)


def _details(environ: dict[str, Any], movie_id: int) -> Answer:
    row = _row(environ, _DETAILS, {"movie_id": movie_id})
    return ("200 OK", row[1]) if row else _NOT_FOUND


def _ranking(environ: dict[str, Any], query: dict[str, list[str]]) -> Answer:
    genre = query["genre"][0]
    rows, keys = rows_and_keys(_row(environ, _RANKING, {"genre_0": genre, "limit": _PAGE + 1}))
    ranked = [
        f'{{"rank":{rank},"score":{orjson.loads(key)[0]},{row[1:]}'
        for rank, (row, key) in enumerate(zip(rows[:_PAGE], keys, strict=False), start=1)
    ]
    return _listed(ranked, f"/api/v1/ranking/?genre={genre}&after={_PAGE}" if len(rows) > _PAGE else None)


def _listed(rows: list[str], next_link: str | None) -> Answer:
    link = f'"{next_link}"' if next_link else "null"
    return "200 OK", f'{{"next":{link},"previous":null,"results":[{",".join(rows)}]}}'.encode()


def _like(environ: dict[str, Any], movie_id: int) -> Answer:
    token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    is_like = environ["REQUEST_METHOD"] == "PUT"
    values = {"movie_id": movie_id, "digest": sha512(token.encode()).hexdigest()}
    row = _row(environ, LIKE if is_like else UNLIKE, values)
    if row is None:
        return "401 Unauthorized", b"{}"
    if row[0] is None:
        return _NOT_FOUND
    return ("200 OK", b'{"likes":%d, "liked":true}' % row[0]) if is_like else ("204 No Content", b"")


def _row(environ: dict[str, Any], sql: Sql, values: dict[str, Any]) -> Any:
    if "movies_url" in sql.names:
        values["movies_url"] = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}/api/v1/movies/"
    if "posters_url" in sql.names:
        values["posters_url"] = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}/posters/"
    return _connection().execute(sql.text.encode(), [values[name] for name in sql.names]).fetchone()
