from collections.abc import Iterable, Sequence
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

_MAX_NAMED = 20  # unknown names in one error


class StrictSerializer(serializers.Serializer):
    """A body. Refuses unknown fields, so that a misspelt one is not ignored."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data)
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            detail = error.detail
            raise ValidationError({**unknown, **detail} if isinstance(detail, dict) else detail) from error
        if unknown:
            raise ValidationError(unknown)
        return value

    def _unknown(self, data: Any) -> dict[str, ErrorDetail]:
        names = _form_fields(data) if isinstance(data, QueryDict) else data if isinstance(data, dict) else ()
        known = [name for name, field in self.fields.items() if not field.read_only]
        return unknown_names(names, known, "field")


class NoBody(StrictSerializer):
    """For requests without a body: an empty one is accepted, any field is refused."""


def unknown_names(names: Iterable[str], known: Sequence[str], noun: str) -> dict[str, ErrorDetail]:
    """An error for each name that is not known. `noun` says what the names stand for, such as `field`."""
    unknown = [name for name in names if name not in known][:_MAX_NAMED]
    detail = f"This is no {noun} here. Known: {', '.join(known) or 'none'}."
    return {name[:100]: ErrorDetail(detail, "unknown") for name in unknown}


def validated_query(serializer_class: type[serializers.Serializer], query: QueryDict) -> dict[str, Any]:
    """The validated query parameters. Raises ValidationError."""
    serializer = serializer_class(data=query_values(serializer_class(), query))
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated


def query_values(serializer: serializers.Serializer, query: QueryDict) -> dict[str, Any]:
    """The query parameters: all non-empty values of a list, the last value of any other parameter."""
    lists = {name for name, field in serializer.fields.items() if isinstance(field, serializers.ListField)}
    return {
        name: [value for value in query.getlist(name) if value] if name in lists else value
        for name, value in query.items()
    }


def _form_fields(form: QueryDict) -> list[str]:
    """The names of the fields: without the browsable API's own, and `names` for `names[0]`, as forms write lists."""
    return list(dict.fromkeys(name.partition("[")[0] for name in form if name != "csrfmiddlewaretoken"))
