import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from support import technical_support
from support.models import Heartbeat, Ticket
from support.outbox import TICKET_OUTBOX
from support.tests.factories import bury, make_ticket

pytestmark = pytest.mark.django_db


def status(*arguments):
    out = StringIO()
    call_command("support_status", *arguments, stdout=out)
    return out.getvalue()


def test_it_reports_zeros_for_a_new_installation():
    assert status() == "backlog    0\nin flight  0\ndead       0\nheartbeat  never\n"
    assert json.loads(status("--format", "json")) == {
        "backlog": 0, "oldest": None, "in_flight": 0, "dead": 0, "heartbeat": None,
    }  # fmt: skip


def test_it_counts_pending_tickets_and_dead_letters(viewer):
    tickets = [make_ticket(viewer) for _ in range(5)]
    technical_support.handle_ticket(tickets[0].pk)
    bury(tickets[1])
    TICKET_OUTBOX.release([tickets[2].pk])
    Ticket.objects.filter(pk=tickets[3].pk).update(created_at=Now() - timedelta(hours=1))
    technical_support.record_heartbeat("a")
    Heartbeat.objects.update(at=Now() - timedelta(seconds=900))
    shown = json.loads(status("--format", "json"))
    assert (shown["backlog"], shown["in_flight"], shown["dead"]) == (3, 2, 1)
    assert 3600 <= shown["oldest"] < 3700
    assert 900 <= shown["heartbeat"] < 1000
    text = status()
    assert "backlog    3, the oldest 36" in text
    assert "heartbeat  9" in text


def test_it_refuses_an_unknown_format():
    with pytest.raises(CommandError):
        status("--format", "xml")
