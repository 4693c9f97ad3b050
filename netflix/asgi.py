"""The entry point of ASGI servers; netflix/web.py runs ours."""

from netflix.wsgi import application as wsgi  # sets Django up, which the others need

# isort: split
from django.conf import settings

from netflix.api.hot_loop import HotLoop
from netflix.bridge import Bridge
from netflix.web import begin_signs_of_life

application = Bridge(
    wsgi,
    HotLoop(),
    largest_body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    body_seconds=settings.BODY_TIMEOUT_SECONDS,
    password_paths=settings.PASSWORD_PATHS,
    path_prefix=settings.PATH_PREFIX,
    on_startup=begin_signs_of_life,
)
