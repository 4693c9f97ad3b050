"""Cache-Control and Vary: docs/adr/0015."""

import time
from datetime import UTC, datetime

from django.http import HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

MAX_AGE_SECONDS = 30
_VARY = ("Accept", "Authorization", "Cookie")


def rounded_now() -> datetime:
    """The current time, rounded down to MAX_AGE_SECONDS, so that responses that depend on it keep their ETag."""
    now = int(time.time())
    return datetime.fromtimestamp(now - now % MAX_AGE_SECONDS, tz=UTC)


def set_cache_headers(response: HttpResponse, *, is_own: bool) -> None:
    """Public responses are cached for MAX_AGE_SECONDS; a viewer's own in the browser only, which always revalidates."""
    patch_vary_headers(response, _VARY)
    if is_own:
        patch_cache_control(response, private=True, no_cache=True)
    else:
        patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)


def forbid_caching(response: HttpResponse) -> None:
    """Forbid caching: for errors and responses to writes."""
    patch_vary_headers(response, _VARY)
    patch_cache_control(response, no_store=True)
