"""The faults, each while tickets are opened and handled."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from django.conf import settings
from django.db import connection, transaction

from support.models import Ticket
from support.outbox import TICKET_OUTBOX
from support.tests.faults.load import Load
from support.tests.faults.world import SUPPORT, Servers, Service, wait_until


@dataclass
class Run:
    """A run of one scenario, and what it has to achieve."""

    servers: Servers
    service: Service
    load: Load
    expected: int = 0  # number of tickets that must be accepted
    dead: int = 0  # number of dead letters at the end
    recovered_from: float = 0.0  # when the fault ended, by `time.time`
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.expected = self.load.tickets

    def over(self) -> None:
        self.recovered_from = time.time()

    def expect(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)


def steady(run: Run) -> None:
    """Most tickets are published at once: their orders come without the relay, which the scheduler starts."""
    with run.service.paused("scheduler"):
        with run.load:
            pass
        run.over()
        with suppress(TimeoutError):
            wait_until(lambda: TICKET_OUTBOX.pending().count() < run.expected / 2, patience=120)
        pending = TICKET_OUTBOX.pending().count()
    run.expect(pending < run.expected / 2, f"{pending} were not published at once")


def redis_killed(run: Run, *, lose_data: bool = False) -> None:
    with run.load:
        run.load.wait_for(1 / 3)
        run.servers.kill_redis(lose_data=lose_data)
        time.sleep(5)
        run.servers.redis.start()
        run.over()


def redis_frozen(run: Run) -> None:
    """Not every POST waits for a timeout, because the circuits are open, and none until Redis is back."""
    with run.load:
        run.load.wait_for(1 / 4)
        with run.servers.redis_frozen():
            before = len(run.load.seconds)
            time.sleep(10)
            meanwhile = sorted(run.load.seconds[before:]) or [math.inf]
        run.over()
    quick = meanwhile[len(meanwhile) // 10]  # on a busy machine most take longer than a timeout for other reasons
    run.expect(quick < settings.REDIS_PATIENCE, f"nine of ten POSTs took at least {quick:.2f} s")
    run.expect(run.load.slowest <= 8, f"a POST took {run.load.slowest:.2f} s")


def worker_killed_five_times(run: Run) -> None:
    with run.load:
        for part in (0.1, 0.25, 0.4, 0.55, 0.7):
            run.load.wait_for(part)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("LOCK TABLE support_serviceorder IN SHARE MODE")  # a worker that opens an order waits
                wait_until(_a_worker_waits, patience=120)
                run.service.kill(SUPPORT)
        run.over()


def web_killed(run: Run) -> None:
    with run.load:
        run.load.wait_for(1 / 3)
        run.service.kill("web")
        run.over()


def web_worker_stopped(run: Run) -> None:
    """Only the server notices a stopped worker, and replaces it within about ten seconds."""
    with run.load:
        run.load.wait_for(1 / 3)
        before = run.service.web_workers()
        os.kill(before[-1], signal.SIGSTOP)
        wait_until(lambda: len(run.service.web_workers()) > len(before), patience=120)
        run.over()
    run.expect(run.load.slowest <= 30, f"a POST took {run.load.slowest:.2f} s")


def relay_killed(run: Run) -> None:
    run.servers.kill_redis()
    with run.load:
        run.load.wait_for(1)
        killed = sum(_kill_relay_after_claim() for _ in range(3))
    run.expect(killed > 0, "no relay was killed")
    run.servers.redis.start()
    run.over()


def postgres_restarted(run: Run) -> None:
    with run.load:
        run.load.wait_for(1 / 3)
        run.servers.restart_postgres_at_once()
        run.over()
    connection.close()  # PostgreSQL has ended our connection too


def poison(run: Run) -> None:
    """The notice about the ticket at place 5 always violates a constraint of the database."""
    subject = f"We are working on it: {run.load.subject(5)}"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notices_notice ADD CONSTRAINT poison CHECK (subject <> %s) NOT VALID", [subject])
    run.dead = 1
    with run.load:
        pass
    run.over()
    wait_until(lambda: Ticket.objects.filter(dead_at__isnull=False).exists(), patience=180)
    dead = Ticket.objects.get(dead_at__isnull=False)
    run.expect(dead.subject == run.load.subject(5), f"{dead.subject} is dead")
    run.expect(dead.attempts == 5, f"it was tried {dead.attempts} times")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notices_notice DROP CONSTRAINT poison")


def drained(run: Run) -> None:
    with run.load:
        run.load.wait_for(1 / 3)
        code = run.service.drain(SUPPORT)
        run.over()
    run.expect(code == 0, f"the worker ended with {code}")


def one_key(run: Run) -> None:
    """Fifty POSTs at once with one key, for the ticket at place 0."""
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: run.load.post(0, "one"), range(50)))
    numbers = {ticket["number"] for status, ticket in answers if status == 201}
    run.expect({status for status, _ in answers} <= {201, 409}, f"answers {sorted({s for s, _ in answers})}")
    run.expect(len(numbers) == 1, f"{len(numbers)} numbers")
    run.load.accepted = dict(enumerate(sorted(numbers)))
    run.expected = 1
    run.over()
    header = f"Subject: We are working on it: {run.load.subject(0)}\n"
    wait_until(lambda: header in run.service.log_of("worker"), patience=120)
    time.sleep(11)  # another round of e-mails
    run.expect(run.service.log_of("worker").count(header) == 1, "more than one e-mail")


# Each with its number of tickets per second.
SCENARIOS: dict[str, tuple[Callable[[Run], None], float]] = {
    "one key, 50 at once": (one_key, 20),
    "steady": (steady, 20),
    "Redis killed, away 5 s": (redis_killed, 40),
    "Redis killed, data lost": (partial(redis_killed, lose_data=True), 40),
    "Redis frozen 10 s": (redis_frozen, 20),
    "worker kill -9, 5 times": (worker_killed_five_times, 40),
    "web server kill -9": (web_killed, 40),
    "web worker stopped": (web_worker_stopped, 20),
    "relay killed, 3 times": (relay_killed, 40),
    "PostgreSQL restarted": (postgres_restarted, 40),
    "a poison ticket": (poison, 40),
    "SIGTERM drain": (drained, 40),
}

# A relay that waits to be killed after it has claimed tickets.
_WAITING_RELAY = """
import time, django
django.setup()
from support import relay

def wait(tickets):
    print(len(tickets), flush=True)
    time.sleep(60)

relay.send_to_queue = wait
relay.publish_due()
"""


def _kill_relay_after_claim() -> bool:
    """Kill a relay between claim and publish; return whether it had claimed anything (at most a batch of 100)."""
    relay = subprocess.Popen(
        [sys.executable, "-c", _WAITING_RELAY],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "netflix.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert relay.stdout
    claimed = int(relay.stdout.readline() or 0)
    relay.send_signal(signal.SIGKILL)
    relay.communicate()
    return claimed > 0


def _a_worker_waits() -> bool:
    """Whether a worker waits for the lock on the table of orders."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE relation = 'support_serviceorder'::regclass AND NOT granted"
        )
        (waiting,) = cursor.fetchone()
    return bool(waiting)
