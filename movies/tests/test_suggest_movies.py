import pytest

from movies import services
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db

URL = "/api/v1/movies/suggest/"


def texts(api, typed):
    return [row["text"] for row in api.get(URL, {"q": typed}).json()["results"]]


@pytest.fixture
def movies():
    make_movie("The Matrix", year=1999, actors=["Keanu Reeves", "Carrie-Anne Moss"], imdb_votes=900)
    make_movie("Matilda", year=1996, imdb_votes=100)
    make_movie("Inception", year=2010, directors=["Christopher Nolan"], actors=["Leonardo DiCaprio"], imdb_votes=1000)
    make_movie("Am\u00e9lie", year=2001, actors=["Audrey Tautou"], imdb_votes=500)
    make_movie("Spider-Man", year=2002, actors=["Willem Dafoe"], imdb_votes=600)
    make_movie("Stories", year=2003, description="Nolan and the matrix.")


def test_it_says_what_each_is_and_where(movies, api):
    answer = api.get(URL, {"q": "ma"}).json()
    matrix, spider, matilda = answer["results"]
    assert list(answer) == ["results"]
    assert (matrix["kind"], matrix["text"], matrix["year"]) == ("title", "The Matrix", 1999)
    assert (spider["text"], matilda["text"]) == ("Spider-Man", "Matilda")
    assert api.get(matrix["link"]).json()["title"] == "The Matrix"
    (person,) = api.get(URL, {"q": "Nolan chris"}).json()["results"]
    assert (person["kind"], person["text"], person["year"]) == ("person", "Christopher Nolan", None)
    linked = api.get(person["link"]).json()
    assert (linked["id"], linked["name"]) == (person["id"], "Christopher Nolan")
    assert [movie["title"] for movie in linked["movies"]["director"]] == ["Inception"]


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("m", []),
        (" m ", []),
        ("the ma", ["The Matrix"]),
        ("MATR", ["The Matrix"]),
        ("ame", ["Am\u00e9lie"]),
        ("am\u00c9", ["Am\u00e9lie"]),
        ("spiderm", ["Spider-Man"]),
        ("spider m", ["Spider-Man"]),
        ("storie", ["Stories"]),
        ("stories", ["Stories"]),
        ("carriean", ["Carrie-Anne Moss"]),
        ("carrie an", ["Carrie-Anne Moss"]),
        ("reeves moss", []),
        ("dica", ["Leonardo DiCaprio"]),
        ("in", ["Inception"]),
        ("xyz", []),
        ("  ", []),
        ("", []),
        ("!?", []),
        ("&|!:*'\\%_", []),
        ("%", []),
        ("__", []),
    ],
)
def test_it_suggests_what_has_every_word_the_last_may_go_on(movies, api, typed, suggested):
    assert texts(api, typed) == suggested


@pytest.mark.parametrize(
    ("typed", "first", "meant"),
    [
        ("matirx", "The Matrix", "matrix"),
        ("dicpario", "Leonardo DiCaprio", "dicaprio"),
        ("tautuo", "Audrey Tautou", "tautou"),
    ],
)
def test_it_forgives_typos_and_says_so(movies, api, typed, first, meant):
    answer = api.get(URL, {"q": typed}).json()
    assert (answer["results"][0]["text"], answer["did_you_mean"]) == (first, meant)


def test_it_suggests_ten_at_most_and_of_both_kinds(api):
    for n in range(12):
        make_movie(f"Storm {n}", imdb_votes=n, actors=[f"Storm Person {n}"])
    found = api.get(URL, {"q": "storm"}).json()["results"]
    assert [row["kind"] for row in found] == ["title"] * 6 + ["person"] * 4
    assert found[0]["text"] == "Storm 11"
    assert found[6]["text"] == "Storm Person 11"


def test_it_follows_what_the_catalogue_says(api):
    movie = make_movie("Casablanca", actors=["Ingrid Bergman"])
    assert texts(api, "casa") + texts(api, "berg") == ["Casablanca", "Ingrid Bergman"]
    services.change_movie(movie_id=movie.pk, title="Vertigo")
    services.rename_person(person_id=movie.credits.get().person_id, name="Kim Novak")
    assert texts(api, "casa") == texts(api, "berg") == []
    assert texts(api, "vert") + texts(api, "nov") == ["Vertigo", "Kim Novak"]
    services.remove_movie(movie_id=movie.pk)
    assert texts(api, "vert") == texts(api, "nov") == []


QUERIES = [
    "q=ma",
    "q=matirx",
    "q=m",
    "q=",
    "",
    "q=%00",
    "q=ma&q=mb",
    "x=1",
    f"q={'x' * 201}",
    "q=ma&page_size=2",
    "q=%F0%9F%8E%AC%F0%9F%8E%AC",
]


def test_it_answers_the_same_on_both_paths(ways, movies):
    for query in QUERIES:
        fast, view = ways.both(f"{URL}?{query}")
        assert fast == (view if view.status == 200 else None), query


def test_it_asks_the_database_once(movies, api, django_assert_num_queries):
    api.get(URL, {"q": "ma"})
    with django_assert_num_queries(1):
        api.get(URL, {"q": "ma"})
    with django_assert_num_queries(1):
        api.get(URL, {"q": "in"})


@pytest.mark.parametrize("typed", ["x" * 201, None])
def test_it_says_what_is_wrong_with_what_was_typed(api, typed):
    answer = api.get(URL, {} if typed is None else {"q": typed})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["q"]
