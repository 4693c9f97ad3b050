"""What caches may keep, for how long, and how they ask whether it still holds: docs/adr/0015."""

import os
import secrets
import time
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.hot.statements import Query, Statement

FRESH_SECONDS = 30
_VARY = ("Accept", "Authorization", "Cookie")

# For a statement's column: what the database says is the same as long as this is. Two equal snapshots see the same
# rows, whoever wrote them. Null within a transaction that has written something itself, and on a standby: its snapshots
# leave out what is still running on the primary, so that two equal ones may see different rows.
VERSION = """(
    SELECT pg_current_snapshot()::text || '/' || extract(epoch FROM pg_postmaster_start_time())::text
     WHERE pg_current_xact_id_if_assigned() IS NULL AND NOT pg_is_in_recovery()
)"""
VERSION_NOW: Query[bytes | None] = Query(Statement(f"SELECT {VERSION}"), {}, lambda rows: rows[0][0])


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

    Keyed, so that nobody counts our transactions.
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


# Another one after each start: another release, or other settings, may make another answer of the same rows. The
# workers of one start share it (netflix/web.py).
_VARIABLE = "NETFLIX_START"
_START = os.environ.get(_VARIABLE) or secrets.token_hex()


@cache
def _key() -> bytes:
    return blake2b(f"{settings.SECRET_KEY}{_START}".encode()).digest()


def tell_caches(answer: HttpResponse, *, is_own: bool) -> None:
    """What is public may be kept a moment; a viewer's own stays in their browser, which asks each time."""
    patch_vary_headers(answer, _VARY)
    if is_own:
        patch_cache_control(answer, private=True, no_cache=True)
    else:
        patch_cache_control(answer, public=True, max_age=FRESH_SECONDS)


def tell_caches_nothing(answer: HttpResponse) -> None:
    """For errors, and what was written."""
    patch_vary_headers(answer, _VARY)
    patch_cache_control(answer, no_store=True)
