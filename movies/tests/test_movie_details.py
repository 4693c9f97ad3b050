from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from movies import merging, services
from movies.models import ExternalId, LikeCount, Movie, Person, SourceRow
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db


def test_it_shows_everything_about_a_movie(api):
    movie = make_movie(
        "Heat",
        year=1995,
        genres=("Drama", "Crime"),
        runtime_minutes=170,
        certificate="R",
        imdb_rating=Decimal("8.3"),
        imdb_votes=700_000,
        revenue_usd=187_436_818,
        metascore=76,
        original_title="Heat",
        original_language="en",
        countries=["United States"],
        poster="https://example.com/heat.jpg",
        release_date=date(1995, 12, 15),
        description="A detective hunts a crew of thieves.",
        directors=["Michael Mann"],
        actors=["Robert De Niro", "Al Pacino", "Val Kilmer"],
    )
    LikeCount.objects.filter(movie=movie).update(likes=3)
    assert api.get(f"/api/v1/movies/{movie.pk}/").json() == {
        "id": movie.pk,
        "url": f"http://testserver/api/v1/movies/{movie.pk}/",
        "title": "Heat",
        "year": 1995,
        "genres": ["Crime", "Drama"],
        "runtime_minutes": 170,
        "certificate": "R",
        "imdb_rating": 8.3,
        "likes": 3,
        "description": "A detective hunts a crew of thieves.",
        "directors": ["Michael Mann"],
        "actors": ["Robert De Niro", "Al Pacino", "Val Kilmer"],
        "imdb_votes": 700_000,
        "revenue_usd": 187_436_818,
        "metascore": 76,
        "original_title": "Heat",
        "original_language": "en",
        "countries": ["United States"],
        "poster": "https://example.com/heat.jpg",
        "poster_small": None,
        "poster_color": None,
        "release_date": "1995-12-15",
        "source": "staff",
        "source_id": None,
        "people": [
            {"id": Person.objects.get(name=name).pk, "name": name, "role": role}
            for name, role in (
                ("Michael Mann", "director"),
                ("Robert De Niro", "actor"),
                ("Al Pacino", "actor"),
                ("Val Kilmer", "actor"),
            )
        ],
    }


def test_it_has_no_source_id_while_another_movie_has_its_name(api):
    kept, merged = make_movie("Hot", year=1995), make_movie("Heat", year=1995, directors=["Michael Mann"])
    merging.merge_movies(kept_id=kept.pk, merged_id=merged.pk)
    services.change_movie(movie_id=kept.pk, title="Heat")
    with transaction.atomic():
        assert merging.split(merged.pk)
    merging.free_names()
    assert Movie.objects.exclude(source_id="").exists()
    assert api.get(f"/api/v1/movies/{merged.pk}/").json()["source_id"] is None


def test_it_tells_an_absent_revenue_from_one_of_nothing(api):
    absent, nothing = make_movie(), make_movie(revenue_usd=0)
    assert api.get(f"/api/v1/movies/{absent.pk}/").json()["revenue_usd"] is None
    assert api.get(f"/api/v1/movies/{nothing.pk}/").json()["revenue_usd"] == 0


def test_it_says_where_each_fact_comes_from_if_asked(api, django_assert_num_queries):
    movie = make_movie("Heat", year=1995, metascore=76)
    Movie.objects.update(edited=[])
    SourceRow.objects.create(source="imdb", key="imdb:tt0113277", movie=movie, gives=["title", "year"])
    SourceRow.objects.create(source="movielens", key="movielens:6", movie=movie, gives=["genres"])
    ExternalId.objects.create(name="movielens:6", movie=movie)
    ExternalId.objects.create(name="imdb:tt0113277", movie=movie)
    services.change_movie(movie_id=movie.pk, metascore=77)
    with django_assert_num_queries(1):
        details = api.get(f"/api/v1/movies/{movie.pk}/?sources=1").json()
    assert details.pop("sources") == {"genres": "movielens", "metascore": "staff", "title": "imdb", "year": "imdb"}
    assert details.pop("ids") == ["imdb:tt0113277", "movielens:6"]
    assert (
        details
        == api.get(f"/api/v1/movies/{movie.pk}/").json()
        == api.get(f"/api/v1/movies/{movie.pk}/?sources=0").json()
    )


def test_it_refuses_a_parameter_it_does_not_know(api):
    movie = make_movie()
    assert api.get(f"/api/v1/movies/{movie.pk}/?sources=perhaps").status_code == 400
    answer = api.get(f"/api/v1/movies/{movie.pk}/?source=1")
    assert answer.status_code == 400
    assert "Known: sources" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("pk", ["1", "0", str(10**30), "9" * 5000])
def test_it_answers_404_for_a_movie_that_is_not_there(api, pk):
    answer = api.get(f"/api/v1/movies/{pk}/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("people", [1, 30])
def test_it_takes_one_query_whatever_the_size_of_the_cast(api, people, django_assert_num_queries):
    movie = make_movie(actors=[f"Actor {n}" for n in range(people)], genres=("Drama", "Crime", "War"))
    with django_assert_num_queries(1):
        assert len(api.get(f"/api/v1/movies/{movie.pk}/").json()["actors"]) == people


def test_it_takes_two_more_for_what_the_movie_is_to_a_viewer(viewer_api, django_assert_num_queries):
    movie = make_movie()
    with django_assert_num_queries(3):
        details = viewer_api.get(f"/api/v1/movies/{movie.pk}/").json()
    assert (details["liked"], details["reminder"], details["watched"]) == (False, None, None)


def test_it_keeps_what_a_logged_in_reader_sees_out_of_shared_caches(api, viewer_api):
    movie = make_movie()
    assert api.get(f"/api/v1/movies/{movie.pk}/").headers["Cache-Control"] == "public, max-age=30"
    assert "private" in viewer_api.get(f"/api/v1/movies/{movie.pk}/").headers["Cache-Control"]
