from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.core.files.base import ContentFile
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

_MAX_DEPTH = 20  # levels; no valid body has as many


class BodyTooLarge(APIException):
    status_code = 413
    default_code = "body_too_large"


class OrjsonParser(BaseParser):
    """JSON by orjson: strict (no NaN), fast, and safe for bodies nested thousands of levels deep."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(f"The body may have at most {limit} bytes.")
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}", code="invalid_json") from error
        if _is_deeper(data, _MAX_DEPTH):
            raise ParseError(f"The body is nested more than {_MAX_DEPTH} levels deep.", code="too_deep")
        return data


class FileParser(BaseParser):
    """A body that is a picture and nothing else, as the field `file`."""

    media_type = "image/*"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return {"file": ContentFile(stream.read(), name="picture")}  # netflix/bridge.py limits its size


def _is_deeper(data: Any, levels: int) -> bool:
    """Without recursion, which would fail on deeply nested data."""
    level = [data]
    for _ in range(levels):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)
