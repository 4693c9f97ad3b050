"""Kills, freezes and restarts everything under load: no ticket may be lost or handled twice.

Starts its own PostgreSQL, Redis and service, and stops them at the end. For each fault it prints how many tickets were
accepted (201), how many have a service order, how many were lost or handled twice, the slowest POST, the p99 of the time
from ticket to order, the time from the end of the fault to the last order, and how often clients got each status, or no
answer. A lost ticket, a ticket that was handled twice and a missed time limit are errors.

At the end the siege kills each process of a stack as bootstrap.sh starts it, which has to recover by itself.
"""

import argparse
import functools
import os
import sys
import tempfile
from pathlib import Path

import django

from netflix.tests.servers import free_port
from support.tests.faults.siege import besiege
from support.tests.faults.world import Servers


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--tickets", type=int, default=300, help="how many tickets are opened in each scenario (300)")
    parser.add_argument("--only", default="", help="only scenarios whose name contains this")
    parser.add_argument("--siege", type=float, default=120, help="how many seconds the siege of the stack lasts (120)")
    arguments = parser.parse_args()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "netflix.settings", "THROTTLE_WRITES": "1000000/min"}
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    with tempfile.TemporaryDirectory(prefix="netflix-faults-") as folder, Servers(Path(folder)) as servers:
        django.setup()
        from support.tests.faults.runner import run_all  # noqa: PLC0415  # imports models

        show = functools.partial(print, flush=True)
        passed = run_all(servers, Path(folder), tickets=arguments.tickets, only=arguments.only, show=show)
    if not arguments.only:
        with tempfile.TemporaryDirectory(prefix="netflix-siege-") as folder:
            Path(folder).chmod(0o755)
            passed &= besiege(Path(folder), seconds=arguments.siege, port=free_port(), show=show)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
