"""GET /api/v1/people/"""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from movies import services
from movies.folding import fold
from movies.models import Person, PersonName
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db

URL = "/api/v1/people/"


def people(api, q="", **more):
    return [row["name"] for row in api.get(URL, {"q": q, **more}).json()["results"]]


@pytest.fixture
def catalogue():
    actors = ["Al Pacino", "Pénelope Cruz", "Samuel L. Jackson", "Scarlett Johansson", "John Johnson", "Elton John"]
    make_movie(
        "Everybody", directors=["John Ford"], actors=[*actors, "Joan Smith-John", "Duran Duran", "Jo Ann Lee", "Cher"]
    )


def test_it_lists_everybody_by_name(api, catalogue, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = api.get(URL).json()
    assert [row["name"] for row in answer["results"]] == sorted(Person.objects.values_list("name", flat=True), key=fold)
    first = answer["results"][0]
    assert first == {
        "id": Person.objects.get(name="Al Pacino").pk,
        "url": f"http://testserver{URL}{first['id']}/",
        "name": "Al Pacino",
    }
    assert api.get(first["url"]).json()["name"] == "Al Pacino"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pacino", ["Al Pacino"]),
        ("PACINO al", ["Al Pacino"]),
        ("pac", ["Al Pacino"]),
        ("al pac", ["Al Pacino"]),
        ("penelope", ["Pénelope Cruz"]),
        ("Cruz PÉNÉ", ["Pénelope Cruz"]),
        ("samuel jackson", ["Samuel L. Jackson"]),
        ("jackson samuel", ["Samuel L. Jackson"]),
        ("l jackson", ["Samuel L. Jackson"]),
        ("john", ["Elton John", "John Ford", "John Johnson", "Joan Smith-John"]),
        ("jo ann", ["Jo Ann Lee"]),
        ("ann jo", ["Jo Ann Lee"]),
        ("duran", ["Duran Duran"]),
        ("duran duran", ["Duran Duran"]),
        ("smith john", ["Joan Smith-John"]),
        ("johnson john", ["John Johnson"]),
        ("cher che", ["Cher"]),
        ("cher cher", ["Cher"]),
        ("jo ann lee jo", ["Jo Ann Lee"]),
        ("ino", []),
        (" ", []),
        ("%", []),
        ("_l", ["Jo Ann Lee", "Samuel L. Jackson"]),
        ("\\", []),
        ("xyzzyxyzzy", []),
    ],
)
def test_it_finds_people_by_the_beginnings_of_words(api, catalogue, typed, found):
    assert sorted(people(api, typed)) == sorted(found)


@pytest.mark.parametrize(
    ("typed", "meant", "found"),
    [
        ("pacion", "pacino", ["Al Pacino"]),
        ("al pacion", "al pacino", ["Al Pacino"]),
        ("scarlet johanson", "scarlett johansson", ["Scarlett Johansson"]),
        ("alpacino", "al pacino", ["Al Pacino"]),
    ],
)
def test_it_corrects_what_is_in_no_name(api, catalogue, typed, meant, found):
    answer = api.get(URL, {"q": typed}).json()
    assert ([row["name"] for row in answer["results"]], answer["did_you_mean"]) == (found, meant)


def test_it_begins_with_those_who_have_the_words_together(api):
    make_movie(
        actors=["Adam John Smith", "John Smith", "John Q. Smith", "Smith John", "John Smithson", "Aaron Smith John"]
    )
    assert people(api, "john smith") == [
        "John Smith", "Smith John", "Adam John Smith", "John Smithson", "Aaron Smith John", "John Q. Smith",
    ]  # fmt: skip


@pytest.mark.parametrize("typed", ["", "jo", "john", "smith jo", "pacion jo"])
def test_it_shows_each_once_on_pages_there_and_back(ways, transactional_db, typed):
    names = [f"{first} {last}" for first in ("John", "Joan", "Jo Smith") for last in ("Smith", "John", "Lee", "Joyce")]
    make_movie(actors=[*names, "Pacino Jo", "Al Pacino Jones"])
    url, pages = f"{URL}?page_size=2&q={typed.replace(' ', '+')}", []
    whole = [row["name"] for row in ways.same(f"{URL}?q={typed.replace(' ', '+')}").json()["results"]]
    while url:
        answer = ways.same(url).json()
        pages.append([row["name"] for row in answer["results"]])
        last, url = url, answer["next"] and answer["next"].removeprefix("http://testserver")
    assert len(set(whole)) == len(whole)
    assert [name for page in pages for name in page] == whole
    back, url = [pages[-1]], ways.same(last).json()["previous"]
    while url:
        answer = ways.same(url.removeprefix("http://testserver")).json()
        back.append([row["name"] for row in answer["results"]])
        url = answer["previous"]
    assert back[::-1] == pages


def test_it_follows_names_whoever_changes_them(api):
    make_movie(actors=["Al Pacino", "Alfredo Pacino", "Val Kilmer"])
    pk = {person.name: person.pk for person in Person.objects.all()}
    services.rename_person(person_id=pk["Val Kilmer"], name="Val Edward Kilmer")
    services.merge_people(kept_id=pk["Al Pacino"], merged_id=pk["Alfredo Pacino"])
    Person.objects.filter(name="Al Pacino").update(name="AL PACINO")
    assert (people(api, "edward"), people(api, "alfredo"), people(api, "pacino")) == (
        ["Val Edward Kilmer"], [], ["AL PACINO"],
    )  # fmt: skip
    assert_names_are_right()


def assert_names_are_right():
    words = {key: key.split() for key in Person.objects.values_list("name_key", flat=True)}
    expected = {
        (" ".join(each[place:] + each[:place]), key) for key, each in words.items() for place in range(len(each))
    }
    assert set(PersonName.objects.values_list("rotation", "person__name_key")) == expected


NAMES = st.lists(st.text("ab %_\\é日", min_size=1, max_size=6).filter(fold), min_size=1, max_size=6)


@limits(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, typed=st.text("ab %_\\é日", max_size=5))
def test_it_finds_exactly_the_names_with_all_words(api, names, typed):
    Person.objects.all().delete()
    folded = {fold(name): name for name in names}
    Person.objects.bulk_create(Person(name=name, name_key=key) for key, name in folded.items())
    assert_names_are_right()
    words = fold(typed).split()
    found = people(api, typed, page_size=100) if typed else []
    expected = [name for key, name in folded.items() if words and all(f" {key}".count(f" {word}") for word in words)]
    assert sorted(found) == sorted(expected)


def test_it_pins_its_queries(api, catalogue, django_assert_num_queries):
    for typed, queries in (("pacino", 1), ("xyzzyxyzzy", 3), ("pacion", 4)):
        with django_assert_num_queries(queries):
            people(api, typed)


@pytest.mark.parametrize("query", ["name=x", "q=%00", f"q={'x' * 201}", "cursor=made-up", "page_size=0"])
def test_it_refuses_what_it_does_not_know(api, query):
    assert api.get(f"{URL}?{query}").status_code == 400
