"""Move tickets when films are merged or split. `apps.py` connects both functions to events."""

from support.models import Ticket

_MOVED = "tickets"


def merge_tickets(kept: int, merged: int, moved: dict[str, list[int]], **_: object) -> None:
    moved[_MOVED] = sorted(Ticket.objects.filter(movie=merged).values_list("pk", flat=True))
    Ticket.objects.filter(movie=merged).update(movie=kept)


def split_tickets(kept: int, merged: int, moved: dict[str, list[int]], **_: object) -> None:
    Ticket.objects.filter(movie=kept, pk__in=moved.get(_MOVED, [])).update(movie=merged)
