"""Measures how long the database takes for lists: every filter with every ordering, on the first to the last page.

Calls the product in this process, with the database at DATABASE_URL; `make bench ARGS=--filters` starts it. It times
the product's statements in Python, and leaves out the first call of each page.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any
from urllib.parse import unquote, urlencode

import django

from netflix import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "30")
environment.is_web_process = True
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from benchmarks import words  # noqa: E402
from movies import selectors  # noqa: E402
from netflix.api.pagination import sign_cursor  # noqa: E402
from netflix.hot.statements import Statement  # noqa: E402

_FILTERS: dict[str, dict[str, Any]] = {
    "no filter": {},
    "the largest genre": {"genre": next(iter(words.GENRES))},
    "the rarest genre": {"genre": list(words.GENRES)[-1]},
    "two genres": {"genre": list(words.GENRES)[:2]},
    "a certificate": {"certificate": "R"},
    "ten years": {"year_min": 1990, "year_max": 1999},
    "rating_min": {"rating_min": 8},
    "votes_min": {"votes_min": 500_000},
}
_PAGES = ("first", "middle", "last", "backwards")
Figures = dict[tuple[str, str, str], list[float]]  # milliseconds by filter, ordering and page


def main(times: int) -> None:
    figures: Figures = {}
    client = Client(headers={"Host": "localhost", "Accept": "application/json"})
    for place, address in _addresses():
        figures[place] = sorted([_took(partial(client.get, address)) for _ in range(times + 1)][1:])
    every = sorted(took for ordered in figures.values() for took in ordered)
    print(f"{len(figures)} lists, {len(every)} answers: p50 {_at(every, 50):.1f} ms, p99 {_at(every, 99):.1f} ms")
    print("\n| filter | ordering | page | p50 ms | p99 ms |\n|---|---|---|---:|---:|")
    for place, ordered in sorted(figures.items(), key=lambda item: -_at(item[1], 99))[:12]:
        print(f"| {' | '.join(place)} | {_at(ordered, 50):.1f} | {_at(ordered, 99):.1f} |")


def _at(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def _took(ask: Callable[[], Any]) -> float:
    """Return how many milliseconds the statements of an answer took."""
    spent = 0.0

    def timed(execute: Callable[..., Any], *given: Any) -> Any:
        nonlocal spent
        started_at = time.perf_counter()
        try:
            return execute(*given)
        finally:
            spent += time.perf_counter() - started_at

    rows = Statement.rows
    Statement.rows = lambda self, values: timed(rows, self, values)  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(timed):
            answer = ask()
    finally:
        Statement.rows = rows  # type: ignore[method-assign]
    if answer.status_code != 200:
        raise SystemExit(f"{answer.status_code}: {answer.content[:300]!r}")
    return spent * 1000


def _addresses() -> Iterator[tuple[tuple[str, str, str], str]]:
    for ordering in selectors.ORDERINGS.values():
        keys = ordering.keys
        rows = selectors.with_sort_keys(selectors.movies(), ordering).order_by(
            *(f"-{key}" if ordering.descending else key for key in keys)
        )
        values, movies = rows.values_list(*keys), rows.count()
        places = {"middle": values[movies // 2], "last": values[movies - 5]}
        places["backwards"] = places["middle"]
        for (name, filters), page in product(_FILTERS.items(), _PAGES):
            parameters = filters | {"ordering": ordering.name}
            if page in places:
                at = [value if isinstance(value, int | str) else str(value) for value in places[page]]
                parameters |= {"cursor": unquote(sign_cursor(ordering.name, page == "backwards", 1, *at))}
            yield (name, ordering.name, page), f"/api/v1/movies/?{urlencode(parameters, doseq=True)}"


if __name__ == "__main__":
    main(int(sys.argv[1]))
