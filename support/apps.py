from django.apps import AppConfig

from netflix import events


class SupportConfig(AppConfig):
    name = "support"
    verbose_name = "Technical support"

    def ready(self) -> None:
        from support import merging  # noqa: PLC0415  # models can be imported only now

        events.movies_merged.connect(merging.merge_tickets)
        events.movie_split.connect(merging.split_tickets)
