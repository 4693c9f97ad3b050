"""The API in a browser: answers as pages, with links, buttons and forms."""

import re

import pytest
from django.test import Client

from movies.models import Genre
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def page(path, client=None, **parameters):
    answer = (client or Client()).get(f"/api/v1/{path}", parameters, headers=PAGE)
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer


def html(path, client=None, **parameters):
    return page(path, client, **parameters).content.decode()


def buttons(text):
    return re.findall(r'data-method="(\w+)"[^>]*><button class="strong"[^>]*>([^<]*)</button>', text)


@pytest.fixture
def viewer_page(client, viewer):
    client.force_login(viewer)
    return lambda path: html(path, client)


def test_it_has_the_title_of_a_movie_as_heading_and_escapes_it():
    movie = make_movie("<script>alert(1)</script>")
    text = html(f"movies/{movie.pk}/")
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in text
    assert "<script>alert" not in text


def test_it_links_each_movie_of_a_list_to_its_page():
    movie = make_movie()
    assert f'<a href="http://testserver/api/v1/movies/{movie.pk}/">' in html("movies/")


def test_it_offers_what_a_viewer_can_do_with_a_movie(viewer_page, viewer_api):
    movie = make_movie()
    assert buttons(viewer_page(f"movies/{movie.pk}/")) == [("PUT", "Like"), ("PUT", "Remind me"), ("PUT", "Watched")]
    for path in (f"movies/{movie.pk}/like/", f"reminders/{movie.pk}/"):
        viewer_api.put(f"/api/v1/{path}")
    assert buttons(viewer_page(f"movies/{movie.pk}/")) == [
        ("DELETE", "Unlike"), ("DELETE", "Remove the reminder"), ("PUT", "Watched")
    ]  # fmt: skip
    viewer_api.put(f"/api/v1/watched/{movie.pk}/")
    assert ("PUT", "Watched again") in buttons(viewer_page(f"movies/{movie.pk}/"))


@pytest.mark.parametrize("path", ["likes/", "reminders/", "watched/"])
def test_it_takes_many_films_as_json_alone(viewer_page, path):
    text = viewer_page(path)
    assert '"entries": []' in text.replace("&quot;", '"')
    assert 'name="entries"' not in text


def test_it_leads_to_the_login_page_and_back_without_a_login():
    movie = make_movie()
    text = html(f"movies/{movie.pk}/")
    assert buttons(text) == []
    assert f'href="/api/session/login/?next=/api/v1/movies/{movie.pk}/">Like</a>' in text


def test_it_has_links_to_other_pages_only_where_there_are_some():
    movies = [make_movie() for _ in range(3)]
    assert 'rel="next"' not in html(f"movies/{movies[0].pk}/")
    assert 'rel="next"' not in html("movies/")
    text = html("movies/", page_size=2)
    assert 'rel="next"' in text
    assert 'rel="prev"' not in text


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("movies/", ["q", "genre", "year_min", "ordering"]),
        ("ranking/", ["genre", "by", "window", "explain"]),
        ("tickets/", ["status"]),
        ("reminders/", ["ordering"]),
    ],
)
def test_it_offers_the_filters_of_a_list(client, viewer, path, names):
    client.force_login(viewer)
    form = html(path, client).partition("data-filters")[2].partition("</form>")[0]
    assert [name for name in names if f'name="{name}"' not in form] == []


def test_it_shows_the_values_of_the_filters():
    Genre.objects.create(name="Drama")
    form = html("ranking/", genre=["Drama"], by="trending").partition("data-filters")[2]
    assert re.search(r'name="genre"[^>]*>Drama\n', form)
    assert '<option value="trending" selected>' in form


def test_it_has_forms_that_can_succeed_with_the_values_of_today(client, admin):
    client.force_login(admin)
    movie = make_movie("Heat", year=1995, genres=("Crime", "Drama"), imdb_rating=8.3)
    form = html(f"movies/{movie.pk}/", client).partition('data-method="PATCH"')[2]
    assert 'name="title" type="text" value="Heat"' in form
    assert re.search(r'name="genres"[^>]*>Crime\nDrama\n</textarea>', form)
    assert re.search(r'name="imdb_rating"[^>]*value="8.3"', form)
    assert "not currently supported" not in html("movies/", client)


def test_it_takes_objects_within_objects_as_json_alone(viewer_page):
    form = viewer_page("reminders/").partition('data-method="PUT"')[2].partition("</form>")[0]
    assert "data-json" in form
    assert "&quot;entries&quot;" in form


def test_it_shows_a_form_only_to_those_who_may_use_it(viewer_page):
    movie = make_movie()
    for path in ("movies/", f"movies/{movie.pk}/"):
        assert not re.search(r'data-method="(POST|PATCH)"', viewer_page(path))
    assert ">Delete</button>" not in viewer_page(f"movies/{movie.pk}/")


@pytest.mark.parametrize(
    ("path", "status", "link"),
    [
        ("movies/999/", 404, "/api/v1/movies/"),
        ("tickets/", 401, "/api/session/login/?next=/api/v1/tickets/"),
        ("movies/?year_min=x", 400, "/api/v1/"),
        ("auth/login/", 405, "/api/v1/"),
        ("nothing-here/", 404, "/"),
    ],
)
def test_it_has_a_way_back_from_errors(path, status, link):
    answer = page(path)
    assert answer.status_code == status
    assert f'href="{link}"' in answer.content.decode()
    assert 'name="viewport"' in answer.content.decode()


def test_it_shows_a_page_when_there_were_too_many_requests(settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (1, 3600)}
    for _ in range(2):
        answer = Client().post("/api/v1/auth/login/", {"username": "a", "password": "b"}, headers=PAGE)
    assert answer.status_code == 429
    assert "Too many requests" in answer.content.decode()


def test_it_shows_pages_to_browsers_and_problems_to_programs_outside_of_the_api(client, viewer):
    client.force_login(viewer)
    for path in ("/nothing-here/", "/admin/movies/nothing/"):
        answer = client.get(path, headers=PAGE, follow=True)
        assert answer.headers["Content-Type"].startswith("text/html")
    answer = client.get("/nothing-here/", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_it_has_an_icon():
    assert Client().get("/favicon.ico").headers["Location"].endswith("icon.svg")


def test_it_offers_staff_nothing_to_do_with_a_movie_that_is_not_there(client, admin):
    client.force_login(admin)
    movie = make_movie()
    assert "Edit in the admin" in html(f"movies/{movie.pk}/", client)
    text = html(f"movies/{movie.pk + 1}/", client)
    assert "Edit in the admin" not in text
    assert "data-confirm" not in text
