from django.apps import AppConfig
from django.db.models.signals import post_delete

from netflix import events


class SupportConfig(AppConfig):
    name = "support"
    verbose_name = "Technical support"

    def ready(self) -> None:
        from support import attachments, merging  # noqa: PLC0415  # models can be imported only now
        from support.models import Attachment  # noqa: PLC0415

        events.movies_merged.connect(merging.merge_tickets)
        events.movie_split.connect(merging.split_tickets)
        post_delete.connect(attachments.remove_file_of, sender=Attachment)
