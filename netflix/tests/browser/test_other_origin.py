"""A page of another origin, which knows of us only the address of the API and what CORS lets it read."""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from movies.tests.factories import make_movie
from ranking import services as ranking
from ranking.models import Like
from support.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def elsewhere():
    """The address of this folder on a server of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=Path(__file__).parent)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/other_origin.html"
        server.shutdown()
        thread.join()


def test_it_lets_a_page_of_another_origin_do_everything_and_read_errors(browser, serve, elsewhere):
    movie = make_movie("Interstellar")
    ranking.rebuild()
    limits = {"THROTTLE_READS": "20/min", "THROTTLE_WRITES": "9999/min", "THROTTLE_LOGINS": "9999/min"}
    api = serve(CORS_ORIGINS=elsewhere.removesuffix("/other_origin.html"), THROTTLES="on", **limits)
    browser.open(f"{elsewhere}#{api}/api/v1/")
    browser.see("tooMany")
    steps = json.loads(browser.text())
    statuses = {name: step["status"] for name, step in steps.items()}
    assert statuses == {"signUp": 201, "login": 200, "search": 200, "like": 200, "tooLarge": 413, "tooMany": 429}
    assert steps["search"]["did_you_mean"] == "interstellar"
    assert Like.objects.get().movie == movie
    assert (steps["tooLarge"]["code"], steps["tooMany"]["code"]) == ("body_too_large", "throttled")
    assert 0 < int(steps["tooMany"]["wait"]) <= 60
    assert all(step["id"] for step in steps.values())
    assert not Ticket.objects.exists()


def test_it_tells_nothing_to_a_page_of_an_origin_that_is_not_allowed(browser, serve, elsewhere):
    api = serve(CORS_ORIGINS="https://app.example.com")
    browser.open(f"{elsewhere}#{api}/api/v1/")
    browser.wait(lambda: any("blocked by CORS policy" in each for each in browser.console_errors()), "a refusal")
    assert "signUp" not in browser.text()
