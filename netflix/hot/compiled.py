"""Querysets compiled once, with named values that each request brings."""

from typing import Any

from django.db import connection, models
from django.db.models.sql.compiler import SQLCompiler
from psycopg.sql import Literal


class Parameter(models.Expression):
    """A placeholder in a queryset, for a value that each request brings."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(  # type: ignore[override]  # the parameter is bound by name, later
        self,
        compiler: SQLCompiler,
        connection: Any,  # Django's signature
    ) -> tuple[str, list[Any]]:
        return "%s", [self]


def compiled(rows: models.QuerySet[Any, Any]) -> str:
    """The queryset's SQL with a placeholder for each Parameter, for a `Statement`.

    All other values are literals: PostgreSQL would not use the index on `coalesce(year, 0)` for `coalesce(year, $1)`.
    """
    template, values = rows.query.get_compiler(connection=connection).as_sql()
    pieces = [f"%({value.name})s" if isinstance(value, Parameter) else _literal(value) for value in values]
    sql: str = template.replace("%%", "%%%%") % tuple(pieces)
    return sql


def _literal(value: Any) -> str:
    return Literal(value).as_string(None).replace("%", "%%")
