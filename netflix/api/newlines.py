"""Text of several lines, as people type it: browsers and Windows end a line with `\\r\\n`, all others with `\\n`.

It is stored with `\\n`, so that the same words are the same text wherever they were typed, and count as long.
"""

import re
from typing import Any

from django import forms
from rest_framework import serializers


def with_plain_newlines(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)


class LinesField(serializers.CharField):
    """In a body of the API."""

    def to_internal_value(self, data: Any) -> str:
        return with_plain_newlines(super().to_internal_value(data))


class LinesFormField(forms.CharField):
    """In a form of the admin."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return with_plain_newlines(text) if isinstance(text, str) else text
