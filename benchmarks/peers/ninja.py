"""Django Ninja with hand-written `values()` queries: no model instances, and orjson renders the answer."""

from typing import Any

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, FloatField, OuterRef, Subquery
from django.db.models.functions import Cast, Coalesce
from django.http import Http404, HttpRequest
from django.urls import path
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AuthToken
from ninja import NinjaAPI
from ninja.renderers import BaseRenderer
from ninja.security import HttpBearer

from benchmarks.peers import django_likes
from movies.models import Credit, Genre, Movie, MovieGenre
from ranking.models import Standing

Row = dict[str, Any]
_PAGE = 20
_FACTS = ("description", "imdb_votes", "revenue_usd", "metascore", "source", "source_id")


class Orjson(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data)


class Token(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> int | None:
        """The viewer's id."""
        tokens = AuthToken.objects.filter(digest=hash_token(token), expiry__gt=timezone.now(), user__is_active=True)
        viewer: int | None = tokens.values_list("user_id", flat=True).first()
        return viewer


api = NinjaAPI(renderer=Orjson(), docs_url=None, openapi_url=None)


@api.get("movies/")
def movies(request: HttpRequest, genre: str, after: int = 0) -> Row:
    links = MovieGenre.objects.filter(genre=_genre(genre), movie__gt=after).order_by("movie_id")
    rows = list(links.values(**_summary("movie"))[: _PAGE + 1])
    link = f"/api/v1/movies/?genre={genre}&after={rows[_PAGE - 1]['_id']}" if len(rows) > _PAGE else None
    return {"next": link, "previous": None, "results": [_movie(row) for row in rows[:_PAGE]]}


@api.get("movies/{int:movie_id}/")
def details(request: HttpRequest, movie_id: int) -> Row:
    films = Movie.objects.filter(pk=movie_id).values(
        *_FACTS, **_summary(), directors=_names("director"), actors=_names("cast")
    )
    row = films.first()
    if row is None:
        raise Http404
    return {
        **_movie(row),
        "description": row["description"] or None,
        "directors": row["directors"],
        "actors": row["actors"],
        "imdb_votes": row["imdb_votes"],
        "revenue_usd": row["revenue_usd"],
        "metascore": row["metascore"],
        "source": row["source"],
        "source_id": row["source_id"] or None,
    }


@api.get("ranking/")
def ranking(request: HttpRequest, genre: str) -> Row:
    standings = Standing.objects.filter(genre=_genre(genre)).annotate(backwards=-F("movie"))
    standings = standings.order_by("-likes", "-weighted_rating", "-backwards")
    rows = list(standings.values("likes", **_summary("movie"))[: _PAGE + 1])
    link = f"/api/v1/ranking/?genre={genre}&after={_PAGE}" if len(rows) > _PAGE else None
    ranked = [{"rank": rank, "score": row["likes"], **_movie(row)} for rank, row in enumerate(rows[:_PAGE], start=1)]
    return {"next": link, "previous": None, "results": ranked}


@api.get("genres/")
def genres(request: HttpRequest) -> Row:
    links = MovieGenre.objects.filter(genre=OuterRef("pk")).order_by().values("genre")
    rows = Genre.objects.order_by("name").values("id", "name", movies=Subquery(links.values(count=Count("*"))))
    return {"next": None, "previous": None, "results": [row | {"movies": row["movies"] or 0} for row in rows]}


@api.put("movies/{int:movie_id}/like/", auth=Token())
def like(request: HttpRequest, movie_id: int) -> Row:
    return {"likes": django_likes.like(request.auth, movie_id), "liked": True}


@api.delete("movies/{int:movie_id}/like/", auth=Token(), response={204: None})
def unlike(request: HttpRequest, movie_id: int) -> tuple[int, None]:
    django_likes.unlike(request.auth, movie_id)
    return 204, None


def _summary(movie: str = "") -> Row:
    """Arguments for `values` of films, or of rows whose foreign key is `movie`."""
    of = f"{movie}__" if movie else ""
    links = MovieGenre.objects.filter(movie=OuterRef(f"{of}pk")).order_by("genre__name")
    return {
        "_id": F(f"{of}id"),
        "_title": F(f"{of}title"),
        "_year": F(f"{of}year"),
        "_genres": ArraySubquery(links.values("genre__name")),
        "_runtime_minutes": F(f"{of}runtime_minutes"),
        "_certificate": F(f"{of}certificate"),
        "_imdb_rating": Cast(f"{of}imdb_rating", FloatField()),
        "_likes": Coalesce(f"{of}like_count__likes", 0),
    }


def _movie(row: Row) -> Row:
    return {
        "id": row["_id"],
        "title": row["_title"],
        "year": row["_year"],
        "genres": row["_genres"],
        "runtime_minutes": row["_runtime_minutes"],
        "certificate": row["_certificate"] or None,
        "imdb_rating": row["_imdb_rating"],
        "likes": row["_likes"],
    }


def _names(role: str) -> ArraySubquery:
    credits = Credit.objects.filter(movie=OuterRef("pk"), role=role).order_by("billing", "id")
    return ArraySubquery(credits.values("person__name"))


def _genre(name: str) -> Subquery:
    return Subquery(Genre.objects.filter(name=name).values("pk")[:1])


urlpatterns = [path("api/v1/", api.urls)]
