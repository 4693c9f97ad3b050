from celery.signals import worker_init
from django.apps import AppConfig
from django.db.models.signals import post_save


class AccountsConfig(AppConfig):
    name = "netflix.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from knox.models import AuthToken  # noqa: PLC0415  # models can be imported only now

        from netflix.accounts import logins, schema, signing_key  # noqa: F401, PLC0415  # drf-spectacular finds them

        post_save.connect(logins.create_login, sender=AuthToken)
        worker_init.connect(signing_key.warn_before_work)
