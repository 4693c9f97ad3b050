"""Compares the speed of an import with that of other ways to fill the same tables.

    python -m netflix.embedded python -m benchmarks.import                    1,000,000 rows: about an hour
    python -m netflix.embedded python -m benchmarks.import --rows 100000      a short run: about ten minutes
    python -m netflix.embedded python -m benchmarks.import --only limit,again

The file is made up (benchmarks/dataset.py). Each way starts with an empty database, in its own process:

    import      manage.py import_movies
    again       imports the same file a second time
    save        stores one film after the other with the catalogue's service, as a form or the API does (10,000 rows)
    bulk        bulk_create(update_conflicts=True) in batches; the product derives search and rankings (100,000 rows)
    limit       one SQL statement for each table, from rows that are in the database with all values from Python
    before      the importer of commit 15276eb with its own tables, if --before is a checkout of it (100,000 rows)

Prints rows per second, seconds and the peak memory of the process, and how many times as fast the import is.
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

from benchmarks import databases, dataset

_MAX_ROWS = {"save": 10_000, "bulk": 100_000, "before": 100_000}  # enough to measure slow ways
_WAYS = ("import", "again", "save", "bulk", "limit", "before")
_MEASURED = re.compile(r"seconds (?P<seconds>[0-9.]+) megabytes (?P<megabytes>[0-9]+)")


class Figure(NamedTuple):
    rows: int
    seconds: float
    megabytes: int  # peak memory of the process

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    figures: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory() as folder:
        for way in _WAYS:
            if way not in options.only or (way == "before" and options.before is None):
                continue
            rows = min(_MAX_ROWS.get(way, options.rows), options.rows)
            file = Path(folder) / f"{rows}.csv"
            if not file.exists():
                dataset.write(file, rows)
            print(f"{way}, {rows:,} rows ...", file=sys.stderr, flush=True)
            figures[way] = _measure(way, file, rows, options.before or Path.cwd())
    _print(figures)
    for way in _WAYS:
        databases.drop(_database(way))


def _measure(way: str, file: Path, rows: int, before: Path) -> Figure:
    if way != "again":
        databases.create(_database(way))
    environment = os.environ | {"DATABASE_URL": databases.url_of(_database(way)), "LOG_LEVEL": "WARNING"}
    environment.pop("MAX_MOVIES", None)
    where = before if way == "before" else Path.cwd()
    command = [sys.executable, str(Path(__file__).with_name("import_ways.py")), way, str(file)]
    environment["PYTHONPATH"] = os.pathsep.join([str(where), str(Path.cwd())])
    done = subprocess.run(command, env=environment, cwd=where, stdout=subprocess.PIPE, text=True, check=True)
    measured = _MEASURED.search(done.stdout)
    assert measured, done.stdout
    return Figure(rows, float(measured["seconds"]), int(measured["megabytes"]))


def _print(figures: dict[str, Figure]) -> None:
    print("| | rows | seconds | rows per second | MB | the import is |\n|---|---:|---:|---:|---:|---:|")
    ours = figures.get("import")
    for way, figure in figures.items():
        times = f"{ours.rate / figure.rate:.2f} times as fast" if ours and way != "import" else ""
        print(f"| {way} | {figure.rows:,} | {figure.seconds:.1f} | {figure.rate:,.0f} | {figure.megabytes} | {times} |")


def _database(way: str) -> str:
    return f"netflix_bench_import_{'import' if way == 'again' else way}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.import", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="length of the file; default: 1,000,000")
    parser.add_argument("--only", type=lambda text: text.split(","), default=_WAYS, help="only these ways")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="a checkout of commit 15276eb")
    return parser


if __name__ == "__main__":
    main()
