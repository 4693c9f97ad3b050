"""The entry point of the Django peers."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.settings"

from netflix.wsgi import application

__all__ = ["application"]
