from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from movies import selectors as movie_selectors
from movies.entries import CREATED, UNCHANGED, BulkPutMixin, Entry, EntryResultsSerializer
from movies.rows import MoviesPagination
from netflix.accounts.services import lock_user
from netflix.api.browsable import Button
from netflix.api.caching import MAX_AGE_SECONDS
from netflix.api.conditions import conditional
from netflix.api.permissions import viewer_id
from netflix.api.serializers import NoBody
from netflix.hot.steps import Read, Write
from netflix.hot.views import ConditionalReadView, OwnListView, PublicReadView, ReadView
from ranking import lists, services
from ranking.models import Like, Standing
from ranking.serializers import (
    LikedMovieSerializer,
    LikesSerializer,
    LikeStateSerializer,
    RankedMovieSerializer,
    RankingQuerySerializer,
)


class RankingPagination(MoviesPagination):
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        description = f"The moment the scores of `trending` are of, in steps of {MAX_AGE_SECONDS} seconds."
        page["properties"]["at"] = {"type": "string", "format": "date-time", "description": description}
        return page


@extend_schema_view(
    get=extend_schema(
        operation_id="ranking",
        summary="Rank films by likes, trend or rating",
        description="The best films first. `by=likes` counts likes, and orders equals by rating; `by=rating` is the "
        "weighted rating that IMDb published. With `by=trending` a like loses half its weight in 12 hours, 3 days or "
        "12 days: `window=day`, `week` or `month`.",
        parameters=[RankingQuerySerializer],
        responses=RankedMovieSerializer(many=True),
        auth=[{}, {"bearerToken": []}],  # type: ignore[list-item]  # dicts pass as they are
    )
)
class RankingView(PublicReadView, ReadView):
    """The best films first, of one genre or of all: by likes, by what trends, or by rating."""

    serializer_class = RankedMovieSerializer
    query_serializer_class = RankingQuerySerializer
    pagination_class = RankingPagination
    detail = False
    queryset = Standing.objects.none()

    @staticmethod
    def depends_on_time(request: HttpRequest | Request) -> bool:
        # Also true if another parameter has the word, which does no harm. Parsing the query would cost more.
        return "trending" in unquote(request.META.get("QUERY_STRING", ""))


@extend_schema_view(
    get=extend_schema(
        operation_id="like_state",
        tags=["likes"],
        summary="Count a film's likes",
        description="How many people like the film, and with a login whether you do.",
        responses=LikeStateSerializer,
    ),
    put=extend_schema(
        operation_id="like",
        tags=["likes"],
        summary="Like a film",
        description="Liking it again changes nothing. The answer has the new count.",
        request=None,
        responses=LikeStateSerializer,
    ),
    delete=extend_schema(
        operation_id="unlike",
        tags=["likes"],
        summary="Take a like back",
        description="The answer is the same if you did not like the film.",
        responses={204: None},
    ),
)
class LikeView(ConditionalReadView, ReadView):
    """How many people like a film. With a login: whether you do. PUT likes it, DELETE unlikes it."""

    login_required = False
    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = NoBody
    reads: ClassVar[Mapping[str, Read]] = {"get": lists.read_like_state}
    fast_writes: ClassVar[Mapping[str, Write]] = {"PUT": lists.like, "DELETE": lists.unlike}

    def lock(self, request: Request, *, movie_id: int) -> None:  # type: ignore[override]
        movie_selectors.lock_against_removal(movie_id)
        lock_user(viewer_id(request), exclusive=True)

    @conditional
    def put(self, request: Request, movie_id: int) -> Response:
        self.validated(request)
        likes = services.like(user_id=viewer_id(request), movie_id=movie_id)
        return Response({"likes": likes, "liked": True})

    @conditional
    def delete(self, request: Request, movie_id: int) -> Response:
        services.unlike(user_id=viewer_id(request), movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def like_button(movie: Mapping[str, Any]) -> Button:
    """The button on the page of a film, given its details."""
    return Button("Unlike", "DELETE", "movie-like") if movie.get("liked") else Button("Like", "PUT", "movie-like")


@extend_schema_view(
    get=extend_schema(
        operation_id="list_likes",
        summary="List the films that you like",
        description="The latest like comes first.",
        responses=LikedMovieSerializer(many=True),
    ),
    put=extend_schema(
        operation_id="like_many",
        summary="Like many films at once",
        description="Up to 1,000 films in one transaction. `results` has one entry for each of yours, in their order.",
        request=LikesSerializer,
        responses=EntryResultsSerializer,
    ),
)
class LikeListView(BulkPutMixin, OwnListView):
    """The films I like, the latest like first. PUT likes up to 1,000 films at once."""

    name = "My likes"
    entries_serializer_class = LikesSerializer
    serializer_class = LikedMovieSerializer
    pagination_class = MoviesPagination
    queryset = Like.objects.none()

    def bulk_write(self, user_id: int, entries: Sequence[Entry]) -> list[str | None]:
        is_new = services.like_all(user_id=user_id, movie_ids={entry["movie"] for entry in entries})
        outcomes: list[str | None] = []
        for entry in entries:
            new = is_new.get(entry["movie"])
            if new is None:
                outcomes.append(None)
                continue
            outcomes.append(CREATED if new else UNCHANGED)
            is_new[entry["movie"]] = False  # liked by now, if it comes again
        return outcomes
