from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "netflix.notices"
    label = "notices"
    verbose_name = "Notices"
