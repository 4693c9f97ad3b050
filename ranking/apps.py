from django.apps import AppConfig

from netflix import events


class RankingConfig(AppConfig):
    name = "ranking"
    verbose_name = "Likes and rankings"

    def ready(self) -> None:
        from ranking import merging, services  # noqa: PLC0415  # models can be imported only now

        events.movies_changed.connect(services.recompute)
        events.catalogue_loaded.connect(services.recompute_after_load)
        events.movies_merged.connect(merging.merge_likes)
        events.movie_split.connect(merging.split_likes)
        events.account_erasure_started.connect(services.remove_likes)
        events.account_erased.connect(services.remove_remaining_likes)
