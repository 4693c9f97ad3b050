"""Changes of a ticket and removals of its film or people wait for each other without deadlocks."""

import pytest
from django.db import OperationalError, transaction

from movies import services as movies
from movies.models import Movie
from movies.tests.factories import make_movie
from netflix.accounts import services as accounts
from netflix.accounts.models import User
from netflix.notices.models import Notice
from netflix.tests.meanwhile import at_once, while_another_writes
from support import selectors, services, technical_support
from support.models import Ticket
from support.tests.factories import make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticket(viewer):
    return make_ticket(viewer, movie_id=make_movie("Heat").pk)


@pytest.fixture
def agent(db):
    return User.objects.create_user("agent")


def assign(ticket, agent):
    services.assign(ticket_id=ticket.pk, agent_id=agent.pk)


def take(ticket, _):
    technical_support.open_service_order(ticket.pk)


@pytest.mark.parametrize("work", [assign, take])
def test_it_does_not_block_the_removal_of_a_tickets_movie(ticket, agent, work):
    while_another_writes(lambda: work(ticket, agent), lambda: movies.remove_movie(movie_id=ticket.movie_id))
    assert not Movie.objects.exists()
    ticket.refresh_from_db()
    assert (ticket.movie, ticket.status) == (None, "in_progress")


@pytest.mark.parametrize("work", [assign, take])
def test_it_handles_a_ticket_whose_movie_is_removed_meanwhile(ticket, agent, work):
    while_another_writes(lambda: movies.remove_movie(movie_id=ticket.movie_id), lambda: work(ticket, agent))
    ticket.refresh_from_db()
    assert (ticket.movie, ticket.status) == (None, "in_progress")


def test_it_locks_the_movie_that_the_tickets_was_merged_into_meanwhile(ticket):
    kept_id, merged_id = make_movie("Heat again", year=1996).pk, ticket.movie_id

    def lock_kept():
        return Movie.objects.select_for_update(nowait=True).get(pk=kept_id)

    def lock():
        with transaction.atomic():
            locked = selectors.lock(Ticket.objects.filter(pk=ticket.pk))
            with pytest.raises(OperationalError, match="could not obtain lock"):
                at_once([transaction.atomic(lock_kept)])
            return locked

    locked = while_another_writes(lambda: movies.merge_movies(kept_id=kept_id, merged_id=merged_id), lock)
    assert locked.movie_id == kept_id


def test_it_notifies_the_agent_who_was_assigned_while_the_reply_waited(ticket, agent):
    User.objects.filter(pk=agent.pk).update(is_staff=True)
    number, customer = ticket.number, ticket.user_id
    while_another_writes(
        lambda: assign(ticket, agent), lambda: services.reply(user_id=customer, number=number, text="Hello?")
    )
    assert Notice.objects.get(user=agent).subject == "The customer replied: No sound"


def test_it_does_not_block_erasing_the_assignee(ticket, agent):
    Ticket.objects.update(assignee=agent)
    while_another_writes(lambda: take(ticket, None), lambda: accounts.erase(user_id=agent.pk))
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (None, "in_progress")
