"""The statuses of a ticket, and the allowed transitions between them."""

from django.db.models import TextChoices


class Status(TextChoices):
    OPEN = "open", "open"
    IN_PROGRESS = "in_progress", "in progress"
    WAITING_FOR_CUSTOMER = "waiting_for_customer", "waiting for customer"
    RESOLVED = "resolved", "resolved"
    CLOSED = "closed", "closed"


TRANSITIONS: dict[Status, tuple[Status, ...]] = {
    Status.OPEN: (Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER, Status.RESOLVED, Status.CLOSED),
    Status.IN_PROGRESS: (Status.WAITING_FOR_CUSTOMER, Status.RESOLVED, Status.CLOSED),
    Status.WAITING_FOR_CUSTOMER: (Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED),
    Status.RESOLVED: (Status.OPEN, Status.CLOSED),
    Status.CLOSED: (Status.OPEN,),
}
AWAITING_SUPPORT = (Status.OPEN, Status.IN_PROGRESS)
ACTIVE_STATUSES = (*AWAITING_SUPPORT, Status.WAITING_FOR_CUSTOMER)
ENDED = (Status.RESOLVED, Status.CLOSED)


class TransitionNotAllowed(Exception):
    """TRANSITIONS does not allow this change. `allowed` are the possible statuses, which the message names too."""

    def __init__(self, now: Status, wanted: Status) -> None:
        self.allowed = TRANSITIONS[now]
        choices = " or ".join(status.label for status in self.allowed)
        super().__init__(f"The ticket is {now.label} and cannot become {wanted.label}, only {choices}.")
