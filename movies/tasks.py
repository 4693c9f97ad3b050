from celery import shared_task

from movies import genre_counts


@shared_task
def recount_genres() -> None:
    genre_counts.recount()
