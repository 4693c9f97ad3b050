"""Compares the speed of the product with that of peers, on catalogues of a thousand to a million films.

    make bench                                          everything: over an hour
    make bench ARGS="--movies 1000 --seconds 2"         a short run
    make bench ARGS="--only list,like --peers ninja"    two scenarios, one peer
    make bench ARGS=--filters                           the database's time for every filter and ordering

Each catalogue has its own database, filled with made-up films that are the same in every run. The product and the
peers are started on it, each with two worker processes, and must return the same answers. Then each scenario is
measured on one server after the other, `--runs` times. The medians are printed as Markdown, the progress on stderr.
benchmarks/README.md explains the figures.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import django

from benchmarks.databases import Database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
django.setup()

from benchmarks import agreement  # noqa: E402
from benchmarks.load import check_wrk  # noqa: E402
from benchmarks.measure import Measurement, measure  # noqa: E402
from benchmarks.report import report  # noqa: E402
from benchmarks.scenarios import DEFAULT_SCENARIOS, NAMES, Scenarios  # noqa: E402
from benchmarks.servers import PEERS, PRODUCT, Server, running  # noqa: E402

_MAX_CHECKED_MOVIES = 100_000  # films; recomputing the rankings of more takes many minutes


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    check_wrk()
    reports = []
    for movies in options.movies:
        database = Database(movies)
        _say(f"{movies:,} films: {database.name}")
        try:
            database.make()
            reports.append(_filters(database) if options.filters else _figures(database, options))
        finally:
            if not options.keep:
                database.drop()
        if options.markdown:
            options.markdown.write_text("\n".join(reports))
        print(reports[-1], flush=True)


def _figures(database: Database, options: argparse.Namespace) -> str:
    """Measure all scenarios on one catalogue; return the report."""
    scenarios = Scenarios(database, database.logins())
    with ExitStack() as stack:
        servers = [stack.enter_context(running(name, database)) for name in _servers(database, options.peers)]
        agreement.check(scenarios, servers)
        _say(f"  {len(servers)} servers give the same answers")
        figures: dict[tuple[str, str], list[Measurement]] = {}
        for scenario in [name for name in NAMES if name in (options.only or DEFAULT_SCENARIOS)]:
            for run, server in _turns(options.runs, servers):
                if scenarios.is_for(scenario, server):
                    measurement = measure(server, database, scenarios, scenario, options.seconds)
                    figures.setdefault((scenario, server.name), []).append(measurement)
                    _say(f"  {scenario:<12}{run}  {server.name:<17}{_summary(measurement)}")
    if scenarios.likes_ran_out:
        _say("  Everybody likes everything: the last likes of `like` changed nothing. Take more films or less time.")
    if database.movies <= _MAX_CHECKED_MOVIES:
        _say(f"  {database.drift()} stored rows differ from what the likes give (must be 0)")
    return report(database.movies, figures)


def _filters(database: Database) -> str:
    command = [sys.executable, "-m", "benchmarks.filters", "20"]
    done = subprocess.run(command, env=database.environment(), stdout=subprocess.PIPE, text=True, check=True)
    return f"### {database.movies:,} films, any list\n\n{done.stdout}"


def _turns(runs: int, servers: Sequence[Server]) -> Iterator[tuple[int, Server]]:
    """Yield each server once per run, with the number of the run. Every run starts with another server."""
    for run in range(runs):
        first = run % len(servers)
        for server in [*servers[first:], *servers[:first]]:
            yield run + 1, server


def _summary(measurement: Measurement) -> str:
    errors = f"  {measurement.errors:,} ERRORS" if measurement.errors else ""
    share = "" if measurement.not_modified is None else f"  {measurement.not_modified:.2%} were 304"
    return (
        f"{measurement.rate:>9,.0f}/s   p50 {measurement.p50:7.2f} ms   p99 {measurement.p99:7.2f} ms"
        f"   CPU {measurement.application:6,.0f} + {measurement.database:6,.0f} us{share}{errors}"
    )


def _servers(database: Database, peers: list[str] | None) -> list[str]:
    """The product and the chosen peers; by default all peers that can serve a catalogue of this size."""
    if peers is None:
        peers = [name for name, peer in PEERS.items() if database.movies <= (peer.most_movies or database.movies)]
    return [PRODUCT, *peers]


def _parser() -> argparse.ArgumentParser:
    shown = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=shown)
    listed = "\n".join(f"  {name:<13}{description}" for name, description in NAMES.items())
    parser.epilog = f"scenarios:\n{listed}\n\npeers: {', '.join(PEERS)}"
    parser.add_argument(
        "--movies", type=int, nargs="+", default=[1000, 100_000, 1_000_000], metavar="N", help="how many films"
    )
    parser.add_argument("--seconds", type=int, default=5, metavar="S", help="length of a measurement (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="measurements per median (%(default)s)")
    parser.add_argument(
        "--peers",
        nargs="*",
        choices=PEERS,
        metavar="PEER",
        help="compare with these peers; by default with all that can serve a catalogue of this size",
    )
    parser.add_argument("--only", type=_scenarios, metavar="A,B", help="only these scenarios")
    parser.add_argument(
        "--filters",
        action="store_true",
        help="only measure how long the product's database takes for each filter and ordering",
    )
    parser.add_argument("--keep", action="store_true", help="keep the databases for the next run")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables to this file")
    return parser


def _scenarios(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in NAMES]:
        raise argparse.ArgumentTypeError(f"There is no scenario {unknown[0]}. There are: {', '.join(NAMES)}.")
    return names


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
