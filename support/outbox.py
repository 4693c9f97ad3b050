"""The outbox that delivers tickets to technical support."""

from django.conf import settings

from netflix.outbox.services import Outbox
from support.models import Ticket

TICKET_OUTBOX = Outbox(
    model=Ticket,
    lease=settings.SUPPORT_LEASE,
    retry_after=settings.SUPPORT_RETRY_AFTER,
    max_attempts=settings.SUPPORT_ATTEMPTS,
    max_in_flight=settings.SUPPORT_IN_FLIGHT,
)
