"""No framework at all: WSGI, psycopg, prepared statements, JSON by PostgreSQL. About what Python can do."""

import os
import re
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha512
from typing import Any
from urllib.parse import parse_qs

import psycopg

from benchmarks.peers import statements

Answer = tuple[str, bytes]
_ONE = re.compile(r"/api/v1/movies/(\d+)/(like/)?$")
_NOT_FOUND: Answer = ("404 Not Found", b"{}")
_MOVIES, _DETAILS, _RANKING, _GENRES, _LIKE, _UNLIKE = (
    statement.format("", "%s", "%s")
    for statement in (
        statements.MOVIES,
        statements.DETAILS,
        statements.RANKING,
        statements.GENRES,
        statements.LIKE,
        statements.UNLIKE,
    )
)


@cache
def _connection() -> psycopg.Connection:
    """One a process: it has one thread."""
    options = "-c jit=off -c max_parallel_workers_per_gather=0"
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, options=options, prepare_threshold=0)


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    status, body = _answer(environ)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def _answer(environ: dict[str, Any]) -> Answer:
    path = environ["PATH_INFO"]
    if path == "/api/v1/movies/":
        return _movies(parse_qs(environ["QUERY_STRING"]))
    if path == "/api/v1/ranking/":
        return _ranking(parse_qs(environ["QUERY_STRING"]))
    if path == "/api/v1/genres/":
        return "200 OK", statements.page(_row(_GENRES)[0], None)
    found = _ONE.match(path)
    if found is None:
        return _NOT_FOUND
    return _like(environ, int(found[1])) if found[2] else _details(int(found[1]))


def _movies(query: dict[str, list[str]]) -> Answer:
    genre = query["genre"][0]
    rows, last = _row(_MOVIES, genre, int(query.get("after", ["0"])[0]))
    return "200 OK", statements.page(rows, f"/api/v1/movies/?genre={genre}&after={last}" if last else None)


def _details(movie_id: int) -> Answer:
    row = _row(_DETAILS, movie_id)
    return ("200 OK", row[0].encode()) if row else _NOT_FOUND


def _ranking(query: dict[str, list[str]]) -> Answer:
    genre = query["genre"][0]
    rows, more = _row(_RANKING, genre)
    return "200 OK", statements.page(rows, f"/api/v1/ranking/?genre={genre}&after=20" if more else None)


def _like(environ: dict[str, Any], movie_id: int) -> Answer:
    token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    method = environ["REQUEST_METHOD"]
    row = _row(_LIKE if method == "PUT" else _UNLIKE, movie_id, sha512(token.encode()).hexdigest())
    if row is None:
        return "401 Unauthorized", b"{}"
    if row[0] is None:
        return _NOT_FOUND
    return ("200 OK", b'{"likes":%d, "liked":true}' % row[0]) if method == "PUT" else ("204 No Content", b"")


def _row(statement: str, *parameters: object) -> Any:
    return _connection().execute(statement.encode(), parameters).fetchone()
