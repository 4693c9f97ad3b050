"""A conditional GET is answered with one query if nothing has changed, and never wrongly with a 304."""

import os
import subprocess
import sys
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

from movies import services as movies
from movies.models import Genre, Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.api import caching
from netflix.tests.catalogue import OWN, fill_lists
from netflix.tests.meanwhile import SECONDS, eventually
from netflix.tests.ways import environ
from ranking import services as ranking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOVIES, RANKING = "/api/v1/movies/", "/api/v1/ranking/"
URLS = (MOVIES, f"{MOVIES}?genre=Drama", f"{MOVIES}?ordering=-year", "/api/v1/genres/", RANKING, f"{RANKING}?explain=1")


@pytest.fixture
def movie():
    return make_movie("Heat", genres=("Drama",))


@pytest.fixture
def token(viewer):
    return f"Bearer {AuthToken.objects.create(viewer)[1]}"


def again(url, etag, **headers):
    return Client().get(url, headers={"If-None-Match": etag, **headers})


def unchanged(url, **headers):
    """Send a request, and again with the ETag of its answer. Returns both answers, and the statements of the second.

    Another test process may write in between, in its own database on the same server; then it is repeated.
    """
    deadline = time.monotonic() + SECONDS
    while True:
        first = Client().get(url, headers=headers)
        assert first.status_code == 200, url
        with CaptureQueriesContext(connection) as captured:
            second = again(url, first.headers["ETag"], **headers)
        statements = [query["sql"] for query in captured if "knox_authtoken" not in query["sql"]]
        if (second.status_code == 304 and len(statements) == 1) or time.monotonic() > deadline:
            return first, second, statements


@pytest.mark.parametrize("authorized", [False, True])
def test_it_touches_no_table_to_say_that_nothing_has_changed(movie, token, authorized):
    login = {"Authorization": token} if authorized else {}
    for url in (*URLS, f"{MOVIES}{movie.pk}/"):
        first, second, statements = unchanged(url, **login)
        assert (second.status_code, second.content) == (304, b""), url
        kept = ("ETag", "Cache-Control", "Vary", "Content-Security-Policy")
        assert [second.headers[name] for name in kept] == [first.headers[name] for name in kept]
        assert len(statements) == 1
        assert "FROM movies" not in statements[0]


CHANGES = {
    "a like": lambda movie, viewer: ranking.like(user_id=viewer.pk, movie_id=movie.pk),
    "an edit": lambda movie, _: movies.change_movie(movie_id=movie.pk, title="Cold"),
    "a new film": lambda *_: make_movie("Cold", genres=("Drama",)),
    "a removal": lambda *_: movies.remove_movie(movie_id=make_movie("Cold").pk),
    "a new name of a genre": lambda *_: movies.rename_genre(genre_id=Genre.objects.get().pk, name="Dramas"),
    "somebody past the services": lambda movie, _: Movie.objects.filter(pk=movie.pk).update(year=1995),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_tells_of_every_change_and_of_no_other_on_both_paths(movie, viewer, ways, change):
    before = {url: ways.tag(url) for url in (*URLS, f"{MOVIES}{movie.pk}/", f"{MOVIES}{movie.pk}/like/")}
    bodies = {url: ways.same(url).body for url in before}
    CHANGES[change](movie, viewer)
    changed = 0
    for url, tag in before.items():
        fast, view = ways.both(url)
        is_same = view.body == bodies[url]
        changed += not is_same
        assert fast == (view if view.status == 200 else None), url
        fast, second = ways.both(url, if_none_match=tag)
        assert second.status == (304 if is_same else view.status), url
        assert fast == (second if view.status == 200 else None), url
    assert changed or change == "a removal"


def test_it_keeps_a_tag_while_others_like_other_movies(movie, ways):
    """Once for each read, and with what they saw long ago; on both paths."""
    others = [make_movie(f"Other {n}", genres=("Comedy",)) for n in range(3)]
    ranking.rebuild()
    people = [User.objects.create_user(f"person {n}").pk for n in range(10)]
    urls = (
        f"{MOVIES}?genre=Drama",
        f"{MOVIES}{movie.pk}/",
        f"{MOVIES}{movie.pk}/like/",
        "/api/v1/genres/",
        f"{RANKING}?genre=Drama",
    )
    tags = {url: ways.tag(url) for url in urls}
    for person in people:
        ranking.like(user_id=person, movie_id=others[person % 3].pk)
        for url, tag in tags.items():
            assert ways.same(url, if_none_match=tag).status == 304, url
    assert ways.same(f"{MOVIES}?genre=Comedy").json()["results"][0]["likes"] > 0
    ranking.like(user_id=people[0], movie_id=movie.pk)
    assert [url for url in urls if ways.same(url, if_none_match=tags[url]).status == 304] == ["/api/v1/genres/"]


def test_it_keeps_the_tags_of_a_viewers_own_lists(movie, ways, viewer, token):
    login = {"authorization": token}
    fill_lists(viewer, [movie, *(make_movie() for _ in range(9))])
    tags = {url: ways.tag(url, **login) for url in OWN}
    make_movie("Other")
    for url, tag in tags.items():
        assert ways.same(url, if_none_match=tag, **login).status == 304, url
        fast, view = ways.both(url, if_none_match=tag)
        assert (fast, view.status) == (None, 401)


def test_it_gives_a_client_its_own_tag_back(movie):
    for url in (MOVIES, f"{MOVIES}?ordering=-year"):
        tag = Client().get(url).headers["ETag"]
        User.objects.create_user(f"somebody else {url}")  # which no list shows
        for known in (tag, f"W/{tag}", f'"x", {tag}'):
            second = again(url, known)
            assert (second.status_code, second.headers["ETag"]) == (304, known.rpartition(" ")[2])


def test_it_has_no_snapshot_in_the_tags_of_a_standby(movie, monkeypatch):
    """There, equal snapshots may see different rows. Bodies are compared all the same."""
    primary = Client().get(MOVIES).headers["ETag"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean RETURN true")
        cursor.execute("SET search_path = public, pg_catalog")
    try:
        first = Client().get(MOVIES)
        assert first.headers["ETag"] == primary.partition("-")[0] + '"'
        assert again(MOVIES, first.headers["ETag"]).status_code == 304
        Movie.objects.filter(pk=movie.pk).update(year=1990)
        assert again(MOVIES, first.headers["ETag"]).status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = DEFAULT")
            cursor.execute("DROP FUNCTION public.pg_is_in_recovery()")


def test_it_makes_a_tag_for_each_address_and_each_viewer(movie, token, viewer):
    other = f"Bearer {AuthToken.objects.create(User.objects.create_user('other'))[1]}"
    tags = [Client().get(url, headers=login).headers["ETag"] for url in URLS for login in (
        {}, {"Authorization": token}, {"Authorization": other}, {"Accept": "text/html"})]  # fmt: skip
    assert len(set(tags)) == len(tags)


def test_it_lets_nobody_share_a_page_with_a_form_in_it(movie):
    for url in URLS:
        answer = Client().get(url, headers={"Accept": "text/html"})
        assert "private" in answer.headers["Cache-Control"]
        assert "public" not in answer.headers["Cache-Control"]


def test_it_makes_the_same_tag_on_both_paths(movie, ways, token):
    def tags(url, **headers):
        return {dict(answer(environ(url, **headers))[1])["ETag"] for answer in (ways.view, ways.fast)}

    for headers in ({}, {"authorization": token}):
        for url in URLS:
            ways.same(url, **headers)  # the event loop learns
            eventually(lambda url=url, headers=headers: len(tags(url, **headers)) == 1)  # as in `unchanged`


def test_it_says_that_a_trend_has_moved_on(movie, viewer, monkeypatch):
    ranking.like(user_id=viewer.pk, movie_id=movie.pk)
    url = f"{RANKING}?by=trending"
    first = Client().get(url)
    later = caching.time.time() + caching.MAX_AGE_SECONDS
    monkeypatch.setattr(caching.time, "time", lambda: later)
    second = again(url, first.headers["ETag"])
    assert second.status_code == 200
    assert second.json()["results"][0]["score"] < first.json()["results"][0]["score"]
    assert unchanged(RANKING)[1].status_code == 304


def test_it_has_no_tag_for_what_is_not_there(movie):
    answer = Client().get(f"{MOVIES}999999/")
    assert (answer.status_code, "ETag" in answer.headers) == (404, False)


def test_it_believes_no_snapshot_of_another_start():
    """Another release, or other settings, may make another answer of the same rows; workers of one start agree."""
    code = """
import django
django.setup()
from django.test import RequestFactory
from netflix.api.entity_tags import snapshot_hash
print(snapshot_hash(RequestFactory().get("/"), b"1", media_type="", viewer_id=None, at=None))
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "netflix.settings", "NETFLIX_START": start},
        )
        for start in ("one", "one", "two")
    ]  # fmt: skip
    one, same, two = (process.communicate()[0] for process in processes)
    assert one == same != two
    assert one
    assert two
