"""GET /api/v1/people/{person_id}/"""

import pytest

from movies import services
from movies.models import MergedPerson, Person
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db

URL = "/api/v1/people/"


def person(name):
    return Person.objects.get(name=name).pk


def test_it_shows_what_a_person_has_made(api, django_assert_num_queries):
    heat = make_movie("Heat", year=1995, genres=("Crime", "Drama"), directors=["Michael Mann"], actors=["Al Pacino"])
    ali = make_movie("Ali", year=2001, genres=("Drama",), directors=["Michael Mann"])
    both = make_movie("Mann Is There", year=1995, genres=("Crime", "Drama"), directors=["Michael Mann"], actors=["Michael Mann"])  # fmt: skip
    mann = person("Michael Mann")
    with django_assert_num_queries(1):
        answer = api.get(f"{URL}{mann}/").json()
    films = [
        {
            "id": movie.pk,
            "title": movie.title,
            "year": movie.year,
            "url": f"http://testserver/api/v1/movies/{movie.pk}/",
        }
        for movie in (ali, heat, both)
    ]
    genres = answer.pop("genres")
    assert answer == {
        "id": mann,
        "url": f"http://testserver{URL}{mann}/",
        "name": "Michael Mann",
        "movies": {"director": films, "actor": films[2:]},
    }
    assert [(genre["name"], genre["movies"]) for genre in genres] == [("Drama", 3), ("Crime", 2)]


def test_it_shows_somebody_without_a_film(api):
    services.remove_movie(movie_id=make_movie(actors=["Al Pacino"]).pk)
    answer = api.get(f"{URL}{person('Al Pacino')}/").json()
    assert (answer["movies"], answer["genres"]) == ({"director": [], "actor": []}, [])


def test_it_links_movies_with_their_people(api):
    movie = make_movie("Heat", directors=["Michael Mann"], actors=["Robert De Niro", "Al Pacino"])
    details = api.get(f"/api/v1/movies/{movie.pk}/").json()
    assert details["people"] == [
        {"id": person("Michael Mann"), "name": "Michael Mann", "role": "director"},
        {"id": person("Robert De Niro"), "name": "Robert De Niro", "role": "actor"},
        {"id": person("Al Pacino"), "name": "Al Pacino", "role": "actor"},
    ]
    assert (details["directors"], details["actors"]) == (["Michael Mann"], ["Robert De Niro", "Al Pacino"])
    assert api.get(f"/api/v1/movies/{make_movie().pk}/").json()["people"] == []


def test_it_leads_from_a_merged_person_to_the_one_who_stays(api):
    make_movie("Heat", actors=["Al Pacino", "Alfredo Pacino", "A. Pacino"])
    kept, first, second = map(person, ("Al Pacino", "Alfredo Pacino", "A. Pacino"))
    services.merge_people(kept_id=second, merged_id=first)
    services.merge_people(kept_id=kept, merged_id=second)
    for gone in (first, second):
        answer = api.get(f"{URL}{gone}/")
        assert (answer.status_code, answer.headers["Location"]) == (308, f"http://testserver{URL}{kept}/")
    assert api.get(f"{URL}{kept}/").json()["name"] == "Al Pacino"


def test_it_leads_nowhere_when_the_one_who_stayed_is_gone(api):
    movie = make_movie("Heat", actors=["Al Pacino", "Alfredo Pacino"])
    kept, merged = map(person, ("Al Pacino", "Alfredo Pacino"))
    services.merge_people(kept_id=kept, merged_id=merged)
    services.remove_movie(movie_id=movie.pk)
    services.remove_named(Person, [kept])
    assert [api.get(f"{URL}{gone}/").status_code for gone in (kept, merged)] == [404, 404]
    assert not MergedPerson.objects.exists()


@pytest.mark.parametrize("person_id", [10**6, 2**63 - 1, 2**63, 10**30])
def test_it_knows_no_other_people(api, person_id):
    answer = api.get(f"{URL}{person_id}/")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no person with this id.")


def test_it_refuses_a_parameter_it_does_not_know(api):
    make_movie(actors=["Al Pacino"])
    answer = api.get(f"{URL}{person('Al Pacino')}/?q=1")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "q")
