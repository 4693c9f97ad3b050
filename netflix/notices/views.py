from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.api.pagination import Ordering
from netflix.api.permissions import viewer_id
from netflix.api.serializers import NoBody
from netflix.api.views import StrictView
from netflix.notices import selectors, services
from netflix.notices.models import Notice
from netflix.notices.serializers import NoticeSerializer


class NoticeListView(StrictView):
    """What I have been told, newest first."""

    permission_classes = [IsAuthenticated]
    serializer_class = NoticeSerializer
    filter_backends = []
    detail = False
    queryset = Notice.objects.none()

    def get_ordering(self) -> Ordering:
        return selectors.NEWEST_FIRST

    @extend_schema(operation_id="list_notices", responses=NoticeSerializer(many=True))
    def get(self, request: Request) -> Response:
        page: Any = self.paginate_queryset(selectors.notices(viewer_id(request)))
        return self.get_paginated_response(list(map(selectors.shown, page)))


class NoticeSeenView(StrictView):
    """Note that I have seen a notice. Saying so again changes nothing."""

    permission_classes = [IsAuthenticated]
    serializer_class = NoBody

    @extend_schema(operation_id="notice_seen", request=None, responses=NoticeSerializer)
    def put(self, request: Request, pk: int) -> Response:
        self.validated(request)
        try:
            services.mark_seen(user_id=viewer_id(request), notice_id=pk)
            return Response(selectors.shown(selectors.notice(user_id=viewer_id(request), notice_id=pk)))
        except Notice.DoesNotExist as error:
            raise NotFound("You have no notice with this id.") from error
