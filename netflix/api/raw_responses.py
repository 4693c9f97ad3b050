"""Errors answered in the event loop, without a Django request: the same problem details, the same log line.

Requests are given by their WSGI environ, with the X-Request-ID that netflix/bridge.py always sets.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
import structlog

from netflix.api.problems import CONTENT_TYPE, RETRY_AFTER_SECONDS, problem

Headers = list[tuple[str, str]]
RawResponse = tuple[int, Headers, bytes]

_ACCESS_LOG = "django_structlog.middlewares.request"
_access_log = structlog.get_logger(_ACCESS_LOG)


def raw_problem(
    environ: Mapping[str, Any], status: HTTPStatus, code: str, detail: str, *, headers: Sequence[tuple[str, str]] = ()
) -> RawResponse:
    """A problem details response. It is logged."""
    log_response(environ, status)
    body = problem(status, code, detail, request_id=environ["HTTP_X_REQUEST_ID"])
    common = [("Content-Type", CONTENT_TYPE), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
    return status, [*common, *headers], orjson.dumps(body)


def unavailable(environ: Mapping[str, Any], detail: str) -> RawResponse:
    """503 with Retry-After."""
    retry = ("Retry-After", str(RETRY_AFTER_SECONDS))
    return raw_problem(environ, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, headers=[retry])


def log_response(environ: Mapping[str, Any], status: int) -> None:
    """Log the line that django-structlog writes for requests that reach its middleware."""
    if not logging.getLogger(_ACCESS_LOG).isEnabledFor(logging.INFO):
        return
    query = environ["QUERY_STRING"]
    path = quote(f"{environ.get('SCRIPT_NAME', '')}{environ['PATH_INFO']}", safe="/:@!$&'()*+,;=~", encoding="latin-1")
    _access_log.info(
        "request_finished",
        code=int(status),
        request=f"{environ['REQUEST_METHOD']} {path}{'?' if query else ''}{query}",
        request_id=environ["HTTP_X_REQUEST_ID"],
        ip=environ.get("REMOTE_ADDR"),
    )
