"""GET ranking/"""

import math
from datetime import datetime, timedelta
from itertools import product

import pytest
from django.utils import timezone

from movies.models import Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from ranking import services
from ranking.models import Like

pytestmark = pytest.mark.django_db
URL = "/api/v1/ranking/"


@pytest.fixture
def likes():
    """A function that stores likes of a film, by different people, from some hours ago."""
    people = iter(User.objects.bulk_create(User(username=f"fan {n}") for n in range(300)))

    def like(movie, *hours_ago):
        now = timezone.now()
        Like.objects.bulk_create(
            Like(user=next(people), movie=movie, created_at=now - timedelta(hours=hours)) for hours in hours_ago
        )
        services.recompute([movie.pk])

    return like


def walk(api, query):
    rows, address = [], f"{URL}?{query}"
    while address:
        page = api.get(address).json()
        rows += page["results"]
        address = page["next"]
    return rows


def test_it_ranks_by_likes_then_by_weighted_rating_then_by_id(api, likes):
    movies = [make_movie(imdb_rating=rating, imdb_votes=1000) for rating in (5.0, 8.0, 8.0, 9.0, 7.0)]
    services.rebuild()
    likes(movies[0], 1, 2)
    likes(movies[4], 1)
    rows = walk(api, "by=likes&page_size=2")
    assert [row["id"] for row in rows] == [movies[n].pk for n in (0, 4, 3, 1, 2)]
    assert [(row["rank"], row["score"]) for row in rows] == [(1, 2), (2, 1), (3, 0), (4, 0), (5, 0)]


def test_it_shows_the_summary_of_each_movie(api, likes):
    movie = make_movie("Heat", year=1995, genres=("Drama", "Crime"), imdb_rating=8.3, imdb_votes=10)
    likes(movie, 1)
    assert api.get(URL).json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "rank": 1,
                "score": 1,
                "id": movie.pk,
                "url": f"http://testserver/api/v1/movies/{movie.pk}/",
                "title": "Heat",
                "year": 1995,
                "genres": ["Crime", "Drama"],
                "runtime_minutes": None,
                "certificate": None,
                "imdb_rating": 8.3,
                "likes": 1,
                "poster": None,
            }
        ],
    }


def test_it_ignores_case_in_the_name_of_a_genre(api, likes):
    crime, both = make_movie(genres=("Crime",)), make_movie(genres=("Crime", "Drama"))
    likes(both, 1)
    likes(make_movie(genres=("Drama",)), 1, 2)
    assert [row["id"] for row in walk(api, "genre=crime")] == [both.pk, crime.pk]


def test_it_ranks_the_movies_that_have_each_of_several_genres(api, likes):
    both, all_three = make_movie(genres=("Crime", "Drama")), make_movie(genres=("Crime", "Drama", "War"))
    for genres in (("Crime",), ("Drama",), ("War",)):
        likes(make_movie(genres=genres), 1, 2, 3)
    likes(all_three, 1)
    rows = walk(api, "genre=crime&genre=Drama&genre=CRIME&genre=&page_size=1")
    assert [(row["rank"], row["id"]) for row in rows] == [(1, all_three.pk), (2, both.pk)]
    assert [row["id"] for row in walk(api, "genre=War&genre=Drama")] == [all_three.pk]


def test_it_refuses_each_unknown_genre_and_too_many(api):
    make_movie(genres=("Crime",))
    answer = api.get(f"{URL}?genre=Crime&genre=Nope")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["genre"])
    answer = api.get(f"{URL}?{'&'.join(f'genre=Crime{n}' for n in range(9))}")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["genre"])


def test_it_ranks_by_the_bayesian_rating(api):
    few, many, none = (
        make_movie(imdb_rating=9.9, imdb_votes=10),
        make_movie(imdb_rating=9.0, imdb_votes=100_000),
        make_movie(),
    )
    for _ in range(20):
        make_movie(imdb_rating=5.0, imdb_votes=1000, genres=("Crime",))
    services.rebuild()
    rows = walk(api, "by=rating&genre=drama&explain=1")
    assert [row["id"] for row in rows] == [many.pk, few.pk, none.pk]
    assert rows[0]["explain"]["mean_rating"] == pytest.approx((9.9 + 9.0 + 20 * 5.0) / 22)
    assert rows[0]["explain"]["minimum_votes"] == 1000


def test_it_ranks_recent_likes_before_many_old_ones(api, likes):
    old, new = make_movie(), make_movie()
    likes(old, *[24 * 30] * 10)
    likes(new, 1)
    assert [row["id"] for row in walk(api, "by=trending")] == [new.pk, old.pk]
    assert [row["id"] for row in walk(api, "by=trending&window=month")] == [old.pk, new.pk]


def test_it_halves_every_like_in_three_days(api, likes):
    likes(make_movie(), 0, 72, 144)
    (row,) = walk(api, "by=trending")
    assert row["score"] == pytest.approx(1 + 1 / 2 + 1 / 4, rel=1e-4)
    (row,) = walk(api, "by=trending&window=day")
    assert row["score"] == pytest.approx(1 + 2**-6 + 2**-12, rel=1e-3)


def test_it_explains_every_score_so_that_anyone_can_compute_it(api, likes):
    movies = [
        make_movie(genres=("Drama", f"Genre {n % 3}"), imdb_rating=n / 3 if n % 4 else None, imdb_votes=n * n or None)
        for n in range(30)
    ]
    for n, movie in enumerate(movies):
        likes(movie, *(hours * 7.3 for hours in range(n % 5)))
    services.rebuild()
    rated = [float(movie.imdb_rating) for movie in Movie.objects.exclude(imdb_rating=None).exclude(imdb_votes=None)]
    for by, genre in product(("likes", "rating", "trending"), ("", "Drama")):
        rows = walk(api, f"by={by}&genre={genre}&explain=1&page_size=7")
        keys = [key_of_explained(row, by, mean_rating=sum(rated) / len(rated)) for row in rows]
        assert keys == sorted(keys)
        assert [row["rank"] for row in rows] == list(range(1, 31))


def key_of_explained(row, by, *, mean_rating):
    """Compute a row's score from its explanation, compare it, and return what the row is ordered by."""
    why = row["explain"]
    assert why["mean_rating"] == pytest.approx(mean_rating, abs=1e-9)
    v, m, c = why["imdb_votes"] or 0, why["minimum_votes"], why["mean_rating"]
    r = why["imdb_rating"]
    weighted = v / (v + m) * r + m / (v + m) * c if r is not None else c
    assert why["weighted_rating"] == pytest.approx(weighted, abs=1e-9)
    score = {"likes": row["likes"], "rating": weighted}.get(by)
    if by == "trending":
        at = datetime.fromisoformat(why["at"])
        liked_at = Like.objects.filter(movie=row["id"]).values_list("created_at", flat=True)
        score = math.fsum(2 ** (-(at - liked).total_seconds() / 3600 / why["half_life_hours"]) for liked in liked_at)
        if row["likes"]:
            assert 2 ** (why["log2_sum"] - why["half_lives_since_landmark"]) == pytest.approx(score, abs=1e-9)
    assert row["score"] == pytest.approx(score, abs=1e-9)
    return -row["score"], -weighted, row["id"]


def test_it_numbers_ranks_on_previous_pages(api):
    for n in range(7):
        make_movie(imdb_rating=n, imdb_votes=10)
    services.rebuild()
    first = api.get(f"{URL}?by=rating&page_size=3").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    assert [row["rank"] for row in third["results"]] == [7]
    assert third["next"] is None
    assert api.get(third["previous"]).json()["results"] == second["results"]
    assert api.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize("count", [1, 2, 26])
def test_it_takes_at_most_three_queries(api, count, django_assert_max_num_queries):
    for _ in range(count):
        make_movie()
    for query in ("", "genre=Drama", "by=trending&genre=Drama&explain=1", "by=rating&explain=1"):
        with django_assert_max_num_queries(3):  # the version, the genre, the page
            assert api.get(f"{URL}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "field", "allowed"),
    [
        ("genre=Nope", "genre", "Drama"),
        ("by=votes", "by", "likes, trending, rating"),
        ("by=trending&window=year", "window", "day, week, month"),
        ("window=day", "window", "by=trending"),
        ("explain=perhaps", "explain", "boolean"),
        ("cursor=made-up", "cursor", "Start again"),
        ("page_size=0", "page_size", "from 1 up"),
    ],
)
def test_it_refuses_unknown_parameters_and_names_the_allowed(api, query, field, allowed):
    make_movie()
    answer = api.get(f"{URL}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert allowed in error["detail"]


def test_it_refuses_the_cursor_of_another_ranking(api):
    for _ in range(3):
        make_movie()
    cursor = api.get(f"{URL}?page_size=1").json()["next"]
    assert api.get(cursor + "&by=rating").status_code == 400


def test_it_may_be_cached_for_30_seconds(api):
    for _ in range(50):  # another test may write beside this one, and what it writes may be a ranking
        answer = api.get(URL)
        again = api.get(URL, headers={"If-None-Match": answer.headers["ETag"]})
        if again.status_code == 304:
            break
    assert answer.headers["Cache-Control"] == "public, max-age=30"
    assert again.status_code == 304


@pytest.mark.parametrize("by", ["trending", "%74rending"])
def test_it_returns_the_time_of_a_trend_in_steps_of_30_seconds(api, likes, monkeypatch, by):
    likes(make_movie(), 5)
    monkeypatch.setattr("time.time", lambda: 1_800_000_005.5)
    first = api.get(f"{URL}?by={by}&explain=1")
    assert first.json()["at"] == first.json()["results"][0]["explain"]["at"] == "2027-01-15T08:00:00Z"
    monkeypatch.setattr("time.time", lambda: 1_800_000_029.9)
    same = {"If-None-Match": first.headers["ETag"]}
    assert api.get(f"{URL}?by={by}&explain=1", headers=same).status_code == 304
    monkeypatch.setattr("time.time", lambda: 1_800_000_030.0)
    assert api.get(f"{URL}?by={by}&explain=1", headers=same).json()["at"] == "2027-01-15T08:00:30Z"
    assert "at" not in api.get(URL).json()
