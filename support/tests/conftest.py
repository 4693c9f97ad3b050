import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import FileSystemStorage

from netflix.accounts.models import User
from support import attachments, relay


@pytest.fixture(autouse=True)
def _attachments_in_a_temporary_folder(tmp_path, monkeypatch):
    storage = FileSystemStorage(tmp_path / "attachments")
    monkeypatch.setattr(attachments, "storage", lambda: storage)


@pytest.fixture(autouse=True)
def published(monkeypatch):
    """The ids of published tickets, which do not reach the queue. Tests with a real worker override this fixture."""
    ids: list[int] = []
    monkeypatch.setattr(relay, "send_to_queue", ids.extend)
    return ids


@pytest.fixture
def agent(db):
    person = User.objects.create_user("agent", "agent@example.org", "an-agents-password", is_staff=True)
    person.groups.add(Group.objects.get(name="Technical support"))
    return person


@pytest.fixture
def desk(client, agent):
    client.force_login(agent)
    return client
