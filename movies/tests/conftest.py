import os
from pathlib import Path

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


@pytest.fixture
def real_files():
    """The folder with data sets as they are downloaded. Without SHARED_DATA the test is skipped."""
    if "SHARED_DATA" not in os.environ:
        pytest.skip("SHARED_DATA names no folder with the real files")
    return Path(os.environ["SHARED_DATA"])
