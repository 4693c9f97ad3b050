"""Viewers who open tickets, and send each again until it is accepted."""

import http.client
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self

_CLIENTS = 12
_PATIENCE = 90.0  # seconds until a viewer gives up


@dataclass
class Load:
    """POSTs at a steady rate. Each has its own Idempotency-Key, and is sent again with it until the answer is 201."""

    port: int
    tokens: list[str]
    name: str
    tickets: int
    per_second: float
    accepted: dict[int, str] = field(default_factory=dict)  # ticket numbers, by place
    seconds: list[float] = field(default_factory=list)  # of all attempts, in the order of their ends
    answers: Counter[str] = field(default_factory=Counter)  # of all attempts, by status; "none" without an answer
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(_CLIENTS)
        started_at = time.monotonic()
        self._posts = [
            self._pool.submit(self._open_ticket, place, started_at + place / self.per_second)
            for place in range(self.tickets)
        ]
        return self

    def __exit__(self, *error: object) -> None:
        for post in self._posts:
            post.result()
        self._pool.shutdown()

    def wait_for(self, part: float) -> None:
        """Wait until this part of the tickets is accepted, or every viewer has given up."""
        while len(self.accepted) < part * self.tickets and not all(post.done() for post in self._posts):
            time.sleep(0.01)

    def subject(self, place: int) -> str:
        return f"{self.name} {place}"

    def post(self, place: int, key: str) -> tuple[int, dict[str, Any]]:
        """Send the ticket once. Raises OSError or HTTPException if there is no answer."""
        token = self.tokens[place % len(self.tokens)]
        body = {"subject": self.subject(place), "message": "Nothing to hear.", "category": "playback"}
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{self.name}:{key}".replace(" ", "-"),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        started_at, status = time.monotonic(), "none"
        try:
            connection.request("POST", "/api/v1/tickets/", json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
            status = str(answer.status)
            return answer.status, json.loads(content) if content.startswith(b"{") else {}
        finally:
            connection.close()
            with self._lock:
                self.answers[status] += 1
                self.seconds.append(time.monotonic() - started_at)

    @property
    def slowest(self) -> float:
        return max(self.seconds, default=0.0)

    def statuses(self, before: Counter[str] | None = None) -> str:
        """How often clients got each status, or only since the state `before`."""
        answers = self.answers - (before or Counter())
        return " ".join(f"{status}:{times}" for status, times in sorted(answers.items()))

    def _open_ticket(self, place: int, at: float) -> None:
        time.sleep(max(0.0, at - time.monotonic()))
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                status, ticket = self.post(place, str(place))
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 201:
                self.accepted[place] = ticket["number"]
                return
            time.sleep(0.2)
