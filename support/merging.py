"""Move tickets when films are merged or split. `apps.py` connects both functions to events."""

from support.models import Ticket

_MOVED = "tickets"


def merge_tickets(kept_id: int, merged_id: int, moved: dict[str, list[int]], **_: object) -> None:
    moved[_MOVED] = sorted(Ticket.objects.filter(movie=merged_id).values_list("pk", flat=True))
    Ticket.objects.filter(movie=merged_id).update(movie=kept_id)


def split_tickets(kept_id: int, merged_id: int, moved: dict[str, list[int]], **_: object) -> None:
    Ticket.objects.filter(movie=kept_id, pk__in=moved.get(_MOVED, [])).update(movie=merged_id)
