"""How fast films are imported, beside four other ways to fill the same tables.

    python -m netflix.embedded python -m benchmarks.import                    1,000,000 rows: about an hour
    python -m netflix.embedded python -m benchmarks.import --rows 100000      a first look: about ten minutes
    python -m netflix.embedded python -m benchmarks.import --only limit,again

The file is made up, always the same (benchmarks/dataset.py). Each way gets an empty database of its own:

    import      manage.py import_movies, a process of its own
    again       the same file once more
    save        a film at a time through the catalogue's service, as a form or the API would (10,000 rows)
    bulk        bulk_create(update_conflicts=True) in batches, search and rankings by the product (100,000 rows)
    limit       the rows are in the database already, with what Python computes of them; one statement a table
    before      the importer of commit 15276eb on its own tables, if --before names a checkout of it (100,000 rows)

Rows a second, seconds, and the peak memory of the process are printed, and how many times as fast the import is.
"""  # noqa: N999  # it is run, not imported

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg

from benchmarks import dataset

_PARTS = {"save": 10_000, "bulk": 100_000, "before": 100_000}  # rows that are enough for a figure
_WAYS = ("import", "again", "save", "bulk", "limit", "before")
_MEASURED = re.compile(r"seconds (?P<seconds>[0-9.]+) megabytes (?P<megabytes>[0-9]+)")


class Figure(NamedTuple):
    rows: int
    seconds: float
    megabytes: int  # of the process that imports, at most

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    figures: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory() as folder:
        for way in _WAYS:
            if way not in asked.only or (way == "before" and asked.before is None):
                continue
            rows = min(_PARTS.get(way, asked.rows), asked.rows)
            file = Path(folder) / f"{rows}.csv"
            if not file.exists():
                dataset.write(file, rows)
            print(f"{way}, {rows:,} rows ...", file=sys.stderr, flush=True)
            figures[way] = _measured(way, file, rows, asked.before or Path.cwd())
    _print(figures)
    for way in _WAYS:
        _drop(_url(way))


def _measured(way: str, file: Path, rows: int, before: Path) -> Figure:
    url = _url("import" if way == "again" else way)
    if way != "again":
        _drop(url)
        _on_server(f"CREATE DATABASE {urlsplit(url).path[1:]}")
    environment = os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"}
    environment.pop("MAX_MOVIES", None)
    where = before if way == "before" else Path.cwd()
    command = [sys.executable, str(Path(__file__).with_name("import_ways.py")), way, str(file)]
    environment["PYTHONPATH"] = os.pathsep.join([str(where), str(Path.cwd())])
    done = subprocess.run(command, env=environment, cwd=where, stdout=subprocess.PIPE, text=True, check=True)
    measured = _MEASURED.search(done.stdout)
    assert measured, done.stdout
    return Figure(rows, float(measured["seconds"]), int(measured["megabytes"]))


def _print(figures: dict[str, Figure]) -> None:
    print("| | rows | seconds | rows a second | MB | the import is |\n|---|---:|---:|---:|---:|---:|")
    ours = figures.get("import")
    for way, figure in figures.items():
        times = f"{ours.rate / figure.rate:.2f} times as fast" if ours and way != "import" else ""
        print(f"| {way} | {figure.rows:,} | {figure.seconds:.1f} | {figure.rate:,.0f} | {figure.megabytes} | {times} |")


def _url(way: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/netflix_bench_import_{way}").geturl()


def _drop(url: str) -> None:
    _on_server(f"DROP DATABASE IF EXISTS {urlsplit(url).path[1:]} WITH (FORCE)")


def _on_server(statement: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statement.encode())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.import", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the file; default: 1,000,000")
    parser.add_argument("--only", type=lambda text: text.split(","), default=_WAYS, help="some of the ways")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="a checkout of commit 15276eb")
    return parser


if __name__ == "__main__":
    main()
