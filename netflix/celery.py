"""The Celery application; its settings are the CELERY_* names of netflix.settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")

app = Celery("netflix")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
