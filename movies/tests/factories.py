"""Films for tests, made through the catalogue's own services."""

import json
from decimal import Decimal
from itertools import count
from typing import Any

from movies import services, statements
from movies.models import Genre, Movie

_numbers = count(1)


def make_movie(title: str = "", *, genres: tuple[str, ...] = ("Drama",), **facts: Any) -> Movie:
    """A stored film. Its title is made up unless given; its genres are added when they are new."""
    found = [Genre.objects.get_or_create(name=name)[0] for name in genres]
    facts = {"title": title or f"Film {next(_numbers)}", "year": 2010} | facts
    return Movie.objects.get(pk=services.add_movie(genres=found, **facts))


def details_of(movie_id: int) -> dict[str, Any]:
    """A film's details as the API answers them, without its address and its people's ids."""
    details = statements.movie_details(movie_id, {"movies_url": "", "posters_url": "/posters/"}).run()
    assert details is not None
    shown: dict[str, Any] = json.loads(details.json, parse_float=Decimal)
    for member in ("url", "people"):  # as the database numbers them
        shown.pop(member, None)
    return shown
