from django.apps import AppConfig

from netflix import events


class NoticesConfig(AppConfig):
    name = "netflix.notices"
    label = "notices"
    verbose_name = "Notices"

    def ready(self) -> None:
        from netflix.notices import services  # noqa: PLC0415  # models can be imported only now

        events.address_verified.connect(services.queue_waiting_emails)
