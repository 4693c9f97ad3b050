from collections.abc import Mapping
from typing import ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.api.permissions import viewer_id
from netflix.api.serializers import NoBody
from netflix.api.views import StrictView
from netflix.hot.steps import Read
from netflix.hot.views import OwnListView
from netflix.notices import services
from netflix.notices.lists import NoticeList, notice
from netflix.notices.models import Notice
from netflix.notices.serializers import NoticeSerializer


@extend_schema_view(
    get=extend_schema(
        operation_id="list_notices",
        summary="List your notices",
        description="Due reminders and news of your tickets, the newest first.",
        responses=NoticeSerializer(many=True),
    )
)
class NoticeListView(OwnListView):
    """My notices, newest first."""

    name = "My notices"
    serializer_class = NoticeSerializer
    queryset = Notice.objects.none()
    reads: ClassVar[Mapping[str, Read]] = {"get": NoticeList().read}


class NoticeSeenView(StrictView):
    """Mark one of my notices as seen. Repeating it changes nothing."""

    permission_classes = [IsAuthenticated]
    serializer_class = NoBody

    @extend_schema(
        operation_id="notice_seen",
        summary="Mark a notice as seen",
        description="`seen_at` stays the time of the first call.",
        request=None,
        responses=NoticeSerializer,
    )
    def put(self, request: Request, notice_id: int) -> Response:
        self.validated(request)
        user_id = viewer_id(request)
        services.mark_seen(user_id=user_id, notice_id=notice_id)
        content = notice(viewer_id=user_id, notice_id=notice_id).run()
        if content is None:
            raise services.NoSuchNotice
        return Response(content.data)
