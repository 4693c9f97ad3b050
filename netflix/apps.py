from django.apps import AppConfig

from netflix.api import hooks
from netflix.celery import app as celery_app

__all__ = ["NetflixConfig", "celery_app"]  # loaded with Django, so that every task finds its broker


class NetflixConfig(AppConfig):
    name = "netflix"

    def ready(self) -> None:
        hooks.check()
