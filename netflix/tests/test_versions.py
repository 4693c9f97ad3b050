"""Whoever asks again hears within one look-up whether anything has changed; and never wrongly that nothing has."""

from types import SimpleNamespace

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
    """A first answer, the answer to whoever asks again, and what that asked the database.

    Another process of the tests may write in between, in a database of its own beside this one; then once more.
    """
    for _ in range(50):
        first = Client().get(url, headers=headers)
        assert first.status_code == 200, url
        with CaptureQueriesContext(connection) as captured:
            second = again(url, first.headers["ETag"], **headers)
        statements = [query["sql"] for query in captured if "knox_authtoken" not in query["sql"]]
        if second.status_code == 304 and len(statements) == 1:
            break
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
@pytest.mark.parametrize("is_hot", [True, False])
def test_it_tells_of_every_change_and_of_no_other(movie, viewer, settings, change, is_hot):
    settings.HOT_READS = is_hot
    before = {url: Client().get(url) for url in (*URLS, f"{MOVIES}{movie.pk}/")}
    CHANGES[change](movie, viewer)
    changed = 0
    for url, answer in before.items():
        is_same = Client().get(url).content == answer.content
        changed += not is_same
        assert (again(url, answer.headers["ETag"]).status_code == 304) is is_same, url
    assert changed or change == "a removal"


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


def test_it_makes_the_same_tag_on_both_ways(movie, settings):
    for _ in range(50):  # as in `unchanged`
        tags = set()
        for settings.HOT_READS in (True, False):
            tags.add(Client().get(MOVIES).headers["ETag"])
        if len(tags) == 1:
            break
    assert len(tags) == 1


def test_it_says_that_a_trend_has_moved_on(movie, viewer, monkeypatch):
    ranking.like(user_id=viewer.pk, movie_id=movie.pk)
    url = f"{RANKING}?by=trending"
    first = Client().get(url)
    later = caching.time.time() + caching.FRESH_SECONDS
    monkeypatch.setattr(caching.time, "time", lambda: later)
    second = again(url, first.headers["ETag"])
    assert second.status_code == 200
    assert second.json()["results"][0]["score"] < first.json()["results"][0]["score"]
    assert unchanged(RANKING)[1].status_code == 304


def test_it_has_no_tag_for_what_is_not_there(movie):
    answer = Client().get(f"{MOVIES}999999/")
    assert (answer.status_code, "ETag" in answer.headers) == (404, False)


def test_it_knows_the_code_that_answers(tmp_path, monkeypatch):
    code = tmp_path / "views.py"
    monkeypatch.setattr(caching.apps, "get_app_configs", lambda: [SimpleNamespace(path=str(tmp_path))])
    keys = []
    for text in ("one", "two", "one"):
        code.write_text(text)
        caching._key.cache_clear()
        keys.append(caching._key())
    caching._key.cache_clear()
    assert keys[0] == keys[2] != keys[1]
