from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

_MOST_NAMED = 20  # unknown fields in one error


class StrictSerializer(serializers.Serializer):
    """A body: refuses fields that it does not know, so that a misspelt one is not taken for absent."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data)
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            said = error.detail
            raise ValidationError({**unknown, **said} if isinstance(said, dict) else said) from error
        if unknown:
            raise ValidationError(unknown)
        return value

    def _unknown(self, data: Any) -> dict[str, ErrorDetail]:
        names = _form_fields(data) if isinstance(data, QueryDict) else data if isinstance(data, dict) else ()
        known = [name for name, field in self.fields.items() if not field.read_only]
        unknown = [name for name in names if name not in known][:_MOST_NAMED]
        said = f"This is no field here. Known: {', '.join(known) or 'none'}."
        return {name[:100]: ErrorDetail(said, "unknown") for name in unknown}


class NoBody(StrictSerializer):
    """For what takes no body: an empty one is none, and nothing that somebody says is dropped."""


def _form_fields(form: QueryDict) -> list[str]:
    """Without the browsable API's own, and `names[0]` as `names`, as forms write lists."""
    return list(dict.fromkeys(name.partition("[")[0] for name in form if name != "csrfmiddlewaretoken"))
