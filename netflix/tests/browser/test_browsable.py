"""The browsable API in a browser: buttons, forms and errors, on each screen."""

import pytest
from django.contrib.auth.hashers import make_password
from selenium.webdriver import Keys

from movies.models import Genre, Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from ranking import services as ranking
from ranking.models import Like

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PASSWORD = "two-men-one-city"


@pytest.fixture
def movie():
    movie = make_movie("Heat", year=1995, genres=("Crime", "Drama"))
    ranking.rebuild()
    return movie


@pytest.fixture
def api(browser, serve, movie):
    """The address of the API, where an administrator has logged in."""
    User.objects.create(
        username="admin", email="admin@example.org", is_staff=True, is_superuser=True,
        password=make_password(PASSWORD, hasher="pbkdf2_sha256"),
    )  # fmt: skip
    address = serve()
    browser.open(f"{address}/api/session/login/?next=/api/v1/movies/")
    browser.see("Username")
    browser.click("[name=username]")
    browser.press("admin", Keys.TAB, PASSWORD, Keys.ENTER)
    browser.see("Log out admin")
    return f"{address}/api/v1/"


def button(text):
    return f"form[data-method] button[data-label='{text}']"


def test_it_likes_reminds_and_notes_a_viewing_by_words(browser, api, movie):
    browser.open(f"{api}movies/{movie.pk}/")
    for text, afterwards in (("Like", "Unlike"), ("Remind me", "Remove the reminder"), ("Watched", "Watched again")):
        browser.click(button(text))
        browser.see(afterwards)
    assert Like.objects.filter(movie=movie).count() == 1
    browser.click(button("Unlike"))
    browser.wait(lambda: not Like.objects.exists(), "The like is still there.")
    assert browser.console_errors() == []


def test_it_adds_a_movie_and_changes_one_fact_of_it(browser, api):
    Genre.objects.create(name="War")
    browser.open(f"{api}movies/")
    browser.click("details:has(form[data-method=POST]) summary")
    for name, text in (("title", "Ran"), ("year", "1985"), ("genres", "Drama\nNope")):
        browser.element(f"form[data-method=POST] [name={name}]").send_keys(text)
    browser.click("form[data-method=POST] .submit button")
    browser.see("The catalogue has no genre 'Nope'")
    assert not Movie.objects.filter(title="Ran").exists()
    genres = browser.element("form[data-method=POST] [name=genres]")
    genres.clear()
    genres.send_keys("Drama\nWar")
    browser.click("form[data-method=POST] .submit button")
    browser.wait(lambda: browser.element("h1").text == "Ran", "The new film's page does not open.")
    browser.click("details:has(form[data-method=PATCH]) summary")
    browser.element("form[data-method=PATCH] [name=runtime_minutes]").send_keys("162")
    browser.click("form[data-method=PATCH] .submit button")
    browser.see('"runtime_minutes": 162')
    assert Movie.objects.get(title="Ran").edited == ["genres", "runtime_minutes", "title", "year"]
    assert browser.console_errors("400 (Bad Request)") == []


def test_it_filters_a_ranking_by_several_genres(browser, api, movie):
    browser.open(f"{api}ranking/")
    browser.click("details:has([data-filters]) summary")
    browser.element("[data-filters] [name=genre]").send_keys("Crime\nDrama")
    browser.click("[data-filters] .submit button")
    browser.wait(lambda: "genre=Crime&genre=Drama" in browser.driver.current_url, "The filters are not applied.")
    browser.see("Heat")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False), (390, True)])
def test_it_looks_right_on_each_screen(browser, api, movie, width, dark):
    browser.look(width=width, dark=dark)
    for name in ("", "movies/", f"movies/{movie.pk}/", "ranking/", "tickets/", "movies/999/", "nothing-here/"):
        browser.open(f"{api}{name}")
        browser.screenshot(f"browsable-{name.replace('/', '-')}{width}-{'dark' if dark else 'light'}")
        assert browser.run("return document.documentElement.scrollWidth") <= width, name
        assert browser.axe() == [], name
    assert browser.console_errors("404 (Not Found)") == []
