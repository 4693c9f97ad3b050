import pytest

from support import relay


@pytest.fixture(autouse=True)
def published(monkeypatch):
    """Tickets are published for real only by the tests of the queue, which have workers to take them.

    What would have been put on the queue is listed here instead.
    """
    ids: list[int] = []
    monkeypatch.setattr(relay, "send_to_queue", ids.extend)
    return ids
