"""The entry point of WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

from netflix import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
environment.is_web_process = True  # before the settings are read

application = get_wsgi_application()

from netflix.accounts import signing_key  # noqa: E402  # its model needs the settings

signing_key.warn_in_background()
