"""Whatever is killed, frozen or restarted, no ticket is lost and none is done twice.

Starts a PostgreSQL, a Redis and the whole service for itself, and ends them. For each fault it prints how many tickets
were accepted (201), how many have their service order, how many were lost or done twice, the slowest POST, how long 99 %
of the tickets waited for their order at most, how long after the end of the fault the last ticket had its order, and what
clients were answered: how often each status, and how often nothing.
Anything lost, done twice or slower than promised is an error. At the end everything in a stack of bootstrap.sh's is killed,
one after the other, and has to come back by itself.
"""

import argparse
import functools
import os
import sys
import tempfile
from pathlib import Path

import django

from support.tests.faults.siege import besiege
from support.tests.faults.world import Servers, free_port


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--tickets", type=int, default=300, help="how many tickets are opened in each scenario (300)")
    parser.add_argument("--only", default="", help="only scenarios whose name contains this")
    parser.add_argument("--siege", type=float, default=120, help="how many seconds the whole stack is killed for (120)")
    arguments = parser.parse_args()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "netflix.settings", "THROTTLE_WRITES": "1000000/min"}
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    with tempfile.TemporaryDirectory(prefix="netflix-faults-") as folder, Servers(Path(folder)) as servers:
        django.setup()
        from support.tests.faults.runner import run_all  # noqa: PLC0415  # all of Django comes after its set-up

        show = functools.partial(print, flush=True)
        kept = run_all(servers, Path(folder), tickets=arguments.tickets, only=arguments.only, show=show)
    if not arguments.only:
        with tempfile.TemporaryDirectory(prefix="netflix-siege-") as folder:
            Path(folder).chmod(0o755)
            kept &= besiege(Path(folder), seconds=arguments.siege, port=free_port(), show=show)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
