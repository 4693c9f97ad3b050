import inspect

import pytest
from django.dispatch import Signal

from movies import services
from movies.models import Movie
from movies.tests.factories import make_movie
from netflix import events

# By event: its arguments, and who follows it, in the order of the calls.
FOLLOWERS = {
    "movies_changed": (["movie_ids"], ["ranking.services.recompute"]),
    "catalogue_loaded": ([], ["ranking.services.recompute_after_load"]),
    "movies_merged": (
        ["kept_id", "merged_id", "moved"],
        ["ranking.merging.merge_likes", "reminder.merging.merge_lists", "support.merging.merge_tickets"],
    ),
    "movie_split": (
        ["kept_id", "merged_id", "moved"],
        ["ranking.merging.split_likes", "reminder.merging.split_lists", "support.merging.split_tickets"],
    ),
    "account_erasure_started": (["user_id"], ["ranking.services.remove_likes"]),
    "account_erased": (["user_id"], ["ranking.services.remove_remaining_likes"]),
    "address_verified": (["user_id"], ["netflix.notices.services.queue_waiting_emails"]),
}


def test_it_lists_who_follows_what():
    declared = {name: event for name, event in vars(events).items() if isinstance(event, Signal)}
    followers = {name: _receivers(event) for name, event in declared.items()}
    assert followers == {name: paths for name, (_, paths) in FOLLOWERS.items()}


@pytest.mark.parametrize("name", FOLLOWERS)
def test_it_gives_each_follower_the_arguments_that_it_takes(name):
    arguments, _ = FOLLOWERS[name]
    for _, reference, _ in getattr(events, name).receivers:
        *taken, rest = inspect.signature(reference()).parameters.values()
        assert [parameter.name for parameter in taken] == arguments
        assert rest.kind is inspect.Parameter.VAR_KEYWORD


@pytest.mark.django_db
def test_it_undoes_the_change_when_a_follower_fails():
    def fail(**_: object) -> None:
        raise RuntimeError("A follower failed.")

    movie = make_movie(title="Before")
    events.movies_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            services.change_movie(movie_id=movie.pk, title="After")
    finally:
        events.movies_changed.disconnect(fail)
    assert Movie.objects.get(pk=movie.pk).title == "Before"


def _receivers(event: Signal) -> list[str]:
    functions = [reference() for _, reference, _ in event.receivers]
    return [f"{function.__module__}.{function.__qualname__}" for function in functions]
