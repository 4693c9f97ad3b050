"""Publishes tickets to the queue: a new one at once, every other due one within a few seconds."""

from collections.abc import Collection
from functools import cache

import structlog
from celery import current_app
from django.conf import settings
from kombu import Connection
from kombu.pools import producers

from netflix.api.circuit_breakers import BROKER_ERRORS, broker_circuit
from support.outbox import TICKET_OUTBOX

logger = structlog.get_logger(__name__)

_TASK = "support.tasks.open_service_order"


def publish(ticket_ids: Collection[int]) -> bool:
    """Publish claimed tickets; return whether the broker took all. Those it did not take are due again at once."""
    unsent = list(ticket_ids)
    try:
        send_to_queue(unsent)
    except BROKER_ERRORS as error:
        logger.warning("tickets_not_published", count=len(unsent), error=type(error).__name__)
        TICKET_OUTBOX.release(unsent)
        return False
    return True


def publish_due() -> int:
    """Claim and publish due tickets, up to the limit in flight; return how many were published.

    Safe to run concurrently and to kill: claimed tickets are due again after the lease.
    """
    published = 0
    while claimed := TICKET_OUTBOX.claim():
        if not publish(claimed):
            break
        published += len(claimed)
    return published


@broker_circuit
def send_to_queue(unsent: list[int]) -> None:
    """Remove each ticket from the list once the broker has it."""
    with producers[_broker()].acquire(block=True, timeout=settings.REDIS_PATIENCE) as producer:
        while unsent:
            current_app.send_task(_TASK, args=unsent[-1:], queue=settings.SUPPORT_QUEUE, producer=producer, retry=False)
            unsent.pop()


@cache
def _broker() -> Connection:
    """A connection with short timeouts, because a request waits for it."""
    broker: Connection = current_app.connection_for_write(transport_options=settings.BROKER_PATIENCE)
    return broker
