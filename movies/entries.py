"""Writes of many films at once: the body of a PUT to a viewer's list, and the outcome of each entry."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ListSerializer, Serializer

from movies import selectors
from movies.limits import MAX_ENTRIES
from netflix.api.permissions import viewer_id
from netflix.api.serializers import StrictSerializer
from netflix.api.throttles import BulkWriteThrottle
from netflix.api.views import StrictView

Entry = Mapping[str, Any]  # `movie`, and what else the list stores
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


class EntrySerializer(StrictSerializer):
    movie = serializers.IntegerField(help_text="The film's id.")


def entries(entry: type[Serializer], help_text: str) -> Any:
    """The field `entries` of a body."""
    too_many = f"There are more than {MAX_ENTRIES} entries. Send them in several requests."
    return ListSerializer(
        child=entry(), max_length=MAX_ENTRIES, error_messages={"max_length": too_many}, help_text=help_text
    )


class EntryResultSerializer(serializers.Serializer):
    """The result of an entry: `outcome`, or `error`."""

    movie = serializers.IntegerField(help_text="As in the entry.")
    merged_into = serializers.IntegerField(
        required=False, help_text="The film has proved to be the same as this one, to which the outcome belongs."
    )
    outcome = serializers.ChoiceField(
        [CREATED, UPDATED, UNCHANGED], required=False, help_text="`created`: the film was not on the list before."
    )
    error = serializers.ChoiceField(["not_found"], required=False, help_text="`not_found`: there is no such film.")


class EntryResultsSerializer(serializers.Serializer):
    results = EntryResultSerializer(many=True, help_text="One for each entry, in their order.")


class BulkPutMixin(StrictView):
    """Adds PUT to a list: all entries in one transaction."""

    throttle_classes = [BulkWriteThrottle]
    entries_serializer_class: ClassVar[type[Serializer]]

    def bulk_write(self, user_id: int, entries: Sequence[Entry]) -> list[str | None]:
        """Return one outcome for each entry, None if there is no such film. Ids of merged films are replaced."""
        raise NotImplementedError

    def put(self, request: Request) -> Response:
        sent = self.validated(request)["entries"]
        ids = [entry["movie"] for entry in sent]
        merged = selectors.merged_movies(ids)
        entries = [{**entry, "movie": merged.get(entry["movie"], entry["movie"])} for entry in sent]
        outcomes = self.bulk_write(viewer_id(request), entries)
        return Response({"results": [_result(*each) for each in zip(ids, map(merged.get, ids), outcomes, strict=True)]})

    def get_serializer_class(self) -> Any:
        return self.entries_serializer_class if self.request.method == "PUT" else super().get_serializer_class()


def _result(movie_id: int, merged_into: int | None, outcome: str | None) -> dict[str, Any]:
    redirect = {} if merged_into is None else {"merged_into": merged_into}
    result = {"error": "not_found"} if outcome is None else {"outcome": outcome}
    return {"movie": movie_id, **redirect, **result}
