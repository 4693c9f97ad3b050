"""The outbox by itself, with notices for its entries."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from netflix.accounts.models import User
from netflix.notices.models import Notice
from netflix.outbox.services import Outbox, backoff
from netflix.tests.meanwhile import at_once

pytestmark = pytest.mark.django_db
OUTBOX = Outbox(model=Notice, lease=timedelta(minutes=1), retry_after=timedelta(minutes=1), max_in_flight=10, batch=4)


def make_entries(count):
    user = User.objects.create_user("somebody")
    return [Notice.objects.create(user=user, key=str(n), subject="s", text="t").pk for n in range(count)]


def make_due():
    OUTBOX.pending().update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def state(pk):
    return Notice.objects.values_list("attempts", "last_error", "done_at", "dead_at", "next_attempt_at").get(pk=pk)


def test_it_claims_the_longest_due_first_a_batch_at_a_time_and_no_more_than_may_be_in_flight():
    entries = make_entries(15)
    assert [OUTBOX.claim() for _ in range(4)] == [entries[:4], entries[4:8], entries[8:10], []]
    assert OUTBOX.in_flight().count() == 10
    OUTBOX.complete(entries[0])
    assert OUTBOX.claim() == entries[10:11]


def test_it_claims_again_what_a_dead_worker_held_when_the_lease_is_over():
    entries = make_entries(1)
    assert OUTBOX.claim() == entries
    assert OUTBOX.claim() == []
    make_due()
    assert OUTBOX.claim() == entries


def test_it_begins_nothing_that_somebody_else_has_meanwhile():
    (pk,) = make_entries(1)
    OUTBOX.claim()
    make_due()  # the first one was too slow
    OUTBOX.claim()
    assert OUTBOX.begin(pk, attempts=0)
    assert not OUTBOX.begin(pk, attempts=0)
    assert state(pk)[0] == 1


def test_it_has_room_for_others_while_what_failed_waits():
    entries = make_entries(12)
    for _ in range(3):
        OUTBOX.claim()
    assert not OUTBOX.has_room()
    for pk in entries[:10]:
        OUTBOX.begin(pk)
        OUTBOX.fail(pk, ValueError())
    assert OUTBOX.claim() == entries[10:]


def test_it_has_back_at_once_what_was_never_attempted():
    entries = make_entries(2)
    OUTBOX.claim()
    OUTBOX.release(entries)
    assert OUTBOX.claim() == entries
    assert state(entries[0])[0] == 0


def test_it_does_nothing_about_what_is_done():
    (pk,) = make_entries(1)
    assert OUTBOX.begin(pk)
    OUTBOX.complete(pk)
    done = state(pk)
    assert not OUTBOX.begin(pk)
    OUTBOX.fail(pk, ValueError())
    OUTBOX.release([pk])
    OUTBOX.withdraw(pk)
    assert OUTBOX.replay([pk]) == 0
    assert state(pk) == done
    assert done[2] is not None


def test_it_waits_after_a_failure_and_keeps_its_kind_but_not_its_words():
    (pk,) = make_entries(1)
    OUTBOX.begin(pk)
    OUTBOX.fail(pk, ValueError("somebody's secret"))
    attempts, error, _, dead, due = state(pk)
    assert (attempts, error, dead) == (1, "ValueError", None)
    assert timedelta(seconds=25) < due - timezone.now() <= timedelta(seconds=60)
    assert OUTBOX.claim() == []


def test_it_gives_up_after_the_fifth_failure_until_it_is_replayed():
    (pk,) = make_entries(1)
    for _ in range(5):
        assert OUTBOX.begin(pk)
        OUTBOX.fail(pk, ValueError())
    assert not OUTBOX.begin(pk)
    assert state(pk)[3] is not None
    make_due()
    assert OUTBOX.claim() == []
    assert OUTBOX.replay([pk]) == 1
    assert OUTBOX.claim() == [pk]
    assert state(pk)[:4] == (0, "", None, None)


def test_it_gives_up_what_killed_its_worker_five_times():
    (pk,) = make_entries(1)
    for _ in range(5):
        assert OUTBOX.claim() == [pk]
        assert OUTBOX.begin(pk)
        make_due()  # nobody ever says how it ended
    assert OUTBOX.claim() == []
    assert "without an error" in state(pk)[1]
    assert state(pk)[3] is not None


def test_it_costs_the_same_for_one_and_for_a_batch(django_assert_num_queries):
    make_entries(4)
    with django_assert_num_queries(5):  # a savepoint, how many are in flight, which are due, theirs now
        assert len(OUTBOX.claim()) == 4


def test_it_cannot_be_done_and_still_pending_or_dead():
    (pk,) = make_entries(1)
    for wrong in ({"done_at": Now()}, {"done_at": Now(), "dead_at": Now(), "next_attempt_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.filter(pk=pk).update(**wrong)
    assert state(pk)[2:4] == (None, None)


@given(attempts=st.integers(1, 10), seconds=st.integers(1, 600))
def test_it_waits_twice_as_long_each_time_less_up_to_half(attempts, seconds):
    most = timedelta(seconds=seconds * 2 ** (attempts - 1))
    assert most / 2 <= backoff(timedelta(seconds=seconds), attempts) <= most


@pytest.mark.django_db(transaction=True)
def test_it_gives_no_entry_to_two_who_claim_at_once():
    entries = make_entries(200)
    outbox = Outbox(model=Notice, lease=timedelta(minutes=1), retry_after=timedelta(minutes=1), batch=3)

    def claim_all():
        return [pk for batch in iter(outbox.claim, []) for pk in batch]

    claimed = [pk for pks in at_once([claim_all] * 4) for pk in pks]
    assert sorted(claimed) == entries
