"""The cards of the admin's first page. Each context registers its own, in its `admin` module."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import OperationalError

logger = structlog.get_logger(__name__)

_KEPT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A box with figures.

    `read` runs one query. Its result is kept for half a minute in this process, not in Redis, so that the page also
    works while Redis is unavailable. The template shows it as `data`.
    """

    name: str
    title: str
    permission: str  # only people who have it see the card
    template: str
    read: Callable[[], Any]
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """A card, and what it shows; `failed` if the database could not answer."""

    card: Card
    data: Any = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart, in units of the chart's `viewBox`."""

    label: str
    value: int
    x: float
    y: float
    width: float
    height: float


registered: dict[str, Card] = {}
cached: dict[str, tuple[float, Any]] = {}  # by card: when its result expires, and the result


def register(*cards: Card) -> None:
    registered.update({card.name: card for card in cards})


def figures(may_see: Callable[[str], bool], *, order: Sequence[str] = ()) -> list[Figures]:
    """The cards for whose permission `may_see` is true: those named in `order` first, then the others."""
    names = dict.fromkeys([*filter(registered.__contains__, order), *registered])
    return [_figures(registered[name]) for name in names if may_see(registered[name].permission)]


def bars(values: Iterable[tuple[str, int]], *, width: float, height: float, gap: float) -> list[Bar]:
    """A bar chart of labelled values, the highest as high as the chart; values above 0 are at least one unit high."""
    rows = list(values)
    highest = max((value for _, value in rows), default=0)
    step = width / len(rows) if rows else width
    heights = [max(height * value / highest, 1.0) if value else 0.0 for _, value in rows]
    return [
        Bar(label, value, round(place * step, 2), round(height - high, 2), round(step - gap, 2), round(high, 2))
        for place, ((label, value), high) in enumerate(zip(rows, heights, strict=True))
    ]


def _figures(card: Card) -> Figures:
    until, data = cached.get(card.name, (0.0, None))
    if time.monotonic() < until:
        return Figures(card, data)
    try:
        data = card.read()
    except OperationalError:
        logger.warning("card_failed", card=card.name, exc_info=True)
        return Figures(card, failed=True)
    cached[card.name] = (time.monotonic() + _KEPT_SECONDS, data)
    return Figures(card, data)
