"""The poster in the film's form: an address, or a file."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from movies import services
from movies.models import Genre, Movie
from movies.selectors import movie_sources
from movies.tests.factories import make_movie
from movies.tests.pictures import a_poster, files_in_storage, image, poster_of
from movies.tests.test_pictures import NOT_ACCEPTED
from netflix.accounts.models import User
from netflix.tests.forms import filled_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("poster_files")]
ADD = "/admin/movies/movie/add/"
LIST = "/admin/movies/movie/"
THEIRS = "https://example.com/heat.jpg"


@pytest.fixture
def movie():
    return make_movie("Heat")


def change(movie):
    return reverse("admin:movies_movie_change", args=[movie.pk])


def picture(content=None, name="heat.png"):
    return SimpleUploadedFile(name, image() if content is None else content)


def save(site, movie, **changes):
    """Save the form; returns its errors."""
    address = change(movie)
    answer = site.post(address, filled_in(site, address, **changes))
    return answer.context["adminform"].errors if answer.status_code == 200 else {}


def upload(movie):
    services.set_poster(movie_id=movie.pk, picture=a_poster())
    return poster_of(movie)


def test_it_uploads_a_poster(site, movie):
    assert save(site, movie, poster_file=picture()) == {}
    name = poster_of(movie)
    assert files_in_storage().keys() == {f"{name}-342.webp", f"{name}-780.webp"}
    assert movie_sources(movie.pk)["poster"] == "staff"
    html = site.get(change(movie)).content.decode()
    assert f'src="/posters/{name}-342.webp"' in html
    assert f'href="/posters/{name}-780.webp"' in html
    assert 'data-color="#c81e28"' in html
    assert "Edited here; imports leave it." in html


def test_it_shows_in_the_history_that_a_picture_was_uploaded(site, movie):
    save(site, movie, poster=THEIRS)
    save(site, movie, poster_file=picture())
    html = site.get(reverse("admin:movies_movie_history", args=[movie.pk])).content.decode()
    assert THEIRS in html
    assert "an uploaded picture" in html
    assert poster_of(movie) not in html


def test_it_adds_a_movie_with_a_poster(site):
    Genre.objects.create(name="Crime")
    form = {"title": "Heat", "year": 1995, "genres": "Crime", "poster_file": picture()}
    assert site.post(ADD, form).status_code == 302
    assert poster_of(Movie.objects.get()) in next(iter(files_in_storage()))
    assert Movie.objects.get().edited == ["genres", "poster", "title", "year"]


def test_it_leaves_no_file_of_a_movie_that_is_not_added(site, movie):
    services.change_movie(movie_id=movie.pk, year=1995)
    form = {"title": "Heat", "year": 1995, "genres": "Drama", "poster_file": picture()}
    assert site.post(ADD, form).status_code == 200
    assert (Movie.objects.count(), files_in_storage()) == (1, {})


def test_it_keeps_the_form_while_no_file_can_be_stored(site, movie, poster_files):
    poster_files.write_text("no folder")
    page = change(movie)
    answer = site.post(page, filled_in(site, page, title="Ronin", poster_file=picture()))
    assert "Nothing was saved, because the poster could not be stored." in answer.content.decode()
    assert Movie.objects.get(pk=movie.pk).title == "Heat"


@pytest.mark.parametrize("name", NOT_ACCEPTED)
def test_it_refuses_what_is_no_such_picture(site, movie, name):
    content, reason = NOT_ACCEPTED[name]
    (sentence,) = save(site, movie, poster_file=picture(content))["poster_file"]
    assert reason in sentence
    assert (files_in_storage(), poster_of(movie)) == ({}, "")


@pytest.mark.parametrize("name", ["../../evil.png", "a\u202egnp.exe", "x" * 300 + ".png"])
def test_it_never_uses_the_name_of_the_file(site, movie, name):
    assert save(site, movie, poster_file=picture(name=name)) == {}
    assert files_in_storage().keys() == {f"{poster_of(movie)}-{width}.webp" for width in (342, 780)}


def test_it_takes_an_address_instead(site, movie):
    assert save(site, movie, poster=THEIRS) == {}
    assert poster_of(movie) == THEIRS
    assert f'src="{THEIRS}"' in site.get(change(movie)).content.decode()
    assert save(site, movie, poster_file=picture()) == {}
    assert poster_of(movie) != THEIRS
    assert save(site, movie, poster=THEIRS) == {}
    assert poster_of(movie) == THEIRS


def test_it_refuses_an_address_and_a_file_at_once(site, movie):
    errors = save(site, movie, poster=THEIRS, poster_file=picture())
    assert errors == {"poster_file": ["Give the URL of a poster or upload one, not both."]}
    assert (files_in_storage(), poster_of(movie)) == ({}, "")


@pytest.mark.parametrize("address", ["http://example.com/heat.jpg", "javascript:alert(1)", "https://a b"])
def test_it_refuses_an_address_that_is_none(site, movie, address):
    assert save(site, movie, poster=address).keys() == {"poster"}
    assert poster_of(movie) == ""


def test_it_keeps_the_poster_when_something_else_is_changed(site, movie):
    name = upload(movie)
    assert save(site, movie, certificate="R") == {}
    assert (poster_of(movie), len(files_in_storage())) == (name, 2)
    assert save(site, movie) == {}
    assert poster_of(movie) == name


def test_it_removes_a_poster(site, movie, django_capture_on_commit_callbacks):
    upload(movie)
    with django_capture_on_commit_callbacks(execute=True):
        assert save(site, movie, **{"poster_file-clear": "on"}) == {}
    assert (poster_of(movie), files_in_storage()) == ("", {})
    services.change_movie(movie_id=movie.pk, poster=THEIRS)
    assert save(site, movie, poster="") == {}
    assert poster_of(movie) == ""


def test_it_shows_uploaded_pictures_in_the_list_without_one_more_query(site, movie):
    make_movie("Ronin", poster=THEIRS)
    with CaptureQueriesContext(connection) as without:
        site.get(LIST)
    name = upload(movie)
    with CaptureQueriesContext(connection) as queries:
        html = site.get(LIST).content.decode()
    assert len(queries) == len(without)
    assert html.count('width="24" loading') == 1
    assert f'<img src="/posters/{name}-342.webp" alt="" width="24" loading="lazy">' in html


def test_it_allows_pictures_of_any_address_on_the_form_alone(site, movie):
    def images_of(address):
        policy = site.get(address).headers["Content-Security-Policy"]
        return next(part for part in policy.split("; ") if part.startswith("img-src"))

    assert images_of(change(movie)) == images_of(ADD) == "img-src 'self' data: https: blob:"
    assert images_of(LIST) == "img-src 'self' data:"


def test_it_shows_posters_to_those_who_may_only_look(client, movie):
    name = upload(movie)
    user = User.objects.create_user("looker", "looker@example.org", "a-lookers-password", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_movie"))
    client.force_login(user)
    html = client.get(change(movie)).content.decode()
    assert f'<img src="/posters/{name}-342.webp"' in html
    assert 'type="file"' not in html
    assert client.post(change(movie), {"title": "Heat", "poster_file": picture()}).status_code == 403
    assert poster_of(movie) == name


@pytest.mark.parametrize("who", ["nobody", "viewer"])
def test_it_is_for_staff(client, viewer, movie, who):
    if who == "viewer":
        client.force_login(viewer)
    assert client.post(change(movie), {"title": "Heat", "poster_file": picture()}).status_code == 302
    assert (poster_of(movie), files_in_storage()) == ("", {})


def test_it_shows_both_posters_before_a_merge(site, movie):
    name = upload(movie)
    other = make_movie("Heat, the film", poster=THEIRS)
    html = site.get(f"/admin/movies/movie/{movie.pk}/merge/?merged={other.pk}").content.decode()
    assert f"/posters/{name}-780.webp" in html
    assert THEIRS in html
