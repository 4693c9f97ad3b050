from celery.signals import worker_init
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "netflix.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from netflix.accounts import schema, signing_key  # noqa: F401, PLC0415  # drf-spectacular finds what is imported

        worker_init.connect(signing_key.warn_before_work)
