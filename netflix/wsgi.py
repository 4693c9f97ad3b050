"""The entry point of WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
os.environ.setdefault("STATEMENT_TIMEOUT_SECONDS", "5")

application = get_wsgi_application()
