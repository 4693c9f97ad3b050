"""Responses as generators, so that the event loop and a thread can run the same code.

Generator protocol: yields steps, receives their results, returns the response. The event loop waits for a step without
a thread (`fast_path`); a view runs one after the other on Django's connection (`run_steps`).
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from netflix.api.renderers import OrjsonRenderer
from netflix.hot.statements import Query, Result, Row


@dataclass(frozen=True, slots=True)
class Call:
    """A function that may take long without being a query. The event loop runs it in a thread."""

    run: Callable[[], Any]


Steps = Generator[Query[Any] | Call, Any, Result]


@dataclass(frozen=True, slots=True)
class Content:
    """The body of a response, as JSON, and the snapshot of the database in which it was read; None if unknown."""

    json: bytes
    snapshot: bytes | None = None

    @classmethod
    def from_rows(cls, rows: Sequence[Row]) -> "Content | None":
        """The JSON in the only column of the only row; None without a row."""
        return cls(rows[0][0]) if rows else None

    @property
    def data(self) -> orjson.Fragment:
        """For a Response."""
        return orjson.Fragment(self.json)

    def extended(self, members: Mapping[str, Any]) -> "Content":
        """An object with these members at its end."""
        if not members:
            return self
        return Content(self.json[:-1] + b"," + OrjsonRenderer().render(members)[1:], self.snapshot)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of a write: the status of its response, and the data, if there is any."""

    status: int
    data: Any = None


# Called with the request, the viewer's id (None without a login) and what the URL names. Raises what its view
# would answer with an error.
Read = Callable[..., Steps[Content]]
# Called with the viewer's id and what the URL names. None: nothing was done, and the view says why.
Write = Callable[..., Steps[WriteResult | None]]


def run_steps(steps: Steps[Result]) -> Result:
    """Run all steps on Django's connection. Raises django.db's errors, and what the generator raises."""
    try:
        step = next(steps)
        while True:
            step = steps.send(step.run())
    except StopIteration as end:
        result: Result = end.value
        return result
