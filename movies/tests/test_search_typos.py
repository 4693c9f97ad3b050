import json

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from movies import services
from movies.models import SearchDocument, SearchWord
from movies.search import vocabulary
from movies.tests.factories import make_movie
from netflix.tests.plans import plan_of_query

pytestmark = pytest.mark.django_db

URL = "/api/v1/movies/"


def search(api, query, **filters):
    page = api.get(URL, {"q": query} | filters).json()
    return [row["title"] for row in page["results"]], page.get("did_you_mean")


@pytest.fixture
def movies():
    make_movie("The Matrix", year=1999, actors=["Keanu Reeves"], imdb_votes=900)
    make_movie(
        "Interstellar", year=2014, directors=["Christopher Nolan"], actors=["Matthew McConaughey"], imdb_votes=800
    )
    make_movie("Inception", year=2010, directors=["Christopher Nolan"], actors=["Leonardo DiCaprio"], imdb_votes=1000)
    make_movie("Avatar", year=2009, directors=["James Cameron"], imdb_votes=700)
    make_movie("Star Wars", year=1977, imdb_votes=600)
    make_movie("Spider-Man", year=2002, imdb_votes=500)
    make_movie("Heat", year=1995, description="A waitress sees a robbery.", imdb_votes=400)
    make_movie("Up", year=2009, imdb_votes=300)


@pytest.mark.parametrize(
    ("query", "title", "meant"),
    [
        ("matirx", "The Matrix", "matrix"),
        ("intersteller", "Interstellar", "interstellar"),
        ("INCEPTON", "Inception", "inception"),
        ("avatr", "Avatar", "avatar"),
        ("avattar", "Avatar", "avatar"),
        ("the matrics", "The Matrix", None),
        ("dicpario 2010", "Inception", "dicaprio 2010"),
        ("cristofer nolan 2014", "Interstellar", None),
        ("cristopher nolan 2014", "Interstellar", "christopher nolan 2014"),
        ("mcconaghey", "Interstellar", "mcconaughey"),
        ("starwars", "Star Wars", "star wars"),
        ("inter stellar", "Interstellar", "interstellar"),
        ("spidermna", "Spider-Man", "spiderman"),
        ("hest", "Heat", "heat"),
        ("hea", "Heat", "heat"),
        ("leonrado dicpario incepton", "Inception", "leonardo dicaprio inception"),
        ("cristopher nolam intersteller 2014", "Interstellar", "christopher nolan interstellar 2014"),
        ("nolan mtarix", None, None),
        ("upp", None, None),
        ("zzzzzzzz", None, None),
    ],
)
def test_it_finds_what_may_have_been_meant_and_says_so(movies, api, query, title, meant):
    titles, did_you_mean = search(api, query)
    if meant is None:
        assert (titles, did_you_mean) == ([], None)
    else:
        assert (titles[0], did_you_mean) == (title, meant)


@pytest.mark.parametrize("query", ["matrix", "heat", "reeves", "robbery", "waitresses", "2009", "up"])
def test_it_corrects_nothing_that_finds_something(movies, api, query):
    titles, did_you_mean = search(api, query)
    assert titles
    assert did_you_mean is None


def test_it_tries_another_word_that_is_known_when_all_are(movies, api):
    make_movie("Hear Me", imdb_votes=1)
    assert search(api, "hear 1995") == (["Heat"], "heat 1995")


def test_it_corrects_one_word_beside_another_that_only_a_description_has(movies, api):
    make_movie("Robbers")
    assert search(api, "haet robbery") == (["Heat"], "heat robbery")


def test_it_corrects_every_word_though_each_may_be_several(api):
    make_movie("Amber Silver Garden")
    for word in ("ambes", "silves", "gardes"):
        make_movie(word)
    assert search(api, "ambet silvet gardet") == (["Amber Silver Garden"], "amber silver garden")


def test_it_says_what_the_best_movie_matches(movies, api):
    make_movie("Heart", imdb_votes=1)
    titles, did_you_mean = search(api, "heaat")
    assert titles == ["Heat", "Heart"]
    assert search(api, did_you_mean) == (["Heat"], None)


def test_it_prefers_the_movies_that_more_people_know(movies, api):
    make_movie("The Matric", imdb_votes=1)
    assert search(api, "matrid") == (["The Matrix", "The Matric"], "matrix")


def test_it_looks_for_what_was_meant_among_what_filters_leave(movies, api):
    assert search(api, "nolam", year_min=2014) == (["Interstellar"], "nolan")
    assert search(api, "nolam", ordering="year") == (["Inception", "Interstellar"], "nolan")
    assert search(api, "heat", year_min=2014) == ([], None)


def test_it_goes_on_with_what_was_meant_on_the_next_page(movies, api, client):
    for browser in (api, client):
        page = browser.get(URL, {"q": "nolam", "page_size": 1}).json()
        following = browser.get(page["next"]).json()
        assert [row["title"] for row in page["results"] + following["results"]] == ["Inception", "Interstellar"]
        assert following["did_you_mean"] == "nolan"
        assert browser.get(following["previous"]).json()["results"] == page["results"]


def test_it_follows_what_the_catalogue_says(api):
    movie = make_movie("Casablanca", actors=["Ingrid Bergman"])
    assert search(api, "casablamca") == (["Casablanca"], "casablanca")
    services.change_movie(movie_id=movie.pk, title="Vertigo", actors=["Kim Novak"])
    assert search(api, "casablamca") == search(api, "bergmann") == ([], None)
    assert search(api, "vretigo") == search(api, "vertgio") == (["Vertigo"], "vertigo")
    services.rename_person(person_id=movie.credits.get().person_id, name="James Stewart")
    assert search(api, "stewatr") == (["Vertigo"], "stewart")
    services.remove_movie(movie_id=movie.pk)
    assert search(api, "vretigo") == ([], None)
    assert not SearchWord.objects.exists()


def test_it_counts_the_movies_of_a_word():
    first, second = make_movie("Night Train"), make_movie("Night Night", actors=["Train Day"])
    assert counts() == {"night": 2, "train": 2, "day": 1}
    services.change_movie(movie_id=second.pk, title="Day")
    assert counts() == {"night": 1, "train": 2, "day": 1}
    services.remove_movie(movie_id=first.pk)
    assert counts() == {"train": 1, "day": 1}


def counts():
    return dict(SearchWord.objects.values_list("word", "movies"))


def test_it_changes_no_count_when_movies_change_their_tier():
    movie = make_movie("Night Train")
    SearchDocument.objects.filter(pk=movie.pk).update(votes=7)
    assert counts() == {"night": 1, "train": 1}


_LETTERS = st.text("abcd", min_size=3, max_size=11)


@settings(max_examples=60)
@given(st.lists(_LETTERS, min_size=1, max_size=20, unique=True), _LETTERS)
def test_it_guesses_every_word_within_its_edits(words, asked):
    SearchWord.objects.all().delete()
    SearchWord.objects.bulk_create(SearchWord(word=word, movies=1) for word in words)

    def may_be(word):
        longer = max(len(word), len(asked))
        return 0 < OSA.distance(word, asked) <= (2 if longer >= 8 else 1 if longer >= 4 else 0)

    assert {guess.text for guess in vocabulary.similar_words([asked]).run()[asked]} == set(filter(may_be, words))


def test_it_looks_a_mistyped_word_up_in_the_index():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO movies_searchword SELECT md5(n::text), 1 FROM generate_series(1, 3000) AS n; ANALYZE movies_searchword"
        )
    plan = json.dumps(plan_of_query(vocabulary.similar_words(["c4ca4238a0b923820dcc509a6f75849x"])))
    assert "search_word_neighbours" in plan
    assert "Seq Scan" not in plan


def test_it_asks_a_constant_number_of_times(movies, api, django_assert_max_num_queries):
    with django_assert_max_num_queries(11):
        assert api.get(URL, {"q": "zzzzzzzz yyyyyyyy xxxxxxxx wwwwwwww"}).json()["results"] == []
    with django_assert_max_num_queries(11):
        assert api.get(URL, {"q": "christofer nolam"}).json()["results"]
