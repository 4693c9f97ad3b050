"""Fields for text of several lines. Browsers and Windows send `\\r\\n`; it is stored as `\\n`, so that the same text is
equal, and of equal length, wherever it was typed.
"""

from typing import Any

from django import forms
from django.utils.text import normalize_newlines
from rest_framework import serializers


class MultilineField(serializers.CharField):
    """For serializers."""

    def to_internal_value(self, data: Any) -> str:
        return normalize_newlines(super().to_internal_value(data))


class MultilineFormField(forms.CharField):
    """For forms of the admin."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return normalize_newlines(text) if isinstance(text, str) else text
