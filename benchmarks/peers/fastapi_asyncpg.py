"""A tuned FastAPI service: asyncpg, the same SQL as the product, JSON made by PostgreSQL."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from hashlib import sha512
from itertools import product
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlencode, urlsplit

import asyncpg
import django
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
django.setup()  # for the product's lists, which use models; requests do not use Django

from benchmarks.peers.product_sql import LIKE, UNLIKE, Sql, page_sql, rows_and_keys  # noqa: E402
from movies import statements as movie_statements  # noqa: E402
from movies.folding import fold  # noqa: E402
from movies.lists import GenreList, MovieList  # noqa: E402
from movies.rows import ViewerFlags  # noqa: E402
from movies.search import page_values, suggesting  # noqa: E402
from netflix.accounts.statements import viewer_query  # noqa: E402
from netflix.api.caching import rounded_now  # noqa: E402
from ranking import formulas  # noqa: E402
from ranking.lists import LikeList, RankingList  # noqa: E402
from ranking.selectors import DEFAULT_WINDOW, half_lives  # noqa: E402
from ranking.statements import VIEWER_LISTS  # noqa: E402
from reminder.lists import ReminderList, WatchedList  # noqa: E402
from reminder.statements import VIEWER_LISTS as REMINDER_LISTS  # noqa: E402

_PAGE, _GENRES_PAGE = 20, 100
_CONNECTIONS = 4  # per process
_JSON = "application/json"

MovieOrdering = Literal["id", "-imdb_votes", "-imdb_rating"]
_KEYS: dict[MovieOrdering, tuple[type, ...]] = {
    "id": (int,),
    "-imdb_votes": (int, int),
    "-imdb_rating": (Decimal, int),
}
_FILTERS: list[tuple[MovieOrdering, dict[str, Any]]] = [
    ("id", {"genre": "Drama"}),
    ("id", {"person": "Ada"}),
    ("id", {"certificate": "R"}),
    ("-imdb_votes", {"genre": "Drama"}),
    ("-imdb_rating", {"genre": "Drama", "year_min": 2010}),
]
_MOVIES = {
    (ordering, frozenset(filters), after): page_sql(MovieList(), {**filters, "ordering": ordering}, after=after)
    for (ordering, filters), after in product(_FILTERS, (False, True))
}
_SEARCH = {frozenset(query): page_sql(MovieList(), query) for query in ({"q": "a"}, {"q": "a", "genre": "Drama"})}
_RANKING = {
    (by, "genre" in of, bool(explain)): page_sql(RankingList(), {"by": by, **of, **explain})
    for by, of, explain in product(("likes", "trending"), ({}, {"genre": "Drama"}), ({}, {"explain": "1"}))
}
_ROWS = ViewerFlags({**VIEWER_LISTS, **REMINDER_LISTS})
_OWN = {name: page_sql(listed, {}, login=True) for name, listed in {
    "likes": LikeList(_ROWS), "reminders": ReminderList(_ROWS), "watched": WatchedList(_ROWS),
}.items()}  # fmt: skip
_MOVIES_WITH_LOGIN = page_sql(MovieList(_ROWS), {"genre": "Drama"}, login=True)
_GENRES = page_sql(GenreList(), {})
_DETAILS = Sql.of(movie_statements.movie_details(1, {}).statement)
_LIKES = Sql.of(movie_statements.likes(1).statement)
_SUGGEST = Sql.of(movie_statements.suggestions([]).statement)
_VIEWER = Sql.of(viewer_query("").statement)


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
    """The digest of the request's token, as knox.crypto.hash_token computes it."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer":
        raise HTTPException(401)
    return sha512(token.encode()).hexdigest()


Digest = Annotated[str, Depends(_digest)]
Text = Annotated[str | None, Query(max_length=200)]
After = Annotated[str | None, Query(pattern=r"^-?\d+(\.\d+)?(,\d+)?$", max_length=40)]


@app.get("/api/v1/movies/")
async def movies(
    request: Request,
    *,
    genre: Text = None,
    certificate: Text = None,
    person: Text = None,
    year_min: Annotated[int | None, Query(ge=0, le=9999)] = None,
    q: Text = None,
    ordering: MovieOrdering = "id",
    after: After = None,
    authorization: Annotated[str, Header()] = "",
) -> Response:
    given = {"genre": genre, "certificate": certificate, "person": person, "year_min": year_min, "q": q}
    filters = {name: value for name, value in given.items() if value is not None}
    if q is not None:
        return await _search(request, filters, q)
    if authorization and filters.keys() == {"genre"}:
        viewer_id = await _viewer_id(request, _digest(authorization))
        return await _page(request, _MOVIES_WITH_LOGIN, _values(filters) | {"viewer_id": viewer_id}, filters)
    sql = _MOVIES.get((ordering, frozenset(filters), after is not None))
    if sql is None:
        raise HTTPException(422, "This peer does not support this combination of parameters.")
    values = _values(filters)
    if person is not None:
        values["person_0"] = fold(person)
    if after is not None:
        keys = zip(_KEYS[ordering], after.split(","), strict=True)
        values |= {f"after_{n}": key_type(text) for n, (key_type, text) in enumerate(keys)}
    return await _page(request, sql, values, {**filters, "ordering": ordering})


async def _search(request: Request, filters: Mapping[str, Any], q: str) -> Response:
    sql = _SEARCH.get(frozenset(filters))
    if sql is None:
        raise HTTPException(422, "This peer does not support this combination of parameters.")
    values = _values(filters) | page_values([q], (), best_first=True)
    return await _page(request, sql, values, filters)


@app.get("/api/v1/movies/suggest/")
async def suggest(request: Request, q: str) -> Response:
    _, titles, people_found = await _row(request, _SUGGEST, suggesting.values_of([q]))
    url = _movies_url(request)
    people_url = url.replace("/movies/", "/people/")
    movies = [
        {"kind": "title", "text": title, "year": year, "link": f"{url}{movie_id}/", "id": movie_id}
        for movie_id, title, year in orjson.loads(titles or "[]")
    ]
    people = [
        {"kind": "person", "text": name, "year": None, "link": f"{people_url}{person_id}/", "id": person_id}
        for person_id, name in orjson.loads(people_found or "[]")
    ]
    movies = movies[: suggesting.MAX_SUGGESTIONS - min(len(people), 4)]
    return Response(
        orjson.dumps({"results": movies + people[: suggesting.MAX_SUGGESTIONS - len(movies)]}), media_type=_JSON
    )


@app.get("/api/v1/movies/{movie_id}/")
async def details(request: Request, movie_id: int) -> Response:
    row = await _row(request, _DETAILS, {"movie_id": movie_id})
    if row is None:
        raise HTTPException(404)
    return Response(row[1].encode(), media_type=_JSON)


@app.get("/api/v1/ranking/")
async def ranking(
    request: Request, *, genre: Text = None, by: Literal["likes", "trending"] = "likes", explain: bool = False
) -> Response:
    filters = {} if genre is None else {"genre": genre}
    rows, keys = rows_and_keys(await _row(request, _RANKING[by, genre is not None, explain], _values(filters)))
    values = [float(orjson.loads(key)[0]) for key in keys]
    at = rounded_now()
    if by == "likes":
        scores = [str(int(value)) for value in values]
    else:
        passed = formulas.exponent(at, half_lives()[DEFAULT_WINDOW])
        scores = [str(2.0 ** (value - passed)) for value in values]
        rows = _explained(rows, values, at, passed) if explain else rows
    ranked = [
        f'{{"rank":{rank},"score":{score},{row[1:]}'
        for rank, (row, score) in enumerate(zip(rows, scores, strict=True), start=1)
    ]
    members = f',"at":{_json(at)}' if by == "trending" else ""
    return _listed(request, ranked, keys, {"by": by, **filters}, members=members)


def _explained(rows: list[str], values: list[float], at: datetime, passed: float) -> list[str]:
    members = _json({
        "half_life_hours": half_lives()[DEFAULT_WINDOW],
        "landmark": formulas.LANDMARK,
        "at": at,
        "half_lives_since_landmark": passed,
    })[1:-1]  # fmt: skip
    ends = [f'{members},"log2_sum":{_json(value)}' for value in values]
    return [f"{row[:-2]},{end}}}}}" for row, end in zip(rows, ends, strict=True)]


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


@app.get("/api/v1/genres/")
async def genres(request: Request) -> Response:
    rows, keys = rows_and_keys(await _row(request, _GENRES, {"limit": _GENRES_PAGE + 1}))
    return _listed(request, rows, keys, {}, size=_GENRES_PAGE)


@app.get("/api/v1/{own}/")
async def own_list(request: Request, own: Literal["likes", "reminders", "watched"], digest: Digest) -> Response:
    viewer_id = await _viewer_id(request, digest)
    return await _page(request, _OWN[own], _values({}) | {"viewer_id": viewer_id}, {})


async def _viewer_id(request: Request, digest: str) -> int:
    viewer = await _row(request, _VIEWER, {"digest": digest})
    if viewer is None:
        raise HTTPException(401)
    return int(viewer[0])


@app.get("/api/v1/movies/{movie_id}/like/")
async def likes(request: Request, movie_id: int) -> Response:
    row = await _row(request, _LIKES, {"movie_id": movie_id})
    if row is None:
        raise HTTPException(404)
    return Response(b'{"likes":%d}' % row[0], media_type=_JSON)


@app.put("/api/v1/movies/{movie_id}/like/")
async def like(request: Request, movie_id: int, digest: Digest) -> Response:
    count = await _changed(request, LIKE, digest, movie_id)
    return Response(b'{"likes":%d, "liked":true}' % count, media_type=_JSON)


@app.delete("/api/v1/movies/{movie_id}/like/")
async def unlike(request: Request, movie_id: int, digest: Digest) -> Response:
    await _changed(request, UNLIKE, digest, movie_id)
    return Response(status_code=204)


async def _changed(request: Request, sql: Sql, digest: str, movie_id: int) -> int:
    row = await _row(request, sql, {"movie_id": movie_id, "digest": digest})
    if row is None:
        raise HTTPException(401)
    if row[0] is None:
        raise HTTPException(404)
    return int(row[0])


def _values(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a list's statement with these filters, by the product's names."""
    return {f"{name}_0": value for name, value in filters.items()} | {"limit": _PAGE + 1}


async def _page(request: Request, sql: Sql, values: dict[str, Any], query: Mapping[str, Any]) -> Response:
    rows, keys = rows_and_keys(await _row(request, sql, values))
    return _listed(request, rows, keys, query)


def _listed(
    request: Request,
    rows: list[str],
    keys: list[str],
    query: Mapping[str, Any],
    *,
    members: str = "",
    size: int = _PAGE,
) -> Response:
    link = "null"
    if len(rows) > size:
        after = ",".join(orjson.loads(keys[size - 1]))
        link = f'"{request.url.path}?{urlencode({**query, "after": after})}"'
    body = f'{{"next":{link},"previous":null,"results":[{",".join(rows[:size])}]{members}}}'
    return Response(body.encode(), media_type=_JSON)


async def _row(request: Request, sql: Sql, values: dict[str, Any]) -> Any:
    if "movies_url" in sql.names:
        values["movies_url"] = _movies_url(request)
    if "posters_url" in sql.names:
        values["posters_url"] = f"{request.base_url}posters/"
    return await app.state.pool.fetchrow(sql.text, *[values[name] for name in sql.names])


def _movies_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers['host']}/api/v1/movies/"
