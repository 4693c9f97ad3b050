from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core.checks import Tags, register
from django_structlog.signals import bind_extra_request_failed_metadata

from netflix.celery import app as celery_app
from netflix.logs import log_answered_status
from netflix.migrating import check_former_migrations

__all__ = ["AdminConfig", "NetflixConfig", "celery_app"]  # loaded with Django, so that all tasks use this application


class NetflixConfig(AppConfig):
    name = "netflix"

    def ready(self) -> None:
        register(check_former_migrations, Tags.database)
        bind_extra_request_failed_metadata.connect(log_answered_status)


class AdminConfig(admin_apps.AdminConfig):
    default = False  # NetflixConfig is this package's
    default_site = "netflix.admin_site.Site"
