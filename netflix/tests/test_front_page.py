"""The address `/`: a page for browsers, the index for programs. netflix/tests/browser/ tests what the page does."""

import re

import pytest
from django.conf import settings
from django.urls import reverse

pytestmark = pytest.mark.django_db
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
FILES = ("templates/front_page.html", "static/netflix/front_page.css", "static/netflix/front_page.js")


@pytest.mark.parametrize("accept", ["text/html", BROWSER, "text/html, application/json;q=0.9"])
def test_it_gives_browsers_a_page(client, accept):
    answer = client.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert (answer.headers["Vary"], answer.headers["Cache-Control"]) == ("Accept", "no-cache")
    again = client.get("/", headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert not answer.cookies


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/json, text/html;q=0.9", "image/png"])
def test_it_leads_programs_to_the_index(client, accept):
    answer = client.get("/", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("api-root"))
    assert "Accept" in answer.headers["Vary"]


def test_it_allows_nothing_within_the_page_and_pictures_of_others(client):
    answer = client.get("/", headers={"Accept": BROWSER})
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data: https:"
    assert not {"script-src", "style-src"} & policy.keys()
    html = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)
    assert re.findall(r"<script[^>]*>", html) == ['<script type="module" src="/static/netflix/front_page.js">']


def test_it_can_be_read_in_one_sitting():
    files = [settings.BASE_DIR / "netflix" / file for file in FILES]
    assert sum(len(file.read_text().splitlines()) for file in files) <= 600
    script = files[-1].read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)
