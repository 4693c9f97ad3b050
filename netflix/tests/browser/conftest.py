"""A real browser and a real server: CONTRIBUTING.md says how a test uses them."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from netflix.tests.browser.window import Window, chromium
from netflix.tests.servers import web_server

_PROGRAMS = ("chromium", "chromedriver")


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """One Chromium for all tests of a session. Without it they are skipped, or fail if BROWSER_TESTS=on."""
    if not all(map(shutil.which, _PROGRAMS)):
        give_up = pytest.fail if os.environ.get("BROWSER_TESTS") == "on" else pytest.skip
        give_up("Chromium or its driver is not installed: apt-get install chromium chromium-driver")
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def browser(driver, tmp_path):
    """A new tab. Its screenshots are kept in the folder SCREENSHOTS, if that is set."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    window = Window(driver, folder)
    window.look()
    return window


@pytest.fixture
def serve(transactional_db, tmp_path):
    """Starts a web server with these settings on the test's database; gives its address."""
    with ExitStack() as servers:

        def start(**environment):
            port = servers.enter_context(web_server(tmp_path / "log", **environment))
            return f"http://localhost:{port}"

        yield start
    connection.close()
