"""Lets everything go wrong, one thing after the other, and judges what became of the tickets."""

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
    """Whether every promise held, in all scenarios whose name contains `only`."""
    call_command("migrate", verbosity=0)
    people = [_person(n) for n in range(_PEOPLE)]
    tokens = [AuthToken.objects.create(user)[1] for user in people]
    chosen = {name: scenario for name, scenario in SCENARIOS.items() if only in name}
    if not chosen:
        show(f"No scenario is called {only!r}. There are: {', '.join(SCENARIOS)}.")
    kept = bool(chosen)
    with Service(folder) as service:
        show(_LINE.format(*_HEADS))
        for name, (scenario, per_second) in chosen.items():
            run = Run(servers, service, Load(service.port, tokens, name, tickets, per_second))
            scenario(run)
            show(_judge(run))
            kept = kept and not run.problems
        ended = Counter(service.ended_by_itself)
        show(f"ended by itself: {', '.join(f'{name} {times}' for name, times in ended.items()) or 'nothing'}")
    return kept and not ended


def _judge(run: Run) -> str:
    try:
        wait_until(lambda: not TICKET_OUTBOX.pending().exists(), patience=180)
    except TimeoutError:
        run.expect(False, f"{TICKET_OUTBOX.pending().count()} are still pending")
    accepted = set(run.load.accepted.values())
    mine = Ticket.objects.filter(subject__startswith=f"{run.load.name} ")
    orders = ServiceOrder.objects.filter(ticket__in=mine)
    ordered = set(orders.values_list("ticket__number", flat=True))
    dead = set(mine.filter(dead_at__isnull=False).values_list("number", flat=True))
    told = Notice.objects.filter(key__in=[f"ticket {pk} taken" for pk in mine.values_list("pk", flat=True)])
    lost = accepted - ordered - dead
    twice = _repeats(mine, "subject") + _repeats(orders, "ticket") + _repeats(told, "key")
    run.expect(len(accepted) == run.asked, f"{run.asked - len(accepted)} were never accepted")
    run.expect(not lost, "tickets are lost")
    run.expect(not twice, "something was done twice")
    run.expect(len(dead) == run.dead, f"{len(dead)} dead letters")
    run.expect(told.count() == len(ordered), f"{len(ordered) - told.count()} were not told")
    waits = sorted(orders.values_list(F("opened_at") - F("ticket__created_at"), flat=True))
    p99 = waits[int(len(waits) * 0.99)].total_seconds() if waits else 0.0
    run.expect(run.longest_p99 is None or p99 <= run.longest_p99, "orders took too long")
    last = orders.aggregate(last=Max("opened_at"))["last"]
    recovered = max(0.0, last.timestamp() - run.recovered_from) if last else 0.0
    return _LINE.format(
        run.load.name, len(accepted), len(ordered), len(lost), twice, f"{run.load.slowest:.2f} s", f"{p99:.2f} s",
        f"{recovered:.1f} s", run.load.seen(), "; ".join(run.problems) or "ok",
    )  # fmt: skip


def _repeats(rows, column) -> int:
    return sum(row["rows"] - 1 for row in rows.values(column).order_by().annotate(rows=Count("*")))
