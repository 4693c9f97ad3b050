from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from movies import selectors as movie_selectors
from netflix.accounts.services import hold_user
from netflix.api.caching import FRESH_SECONDS, Done, Found, HotRead, HotWrite, PublicReads, moment
from netflix.api.conditions import ConditionalView, conditional
from netflix.api.hot import parameters
from netflix.api.pagination import KeysetPagination
from netflix.api.permissions import viewer_id
from netflix.api.prepared import Query, is_id
from netflix.api.serializers import NoBody
from netflix.api.views import OwnList, StrictView
from ranking import selectors, services, statements
from ranking.models import Like, Standing
from ranking.selectors import Board
from ranking.serializers import (
    LikedMovieSerializer,
    LikeStateSerializer,
    RankedMovieSerializer,
    RankingQuerySerializer,
)
from ranking.statements import Change


class RankingPagination(KeysetPagination):
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        said = f"The moment the scores of `trending` are of, in steps of {FRESH_SECONDS} seconds."
        page["properties"]["at"] = {"type": "string", "format": "date-time", "description": said}
        return page


def hot_ranking(request: HttpRequest) -> Query[Found | None] | None:
    """A page of one of the rankings, without explanations."""
    asked = parameters(request, ("genre", "by", "window", *RankingPagination.parameters))
    if asked is None:
        return None
    board, at = Board(asked.get("by", "likes"), asked.get("window", selectors.DEFAULT_WINDOW)), moment()
    if (
        board.by not in selectors.BY
        or board.window not in selectors.WINDOWS
        or ("window" in asked and not board.decays)
    ):
        return None

    def dated(found: Found | None) -> Found | None:
        if found and board.decays:
            found.data["at"] = at
        return found

    ordering = board.ordering
    window, as_json = statements.ranked(ordering, asked.get("genre")), statements.ranked_json(board, at)
    query = RankingPagination().found(window, request, ordering, statements.values_of(ordering), as_json)
    return query.then(dated) if query else None


class RankingView(PublicReads, StrictView):
    """The best films first, of one genre or of all: by likes, by what trends, or by rating."""

    permission_classes = [AllowAny]
    serializer_class = RankedMovieSerializer
    query_serializer_class = RankingQuerySerializer
    pagination_class = RankingPagination
    filter_backends = []
    detail = False
    queryset = Standing.objects.none()
    hot_reads: ClassVar[Mapping[str, HotRead]] = {"get": hot_ranking}

    @staticmethod
    def depends_on_time(request: HttpRequest | Request) -> bool:
        return request.GET.get("by") == "trending"

    @extend_schema(
        operation_id="ranking", parameters=[RankingQuerySerializer], responses=RankedMovieSerializer(many=True), auth=[]
    )
    def get(self, request: Request) -> Response:
        if found := self.hot(request):
            return Response(found.data)
        asked = self.asked(request)
        board = Board(asked["by"], asked.get("window", selectors.DEFAULT_WINDOW))
        page = self.page(board.rows(asked.get("genre")), board.ordering)
        at, first = moment(), self.paginator.first_position  # type: ignore[union-attr]  # never without pages
        answer = self.get_paginated_response(
            [
                board.ranked(row, rank=rank, at=at, explain=asked["explain"])
                for rank, row in enumerate(page, start=first)
            ]
        )
        if board.decays:
            answer.data["at"] = at
        return answer


def hot_like(viewer_id: int, movie_id: int) -> Query[Done | None] | None:
    def done(change: Change) -> Done | None:
        is_done = change.outcome in {"liked", "liked before"}
        return Done(200, {"likes": change.likes, "liked": True}) if is_done else None

    return statements.like(user_id=viewer_id, movie_id=movie_id).then(done) if is_id(movie_id) else None


def hot_unlike(viewer_id: int, movie_id: int) -> Query[Done | None] | None:
    def done(change: Change) -> Done | None:
        return Done(204) if change.outcome in {"taken back", "not liked"} else None

    return statements.unlike(user_id=viewer_id, movie_id=movie_id).then(done) if is_id(movie_id) else None


@extend_schema_view(
    get=extend_schema(operation_id="like_state", responses=LikeStateSerializer),
    put=extend_schema(operation_id="like", request=None, responses=LikeStateSerializer),
    delete=extend_schema(operation_id="unlike", responses={204: None}),
)
class LikeView(ConditionalView):
    """How many people like a film. With a login: whether you do, and the switch for it."""

    hot_writes: ClassVar[Mapping[str, HotWrite]] = {"PUT": hot_like, "DELETE": hot_unlike}

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = NoBody

    def get(self, request: Request, movie_id: int) -> Response:
        return Response(self.representation(request, movie_id=movie_id))

    def representation(self, request: Request, *, movie_id: int) -> dict[str, Any]:  # type: ignore[override]
        state: dict[str, Any] = {"likes": movie_selectors.likes(movie_id)}
        if request.user.is_authenticated:
            state["liked"] = selectors.liked(user_id=viewer_id(request), movie_id=movie_id)
        return state

    def lock(self, request: Request, *, movie_id: int) -> None:  # type: ignore[override]
        movie_selectors.hold(movie_id)
        hold_user(viewer_id(request), alone=True)

    @conditional
    def put(self, request: Request, movie_id: int) -> Response:
        self.validated(request)
        likes = services.like(user_id=viewer_id(request), movie_id=movie_id)
        return Response({"likes": likes, "liked": True})

    @conditional
    def delete(self, request: Request, movie_id: int) -> Response:
        services.unlike(user_id=viewer_id(request), movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LikeListView(OwnList):
    """The films I like, the latest like first."""

    serializer_class = LikedMovieSerializer
    queryset = Like.objects.none()

    @extend_schema(operation_id="list_likes", responses=LikedMovieSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.page(selectors.likes(viewer_id(request)), selectors.NEWEST_FIRST)
        return self.get_paginated_response(
            [{"liked_at": row["created_at"], "movie": movie_selectors.summary(row)} for row in page]
        )
