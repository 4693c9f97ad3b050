"""What caches may keep, for how long, and how they ask whether it still holds: docs/adr/0015."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, ClassVar

import orjson
from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from netflix.api.prepared import Query, Statement
from netflix.api.renderers import OrjsonRenderer

FRESH_SECONDS = 30
_VARY = ("Accept", "Authorization", "Cookie")

# For a statement's column: what the database says is the same as long as this is. Two equal snapshots see the same
# rows, whoever wrote them. Null within a transaction that has written something itself, and on a standby: its snapshots
# leave out what is still running on the primary, so that two equal ones may see different rows.
VERSION = """(
    SELECT pg_current_snapshot()::text || '/' || extract(epoch FROM pg_postmaster_start_time())::text
     WHERE pg_current_xact_id_if_assigned() IS NULL AND NOT pg_is_in_recovery()
)"""
VERSION_NOW: Query[bytes | None] = Query(Statement(f"SELECT {VERSION}"), (), lambda rows: rows[0][0])


@dataclass(frozen=True, slots=True)
class Found:
    """What a hot read answers: `data` for the renderer, of this `version` of the database."""

    data: Any
    version: bytes | None
    json: bytes = b""  # the same, if it is one object

    def extended(self, members: Mapping[str, Any]) -> Any:
        """The data of one object with these members at its end."""
        if not members:
            return self.data
        return orjson.Fragment(self.json[:-1] + b"," + OrjsonRenderer().render(members)[1:])


@dataclass(frozen=True, slots=True)
class Done:
    """What a hot write answers: `data` for the renderer, if there is any."""

    status: int
    data: Any = None


# By who writes and what the address names: the one statement that does it. None, of either, leaves the answer, or the
# error, to the view, which must be free to do it again.
HotWrite = Callable[..., Query[Done | None] | None]

# By the request and what its address names: what to ask the database. None, of either, leaves the answer, or the error,
# to the view.
HotRead = Callable[..., Query[Found | None] | None]


def moment() -> datetime:
    """Now, in steps: within one the answers stay the same, so that their ETag means something."""
    now = int(time.time())
    return datetime.fromtimestamp(now - now % FRESH_SECONDS, tz=UTC)


def snapshot_mark(
    request: HttpRequest | Request,
    version: bytes | None,
    *,
    media_type: str,
    viewer_id: int | None,
    at: datetime | None,
) -> str:
    """The part of an entity tag that says of which version of the database an answer is, and to whom; "" if unknown.

    Keyed, so that nobody counts our transactions; with our own code, as the next one may say the same differently.
    """
    if version is None:
        return ""
    of = (request.get_full_path(), media_type, viewer_id, at)
    return blake2b(repr(of).encode() + version, key=_key(), digest_size=12).hexdigest()


def body_mark(body: bytes) -> str:
    """The part of an entity tag that says what the body is."""
    return blake2b(body, digest_size=12).hexdigest()


def entity_tag(body: bytes, snapshot: str = "") -> str:
    """A strong entity tag with both parts: equal bodies have an equal first one, whatever was written meanwhile."""
    return f'"{body_mark(body)}-{snapshot}"' if snapshot else f'"{body_mark(body)}"'


def put_entity_tag(answer: Response, snapshot: str = "") -> None:
    """As soon as the answer is rendered."""

    def put(rendered: HttpResponse) -> None:
        rendered["ETag"] = entity_tag(rendered.content, snapshot)

    answer.add_post_render_callback(put)


def named_tag(header: str, *, body: str = "", snapshot: str = "") -> str | None:
    """The first entity tag in an If-Match or If-None-Match header that has one of these parts, as the client has it."""
    for tag in parse_etags(header):
        of_body, _, of_snapshot = tag.removeprefix("W/").strip('"').partition("-")
        if (body and of_body == body) or (snapshot and of_snapshot == snapshot):
            return tag
    return None


@cache
def _key() -> bytes:
    """Of our secret and of the code that runs: every file of it, and the versions of what it uses."""
    key = blake2b(settings.SECRET_KEY.encode())
    ours = {Path(app.path) for app in apps.get_app_configs() if "site-packages" not in app.path}
    code = {file for folder in ours for file in folder.rglob("*.py") if "tests" not in file.parts}
    for file in sorted(code | {settings.BASE_DIR / "requirements.lock"}):
        key.update(blake2b(file.read_bytes()).digest())
    return key.digest()


def tell_caches(answer: HttpResponse, *, is_own: bool) -> None:
    """What is public may be kept a moment; a viewer's own stays in their browser, which asks each time."""
    patch_vary_headers(answer, _VARY)
    if is_own:
        patch_cache_control(answer, private=True, no_cache=True)
    else:
        patch_cache_control(answer, public=True, max_age=FRESH_SECONDS)


class NotModified(Exception):
    """The client has the answer already, with this entity tag."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


class PublicReads(APIView):
    """Reads that are the same for everybody: caches may keep them a moment, and ask again with their ETag."""

    is_public = True
    # Which of its reads may be answered in one statement, by the name of the method that answers otherwise.
    hot_reads: ClassVar[Mapping[str, HotRead]] = {}
    _version: bytes | None = None
    _at: datetime | None = None

    @staticmethod
    def depends_on_time(request: HttpRequest | Request) -> bool:  # noqa: ARG004  # for those that do
        """Whether the answer is of a `moment`."""
        return False

    def hot(self, request: Request, *named: Any) -> Found | None:
        """The answer in one statement, if it can be had so; called before anything is read. Raises NotModified."""
        self._at = moment() if self.depends_on_time(request) else None
        if "HTTP_IF_NONE_MATCH" in request.META:
            self._version = VERSION_NOW.run()
            if tag := named_tag(request.META["HTTP_IF_NONE_MATCH"], snapshot=self._mark(request)):
                raise NotModified(tag)
        read = self.hot_reads.get(getattr(self, "action", None) or "get")
        may = settings.HOT_READS and request.accepted_media_type == "application/json"
        query = read(request._request, *named) if read and may else None
        found = query.run() if query else None
        self._version = found.version if found else self._version or VERSION_NOW.run()
        return found

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotModified):
            return Response(status=304, headers={"ETag": exc.tag})
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in SAFE_METHODS and answer.status_code in (200, 304):
            # A page to browse has a form, whose token is its reader's alone.
            is_page = request.accepted_media_type == "text/html"
            tell_caches(answer, is_own=request.user.is_authenticated or is_page)
            if answer.status_code == 200:
                put_entity_tag(answer, self._mark(request))
        else:
            patch_vary_headers(answer, _VARY)
            patch_cache_control(answer, no_store=True)
        return answer

    def _mark(self, request: Request) -> str:
        return snapshot_mark(
            request,
            self._version,
            media_type=request.accepted_media_type,
            viewer_id=request.user.pk,
            at=self._at,
        )
