"""Entity tags, the values of ETag headers: docs/adr/0015."""

import os
import secrets
from datetime import datetime
from functools import cache
from hashlib import blake2b

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from netflix.hot.statements import Query, Statement

# SQL expression for the snapshot of the database: equal snapshots see the same rows. Null in a transaction that has
# written, and on a standby: its snapshots leave out the transactions that still run on the primary.
SNAPSHOT_SQL = """(
    SELECT pg_current_snapshot()::text || '/' || extract(epoch FROM pg_postmaster_start_time())::text
     WHERE pg_current_xact_id_if_assigned() IS NULL AND NOT pg_is_in_recovery()
)"""
CURRENT_SNAPSHOT: Query[bytes | None] = Query(Statement(f"SELECT {SNAPSHOT_SQL}"), {}, lambda rows: rows[0][0])


def snapshot_hash(
    request: HttpRequest | Request,
    snapshot: bytes | None,
    *,
    media_type: str,
    viewer_id: int | None,
    at: datetime | None,
) -> str:
    """The part of an entity tag that identifies the snapshot and the request; "" without a snapshot.

    A keyed hash, so that clients cannot count our transactions.
    """
    if snapshot is None:
        return ""
    parts = (request.path, request.META.get("QUERY_STRING"), media_type, viewer_id, at)
    return blake2b(repr(parts).encode() + snapshot, key=_key(), digest_size=12).hexdigest()


def body_hash(body: bytes) -> str:
    """The part of an entity tag that identifies the body."""
    return blake2b(body, digest_size=12).hexdigest()


def entity_tag(body: bytes, snapshot_hash: str = "") -> str:
    """A strong entity tag of both parts. Equal bodies have an equal first part in any snapshot."""
    return f'"{body_hash(body)}-{snapshot_hash}"' if snapshot_hash else f'"{body_hash(body)}"'


def set_entity_tag(response: Response, snapshot_hash: str = "") -> None:
    """Set the ETag header as soon as the response is rendered."""

    def put(rendered: HttpResponse) -> None:
        rendered["ETag"] = entity_tag(rendered.content, snapshot_hash)

    response.add_post_render_callback(put)


def matching_tag(header: str, *, body: str = "", snapshot_hash: str = "") -> str | None:
    """The first entity tag in an If-Match or If-None-Match header with one of these parts, as written there."""
    for tag in parse_etags(header):
        body_part, _, snapshot_part = tag.removeprefix("W/").strip('"').partition("-")
        if (body and body_part == body) or (snapshot_hash and snapshot_part == snapshot_hash):
            return tag
    return None


# Changes with every start: another release or other settings may render the same rows differently. All workers of one
# start share it (netflix/web.py).
_VARIABLE = "NETFLIX_START"
_START = os.environ.get(_VARIABLE) or secrets.token_hex()


@cache
def _key() -> bytes:
    return blake2b(f"{settings.SECRET_KEY}{_START}".encode()).digest()
