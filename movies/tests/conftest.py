import pytest

from movies.importing import run, undoing


@pytest.fixture
def site(client, admin):
    """A browser with an administrator's login."""
    client.force_login(admin)
    return client


@pytest.fixture
def without_refresh(monkeypatch):
    """Leave out the last step of imports and undos, which computes counts, search and rankings anew."""
    for module in (run, undoing):
        monkeypatch.setattr(module, "refresh_derived", lambda: None)
