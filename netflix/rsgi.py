"""The entry point of granian, our server."""

from django.conf import settings

from netflix.bridge import Bridge
from netflix.wsgi import application as wsgi

application = Bridge(
    wsgi,
    largest_body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    body_seconds=settings.BODY_TIMEOUT_SECONDS,
    password_doors=settings.PASSWORD_DOORS,
)
