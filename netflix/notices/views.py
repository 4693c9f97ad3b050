from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.api.permissions import viewer_id
from netflix.api.serializers import NoBody
from netflix.api.views import OwnList, StrictView
from netflix.notices import selectors, services
from netflix.notices.models import Notice
from netflix.notices.serializers import NoticeSerializer


class NoticeListView(OwnList):
    """What I have been told, newest first."""

    serializer_class = NoticeSerializer
    queryset = Notice.objects.none()

    @extend_schema(operation_id="list_notices", responses=NoticeSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.page(selectors.notices(viewer_id(request)), selectors.NEWEST_FIRST)
        return self.get_paginated_response(list(map(selectors.notice_item, page)))


class NoticeSeenView(StrictView):
    """Note that I have seen a notice. Saying so again changes nothing."""

    permission_classes = [IsAuthenticated]
    serializer_class = NoBody

    @extend_schema(operation_id="notice_seen", request=None, responses=NoticeSerializer)
    def put(self, request: Request, notice_id: int) -> Response:
        self.validated(request)
        mine = {"user_id": viewer_id(request), "notice_id": notice_id}
        services.mark_seen(**mine)
        return Response(selectors.notice(**mine))
