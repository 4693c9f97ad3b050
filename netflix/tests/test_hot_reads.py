"""What is answered in one statement is what the usual way answers: every byte, every header, every error."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from knox.models import AuthToken

from movies.models import Credit, LikeCount, Movie, MovieGenre, Person
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.api import hot
from netflix.api.prepared import Statement
from netflix.tests.ways import MOMENTARY, both
from ranking import services as ranking
from ranking.models import Like

pytestmark = pytest.mark.django_db

MOVIES, GENRES, RANKING = "/api/v1/movies/", "/api/v1/genres/", "/api/v1/ranking/"
# What may differ between two answers: when they were given, and to which request.


@pytest.fixture
def catalogue():
    films = [
        make_movie(
            "Heat", year=1995, genres=("Drama", "Crime", 'Noir, "neo"'), runtime_minutes=170, imdb_rating=Decimal("8.3")
        ),
        make_movie('"Quoted" \\ and\ttabbed \x1f \x7f', genres=("Crime",), imdb_rating=Decimal(10), imdb_votes=0),
        make_movie("Amélie 🎬 \u2028 </script>", year=2001, genres=("Comedy", "Drama"), certificate="R", imdb_votes=9),
        make_movie("Nothing is known", genres=()),
        *(make_movie(f"Film {n}", genres=("Drama",), imdb_rating=Decimal(n) / 10, imdb_votes=n * 7) for n in range(23)),
    ]
    Movie.objects.filter(pk=films[0].pk).update(
        description="Two men,\none city.", revenue_usd=187_436_818, metascore=76, source="kaggle", source_id="x1"
    )
    for billing, (name, role) in enumerate([("Al Pacino", "cast"), ("Michael Mann", "director"), ("Ünal", "cast")]):
        person = Person.objects.create(name=name, name_key=name.lower())
        Credit.objects.create(movie=films[0], person=person, role=role, billing=billing)
    ranking.rebuild()
    people = [User.objects.create_user(f"viewer {n}").pk for n in range(3)]
    for place, film in enumerate(films[:7]):
        for person in people[: place % 4]:
            ranking.like(user_id=person, movie_id=film.pk)
    return films


def pages(settings, url):
    """All pages of a list, on both ways, there and back."""
    seen = 0
    for direction in ("next", "previous"):
        while url:
            short, usual = both(settings, url)
            assert short == usual
            seen, last = seen + 1, url
            url = Client().get(url).json()[direction]
        url = last
    return seen


@pytest.fixture
def shortly(monkeypatch):
    """What the middleware has answered by itself."""
    answered = []
    log = hot.log_answer
    monkeypatch.setattr(hot, "log_answer", lambda meta, status: (answered.append(meta["PATH_INFO"]), log(meta, status)))
    return answered


@pytest.mark.parametrize(
    "url",
    [
        MOVIES,
        f"{MOVIES}?genre=Drama",
        f"{MOVIES}?page_size=3",
        f"{MOVIES}?page_size=4&genre=Drama",
        f"{MOVIES}?q=film&page_size=3",
        GENRES,
        f"{GENRES}?page_size=1",
        RANKING,
        *(f"{RANKING}?by={by}&page_size=4" for by in ("likes", "rating", "trending")),
        *(f"{RANKING}?by=trending&window={window}&genre=Drama" for window in ("day", "week", "month")),
        f"{RANKING}?genre=Crime&page_size=1",
    ],
)
def test_it_answers_every_page_the_same_on_both_ways(catalogue, settings, shortly, url):
    seen = pages(settings, url)
    assert seen >= 2 or url == GENRES
    assert len(shortly) >= seen  # that was the short way


def test_it_answers_details_the_same_on_both_ways(catalogue, settings, shortly):
    for film in catalogue:
        short, usual = both(settings, f"{MOVIES}{film.pk}/")
        assert short == usual
        assert short[0] == 200
    assert len(shortly) == len(catalogue)


@pytest.mark.parametrize(
    "address",
    [
        f"{MOVIES}0/", f"{MOVIES}999999999/", f"{MOVIES}{2**63}/", f"{MOVIES}{10**30}/", f"{MOVIES}x/", "/api/v1/nothing/",
        *(f"{path}?{query}" for path in (MOVIES, RANKING, GENRES) for query in (
            "genre=", "genre=drama", "genre=Dramas", "genre=%00", "genre=%ff", "genre=a&genre=b", "page_size=0",
            "page_size=-1", "page_size=x", "page_size=", "page_size=1000", f"page_size={'9' * 20}", "cursor=x", "cursor=",
            "unknown=1", "ordering=id", "ordering=-year", "q=heat", "q=", "q=%20", "q=%26", "q=xyzzy", "q=film&ordering=year", "q=film&genre=Drama", f"q={'x' * 201}",
            "q=%00", "q=film&q=film", "q=film&cursor=x", "by=likes", "by=x", "by=", "by=rating&window=day",
            "window=day", "by=trending&window=x", "explain=1", "&".join(["a=1"] * 1100), f"genre={'x' * 3000}",
            "&" * 1000, "&" * 12, "genre=Drama" + "&" * 5, "genre=é", "q=日本", "q=%e6%97%a5", "%63ursor=x", "cursor",
        )),
    ],
)  # fmt: skip
def test_it_says_the_same_of_what_is_not_plain_or_not_there(catalogue, settings, address):
    short, usual = both(settings, address)
    assert short == usual


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/html"}, {"Accept": "application/json; indent=4"}, {"Accept": "image/png"}, {"Accept": "x"},
        {"Accept": "application/json, text/plain, */*"}, {"Accept": "application/json"}, {"Accept": ""},
        {"Authorization": "Bearer nobody"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer a b"},
        {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer é"}, {"Cookie": "sessionid=nobody"}, {"Host": "elsewhere.example"},
        {"Content-Type": "application/json"}, {"Content-Type": "text/plain; charset=zlib"}, {"If-None-Match": "*"},
        {"If-None-Match": '"x", W/"y"'}, {"Range": "bytes=0-1"}, {"X-Forwarded-For": "1.2.3.4"}, {"Origin": "http://x"},
        {"If-Match": '"x"'}, {"If-Match": "*"}, {"If-Unmodified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [MOVIES, f"{MOVIES}1/", RANKING])
def test_it_understands_the_same_headers(catalogue, settings, path, headers):
    client = Client(raise_request_exception=False)
    answers = []
    for settings.HOT_READS in (True, False):
        answer = client.get(path, headers=headers)
        answers.append((answer.status_code, answer.headers.get("Content-Type"), MOMENTARY.sub(b"", answer.content)))
    assert answers[0] == answers[1]


def test_it_tells_a_viewer_the_same_on_both_ways(catalogue, settings, viewer):
    _, token = AuthToken.objects.create(viewer)
    for url in (MOVIES, f"{MOVIES}?genre=Drama", f"{MOVIES}{catalogue[0].pk}/", RANKING, GENRES):
        short, usual = both(settings, url, Authorization=f"Bearer {token}")
        assert short == usual
        assert "private" in short[1]["Cache-Control"]


WRITES = [
    ("PUT", "{film}/like/", {}), ("PUT", "{film}/like/", {}), ("DELETE", "{film}/like/", {}), ("DELETE", "{film}/like/", {}),
    ("PUT", "999999999/like/", {}), ("PUT", f"{2**63}/like/", {}), ("DELETE", "0/like/", {}), ("PUT", "{film}/like/?a=1", {}),
    ("PUT", "{film}/like/", {"Authorization": "Bearer nobody"}), ("PUT", "{film}/like/", {"Authorization": ""}),
    ("PUT", "{film}/like/", {"Accept": "text/html"}), ("PUT", "{film}/like/", {"Accept": "image/png"}),
    ("POST", "{film}/like/", {}), ("PATCH", "{film}/like/", {}),
]  # fmt: skip


def test_it_does_the_same_on_both_ways(catalogue, settings, viewer, shortly):
    _, token = AuthToken.objects.create(viewer)
    client, film = Client(raise_request_exception=False), catalogue[-1]
    ways = []
    for settings.HOT_READS in (True, False):
        answers = []
        for method, path, headers in WRITES:
            sent = {"Authorization": f"Bearer {token}"} | headers
            answer = client.generic(method, f"{MOVIES}{path.format(film=film.pk)}", content_type="", headers=sent)
            told = {name: value for name, value in answer.headers.items() if name != "RateLimit"}
            answers.append((method, path, answer.status_code, told, MOMENTARY.sub(b"", answer.content)))
            answers.append((LikeCount.objects.get(movie=film).likes, Like.objects.filter(movie=film).count()))
        ways.append(answers)
    for one, other in zip(*ways, strict=True):
        assert one == other
    assert len(shortly) == 4  # likes and unlikes that are plain


def test_it_counts_a_write_once_and_refuses_one_too_many(catalogue, settings, viewer):
    settings.THROTTLE_RATES = {"write": (3, 60)}
    _, token = AuthToken.objects.create(viewer)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    paths = (f"{catalogue[0].pk}/like/", "999999999/like/", f"{catalogue[1].pk}/like/", f"{catalogue[2].pk}/like/")
    answers = [client.generic("PUT", f"{MOVIES}{path}", content_type="") for path in paths]
    assert [answer.status_code for answer in answers] == [200, 404, 200, 429]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert not Like.objects.filter(user=viewer, movie=catalogue[2]).exists()


TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=30)


@limits(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS.filter(bool), description=TEXTS, certificate=TEXTS.map(lambda text: text[:16]))
def test_it_writes_any_text_the_same(db, settings, title, description, certificate):
    film = make_movie("Heat", genres=("Drama",))
    Movie.objects.filter(pk=film.pk).update(title=title, description=description, certificate=certificate)
    for url in (f"{MOVIES}{film.pk}/", MOVIES):
        short, usual = both(settings, url)
        assert short == usual
    MovieGenre.objects.all().delete()
    film.delete()


def test_it_counts_a_read_once_and_refuses_one_too_many(catalogue, settings):
    settings.THROTTLE_RATES = {"read": (3, 60)}
    client = Client(REMOTE_ADDR="192.0.2.77")
    answers = [client.get(url).status_code for url in (MOVIES, f"{MOVIES}999999999/", MOVIES, MOVIES)]
    assert answers == [200, 404, 200, 429]


def test_it_asks_the_database_once(catalogue, django_assert_num_queries):
    for url in (MOVIES, f"{MOVIES}?genre=Drama", f"{MOVIES}{catalogue[0].pk}/", RANKING, f"{RANKING}?genre=Drama"):
        with django_assert_num_queries(1):
            assert Client().get(url).status_code == 200


def test_it_goes_on_with_a_new_connection_when_the_old_one_has_died(transactional_db):
    make_movie("Heat")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    stranger = connection.copy()
    try:
        with stranger.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        stranger.close()
    assert Client().get(MOVIES).json()["results"][0]["title"] == "Heat"


def test_it_prepares_anew_what_the_server_has_forgotten(transactional_db):
    make_movie("Heat")
    assert Client().get(MOVIES).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert Client().get(MOVIES).json()["results"][0]["title"] == "Heat"
    connection.close()  # the next test, in a transaction of its own, could not prepare again what is forgotten


def test_it_prepares_anew_what_reads_other_columns_since_a_migration(transactional_db):
    all_of_it = Statement("SELECT * FROM hot_changes")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE hot_changes AS SELECT text 'a' AS name")
        try:
            assert all_of_it.rows() == [(b"a",)]
            cursor.execute("ALTER TABLE hot_changes ADD COLUMN more text DEFAULT 'b'")
            assert all_of_it.rows() == [(b"a", b"b")]
        finally:
            cursor.execute("DROP TABLE hot_changes")
