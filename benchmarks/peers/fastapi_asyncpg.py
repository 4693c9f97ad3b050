"""FastAPI as its best engineers would write this: asyncpg, hand-written SQL, JSON by PostgreSQL, bytes passed on."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha512
from typing import Annotated, Any
from urllib.parse import unquote, urlencode, urlsplit

import asyncpg
import django
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response

from benchmarks.peers import statements

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
django.setup()  # for the statements of a search, which name models

from movies import statements as product  # noqa: E402
from movies.folding import fold  # noqa: E402
from movies.search import Match, page_values, suggesting  # noqa: E402

_SEARCH, _SUGGEST = product._MATCHES[True].sql, product._SUGGESTIONS.sql
_PAGE = 20
_CONNECTIONS = 4  # of each process
_JSON = "application/json"
_MOVIES, _DETAILS, _RANKING, _GENRES, _LIKE, _UNLIKE = (
    statement.format("", "$1", "$2")
    for statement in (
        statements.MOVIES,
        statements.DETAILS,
        statements.RANKING,
        statements.GENRES,
        statements.LIKE,
        statements.UNLIKE,
    )
)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = urlsplit(os.environ["DATABASE_URL"])
    async with asyncpg.create_pool(
        host=unquote(url.hostname or ""),
        port=url.port,
        user=url.username,
        password=url.password,
        database=url.path[1:],
        min_size=_CONNECTIONS,
        max_size=_CONNECTIONS,
        server_settings={"jit": "off", "max_parallel_workers_per_gather": "0"},
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_lifespan)


def _digest(authorization: Annotated[str, Header()] = "") -> str:
    """As knox.crypto.hash_token makes it."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer":
        raise HTTPException(401)
    return sha512(token.encode()).hexdigest()


Digest = Annotated[str, Depends(_digest)]


async def _row(statement: str, *parameters: Any) -> Any:
    return await app.state.pool.fetchrow(statement, *parameters)


@app.get("/api/v1/movies/")
async def movies(genre: str = "", after: int = 0, q: str = "") -> Response:
    if q:
        return await search(q)
    rows, last = await _row(_MOVIES, genre, after)
    link = f"/api/v1/movies/?genre={genre}&after={last}" if last else None
    return Response(statements.page(rows, link), media_type=_JSON)


async def search(q: str) -> Response:
    """By the product's own statement; it is the rest that is compared."""
    _, films, matches, *_ = await _row(_SEARCH, *page_values([fold(q)], (), best_first=True, limit=_PAGE + 1))
    found = list(zip(films.split("\n"), matches.split(","), strict=True)) if films else []
    rows = [f'{film[:-1]},"matched":"{Match(int(match)).field}"}}' for film, match in found[:_PAGE]]
    link = f"/api/v1/movies/?q={q}&after={_PAGE}" if len(found) > _PAGE else None
    return Response(statements.page(",".join(rows), link), media_type=_JSON)


@app.get("/api/v1/movies/suggest/")
async def suggest(request: Request, q: str) -> Response:
    _, titles, names = await _row(_SUGGEST, *suggesting.values_of([fold(q)]))
    movies = f"{request.base_url}api/v1/movies/"
    films = [
        {"kind": "title", "text": title, "year": year, "link": f"{movies}{movie_id}/"}
        for movie_id, title, year in orjson.loads(titles or "[]")
    ]
    people = [
        {"kind": "person", "text": name, "year": None, "link": f"{movies}?{urlencode({'person': name})}"}
        for name in orjson.loads(names or "[]")
    ]
    films = films[: suggesting.MOST - min(len(people), 4)]
    return Response(orjson.dumps({"results": films + people[: suggesting.MOST - len(films)]}), media_type=_JSON)


@app.get("/api/v1/movies/{movie_id}/")
async def details(movie_id: int) -> Response:
    row = await _row(_DETAILS, movie_id)
    if row is None:
        raise HTTPException(404)
    return Response(row[0].encode(), media_type=_JSON)


@app.get("/api/v1/ranking/")
async def ranking(genre: str) -> Response:
    rows, more = await _row(_RANKING, genre)
    link = f"/api/v1/ranking/?genre={genre}&after=20" if more else None
    return Response(statements.page(rows, link), media_type=_JSON)


@app.get("/api/v1/genres/")
async def genres() -> Response:
    row = await _row(_GENRES)
    return Response(statements.page(row[0], None), media_type=_JSON)


@app.put("/api/v1/movies/{movie_id}/like/")
async def like(movie_id: int, digest: Digest) -> Response:
    likes = await _changed(_LIKE, digest, movie_id)
    return Response(b'{"likes":%d, "liked":true}' % likes, media_type=_JSON)


@app.delete("/api/v1/movies/{movie_id}/like/")
async def unlike(movie_id: int, digest: Digest) -> Response:
    await _changed(_UNLIKE, digest, movie_id)
    return Response(status_code=204)


async def _changed(statement: str, digest: str, movie_id: int) -> int:
    row = await _row(statement, movie_id, digest)
    if row is None:
        raise HTTPException(401)
    if row[0] is None:
        raise HTTPException(404)
    return int(row[0])
