"""Films for tests, made through the catalogue's own services."""

from itertools import count
from typing import Any

from movies import services
from movies.models import Genre, Movie

_numbers = count(1)


def make_movie(title: str = "", *, genres: tuple[str, ...] = ("Drama",), **facts: Any) -> Movie:
    """A stored film. Its title is made up unless given; its genres are added when they are new."""
    found = [Genre.objects.get_or_create(name=name)[0] for name in genres]
    facts = {"title": title or f"Film {next(_numbers)}", "year": 2010} | facts
    return Movie.objects.get(pk=services.add_movie(genres=found, **facts))
