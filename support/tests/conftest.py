import pytest
from django.core.files.storage import FileSystemStorage

from support import attachments, relay


@pytest.fixture(autouse=True)
def _kept_in_a_folder_of_the_test(tmp_path, monkeypatch):
    storage = FileSystemStorage(tmp_path / "attachments")
    monkeypatch.setattr(attachments, "storage", lambda: storage)


@pytest.fixture(autouse=True)
def published(monkeypatch):
    """Tickets are published for real only by the tests of the queue, which have workers to take them.

    What would have been put on the queue is listed here instead.
    """
    ids: list[int] = []
    monkeypatch.setattr(relay, "send_to_queue", ids.extend)
    return ids
