"""What becomes of tickets when two films prove to be one. Both functions are hooks: see settings.HOOKS."""

from support.models import Ticket

_MOVED = "tickets"


def merge_tickets(kept: int, merged: int, moved: dict[str, list[int]]) -> None:
    moved[_MOVED] = sorted(Ticket.objects.filter(movie=merged).values_list("pk", flat=True))
    Ticket.objects.filter(movie=merged).update(movie=kept)


def split_tickets(kept: int, merged: int, moved: dict[str, list[int]]) -> None:
    Ticket.objects.filter(movie=kept, pk__in=moved.get(_MOVED, [])).update(movie=merged)
