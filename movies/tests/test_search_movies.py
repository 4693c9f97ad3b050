import pytest

from movies import services
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db


def titles(api, query):
    return [row["title"] for row in api.get("/api/v1/movies/", {"q": query}).json()["results"]]


def test_it_ranks_title_before_people_before_description(api):
    make_movie("Third", description="A heat wave in the city.")
    make_movie("Second", actors=["Robert Heat"])
    make_movie("Heat Rising")
    assert titles(api, "heat") == ["Heat Rising", "Second", "Third"]


def test_it_puts_a_movie_of_that_very_title_first(api):
    make_movie("The Host of Hosts", description="A host, a host, a host.", imdb_votes=9)
    make_movie("The Host", year=2013)
    assert titles(api, "the host")[0] == "The Host"


def test_it_prefers_the_movie_with_more_votes_among_equals(api):
    make_movie("The Host", year=2013, imdb_votes=10)
    make_movie("The Host", year=2006, imdb_votes=20)
    years = [row["year"] for row in api.get("/api/v1/movies/", {"q": "host"}).json()["results"]]
    assert years == [2006, 2013]


@pytest.mark.parametrize(
    "query",
    [
        "amelie",
        "AMÉLIE",
        "Amélie!",
        "jeunet amelie",
        "tautou",
        "waitresses",
        "waitress paris",
        "  amelie  ",
        "amelie & paris",
    ],
)
def test_it_finds_by_every_word_whatever_accents_case_and_endings(api, query):
    make_movie(
        "Amélie",
        directors=["Jean-Pierre Jeunet"],
        actors=["Audrey Tautou"],
        description="A waitress in Paris helps others.",
    )
    make_movie("Paris")
    assert "Amélie" in titles(api, query)


@pytest.mark.parametrize("query", ["amelie batman", "!!!", "xyzzy", "'", "\\", "%", "a' OR 1=1 --", "&|!():*<->", "🎬"])
def test_it_answers_an_empty_list_when_a_word_is_nowhere(api, query):
    make_movie("Amélie")
    assert titles(api, query) == []


@pytest.mark.parametrize(
    "title", ["Her", "It", "We Are", "...", "9", "Lønneberga", "千と千尋の神隠し", "Ocean's Eleven"]
)
def test_it_finds_a_movie_by_its_whole_title_whatever_it_is_made_of(api, title):
    make_movie(title)
    assert titles(api, title) == [title]


def test_it_follows_a_changed_movie(api):
    movie = make_movie("Before", actors=["Old Name"])
    services.change_movie(movie_id=movie.pk, title="After", actors=["New Face"])
    assert titles(api, "before") == titles(api, "old") == []
    assert titles(api, "after") == titles(api, "face") == ["After"]


def test_it_follows_a_renamed_person(api):
    movie = make_movie("Film", actors=["Elliot Grand"])
    services.rename_person(person_id=movie.credits.get().person_id, name="Eliot Petit")
    assert titles(api, "grand") == []
    assert titles(api, "eliot petit") == ["Film"]
