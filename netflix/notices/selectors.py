"""Reads of notices, besides the list."""

from django.conf import settings

from netflix.api.errors import NoSuchObject


class NoSuchNotice(NoSuchObject):
    message = "You have no notice with this id."


def full_link(link: str) -> str:
    """The absolute URL of a path of this API; empty for an empty path."""
    return f"{settings.PUBLIC_URL}{link}" if link else ""
