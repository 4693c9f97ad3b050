from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from netflix.api.views import StrictView


class ApiRoot(StrictView):
    """The URLs of this API."""

    permission_classes = [AllowAny]

    def get_view_name(self) -> str:
        return "Netflix backend"

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        names = {
            "movies": "movie-list",
            "people": "person-list",
            "genres": "genre-list",
            "ranking": "ranking",
            "likes": "like-list",
            "reminders": "reminder-list",
            "watched": "watched-list",
            "tickets": "ticket-list",
            "notices": "notice-list",
            "me": "me",
            "docs": "docs",
            "schema": "schema",
        }
        return Response({title: reverse(name, request=request) for title, name in names.items()})
