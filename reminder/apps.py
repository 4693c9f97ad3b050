from django.apps import AppConfig

from netflix import events


class ReminderConfig(AppConfig):
    name = "reminder"
    verbose_name = "Reminders and watched films"

    def ready(self) -> None:
        from reminder import merging  # noqa: PLC0415  # models can be imported only now

        events.movies_merged.connect(merging.merge_lists)
        events.movie_split.connect(merging.split_lists)
