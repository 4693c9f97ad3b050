"""Requests that no view could read."""

import pytest

from movies.tests.factories import make_movie
from reminder.models import Reminder
from reminder.services import set_reminder

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "charset", ["zlib", "rot13", "hex", "base64", "idna", "punycode", "undefined", "utf-16", "", "nonsense", '"zlib"']
)
@pytest.mark.parametrize("path", ["/api/v1/movies/", "/admin/login/", "/healthz"])
def test_it_refuses_a_charset_that_is_none_of_ours(client, charset, path):
    answer = client.get(path, CONTENT_TYPE=f"application/json; charset={charset}")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_charset")


@pytest.mark.parametrize("charset", ["zlib", "hex", "idna"])
def test_it_refuses_such_a_charset_of_a_form_too(client, charset):
    for path in ("/api/v1/auth/login/", "/admin/login/", "/api/session/login/"):
        answer = client.generic(
            "POST", path, b"username=a&password=b", content_type=f"application/x-www-form-urlencoded; charset={charset}"
        )
        assert answer.status_code == 415


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", "us-ascii", '"utf-8"'])
def test_it_takes_utf_8_however_it_is_written(client, charset):
    answer = client.get("/api/v1/movies/?q=a", CONTENT_TYPE=f"application/json; charset={charset}")
    assert answer.status_code == 200


def test_it_does_not_take_a_body_without_a_length_for_an_empty_one(viewer, viewer_api):
    movie = make_movie()
    set_reminder(user_id=viewer.pk, movie_id=movie.pk, note="Keep me.")
    answer = viewer_api.generic("PUT", f"/api/v1/reminders/{movie.pk}/", HTTP_TRANSFER_ENCODING="chunked")
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
    assert Reminder.objects.get().note == "Keep me."


@pytest.mark.parametrize(
    "path", ["movies/{}/", "movies/{}/like/", "reminders/{}/", "watched/{}/", "watched/{}/1/", "notices/{}/seen/", "likes/", "tickets/",
             "tickets/222-222-222/", "auth/login/", "auth/me/", "ranking/"],
)  # fmt: skip
def test_it_describes_itself_to_options(viewer_api, path):
    answer = viewer_api.options(f"/api/v1/{path.format(make_movie().pk)}")
    assert answer.status_code == 200
    assert answer.json()["name"]
