import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from movies import selectors as movie_selectors
from netflix.api.caching import FRESH_SECONDS, PublicReads
from netflix.api.pagination import KeysetPagination, Ordering
from netflix.api.permissions import viewer_id
from netflix.api.serializers import NoBody
from netflix.api.views import StrictView
from ranking import selectors, services
from ranking.models import Like, Standing
from ranking.selectors import Board
from ranking.serializers import (
    LikedMovieSerializer,
    LikeStateSerializer,
    RankedMovieSerializer,
    RankingQuerySerializer,
)


class RankingPagination(KeysetPagination):
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        said = f"The moment the scores of `trending` are of, in steps of {FRESH_SECONDS} seconds."
        page["properties"]["at"] = {"type": "string", "format": "date-time", "description": said}
        return page


class RankingView(PublicReads, StrictView):
    """The best films first, of one genre or of all: by likes, by what trends, or by rating."""

    permission_classes = [AllowAny]
    serializer_class = RankedMovieSerializer
    query_serializer_class = RankingQuerySerializer
    pagination_class = RankingPagination
    filter_backends = []
    detail = False
    queryset = Standing.objects.none()
    board: Board

    def get_ordering(self) -> Ordering:
        return self.board.ordering

    @extend_schema(
        operation_id="ranking", parameters=[RankingQuerySerializer], responses=RankedMovieSerializer(many=True), auth=[]
    )
    def get(self, request: Request) -> Response:
        asked = self.asked(request)
        self.board = Board(asked["by"], asked.get("window", selectors.DEFAULT_WINDOW))
        page: Any = self.paginate_queryset(self.board.rows(asked.get("genre")))
        at, first = _moment(), self.paginator.first_position  # type: ignore[union-attr]  # never without pages
        answer = self.get_paginated_response(
            [
                self.board.ranked(row, rank=rank, at=at, explain=asked["explain"])
                for rank, row in enumerate(page, start=first)
            ]
        )
        if self.board.by == "trending":
            answer.data["at"] = at
        return answer


@extend_schema_view(
    get=extend_schema(operation_id="like_state", responses=LikeStateSerializer),
    put=extend_schema(operation_id="like", request=None, responses=LikeStateSerializer),
    delete=extend_schema(operation_id="unlike", responses={204: None}),
)
class LikeView(StrictView):
    """How many people like a film. With a login: whether you do, and the switch for it."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = NoBody

    def get(self, request: Request, pk: int) -> Response:
        state: dict[str, Any] = {"likes": _of_movie(movie_selectors.likes, pk)}
        if request.user.is_authenticated:
            state["liked"] = selectors.liked(user_id=viewer_id(request), movie_id=pk)
        return Response(state)

    def put(self, request: Request, pk: int) -> Response:
        self.validated(request)
        likes = _of_movie(services.like, user_id=viewer_id(request), movie_id=pk)
        return Response({"likes": likes, "liked": True})

    def delete(self, request: Request, pk: int) -> Response:
        _of_movie(services.unlike, user_id=viewer_id(request), movie_id=pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LikeListView(StrictView):
    """The films I like, the latest like first."""

    permission_classes = [IsAuthenticated]
    serializer_class = LikedMovieSerializer
    filter_backends = []
    detail = False
    queryset = Like.objects.none()

    def get_ordering(self) -> Ordering:
        return selectors.NEWEST_FIRST

    @extend_schema(operation_id="list_likes", responses=LikedMovieSerializer(many=True))
    def get(self, request: Request) -> Response:
        page: Any = self.paginate_queryset(selectors.likes(viewer_id(request)))
        return self.get_paginated_response(
            [{"liked_at": row["created_at"], "movie": movie_selectors.summary(row)} for row in page]
        )


def _moment() -> datetime:
    """Now, in steps: within one the answers stay the same, so that their ETag means something."""
    now = int(time.time())
    return datetime.fromtimestamp(now - now % FRESH_SECONDS, tz=UTC)


def _of_movie(call: Callable[..., int], *arguments: Any, **named: Any) -> int:
    try:
        return call(*arguments, **named)
    except ObjectDoesNotExist as error:
        raise NotFound("There is no film with this id.") from error
