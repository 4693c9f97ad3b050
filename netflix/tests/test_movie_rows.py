"""Films in lists: which members they have, and what they are to a viewer."""

from itertools import product

import pytest

from movies.rows import MEMBERS
from netflix.api.caching import rounded_now
from netflix.tests.catalogue import fill_lists, make_catalogue
from netflix.tests.ways import login_of
from ranking import services as ranking
from reminder import services as reminders

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = (
    "movies/",
    "movies/?q=film",
    "movies/?genre=drama&ordering=-year",
    "ranking/",
    "ranking/?by=trending&explain=1",
)
OWN = ("likes/", "reminders/", "watched/")
OWN_MEMBERS = {"liked", "watched", "reminder"}
ANYWHERE = {"rank", "score", "explain", "matched"}  # what lists add to films


@pytest.fixture(autouse=True)
def _trends_stand_still(monkeypatch):
    """They move on every 30 seconds, perhaps between two answers that a test compares."""
    now = rounded_now()
    monkeypatch.setattr("ranking.lists.rounded_now", lambda: now)


@pytest.fixture
def catalogue():
    return make_catalogue()


@pytest.fixture
def login(viewer, catalogue):
    fill_lists(viewer, catalogue)
    return login_of(viewer)


def films(ways, path, **headers):
    rows = ways.same(f"/api/v1/{path}", **headers).json()["results"]
    return [row.get("movie", row) for row in rows]


def with_query(path, query):
    return f"{path}{'&' if '?' in path else '?'}{query}"


def test_it_says_in_each_row_what_the_movie_is_to_me(ways, api, viewer, login):
    for path in (*PUBLIC, *OWN):
        api.force_authenticate(viewer)
        seen = set()
        for film in films(ways, with_query(path, "page_size=30"), **login):
            details = api.get(film["url"]).json()
            own = {name: film[name] for name in OWN_MEMBERS}
            assert own == {
                "liked": details["liked"],
                "watched": details["watched"] is not None,
                "reminder": details["reminder"] is not None,
            }
            seen.add(tuple(own.values()))
        assert seen


def test_it_tells_nobody_else(ways, login):
    for path in PUBLIC:
        answer = ways.same(f"/api/v1/{path}")
        assert answer.header("Cache-Control") == "public, max-age=30"
        assert all(OWN_MEMBERS.isdisjoint(film) for film in answer.json()["results"])
        mine = ways.same(f"/api/v1/{path}", **login)
        assert mine.header("Cache-Control") == "private, no-cache"
        for own, film in zip(mine.json()["results"], answer.json()["results"], strict=True):
            assert {name: value for name, value in own.items() if name not in OWN_MEMBERS} == film


def test_it_has_a_tag_of_what_the_movies_are_to_me(ways, viewer, login, catalogue):
    url, last = "/api/v1/movies/?ordering=-id&page_size=3", catalogue[-1].pk
    for write in (
        lambda: reminders.set_reminder(user_id=viewer.pk, movie_id=last),
        lambda: reminders.record_viewing(user_id=viewer.pk, movie_id=last),
        lambda: ranking.like(user_id=viewer.pk, movie_id=last),
    ):
        tag = ways.tag(url, **login)
        assert ways.same(url, if_none_match=tag, **login).status == 304
        write()
        assert ways.same(url, if_none_match=tag, **login).status == 200


def test_it_leaves_out_what_fields_do_not_name(ways, login):
    for path in (*PUBLIC, *OWN):
        whole = films(ways, path, **login)
        some = films(ways, with_query(path, "fields=id,title,,%20liked"), **login)
        assert [set(film) - ANYWHERE for film in some] == [{"id", "title", "liked"}] * len(whole)
        for film, row in zip(whole, some, strict=True):
            assert row.items() <= film.items()


def test_it_takes_fields_and_more_members_without_a_login(ways, catalogue):
    for path in PUBLIC:
        assert all(set(film) - ANYWHERE == {"title"} for film in films(ways, with_query(path, "fields=title,liked")))
        whole = films(ways, path)
        more = films(ways, with_query(path, "include=people,description"))
        assert [film.keys() - {"people", "description"} for film in more] == [film.keys() for film in whole]
        both = films(ways, with_query(path, "fields=title&fields=people&include=description"))
        assert [set(film) - ANYWHERE for film in both] == [{"title", "people", "description"}] * len(whole)


def test_it_includes_the_people_and_the_description_of_the_details(ways, api, catalogue):
    for film in films(ways, "movies/?include=description,people&page_size=30"):
        details = api.get(film["url"]).json()
        assert film == {name: details[name] for name in film}


def test_it_includes_them_in_own_lists(ways, api, login):
    for path in OWN:
        for film in films(ways, f"{path}?include=people", **login):
            assert film["people"] == api.get(film["url"]).json()["people"]


def test_it_refuses_members_that_it_does_not_know(ways, login):
    for path, name in product([*PUBLIC, *OWN], ["fields", "include"]):
        answer = ways.viewed(f"/api/v1/{with_query(path, f'{name}=people,nmae')}", **login)
        (error,) = answer.json()["errors"]
        allowed = ", ".join(MEMBERS) if name == "fields" else "people, description, poster_small, poster_color"
        assert (answer.status, error["field"]) == (400, name)
        assert error["detail"] == f"'nmae' is not a member of a film here. Allowed: {allowed}."


def test_it_keeps_them_on_the_next_page(ways, catalogue):
    url = "/api/v1/movies/?page_size=5&fields=id&include=description"
    for _ in range(3):
        answer = ways.same(url).json()
        assert all(film.keys() == {"id", "description"} for film in answer["results"])
        url = answer["next"].removeprefix("http://testserver")


def test_it_takes_one_query_for_a_page(viewer_api, viewer, catalogue, django_assert_num_queries):
    fill_lists(viewer, catalogue)
    for path in (*PUBLIC, *OWN):
        more = 2 if "drama" in path else 0  # the spelling of a genre, and the page again
        for size in (1, 8, 30):
            url = f"/api/v1/{with_query(path, f'page_size={size}')}"
            viewer_api.get(url)
            with django_assert_num_queries(1 + more):
                viewer_api.get(url)
