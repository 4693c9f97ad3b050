"""Puts tickets on the queue: the one just opened at once, and whatever is still due every few seconds."""

from collections.abc import Collection
from functools import cache

import structlog
from celery import current_app
from django.conf import settings
from kombu import Connection
from kombu.pools import producers

from netflix.api.circuit import BROKER_TROUBLE, broker_circuit
from support.outbox import TICKETS

logger = structlog.get_logger(__name__)

_TASK = "support.tasks.open_service_order"


def publish(ticket_ids: Collection[int]) -> bool:
    """Put claimed tickets on the queue; returns whether the broker took all. Those it did not are due again at once."""
    left = list(ticket_ids)
    try:
        _send(left)
    except BROKER_TROUBLE as error:
        logger.warning("tickets_not_published", count=len(left), error=type(error).__name__)
        TICKETS.release(left)
        return False
    return True


def publish_due() -> int:
    """The relay: claim and publish what is due, as far as there is room in flight; returns how many that were.

    Several may do this at once, and each may die at any point: what it has claimed is due again after the lease.
    """
    published = 0
    while claimed := TICKETS.claim():
        if not publish(claimed):
            break
        published += len(claimed)
    return published


@broker_circuit
def _send(left: list[int]) -> None:
    """Takes each ticket off the list once the broker has it."""
    with producers[_broker()].acquire(block=True, timeout=settings.REDIS_PATIENCE) as producer:
        while left:
            current_app.send_task(_TASK, args=[left[-1]], queue=settings.SUPPORT_QUEUE, producer=producer, retry=False)
            left.pop()


@cache
def _broker() -> Connection:
    """The broker for somebody impatient: a request waits for it."""
    broker: Connection = current_app.connection_for_write(transport_options=settings.BROKER_PATIENCE)
    return broker
