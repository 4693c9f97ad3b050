"""The entry point of ASGI servers; netflix/web.py runs ours."""

from netflix.wsgi import application as wsgi  # sets up Django, before the imports below

# isort: split
from django.conf import settings

from netflix.accounts import last_used
from netflix.api.cors import Cors
from netflix.bridge import Bridge
from netflix.hot import deadlines
from netflix.hot.fast_path import FastPath
from netflix.watchdog import start_heartbeat


def _on_startup() -> None:
    start_heartbeat()
    last_used.start_thread()
    if settings.QUERY_DEADLINE_SECONDS:
        deadlines.enforce(settings.QUERY_DEADLINE_SECONDS)


application = Bridge(
    wsgi,
    FastPath(deadline=settings.QUERY_DEADLINE_SECONDS),
    largest_body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    limits_by_path=settings.BODY_LIMITS_BY_PATH,
    body_seconds=settings.BODY_TIMEOUT_SECONDS,
    password_paths=settings.PASSWORD_PATHS,
    path_prefix=settings.PATH_PREFIX,
    cors=Cors(settings.CORS_ORIGINS, local=settings.CORS_LOCAL),
    on_startup=_on_startup,
)
