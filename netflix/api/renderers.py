from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder


class OrjsonRenderer(JSONRenderer):
    """JSON by orjson, times as `2026-12-24T19:15:00Z`; indented in the browsable API."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        indent = self.get_indent(accepted_media_type or "", renderer_context or {})
        options = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if indent else 0)
        return orjson.dumps(data, default=_encode, option=options)


def _encode(value: Any) -> Any:
    """For types that orjson does not support: decimals become numbers, others are as in REST framework."""
    return float(value) if isinstance(value, Decimal) else JSONEncoder().default(value)
