"""Which agents have a ticket open. Their pages report it every 15 seconds (`desk.js`).

The reports are only in Redis, in a sorted set with the time of each. Without Redis nobody is shown.
"""

import time
from collections import defaultdict
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from redis import Redis

from netflix.api.circuit_breakers import REDIS_ERRORS, redis_circuit

_SILENT_AFTER = 60  # seconds; browsers may delay a background page's timers to once a minute


def stay(*, ticket_id: int, agent: str) -> list[str]:
    """Record that this agent has the ticket open; return the names of the others who have it open."""
    try:
        _change(ticket_id, agent, here=True)
    except REDIS_ERRORS:
        return []
    return [name for name in open_tickets().get(ticket_id, []) if name != agent]


def leave(*, ticket_id: int, agent: str) -> None:
    try:
        _change(ticket_id, agent, here=False)
    except REDIS_ERRORS:
        return


def open_tickets() -> dict[int, list[str]]:
    """By ticket, the names of the agents who have it open."""
    names = defaultdict(list)
    try:
        members = _members()
    except REDIS_ERRORS:
        return {}
    for ticket_id, name in sorted(member.split(" ", 1) for member in members):
        names[int(ticket_id)].append(name)
    return dict(names)


@redis_circuit
def _change(ticket_id: int, agent: str, *, here: bool) -> None:
    now, member = time.time(), f"{ticket_id} {agent}"
    with _redis(settings.REDIS_URL).pipeline() as commands:
        if here:
            commands.zadd(_key(), {member: now})
        else:
            commands.zrem(_key(), member)
        commands.zremrangebyscore(_key(), "-inf", now - _SILENT_AFTER)
        commands.expire(_key(), _SILENT_AFTER)
        commands.execute()


@redis_circuit
def _members() -> Any:
    return _redis(settings.REDIS_URL).zrangebyscore(_key(), time.time() - _SILENT_AFTER, "+inf")


def _key() -> str:
    """Tickets of another database have the same numbers."""
    return f"{settings.CACHES['default']['KEY_PREFIX']}-open-tickets-{connection.settings_dict['NAME']}"


@cache
def _redis(url: str) -> Redis:
    timeout = settings.REDIS_PATIENCE
    return Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout, decode_responses=True)
