"""The page at `/`, as people use it: with a keyboard, on a phone, in the dark, and when something is wrong."""

from decimal import Decimal

import pytest
from django.db import connection
from selenium.webdriver import Keys

from movies import services
from movies.models import Movie
from movies.pictures import make_picture
from movies.tests.factories import make_movie
from movies.tests.pictures import image
from ranking import services as ranking
from ranking.models import Like
from reminder.models import Reminder, Watched
from support.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LOOKS = [(width, dark) for width in (1280, 390) for dark in (False, True)]
PASSWORD = "two-men-one-city"


@pytest.fixture
def movies():
    """Enough of them for several pages; the first is the best."""
    movies = [
        make_movie(
            title, year=year, genres=genres, runtime_minutes=169, imdb_rating=Decimal(rating), imdb_votes=100_000,
            directors=["Christopher Nolan"], actors=["Al Pacino", "Robin Williams"], certificate="PG-13",
            description="A description of what happens in this film, in a sentence that is neither short nor long.",
        )
        for title, year, genres, rating in (
            ("Interstellar", 2014, ("Adventure", "Drama", "Sci-Fi"), "9.6"), ("Insomnia", 2002, ("Drama", "Mystery"), "7.2"),
            ("<img src=x onerror=alert(1)>", 2001, ("Drama",), "7.1"),
        )
    ]  # fmt: skip
    movies += [make_movie(f"Film of the number {n}", imdb_rating=Decimal(n) / 10) for n in range(45)]
    ranking.rebuild()
    return movies


@pytest.fixture
def page(serve, movies):
    return serve()


def sign_up(browser, name="ann"):
    """From anywhere, by keyboard."""
    browser.tab_to("Sign in")
    browser.press(Keys.ENTER)
    browser.tab_to("I am new here and want to sign up")
    browser.press(Keys.SPACE)
    for field, value in (("Username", name), ("E-mail", f"{name}@example.org"), ("Password", PASSWORD)):
        browser.tab_to(field)
        browser.press(value)
    browser.press(Keys.ENTER)
    browser.see(f"Welcome, {name}.", "My films")


def search(browser, text):
    browser.tab_to("Search for films and people")
    browser.press(text)
    browser.element("[role=option]")


def test_it_does_everything_by_keyboard(browser, page, movies):
    movie = movies[0]
    browser.open(f"{page}/")
    browser.see("Interstellar", "Best rated")
    sign_up(browser)
    search(browser, "intersteler")
    browser.see("Did you mean “interstellar”?")
    browser.press(Keys.ENTER)
    browser.see("Nothing matches “intersteler”. Did you mean interstellar?")
    assert browser.focus() == "Films for “intersteler”"
    browser.tab_to("Interstellar 2014 · ★ 9.6")
    browser.press(Keys.ENTER)
    browser.see("2 h 49 min", "Christopher Nolan", "Robin Williams", "0 likes")
    assert browser.focus() == "Interstellar"
    browser.tab_to("Like")
    browser.press(Keys.SPACE)
    browser.see("1 like", "You like this film.")
    browser.tab_to("Remind me")
    browser.press(Keys.SPACE)
    browser.tab_to("Note to yourself")
    browser.press("With Bob", Keys.ENTER)
    browser.see("You will find it in “My films”.")
    assert Reminder.objects.get(movie=movie).note == "With Bob"
    browser.tab_to("Watched")
    browser.press(Keys.SPACE)
    browser.see("Noted as watched.")
    assert (Like.objects.get().movie, Watched.objects.get().movie) == (movie, movie)
    browser.tab_to("Report a problem")
    browser.press(Keys.ENTER)
    for field, value in (("Subject", "No sound"), ("What happened?", "It is silent.")):
        browser.tab_to(field)
        browser.press(value)
    browser.press(Keys.TAB, Keys.TAB, Keys.ENTER)
    ticket = browser.wait(Ticket.objects.first, "a ticket")
    browser.see(ticket.number)
    assert (ticket.subject, ticket.movie, ticket.category) == ("No sound", movie, "playback")
    browser.tab_to("My films")
    browser.press(Keys.ENTER)
    browser.see("No sound", "Liked", "Watched")
    browser.tab_to("Sign out")
    browser.press(Keys.ENTER)
    browser.see("Sign in to see your lists.")
    assert browser.run("return sessionStorage.length") == 0
    assert browser.console_errors() == []


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_it_shows_uploaded_posters_and_their_color_until_they_are_there(
    browser, serve, movies, poster_files, width, dark
):
    page = serve()
    for movie in movies[:2]:
        services.set_poster(movie_id=movie.pk, picture=make_picture(image()))
    missing = Movie.objects.get(pk=movies[1].pk).poster
    for file in poster_files.glob(f"{missing}*"):
        file.unlink()
    browser.look(width=width, dark=dark)
    browser.open(f"{page}/#/search?q=interstellar")
    browser.wait(lambda: browser.run("return document.querySelector('.card img')?.naturalWidth"), "the picture")
    small = browser.run("return document.querySelector('.card img').currentSrc")
    assert small.endswith("-342.webp")
    assert (
        browser.run("return getComputedStyle(document.querySelector('.card img')).backgroundColor")
        == "rgb(200, 30, 40)"
    )
    above = "const it = document.querySelector('.card b').getBoundingClientRect(); return document.elementFromPoint(it.x, it.y).tagName"
    assert browser.run(above) == "IMG"  # the drawing's title is below it
    browser.screenshot(f"posters-search-{width}-{'dark' if dark else 'light'}")
    browser.click(".card")
    browser.see("2 h 49 min")
    browser.wait(lambda: browser.run("return document.querySelector('.stage img')?.naturalWidth"), "the picture")
    browser.screenshot(f"posters-film-{width}-{'dark' if dark else 'light'}")
    assert browser.axe() == []
    assert browser.console_errors() == []
    browser.open(f"{page}/#/search?q=insomnia")  # its files are gone: the drawing stays
    browser.see("Films for “insomnia”")
    browser.wait(lambda: not browser.run("return document.querySelector('.card img')"), "the picture to go")
    assert all("404" in error for error in browser.console_errors())


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_it_can_be_read_by_everybody_at_any_width_in_any_theme(browser, page, movies, width, dark):
    look = f"{width}-{'dark' if dark else 'light'}"
    browser.look(width=width, height=800, dark=dark)
    browser.open(f"{page}/")
    browser.see("Best rated")
    check(browser, f"home-{look}")
    sign_up(browser)
    pages = {
        "browse": ("browse?genre=Drama&by=rating", "Show more"),
        "search": ("search?q=intersteler", "Did you mean"),
        "nothing": ("search?q=zzzzzz", "Nothing matches “zzzzzz”."),
        "person": ("person?name=Al+Pacino", "Insomnia"),
        "film": (f"film/{movies[0].pk}", "More Adventure"),
        "mine": ("mine", "You have asked nothing yet."),
        "error": ("film/999999", "That did not work"),
    }
    for name, (address, text) in pages.items():
        browser.run("location.hash = arguments[0]", f"#/{address}")
        browser.see(text)
        check(browser, f"{name}-{look}")
    search(browser, "inte")
    check(browser, f"suggestions-{look}")
    browser.press(Keys.ESCAPE)
    browser.click("#help")
    check(browser, f"ticket-{look}")
    assert browser.console_errors("404") == []


def check(browser, name):
    browser.wait(lambda: not browser.run("return document.querySelector('.skeleton')"), f"{name} is still loading")
    browser.screenshot(name)
    assert browser.axe() == [], name
    wider = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.run(wider) <= 0, name


def test_it_goes_back_to_where_one_was(browser, page):
    browser.look(height=500)
    browser.open(f"{page}/#/browse?by=rating")
    browser.click("main > button")
    browser.wait(lambda: browser.run("return document.querySelectorAll('.card').length") == 48, "all films")
    browser.tab_to("Film of the number 3 2010 · ★ 0.3")
    before = browser.run("return scrollY")
    assert before > 0
    browser.press(Keys.ENTER)
    browser.see("Report a problem")
    assert browser.run("return scrollY") == 0
    browser.driver.back()
    browser.wait(lambda: browser.run("return scrollY") == before, "the scroll position")
    assert browser.focus() == "Film of the number 3 2010 · ★ 0.3"
    browser.driver.forward()
    browser.see("Report a problem")
    assert browser.console_errors() == []


def test_it_chooses_suggestions_by_keyboard(browser, page, movies):
    browser.open(f"{page}/")
    browser.tab_to("Search for films and people")
    browser.driver.execute_cdp_cmd("Input.insertText", {"text": "in"})  # at once, so there is only one list
    browser.element("[role=option]")
    box = browser.element("#search")
    assert (box.get_attribute("aria-expanded"), box.get_attribute("aria-activedescendant")) == ("true", "")
    browser.press(Keys.ARROW_UP)
    options = browser.driver.find_elements("css selector", "[role=option]")
    assert box.get_attribute("aria-activedescendant") == options[-1].get_attribute("id")
    browser.press(Keys.ARROW_DOWN)
    assert box.get_attribute("aria-activedescendant") == options[0].get_attribute("id")
    browser.press(Keys.ESCAPE)
    assert box.get_attribute("aria-expanded") == "false"
    assert box.get_attribute("value") == "in"
    browser.press(Keys.ARROW_DOWN, Keys.ENTER)
    browser.see("Report a problem")
    assert browser.focus() in ("Interstellar", "Insomnia")
    assert box.get_attribute("aria-expanded") == "false"


def test_it_shows_markup_in_a_title_as_text(browser, page):
    browser.open(f"{page}/#/search?q=onerror")
    browser.see("<img src=x onerror=alert(1)>")
    assert browser.run("return document.querySelectorAll('main img, main script').length") == 0
    assert browser.console_errors() == []


def test_it_says_what_is_wrong_with_an_account_beside_the_fields(browser, page):
    browser.open(f"{page}/")
    browser.click("#sign-in")
    browser.click("[name=sign-up]")
    for name, value in (("username", "ann"), ("email", "ann@example.org"), ("password", "12345")):
        browser.element(f"[name={name}]").send_keys(value)
    browser.press(Keys.ENTER)
    browser.see("This password is too short.")
    assert browser.element("[name=password]").get_attribute("aria-invalid") == "true"
    browser.click("[name=sign-up]")
    browser.press(Keys.ENTER)
    browser.click("#account .strong")
    browser.see("The username or the password is wrong.")


def test_it_says_in_words_that_there_were_too_many_requests(browser, serve, movies):
    page = serve(THROTTLES="on", THROTTLE_READS="3/min")
    browser.open(f"{page}/#/browse")
    browser.see("Interstellar")
    browser.run("location.hash = '#/browse?by=rating'")
    browser.see("Too many requests. Wait ", "Try again")


def test_it_says_in_words_that_the_database_is_busy_and_tries_again(browser, serve, movies):
    page = serve()
    browser.open(f"{page}/#/browse")
    browser.see("Interstellar")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE movies_movie IN ACCESS EXCLUSIVE MODE")
        try:
            browser.run("location.hash = arguments[0]", f"#/film/{movies[0].pk}")
            browser.see("The database is busy", "Try again")
        finally:
            cursor.execute("ROLLBACK")
    browser.click(".message button")
    browser.see("Report a problem")


def test_it_says_in_words_that_the_service_cannot_be_reached(browser, page):
    browser.open(f"{page}/#/browse")
    browser.see("Interstellar")
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        browser.run("location.hash = '#/search?q=film'")
        browser.see("The service cannot be reached. Check your connection, then try again.")
        browser.screenshot("offline")
    finally:
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline | {"offline": False})
    browser.click(".message button")
    browser.see("Films for “film”")


def test_it_goes_on_as_anybody_when_the_login_has_ended(browser, page, movies):
    browser.open(f"{page}/")
    browser.run("window.isOld = true; sessionStorage.setItem('token', 'x'.repeat(64)); location.reload()")
    browser.wait(lambda: not browser.run("return window.isOld"), "the page anew")
    browser.see("Best rated", "Sign in")
    assert browser.run("return sessionStorage.length") == 0


def test_it_says_that_the_catalogue_is_empty(browser, serve):
    browser.open(f"{serve()}/")
    browser.see("No films yet", "The catalogue is empty.")
    assert browser.axe() == []
    assert browser.console_errors() == []
