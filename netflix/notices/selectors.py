"""Reads of notices, besides the list."""

from django.conf import settings

from netflix.api.errors import NotThere


class NoSuchNotice(NotThere):
    said = "You have no notice with this id."


def full_link(link: str) -> str:
    """The absolute URL of a path of this API; empty for an empty path."""
    return f"{settings.PUBLIC_URL}{link}" if link else ""
