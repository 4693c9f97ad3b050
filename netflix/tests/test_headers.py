"""What every answer tells browsers and caches."""

import pytest

from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db
PAGES = ("/api/v1/movies/", "/api/docs/", "/api/docs/try/", "/admin/login/", "/nothing", "/api/v1/likes/", "/healthz")


@pytest.mark.parametrize("page", PAGES)
def test_it_lets_no_page_load_or_lend_anything_of_others(api, page):
    headers = api.get(page).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy.replace("default-src", "")
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["likes/", "reminders/", "watched/", "notices/", "tickets/", "auth/me/", "auth/logins/"]
)
def test_it_lets_no_cache_keep_what_is_somebodys_own(viewer_api, path):
    answer = viewer_api.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_it_leaves_public_answers_to_caches(api):
    movie = make_movie()
    answer = api.get(f"/api/v1/movies/{movie.pk}/")
    assert "public" in answer.headers["Cache-Control"]
    assert answer.headers["ETag"]


def test_it_has_no_script_of_its_own_within_a_page(viewer_api, client, admin):
    client.force_login(admin)
    for page in (
        "/api/v1/movies/",
        "/api/v1/tickets/",
        "/api/docs/",
        "/api/docs/try/",
        "/admin/",
        "/admin/movies/movie/",
    ):
        html = client.get(page, headers={"Accept": "text/html"}).content.decode()
        assert "<html" in html
        for script in html.split("<script")[1:]:
            head = script.split(">")[0]
            assert "src=" in head or 'type="application/json"' in head, (page, head)
        assert " onclick=" not in html
