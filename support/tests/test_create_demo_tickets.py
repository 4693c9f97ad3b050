from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from netflix.accounts.models import User
from support.models import ServiceOrder, Ticket
from support.states import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def test_it_creates_one_ticket_in_every_status_once(data_dir):
    call_command("create_demo_logins", stdout=StringIO())
    for _ in range(2):
        call_command("create_demo_tickets", stdout=StringIO())
    assert sorted(Ticket.objects.values_list("status", flat=True)) == sorted(Status)
    assert ServiceOrder.objects.count() == len(Status)
    assert not Ticket.objects.exclude(user__username="demo").exists()
    connection.check_constraints()


def test_it_accepts_missing_logins_and_other_case(data_dir, capsys):
    call_command("create_demo_tickets")
    assert "create_demo_logins" in capsys.readouterr().out
    assert not Ticket.objects.exists()
    User.objects.create_user("Demo")
    User.objects.create_superuser("ADMIN")
    call_command("create_demo_tickets")
    assert Ticket.objects.count() == len(Status)
