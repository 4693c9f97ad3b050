"""A real browser and a real server: CONTRIBUTING.md says how a test uses them."""

import os
import shutil
from pathlib import Path

import pytest

from netflix.tests.browser.window import Window, chromium

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
def browser(transactional_db, driver, tmp_path):
    """A new tab. Its screenshots are kept in the folder SCREENSHOTS, if that is set."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    window = Window(driver, folder)
    window.look()
    yield window
    window.open("about:blank")  # the page asks the server nothing any more


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """The folder of the posters and attachments that the server stores."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture
def serve(serve, files):
    folders = {"POSTERS_DIR": str(files / "posters"), "ATTACHMENTS_DIR": str(files / "attachments")}
    return lambda **environment: f"http://localhost:{serve(**folders, **environment).port}"


@pytest.fixture
def poster_folder(files):
    """Empty, whatever other tests have stored."""
    shutil.rmtree(files / "posters", ignore_errors=True)
    return files / "posters"
