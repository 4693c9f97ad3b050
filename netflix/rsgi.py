"""The entry point of granian, our server."""

from netflix.wsgi import application as wsgi  # sets Django up, which the others need

# isort: split
from django.conf import settings

from netflix.api.hot_loop import HotLoop
from netflix.bridge import Bridge

application = Bridge(
    wsgi,
    HotLoop(),
    largest_body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    body_seconds=settings.BODY_TIMEOUT_SECONDS,
    password_doors=settings.PASSWORD_DOORS,
)
