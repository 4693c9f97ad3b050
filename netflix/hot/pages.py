"""A page as one row of JSON that PostgreSQL makes: a third of the work of many rows, for PostgreSQL and for Python."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from netflix.api.entity_tags import SNAPSHOT_SQL
from netflix.hot.statements import Row


class Page(NamedTuple):
    """Rows in their order: the JSON of each, and a JSON array of texts with its ordering's keys."""

    snapshot: bytes | None
    rows: list[bytes]
    keys: list[bytes]

    @classmethod
    def from_rows(cls, rows: Iterable[Row]) -> "Page":
        ((snapshot, json, keys),) = rows
        return cls(snapshot, json.split(b"\n") if json else [], keys.split(b"\n") if keys else [])


def page_sql(source: str, *, json: str, keys: Sequence[str]) -> str:
    """The SQL of a page. `source` selects its rows in their order, and perhaps more of them.

    `json` and `keys` are expressions over `page`. They are evaluated only for the `%(limit)s` rows of the page, however
    many the planner expects. PostgreSQL writes JSON without line breaks.
    """
    each = ", ".join(f"({key})::text" for key in keys)
    return f"""
        SELECT {SNAPSHOT_SQL}, string_agg(json, E'\\n'), string_agg(keys, E'\\n') FROM (
            SELECT ({json})::text AS json, json_build_array({each})::text AS keys
              FROM ({source}) AS page LIMIT %(limit)s
        ) AS line
    """  # noqa: S608  # made of our own parts


def row_json(columns: str, source: str = "") -> str:
    """An SQL expression: a JSON object of the columns of a SELECT list, null without a row."""
    return f"(SELECT row_to_json(item) FROM (SELECT {columns} {source}) AS item)"  # noqa: S608  # our own parts


def timestamp_json(value: str) -> str:
    """An SQL expression: a timestamp in the format of all responses, such as 2026-12-24T19:15:00Z."""
    pattern = f"CASE date_trunc('second', {value}) WHEN {value} THEN '' ELSE '.US' END"
    return f"""to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS' || {pattern} || '"Z"')"""
