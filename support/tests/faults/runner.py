"""Runs the scenarios one after the other, and checks the tickets of each."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command
from django.db.models import Count, F, Max
from knox.models import AuthToken

from netflix.accounts.models import User
from netflix.notices.models import Notice
from support.models import ServiceOrder, Ticket
from support.outbox import TICKET_OUTBOX
from support.tests.faults.load import Load
from support.tests.faults.scenarios import SCENARIOS, Run
from support.tests.faults.world import Servers, Service, wait_until

_PEOPLE = 30
_LINE = "{:<24}{:>9}{:>8}{:>6}{:>7}{:>10}{:>11}{:>11}  {:<24}{}"
_HEADS = ("fault", "accepted", "orders", "lost", "twice", "slowest", "p99 order", "recovered", "clients see", "")


def _person(n: int) -> User:
    address = f"viewer{n}@example.org"
    return User.objects.create_user(f"viewer{n}", address, verified_email=address)


def run_all(servers: Servers, folder: Path, *, tickets: int, only: str, show: Callable[[str], None]) -> bool:
    """Run all scenarios whose name contains `only`; return whether all of them passed."""
    call_command("migrate", verbosity=0)
    people = [_person(n) for n in range(_PEOPLE)]
    tokens = [AuthToken.objects.create(user)[1] for user in people]
    chosen = {name: scenario for name, scenario in SCENARIOS.items() if only in name}
    if not chosen:
        show(f"No scenario is called {only!r}. There are: {', '.join(SCENARIOS)}.")
    passed = bool(chosen)
    with Service(folder) as service:
        show(_LINE.format(*_HEADS))
        for name, (scenario, per_second) in chosen.items():
            run = Run(servers, service, Load(service.port, tokens, name, tickets, per_second))
            scenario(run)
            show(_check(run))
            passed = passed and not run.problems
        ended = Counter(service.ended_by_itself)
        show(f"ended by itself: {', '.join(f'{name} {times}' for name, times in ended.items()) or 'nothing'}")
    return passed and not ended


def _check(run: Run) -> str:
    """Add problems to the run; return its line of the table."""
    try:
        wait_until(lambda: not TICKET_OUTBOX.pending().exists(), patience=180)
    except TimeoutError:
        run.expect(False, f"{TICKET_OUTBOX.pending().count()} are still pending")
    accepted = set(run.load.accepted.values())
    mine = Ticket.objects.filter(subject__startswith=f"{run.load.name} ")
    orders = ServiceOrder.objects.filter(ticket__in=mine)
    ordered = set(orders.values_list("ticket__number", flat=True))
    dead = set(mine.filter(dead_at__isnull=False).values_list("number", flat=True))
    notices = Notice.objects.filter(key__in=[f"ticket {pk} taken" for pk in mine.values_list("pk", flat=True)])
    lost = accepted - ordered - dead
    twice = _repeats(mine, "subject") + _repeats(orders, "ticket") + _repeats(notices, "key")
    run.expect(len(accepted) == run.expected, f"{run.expected - len(accepted)} were never accepted")
    run.expect(not lost, "tickets are lost")
    run.expect(not twice, "something was done twice")
    run.expect(len(dead) == run.dead, f"{len(dead)} dead letters")
    run.expect(notices.count() == len(ordered), f"{len(ordered) - notices.count()} customers were not notified")
    waits = sorted(orders.values_list(F("opened_at") - F("ticket__created_at"), flat=True))
    p99 = waits[int(len(waits) * 0.99)].total_seconds() if waits else 0.0
    last = orders.aggregate(last=Max("opened_at"))["last"]
    recovered = max(0.0, last.timestamp() - run.recovered_from) if last else 0.0
    return _LINE.format(
        run.load.name, len(accepted), len(ordered), len(lost), twice, f"{run.load.slowest:.2f} s", f"{p99:.2f} s",
        f"{recovered:.1f} s", run.load.statuses(), "; ".join(run.problems) or "ok",
    )  # fmt: skip


def _repeats(rows, column) -> int:
    return sum(row["rows"] - 1 for row in rows.values(column).order_by().annotate(rows=Count("*")))
