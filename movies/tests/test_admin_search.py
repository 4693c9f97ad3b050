"""Search in the lists of the admin: by relevance, and with typos."""

import pytest
from django.urls import reverse

from movies.models import Person
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db


def listed(site, model, query, **more):
    answer = site.get(reverse(f"admin:movies_{model}_changelist"), {"q": query} | more)
    assert answer.status_code == 200
    return [str(row) for row in answer.context["cl"].result_list], answer.content.decode()


@pytest.fixture
def movies():
    make_movie("Aha: A Matrix", year=2001, imdb_votes=900)
    make_movie("The Matrix", year=1999, imdb_votes=100, actors=["Keanu Reeves"])
    make_movie("Matrix Revolutions", year=2003, imdb_votes=50, actors=["Keanu Reeves"])
    make_movie("Zebra", year=2004, imdb_votes=999, description="Out of the matrix.")


def test_it_lists_movies_by_relevance_unless_another_order_is_chosen(site, movies):
    by_relevance = ["The Matrix (1999)", "Matrix Revolutions (2003)", "Aha: A Matrix (2001)", "Zebra (2004)"]
    titles, page = listed(site, "movie", "matrix")
    assert titles == by_relevance
    assert "Nothing matches" not in page
    assert listed(site, "movie", "matrix", o="-2")[0] == [by_relevance[place] for place in (3, 1, 2, 0)]
    assert listed(site, "movie", "matrix", year="2003")[0] == ["Matrix Revolutions (2003)"]


def test_it_says_what_a_mistyped_title_was_taken_for(site, movies):
    titles, page = listed(site, "movie", "matirx")
    assert titles[0] == "The Matrix (1999)"
    assert "Nothing matches “matirx”" in page
    assert '<a href="?q=matrix">matrix</a>' in page
    assert listed(site, "movie", "xyzzy")[0] == []


@pytest.fixture
def people():
    make_movie("Heat", actors=["Al Pacino", "Pacino Al", "Ålpacinø Smith", "Keanu Reeves", "Ann O'Reeves"])
    Person.objects.create(name="Nobody Pacino", name_key="nobody pacino")


@pytest.mark.parametrize(
    ("query", "names", "meant"),
    [
        ("pacino", ["Pacino Al", "Al Pacino", "Nobody Pacino", "Ålpacinø Smith"], None),
        ("al pacino", ["Al Pacino", "Ålpacinø Smith", "Pacino Al"], None),
        ("PÁCINO SMI", ["Ålpacinø Smith"], None),
        ("reev", ["Keanu Reeves", "Ann O'Reeves"], None),
        ("pacnio", ["Pacino Al", "Al Pacino", "Nobody Pacino", "Ålpacinø Smith"], "pacino"),
        ("kaenu revees", ["Keanu Reeves"], "keanu reeves"),
        ("nobdoy pacnio", [], None),
        ("xyzzy", [], None),
        ("...", [], None),
        ("%", [], None),
        ("a b c d e f g h i j", [], None),
    ],
)
def test_it_lists_people_by_relevance_and_forgives_typos(site, people, query, names, meant):
    found, page = listed(site, "person", query)
    assert found == names
    assert ("Nothing matches" in page) == (meant is not None)
    assert meant is None or f'">{meant}</a>' in page


def test_it_orders_people_as_chosen(site, people):
    assert listed(site, "person", "reeves")[0] == ["Keanu Reeves", "Ann O'Reeves"]
    assert listed(site, "person", "reeves", o="1")[0] == ["Ann O'Reeves", "Keanu Reeves"]


def test_it_offers_people_with_typos_for_a_credit(site, people):
    asked = {"app_label": "movies", "model_name": "credit", "field_name": "person", "term": "raeves keanu"}
    answer = site.get(reverse("admin:autocomplete"), asked).json()
    assert [row["text"] for row in answer["results"]] == ["Keanu Reeves"]


@pytest.mark.parametrize(("model", "query"), [("movie", "matirx"), ("person", "raeves")])
def test_it_searches_in_a_bounded_number_of_queries(site, movies, model, query, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        listed(site, model, query)
