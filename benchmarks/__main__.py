"""How fast the product is, beside honest peers, on catalogues of a thousand to a million films.

    make bench                                          everything: over an hour
    make bench ARGS="--movies 1000 --seconds 2"         a first look
    make bench ARGS="--only list,like --peers ninja"    two scenarios, one peer
    make bench ARGS=--filters                           the database's time for every filter and ordering

For each catalogue a database of its own is filled with made-up films, always the same. Product and peers are started
on it, each with two worker processes, and must give the same answers. Then each scenario goes round the servers, one
at a time, run after run. Medians are printed as Markdown; progress goes to stderr. benchmarks/README.md explains what
the figures mean.
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
from benchmarks.scenarios import ASKED, NAMES, Scenarios  # noqa: E402
from benchmarks.servers import PEERS, PRODUCT, Server, running  # noqa: E402

_LARGEST_CHECK = 100_000  # films; computing the rankings of more anew takes many minutes


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    check_wrk()
    reports = []
    for movies in asked.movies:
        database = Database(movies)
        _say(f"{movies:,} films: {database.name}")
        try:
            database.make()
            reports.append(_filters(database) if asked.filters else _figures(database, asked))
        finally:
            if not asked.keep:
                database.drop()
        if asked.markdown:
            asked.markdown.write_text("\n".join(reports))
        print(reports[-1], flush=True)


def _figures(database: Database, asked: argparse.Namespace) -> str:
    """The report of one catalogue."""
    scenarios = Scenarios(database, database.logins())
    with ExitStack() as stack:
        servers = [stack.enter_context(running(name, database)) for name in _servers(database, asked.peers)]
        agreement.check(scenarios, servers)
        _say(f"  {len(servers)} servers give the same answers")
        figures: dict[tuple[str, str], list[Measurement]] = {}
        for scenario in [name for name in NAMES if name in (asked.only or ASKED)]:
            for run, server in _turns(asked.runs, servers):
                if scenarios.is_for(scenario, server):
                    found = measure(server, database, scenarios, scenario, asked.seconds)
                    figures.setdefault((scenario, server.name), []).append(found)
                    _say(f"  {scenario:<12}{run}  {server.name:<17}{_told(found)}")
    if scenarios.likes_ran_out:
        _say("  Everybody likes everything: the last likes of `like` changed nothing. Take more films or less time.")
    if database.movies <= _LARGEST_CHECK:
        _say(f"  {database.drift()} rows are not what the likes say (must be 0)")
    return report(database.movies, figures)


def _filters(database: Database) -> str:
    command = [sys.executable, "-m", "benchmarks.filters", "20"]
    done = subprocess.run(command, env=database.environment(), stdout=subprocess.PIPE, text=True, check=True)
    return f"### {database.movies:,} films, any list\n\n{done.stdout}"


def _turns(runs: int, servers: Sequence[Server]) -> Iterator[tuple[int, Server]]:
    """Round after round, each server in turn; every round begins with another one."""
    for run in range(runs):
        first = run % len(servers)
        for server in [*servers[first:], *servers[:first]]:
            yield run + 1, server


def _told(found: Measurement) -> str:
    errors = f"  {found.errors:,} ERRORS" if found.errors else ""
    share = "" if found.not_modified is None else f"  {found.not_modified:.2%} were 304"
    return (
        f"{found.rate:>9,.0f}/s   p50 {found.p50:7.2f} ms   p99 {found.p99:7.2f} ms"
        f"   CPU {found.application:6,.0f} + {found.database:6,.0f} us{share}{errors}"
    )


def _servers(database: Database, peers: list[str] | None) -> list[str]:
    """Those asked for; unasked, those that a catalogue of this size is not hopeless for."""
    if peers is not None:
        return [PRODUCT, *peers]
    fit = [name for name, peer in PEERS.items() if database.movies <= (peer.most_movies or database.movies)]
    return [PRODUCT, *fit]


def _parser() -> argparse.ArgumentParser:
    shown = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=shown)
    listed = "\n".join(f"  {name:<13}{description}" for name, description in NAMES.items())
    parser.epilog = f"scenarios:\n{listed}\n\npeers: {', '.join(PEERS)}"
    parser.add_argument(
        "--movies", type=int, nargs="+", default=[1000, 100_000, 1_000_000], metavar="N", help="how many films"
    )
    parser.add_argument("--seconds", type=int, default=5, metavar="S", help="of each measurement (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="rounds, whose median counts (%(default)s)")
    parser.add_argument(
        "--peers",
        nargs="*",
        choices=PEERS,
        metavar="PEER",
        help="beside which peers; without this all that the catalogue is not hopelessly large for",
    )
    parser.add_argument("--only", type=_scenarios, metavar="A,B", help="these scenarios and no others")
    parser.add_argument(
        "--filters",
        action="store_true",
        help="only the product, and how long its database takes for any filter and ordering",
    )
    parser.add_argument("--keep", action="store_true", help="keep the databases: the next run need not fill them")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there too")
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
