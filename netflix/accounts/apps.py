from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "netflix.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from netflix.accounts import schema  # noqa: F401, PLC0415  # drf-spectacular finds what is imported
