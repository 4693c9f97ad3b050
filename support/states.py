"""The statuses of a ticket, and the moves between them."""

from django.db.models import TextChoices


class Status(TextChoices):
    OPEN = "open", "open"
    IN_PROGRESS = "in_progress", "in progress"
    WAITING_FOR_CUSTOMER = "waiting_for_customer", "waiting for customer"
    RESOLVED = "resolved", "resolved"
    CLOSED = "closed", "closed"


MOVES: dict[Status, tuple[Status, ...]] = {
    Status.OPEN: (Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER, Status.RESOLVED, Status.CLOSED),
    Status.IN_PROGRESS: (Status.WAITING_FOR_CUSTOMER, Status.RESOLVED, Status.CLOSED),
    Status.WAITING_FOR_CUSTOMER: (Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED),
    Status.RESOLVED: (Status.OPEN, Status.CLOSED),
    Status.CLOSED: (Status.OPEN,),
}
OUR_TURN = (Status.OPEN, Status.IN_PROGRESS)
ACTIVE_STATUSES = (*OUR_TURN, Status.WAITING_FOR_CUSTOMER)
ENDED = (Status.RESOLVED, Status.CLOSED)


class MoveNotAllowed(Exception):
    """MOVES has no such move. `allowed` are the possible statuses, which the message names too."""

    def __init__(self, now: Status, wanted: Status) -> None:
        self.allowed = MOVES[now]
        choices = " or ".join(status.label for status in self.allowed)
        super().__init__(f"The ticket is {now.label} and cannot become {wanted.label}, only {choices}.")
