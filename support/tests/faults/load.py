"""Viewers who open tickets, and do not let go until they are told that theirs is stored."""

import http.client
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self

_CLIENTS = 12
_PATIENCE = 90.0  # seconds until a viewer goes away


@dataclass
class Load:
    """POSTs at a steady rate. Each has a key of its own, and is sent again with it until it is answered 201."""

    port: int
    tokens: list[str]
    name: str
    tickets: int
    per_second: float
    accepted: dict[int, str] = field(default_factory=dict)  # ticket numbers, by place
    slowest: float = 0.0  # seconds that one POST took
    answers: Counter[str] = field(default_factory=Counter)  # of all tries, by status; "none" for those without any
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(_CLIENTS)
        begun = time.monotonic()
        self._posts = [
            self._pool.submit(self._open_ticket, place, begun + place / self.per_second)
            for place in range(self.tickets)
        ]
        return self

    def __exit__(self, *error: object) -> None:
        for post in self._posts:
            post.result()
        self._pool.shutdown()

    def wait_for(self, part: float) -> None:
        """Until so much of the tickets is accepted."""
        while len(self.accepted) < part * self.tickets:
            time.sleep(0.01)

    def subject(self, place: int) -> str:
        return f"{self.name} {place}"

    def post(self, place: int, key: str) -> tuple[int, dict[str, Any]]:
        """One try. Raises OSError or HTTPException when there is no answer."""
        token = self.tokens[place % len(self.tokens)]
        body = {"subject": self.subject(place), "message": "Nothing to hear.", "category": "playback"}
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{self.name}:{key}".replace(" ", "-"),
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        begun, status = time.monotonic(), "none"
        try:
            connection.request("POST", "/api/v1/tickets/", json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
            status = str(answer.status)
            return answer.status, json.loads(said) if said.startswith(b"{") else {}
        finally:
            connection.close()
            with self._lock:
                self.answers[status] += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)

    def seen(self, before: Counter[str] | None = None) -> str:
        """What clients were answered, since `before` if that is given: how often each status."""
        answers = self.answers - (before or Counter())
        return " ".join(f"{status}:{times}" for status, times in sorted(answers.items()))

    def _open_ticket(self, place: int, at: float) -> None:
        time.sleep(max(0.0, at - time.monotonic()))
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                status, said = self.post(place, str(place))
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 201:
                self.accepted[place] = said["number"]
                return
            time.sleep(0.2)
