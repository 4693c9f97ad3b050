"""The admin as editors and agents use it: few clicks, slow networks, phones, and the dark."""

import pytest
from django.contrib.auth.hashers import make_password
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from movies import posters, services
from movies.history import Author
from movies.importing import undoing, uploads
from movies.models import Change, Genre, ImportRun, Movie, Person
from movies.tests.factories import make_movie
from movies.tests.pictures import image
from netflix.accounts.models import User
from netflix.api import dashboard
from netflix.tests.meanwhile import eventually
from ranking import services as ranking
from support.services import open_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LOOKS = [(width, dark) for width in (1280, 390) for dark in (False, True)]
PASSWORD = "two-men-one-city"
MAX_CLICKS = 8
PREVIEW = ".poster img"
CSV = """\
Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore
Ronin,Crime,A case.,John Frankenheimer,Robert De Niro,1998,122,7.2,190000,41.6,67
"""


@pytest.fixture
def movies():
    """People whom a careless form could credit instead, and enough films for a second page."""
    made = [
        make_movie("Get Rich or Die Tryin'", year=2005, genres=("Crime", "Drama"), actors=["50 Cent"]),
        make_movie("La La Land", year=2016, genres=("Drama", "Musical"), actors=["Emma Stone", "Emma Watson"]),
    ]
    made += [make_movie(f"Film {n}", imdb_votes=1000 * n) for n in range(60)]
    ranking.rebuild()
    return made


@pytest.fixture
def desk(browser, serve, movies, poster_files):
    """The address of the admin, where an administrator has logged in."""
    User.objects.create(
        username="admin", email="admin@example.org", is_staff=True, is_superuser=True,
        password=make_password(PASSWORD, hasher="pbkdf2_sha256"),
    )  # fmt: skip
    address = f"{serve()}/admin/"
    browser.open(address)
    browser.see("Log in")
    browser.click("#id_username")
    browser.press("admin", Keys.TAB, PASSWORD, Keys.ENTER)
    browser.see("Overview")
    return address


def shown(browser, width, selector=PREVIEW):
    """Whether a picture of this width is loaded."""
    return browser.run(
        "const it = document.querySelector(arguments[0]); return it.checkVisibility() && it.naturalWidth === arguments[1]",
        selector, width,
    )  # fmt: skip


def too_wide(browser):
    """What reaches beyond the window, or scrolls sideways in a list."""
    return browser.run(
        "return [document.documentElement, ...document.querySelectorAll('.results, .paginator')]"
        ".filter((each) => each.scrollWidth > Math.min(each.clientWidth, innerWidth)).map((each) => each.className)"
    )


def saved(browser, title):
    browser.see("was added successfully")
    return Movie.objects.get(title=title)


def people_of(movie):
    return list(movie.credits.order_by("-role", "billing").values_list("person__name", "role", "billing"))


def changed_by_staff(movie):
    """A film as an editor leaves it; the newest of its changes."""
    for way, facts in (
        (Change.Way.ADMIN, {"certificate": "R", "imdb_votes": 48_213, "genres": [Genre.objects.get(name="Drama")]}),
        (Change.Way.API, {"actors": ["50 Cent", "Joy Bryant", "Terrence Howard"], "description": "A tale. " * 40}),
        (Change.Way.ADMIN, {"actors": ["Terrence Howard", "50 Cent"], "title": "Get Rich"}),
    ):
        services.change_movie(movie_id=movie.pk, by=Author(User.objects.get(username="admin").pk, way), **facts)
    return Change.objects.filter(kind="movie").latest("pk")


def test_it_adds_a_movie_with_two_genres_and_three_people_in_few_clicks(browser, desk):
    clicks = []

    def click(selector):
        clicks.append(selector)
        browser.click(selector)

    browser.open(f"{desk}movies/movie/add/")
    browser.element("#id_genres")  # the script has made tags of the lines
    click("#id_title")
    browser.press("Heat")
    click("#id_year")
    browser.press("1995")
    click("#id_genres")
    browser.press("cri", Keys.ENTER, "dram", Keys.ENTER)
    click("#id_directors")
    browser.press("Michael Mann", Keys.ENTER)
    browser.see("new")  # that was looked up, and need not be asked again
    click("#id_actors")
    browser.press("emma s")
    browser.element("[role=option]")
    browser.press(Keys.ARROW_DOWN, Keys.ENTER, "50 cent", Keys.ENTER)
    browser.see("50 Cent")
    click("[name=_save]")
    movie = saved(browser, "Heat")
    assert people_of(movie) == [("Michael Mann", "director", 1), ("Emma Stone", "cast", 1), ("50 Cent", "cast", 2)]
    assert sorted(genre.name for genre in movie.genres.all()) == ["Crime", "Drama"]
    assert len(clicks) <= MAX_CLICKS
    assert browser.console_errors() == []


@pytest.mark.parametrize("way", ["enter", "tab"])
def test_it_credits_nobody_else_when_somebody_types_quickly(browser, desk, way):
    browser.open(f"{desk}movies/movie/add/")
    browser.element("#id_genres")
    browser.run("window.fetch = () => new Promise(() => {})")  # what this page looks up is never there in time
    key = Keys.ENTER if way == "enter" else Keys.TAB
    browser.click("#id_title")
    browser.press("Easy A", Keys.TAB, "2010", Keys.TAB, "Drama", Keys.ENTER)
    browser.click("#id_actors")
    browser.press("Emma Stone", key)
    browser.click("#id_actors")
    browser.press("Emma Nobody", key)
    browser.click("[name=_save]")
    browser.see("“Emma Nobody” is not in the catalogue.")
    assert not Movie.objects.filter(title="Easy A").exists()
    assert not Person.objects.filter(name="Emma Nobody").exists()
    browser.click("[aria-label='Remove Emma Nobody']")
    browser.click("[name=_save]")
    assert people_of(saved(browser, "Easy A")) == [("Emma Stone", "cast", 1)]


def test_it_undoes_an_import(browser, desk, tmp_path):
    file = tmp_path / "films.csv"
    file.write_text(CSV)
    browser.open(f"{desk}movies/importrun/add/")
    browser.element("#id_file").send_keys(str(file))
    browser.click("[type=submit].default")
    browser.see("Waiting, 0 % of the file")
    run = ImportRun.objects.get()
    # It does nothing while the page, which reloads by itself, has the lock of imports.
    eventually(lambda: uploads.import_queued(run.pk) or ImportRun.objects.get().state != ImportRun.State.WAITING)
    browser.see("Done, 100 % of the file")  # the page has reloaded by itself
    browser.click("a[href$='/undo/']")
    browser.see("What would happen", "Ronin (1998)")
    assert Movie.objects.filter(title="Ronin").exists()
    browser.click(".danger")
    browser.see("A worker is undoing this import.")
    undoing.undo(run.pk)
    browser.see("Undone, ")
    assert not Movie.objects.filter(title="Ronin").exists()
    assert browser.console_errors() == []


def test_it_changes_several_movies_together(browser, desk, movies):
    browser.open(f"{desk}movies/movie/?q=film+1")
    browser.click("#action-toggle")
    Select(browser.driver.find_element(By.NAME, "action")).select_by_value("bulk_edit")
    browser.click(".actions button")
    browser.see("The films")
    browser.click("#id_add_genres")
    browser.press("musi", Keys.ENTER)
    browser.click("[name=apply]")
    browser.see("films were changed.")
    assert Movie.objects.get(title="Film 1").genres.filter(name="Musical").exists()
    assert browser.console_errors() == []


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_it_uploads_a_poster_and_shows_it_before_and_after(browser, desk, movies, tmp_path, width, dark):
    """The policy of the page is kept: the console shows no violation."""
    browser.look(width=width, dark=dark)
    file, page = tmp_path / "poster.png", f"{desk}movies/movie/{movies[0].pk}/change/"
    file.write_bytes(image())
    browser.open(page)
    browser.element("#id_genres")
    assert not browser.run(f"return document.querySelector('{PREVIEW}').checkVisibility()")
    browser.driver.find_element(By.ID, "id_poster_file").send_keys(str(file))
    browser.wait(lambda: shown(browser, 800), "the chosen file")
    assert not posters.stored_files()
    browser.run(f"document.querySelector('{PREVIEW}').scrollIntoView({{block: 'center'}})")
    browser.screenshot(f"admin-poster-chosen-{width}-{'dark' if dark else 'light'}")
    browser.click("[name=_continue]")
    browser.see("was changed successfully")
    browser.wait(lambda: shown(browser, 342), "the stored poster")
    name = Movie.objects.get(pk=movies[0].pk).poster
    assert {*posters.stored_files()} == {f"{name}-342.webp", f"{name}-780.webp"}
    assert browser.run(f"return document.querySelector('{PREVIEW}').style.backgroundColor") == "rgb(200, 30, 40)"
    assert browser.axe() == []
    assert browser.run("return document.documentElement.scrollWidth - innerWidth") <= 0
    browser.run(f"document.querySelector('{PREVIEW}').scrollIntoView({{block: 'center'}})")
    browser.screenshot(f"admin-poster-{width}-{'dark' if dark else 'light'}")
    browser.open(f"{desk}movies/movie/?q=get+rich")
    browser.wait(lambda: shown(browser, 342, "#result_list img[width]"), "the picture in the list")
    browser.screenshot(f"admin-poster-list-{width}-{'dark' if dark else 'light'}")
    browser.open(page)
    browser.run("document.querySelector('#poster_file-clear_id').scrollIntoView({block: 'center'})")
    browser.click("#poster_file-clear_id")
    browser.click("[name=_continue]")
    browser.see("was changed successfully")
    assert Movie.objects.get(pk=movies[0].pk).poster == ""
    browser.wait(lambda: not posters.stored_files(), "the files to go")
    assert browser.console_errors() == []


def test_it_says_what_is_wrong_with_a_poster(browser, desk, movies, tmp_path):
    file = tmp_path / "poster.png"
    file.write_bytes(b"<svg/>")
    browser.open(f"{desk}movies/movie/{movies[0].pk}/change/")
    browser.driver.find_element(By.ID, "id_poster_file").send_keys(str(file))
    browser.click("[name=_save]")
    browser.see("This kind of file is not accepted. Send a JPEG, PNG or WebP file.")
    assert not posters.stored_files()
    assert browser.console_errors("ERR_FILE_NOT_FOUND") == []


def test_it_sends_no_poster_that_the_server_would_not_read(browser, desk, movies, tmp_path):
    """The form would be lost: the server closes the connection, and the browser shows an error of its own."""
    large, small = tmp_path / "large.png", tmp_path / "small.png"
    small.write_bytes(image((400, 600)))
    large.write_bytes(image((400, 600)) + bytes(12 * 1024 * 1024))
    page = f"{desk}movies/movie/{movies[0].pk}/change/"
    browser.open(page)
    file = browser.driver.find_element(By.ID, "id_poster_file")
    file.send_keys(str(large))
    browser.click("[name=_save]")
    said = browser.run("return document.getElementById('id_poster_file').validationMessage")
    assert said == "The picture is too large: it may have at most 5 MB."
    assert browser.driver.current_url == page
    file.send_keys(str(small))
    browser.click("[name=_save]")
    browser.see("was changed successfully")
    assert Movie.objects.get(pk=movies[0].pk).poster


@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_it_can_be_read_by_everybody_at_any_width_in_any_theme(browser, desk, movies, viewer, width, dark):
    browser.look(width=width, dark=dark)
    open_ticket(user_id=viewer.pk, category="other", subject="No sound", message="m", movie_id=movies[0].pk)
    ranking.like(user_id=viewer.pk, movie_id=movies[0].pk)
    run = ImportRun.objects.create(file_name="films.csv", state="done", started_at="2026-01-01T00:00Z")
    change = changed_by_staff(movies[0])
    dashboard.cached.clear()
    pages = {
        "overview": "", "films": "movies/movie/?q=film&year__gte=2000", "add": "movies/movie/add/",
        "film": f"movies/movie/{movies[0].pk}/change/", "merge": f"movies/movie/{movies[0].pk}/merge/",
        "person": f"movies/person/{Person.objects.first().pk}/change/", "import": f"movies/importrun/{run.pk}/change/",
        "undo": f"movies/importrun/{run.pk}/undo/", "upload": "movies/importrun/add/", "tickets": "support/ticket/",
        "people": "movies/person/", "imports": "movies/importrun/", "likes": "ranking/like/", "users": "accounts/user/",
        "user": f"accounts/user/{viewer.pk}/change/", "delete": f"movies/movie/{movies[1].pk}/delete/",
        "history": f"movies/movie/{movies[0].pk}/history/", "changes": "movies/change/",
        "change": f"movies/change/{change.pk}/change/",
    }  # fmt: skip
    for name, address in pages.items():
        browser.open(f"{desk}{address}")
        browser.element("#content")
        browser.screenshot(f"admin-{name}-{width}-{'dark' if dark else 'light'}")
        assert browser.axe() == [], name
        assert too_wide(browser) == [], name
    assert browser.console_errors() == []


def test_it_names_each_value_of_a_list_on_a_phone(browser, desk):
    """Each row is a card; what has no value is left out; the checkbox and the order stay within reach."""
    browser.look(width=390)
    browser.open(f"{desk}movies/movie/?q=la+la+land")
    values = browser.run(
        "return [...document.querySelectorAll('#result_list tbody :is(th, td)')]"
        ".filter((each) => each.checkVisibility() && each.innerText)"
        ".map((each) => [getComputedStyle(each, '::before').content, each.innerText])"
    )
    assert values == [["none", "La La Land"], ['"Year"', "2016"], ['"Genres"', "Drama, Musical"], ['"Likes"', "0"]]
    browser.element("#result_list tbody .action-select")
    browser.click("#result_list thead .column-year a")
    browser.wait(lambda: "o=" in browser.driver.current_url, "the list in another order")
    assert browser.console_errors() == []
