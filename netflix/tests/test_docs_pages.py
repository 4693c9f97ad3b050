"""/api/docs/ and /api/docs/try/"""

import re

import pytest

from netflix.documentation.guides import FOLDER, ORDER, tags

DOCS, TRY = "/api/docs/", "/api/docs/try/"


@pytest.mark.parametrize(("page", "viewer", "other"), [(DOCS, "redoc", TRY), (TRY, "swagger-ui", DOCS)])
def test_it_shows_the_schema_without_any_other_server(client, page, viewer, other):
    html = client.get(page).content.decode()
    assert viewer in html
    assert "/api/schema/" in html + client.get(f"{TRY}?script=").content.decode()
    assert f'href="{other}"' in html
    assert "cdn." not in html
    assert "googleapis" not in html


def test_it_allows_workers_in_the_page_that_searches_alone(client):
    policies = {page: client.get(page).headers["Content-Security-Policy"] for page in (DOCS, TRY, "/api/v1/")}
    assert [page for page, policy in policies.items() if "worker-src blob:" in policy] == [DOCS]


def test_it_allows_inline_styles_in_these_pages_alone(client):
    pages = (DOCS, TRY, "/", "/api/v1/", "/admin/login/", "/forgot-password/", "/nothing")
    policies = {page: client.get(page).headers["Content-Security-Policy"] for page in pages}
    assert [page for page, policy in policies.items() if "unsafe-inline" in policy] == [DOCS, TRY]


@pytest.mark.parametrize("page", [DOCS, TRY, "/"])
def test_it_keeps_the_policy_of_a_page_that_has_not_changed(client, page):
    first = client.get(page, headers={"Accept": "text/html"})
    again = client.get(page, headers={"Accept": "text/html", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304

    def policy(answer):
        return sorted(answer.headers["Content-Security-Policy"].split("; "))

    assert policy(again) == policy(first)


def test_it_shows_all_guides_with_links_that_lead_somewhere(client):
    assert {file.stem for file in FOLDER.glob("*.md")} == {*ORDER, "README"}
    html = client.get(DOCS).content.decode()
    for guide in tags():
        assert set(re.findall(r"\(#tag/([^)]+)\)", guide["description"])) <= {*ORDER}
        assert ".md" not in guide["description"]
        assert guide["x-displayName"] in html
