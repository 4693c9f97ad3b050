from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from support.models import ServiceOrder, Ticket
from support.states import Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def test_it_opens_one_in_every_state_once(data_dir):
    call_command("create_demo_logins", stdout=StringIO())
    for _ in range(2):
        call_command("create_demo_tickets", stdout=StringIO())
    assert sorted(Ticket.objects.values_list("status", flat=True)) == sorted(Status)
    assert ServiceOrder.objects.count() == len(Status)
    assert not Ticket.objects.exclude(user__username="demo").exists()
    connection.check_constraints()


def test_it_says_what_is_missing():
    with pytest.raises(CommandError, match="create_demo_logins"):
        call_command("create_demo_tickets")
    assert not Ticket.objects.exists()
