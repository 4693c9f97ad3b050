"""`PUT` and `DELETE` of `movies/{id}/poster/`: staff upload a picture, and remove it."""

from io import BytesIO

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from movies import services
from movies.models import Movie
from movies.tests.factories import make_movie
from movies.tests.pictures import a_poster, files_in_storage, image, opened, poster_of
from movies.tests.test_pictures import NOT_ACCEPTED
from netflix.accounts.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("poster_files")]


@pytest.fixture
def movie():
    return make_movie("Heat")


def address(movie):
    return f"/api/v1/movies/{movie.pk}/poster/"


def put(api, movie, content=None, name="poster.png"):
    body = {"file": SimpleUploadedFile(name, image() if content is None else content)}
    return api.put(address(movie), body, format="multipart")


def test_it_makes_a_poster_of_a_picture(curator_api, api, client, movie):
    answer = put(curator_api, movie)
    details = answer.json()
    assert answer.status_code == 200
    assert details == api.get(f"/api/v1/movies/{movie.pk}/").json()
    name = poster_of(movie)
    assert details["poster"] == f"http://testserver/posters/{name}-780.webp"
    assert details["poster_color"] == "#c81e28"
    for member, width in (("poster", 780), ("poster_small", 342)):
        assert opened(client.get(details[member]).content).width == width


@pytest.mark.parametrize(("kind", "content_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("PNG", "image/x-y")])
def test_it_takes_the_picture_as_the_body_and_believes_its_content_alone(curator_api, movie, kind, content_type):
    answer = curator_api.generic("PUT", address(movie), image(kind=kind), content_type=content_type)
    assert (answer.status_code, len(files_in_storage())) == (200, 2)


def test_it_takes_pictures_that_are_larger_than_other_bodies(curator_api, movie):
    file = BytesIO()
    Image.effect_noise((1500, 1500), 90).save(file, "PNG")
    content = file.getvalue()
    assert len(content) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert curator_api.generic("PUT", address(movie), content, content_type="image/png").status_code == 200
    assert put(curator_api, movie, content).status_code == 200


@pytest.mark.parametrize("name", ["../../evil.png", "a\0b.png", "poster.exe", "x" * 300])
def test_it_never_uses_the_name_of_the_file(curator_api, movie, name):
    body = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n' % name.encode()
    body += image() + b"\r\n--cut--\r\n"
    answer = curator_api.generic("PUT", address(movie), body, content_type="multipart/form-data; boundary=cut")
    assert answer.status_code == 200
    assert files_in_storage().keys() == {f"{poster_of(movie)}-{width}.webp" for width in (342, 780)}


@pytest.mark.parametrize("way", ["form", "body"])
@pytest.mark.parametrize("name", NOT_ACCEPTED)
def test_it_refuses_what_is_no_such_picture(curator_api, movie, name, way):
    content, reason = NOT_ACCEPTED[name]
    if way == "form":
        answer = put(curator_api, movie, content)
    else:
        answer = curator_api.generic("PUT", address(movie), content, content_type="image/png")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, "file")
    assert error["code"] in ("picture_refused", "required")  # the latter without a body at all
    assert reason in error["detail"] or error["code"] == "required"
    assert (files_in_storage(), poster_of(movie)) == ({}, "")


def test_it_asks_for_a_file_and_for_nothing_else(curator_api, movie):
    assert curator_api.put(address(movie), {}, format="multipart").json()["errors"][0]["code"] == "required"
    assert curator_api.put(address(movie), {"file": "text"}, format="multipart").status_code == 400
    body = {"file": SimpleUploadedFile("a.png", image()), "width": "1"}
    assert curator_api.put(address(movie), body, format="multipart").json()["errors"][0]["field"] == "width"
    assert curator_api.put(address(movie), {"file": "https://example.com/a.jpg"}, format="json").status_code == 415
    assert (files_in_storage(), poster_of(movie)) == ({}, "")


def test_it_removes_any_poster(curator_api, movie):
    for poster in ("", "https://example.com/heat.jpg"):
        services.change_movie(movie_id=movie.pk, poster=poster)
        assert curator_api.delete(address(movie)).status_code == 204
        assert poster_of(movie) == ""
    services.set_poster(movie_id=movie.pk, picture=a_poster())
    assert curator_api.delete(address(movie)).status_code == 204
    assert (poster_of(movie), Movie.objects.get(pk=movie.pk).edited) == ("", ["genres", "poster", "title", "year"])


def agent():
    user = User.objects.create_user("agent", "agent@example.org", "an-agents-password", is_staff=True)
    user.groups.add(Group.objects.get(name="Technical support"))
    return user


@pytest.mark.parametrize("who", ["nobody", "a viewer", "an agent"])
def test_it_refuses_whoever_may_not_change_movies(api, viewer, movie, who):
    user = {"nobody": lambda: None, "a viewer": lambda: viewer, "an agent": agent}[who]()
    api.force_authenticate(user)
    expected = 401 if user is None else 403
    services.change_movie(movie_id=movie.pk, poster="https://example.com/heat.jpg")
    assert put(api, movie).status_code == api.delete(address(movie)).status_code == expected
    assert (files_in_storage(), poster_of(movie)) == ({}, "https://example.com/heat.jpg")


def test_it_allows_editors(api, movie):
    editor = User.objects.create_user("editor", "editor@example.org", "an-editors-password", is_staff=True)
    editor.groups.add(Group.objects.get(name="Editors"))
    api.force_authenticate(editor)
    assert (put(api, movie).status_code, api.delete(address(movie)).status_code) == (200, 204)


def test_it_knows_no_movie_that_there_is_not(curator_api, movie):
    kept = make_movie("Heat, the film")
    services.merge_movies(kept_id=kept.pk, merged_id=movie.pk)
    assert put(curator_api, movie, b"").status_code == 308
    services.remove_movie(movie_id=kept.pk)
    assert put(curator_api, kept, b"").status_code == curator_api.delete(address(kept)).status_code == 404
    assert curator_api.get(address(kept)).status_code == 405
    assert files_in_storage() == {}
