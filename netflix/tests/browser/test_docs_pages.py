"""/api/docs/ and /api/docs/try/ in Chromium: scripts, workers and styles that the pages need are allowed."""

import pytest

from movies.tests.factories import make_movie

pytestmark = pytest.mark.slow
SEARCH = "#docs [role=search] input"


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_it_shows_guides_and_calls_with_their_examples(browser, serve, width, height):
    browser.look(width=width, height=height)
    browser.open(f"{serve()}/api/docs/")
    browser.see("The first like, in five lines", "List, filter and search films", "Dramas since 2010, the best first")
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.console_errors() == []
    browser.screenshot(f"docs-{width}")


def test_it_can_be_read_in_the_dark(browser, serve):
    browser.look(dark=True)
    browser.open(f"{serve()}/api/docs/")
    browser.see("The first like, in five lines", "List, filter and search films", "Dramas since 2010, the best first")
    parts = ("header", ".menu-content", "[data-section-id='tag/errors']", "[data-section-id$='/list_movies']")
    for part in parts:
        assert browser.axe(part) == [], part
    assert browser.console_errors() == []
    browser.screenshot("docs-dark")


@pytest.mark.parametrize(
    ("words", "found"), [("forgotten", "Change or replace a password"), ("trending", "Rank films")]
)
def test_it_finds_guides_and_calls(browser, serve, words, found):
    browser.open(f"{serve()}/api/docs/")
    browser.element(SEARCH).send_keys(words)
    browser.wait(
        lambda: found in browser.element('[data-role="search:results"]').text,
        f"The search for {words} does not find: {found}",
    )
    assert browser.console_errors() == []


def test_it_lets_people_try_a_call(browser, serve):
    make_movie(genres=("Drama",))
    browser.open(f"{serve()}/api/docs/try/")
    browser.click("#operations-genres-list_genres .opblock-summary-control")
    browser.click("#operations-genres-list_genres .execute")
    browser.see('"name": "Drama"')
    assert browser.console_errors() == []
    browser.screenshot("docs-try")


def test_it_lets_people_try_a_call_in_the_dark(browser, serve):
    make_movie(genres=("Drama",))
    browser.look(dark=True)
    browser.open(f"{serve()}/api/docs/try/")
    browser.click("#operations-genres-list_genres .opblock-summary-control")
    browser.click("#operations-genres-list_genres .execute")
    browser.see('"name": "Drama"')
    for part in ("header", ".info", ".opblock-tag", ".parameters-container"):
        assert browser.axe(part) == [], part
    assert browser.console_errors() == []
    browser.screenshot("docs-try-dark")
