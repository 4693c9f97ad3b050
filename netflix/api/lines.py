"""Many rows in one of PostgreSQL's, a third of the work for both sides: the JSON of each row is a line of one text."""

from collections.abc import Sequence
from dataclasses import dataclass

from netflix.api.caching import VERSION
from netflix.api.prepared import Rows

Line = tuple[bytes, ...]  # the row's JSON, then the ordering's keys, as texts


@dataclass(frozen=True, slots=True)
class Lines:
    version: bytes | None
    lines: list[Line]

    @classmethod
    def of(cls, rows: Rows) -> "Lines":
        """From what `lines_sql` has found."""
        ((version, json, *keys),) = rows
        if json is None:
            return cls(version, [])
        return cls(version, list(zip(json.split(b"\n"), *(key.split(b",") for key in keys), strict=True)))


def lines_sql(json: str, keys: Sequence[str], source: str) -> str:
    """The SQL of what `Lines.of` understands. `json` and the `keys`, none with a comma, are expressions over `source`,
    whose order is kept.

    JSON as PostgreSQL writes it has no line break of its own.
    """
    listed = ", ".join(f"string_agg({key}::text, ',')" for key in keys)
    each = f"SELECT *, {json}::text AS json FROM {source}"  # noqa: S608  # written by us
    return f"SELECT {VERSION}, string_agg(json, E'\\n'), {listed} FROM ({each}) AS line"  # noqa: S608
