"""Views whose GETs run reads, the same generators as on the fast path, for all other requests."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.api import caching, entity_tags
from netflix.api.conditions import ConditionalView
from netflix.api.views import StrictView
from netflix.hot.steps import Content, Read, Write, run_steps


class BaseReadView(StrictView):
    """`reads`: the reads, by the name of the method that answers GET.

    The fast path answers `reads`, and the `fast_writes` of a method, without asking for permissions: it only looks for
    a login, where `login_required` says so. Writes always need one.
    """

    is_public: ClassVar[bool] = False
    login_required: ClassVar[bool] = True
    reads: ClassVar[Mapping[str, Read]] = {}
    fast_writes: ClassVar[Mapping[str, Write]] = {}

    @staticmethod
    def depends_on_time(request: HttpRequest | Request) -> bool:  # noqa: ARG004  # overridden in subclasses
        """Whether the response depends on the time, which `rounded_now` gives."""
        return False

    @classmethod
    def snapshot_hasher(cls, request: Any, viewer_id: int | None, media_type: str) -> Callable[[bytes | None], str]:
        """A function from the database's snapshot to the hash of it in the tag; it returns "" if not public."""
        if not cls.is_public:
            return lambda _: ""
        at = caching.rounded_now() if cls.depends_on_time(request) else None
        return partial(entity_tags.snapshot_hash, request, media_type=media_type, viewer_id=viewer_id, at=at)

    def answer(self, request: Request, **named: Any) -> Response:
        """The response to a GET. Raises what the read raises."""
        return self.content_response(request, self.content(request, **named))

    def content(self, request: Request, **named: Any) -> Content:
        """What GET answers now, whatever the method of this request."""
        read = self.reads[(getattr(self, "action_map", None) or {}).get("get", "get")]
        return run_steps(read(request._request, request.user.pk, **named))

    def content_response(self, request: Request, content: Content) -> Response:
        """JSON as it is; for the browsable page, which indents it, as data."""
        if request.accepted_media_type != "text/html":
            return Response(content.data)
        return Response(orjson.loads(content.json))


class ReadView(BaseReadView):
    """For a view whose GET is nothing but its read; view sets call `answer` in their methods."""

    def get(self, request: Request, **named: Any) -> Response:
        return self.answer(request, **named)


class PublicReadView(BaseReadView):
    """Reads that are the same for everybody: caches may keep them for a moment, and validate them by their ETag."""

    is_public = True
    login_required = False
    permission_classes = [AllowAny]

    def answer(self, request: Request, **named: Any) -> Response:
        hash_snapshot = self.snapshot_hasher(request, request.user.pk, request.accepted_media_type)
        if client_tags := request.META.get("HTTP_IF_NONE_MATCH"):
            current = hash_snapshot(entity_tags.CURRENT_SNAPSHOT.run())
            if tag := entity_tags.matching_tag(client_tags, snapshot_hash=current):
                return Response(status=304, headers={"ETag": tag})
        content = self.content(request, **named)
        self.snapshot_hash = hash_snapshot(content.snapshot)
        return self.content_response(request, content)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in SAFE_METHODS and final.status_code in (200, 304):
            # Browsable pages have forms with a CSRF token of their own for each reader.
            is_page = request.accepted_media_type == "text/html"
            caching.set_cache_headers(final, is_own=request.user.is_authenticated or is_page)
        else:
            caching.forbid_caching(final)
        return final


class ConditionalReadView(BaseReadView, ConditionalView):
    """A resource that can be changed on the condition that it is still as the client has read it."""

    def representation(self, request: Request, **named: Any) -> Any:
        return self.content(request, **named).data


class OwnListView(ReadView):
    """A list of what belongs to the viewer."""

    permission_classes = [IsAuthenticated]
    detail = False
