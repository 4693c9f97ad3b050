"""What may be read of notices, besides the list."""

from django.conf import settings

from netflix.api.errors import NotThere


class NoSuchNotice(NotThere):
    said = "You have no notice with this id."


def full_link(link: str) -> str:
    """The whole address of a path of this API; an empty path gives an empty address."""
    return f"{settings.PUBLIC_URL}{link}" if link else ""
