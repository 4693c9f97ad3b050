"""Scripts without spaces, accents and HTML: which film comes first for a query."""

import pytest
from django.urls import reverse

from movies.folding import accented
from movies.search.scripts import words_or_bigrams
from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db

URL = "/api/v1/movies/"


def search(api, query):
    return [row["title"] for row in api.get(URL, {"q": query}).json()["results"]]


def suggest(api, typed):
    return [row["text"] for row in api.get(reverse("movie-suggest"), {"q": typed}).json()["results"]]


@pytest.fixture
def movies():
    make_movie("千と千尋の神隠し", actors=["宮崎 駿", "宮崎吾朗"], description="不思議な町に迷い込む。", imdb_votes=9)
    make_movie("기생충", directors=["봉준호"], imdb_votes=8)
    make_movie("機動戦士ガンダム2", imdb_votes=7)
    make_movie("カンフー", imdb_votes=6)
    make_movie("องค์บาก", imdb_votes=5)
    make_movie("مصطفى", imdb_votes=4)
    make_movie("فيلم على", imdb_votes=3)
    make_movie("Law & Order", imdb_votes=2)
    make_movie("AT&T", imdb_votes=1)


FOUND = [
    ("千尋", ["千と千尋の神隠し"]),
    ("神隠し", ["千と千尋の神隠し"]),
    ("千と千尋", ["千と千尋の神隠し"]),
    ("千と千尋の神隠し", ["千と千尋の神隠し"]),
    ("神隠し 千尋", ["千と千尋の神隠し"]),
    ("宮崎", ["千と千尋の神隠し"]),
    ("吾朗", ["千と千尋の神隠し"]),
    ("不思議", ["千と千尋の神隠し"]),
    ("尋千", []),
    ("기생", ["기생충"]),
    ("생충", ["기생충"]),
    ("준호", ["기생충"]),
    ("ガン", ["機動戦士ガンダム2"]),
    ("カン", ["カンフー"]),
    ("ガンダム 2", ["機動戦士ガンダム2"]),
    ("戦士ガンダム2", ["機動戦士ガンダム2"]),
    ("บาก", ["องค์บาก"]),
    ("องค์", ["องค์บาก"]),
    ("مصطفي", ["مصطفى"]),
    ("مصطفى", ["مصطفى"]),
    ("مصـــطفى", ["مصطفى"]),
    ("فيلم علي", ["فيلم على"]),
    ("law &amp; order", ["Law & Order"]),
    ("law &#38; order", ["Law & Order"]),
    ("AT&amp;T", ["AT&T"]),
    ("AT&T", ["AT&T"]),
]


def test_it_finds_a_movie_by_what_people_write_in_their_script(movies, api):
    assert [(query, search(api, query)) for query, _ in FOUND] == FOUND


SUGGESTED = [
    ("千尋", ["千と千尋の神隠し"]),
    ("千と", ["千と千尋の神隠し"]),
    ("神隠し", ["千と千尋の神隠し"]),
    ("宮崎", ["宮崎 駿", "宮崎吾朗"]),
    ("吾朗", ["宮崎吾朗"]),
    ("吾朗 宮崎", ["宮崎吾朗"]),
    ("기생", ["기생충"]),
    ("생충", ["기생충"]),
    ("준호", ["봉준호"]),
    ("ガン", ["機動戦士ガンダム2"]),
    ("บาก", ["องค์บาก"]),
    ("law &amp; ord", ["Law & Order"]),
]


def test_it_suggests_a_movie_by_what_people_write_in_their_script(movies, api):
    assert [(typed, suggest(api, typed)) for typed, _ in SUGGESTED] == SUGGESTED


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("heat", ["heat"]),
        ("千", ["千"]),
        ("千尋", ["千尋"]),
        ("神隠し", ["神隠", "隠し"]),
        ("ガンダム2", ["ガン", "ンダ", "ダム", "2"]),
        ("東京x", ["東京", "x"]),
        ("กิน", ["กิน"]),
        ("שלום", ["שלום"]),
    ],
)
def test_it_takes_two_characters_for_a_word_where_no_spaces_are_written(word, found):
    assert words_or_bigrams(word) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Jönssonligan & Dynamit-Harry", {"jönssonligan"}),
        ("AMÉLIE", {"amélie"}),
        ("Ame\u0301lie", {"amélie"}),
        ("Søren", {"søren"}),
        ("L'été", {"lété"}),
        ("Heat", set()),
        ("ガン", set()),
        ("기생충", set()),
        ("8½", set()),
        ("I ❤️ NY", set()),
    ],
)
def test_it_knows_which_words_have_accents(text, found):
    assert accented(text) == found


@pytest.fixture
def namesakes():
    """Those with accents have the fewest votes."""
    for n in range(12):
        make_movie(f"Jonas {n}", imdb_votes=100 + n, actors=[f"Jon Johnson {n}"])
    titles = [
        "Jönssonligan", "Jön", "Amélie", "Amélie Returns", "The Return of Amélie", "Amelie", "Amelie Returns",
        "The Return of Amelie", "Jon", "Akerman",
    ]  # fmt: skip
    for votes, title in enumerate(titles):
        make_movie(title, imdb_votes=votes, year=2000 + votes)
    make_movie("Kitchen", imdb_votes=20, actors=["Chantal Akerman"])
    make_movie("Garden", imdb_votes=6, actors=["Malin Åkerman", "Björn Jönsson"])


AS_WRITTEN = [
    ("jön", ["Jön", "Jon"]),
    ("jon", ["Jon", "Jön"]),
    (
        "amélie",
        ["Amélie", "Amelie", "Amélie Returns", "Amelie Returns", "The Return of Amélie", "The Return of Amelie"],
    ),
    ("AME\u0301LIE returns", ["Amélie Returns", "Amelie Returns", "The Return of Amélie", "The Return of Amelie"]),
    ("åkerman", ["Akerman", "Garden", "Kitchen"]),
    ("akerman", ["Akerman", "Kitchen", "Garden"]),
]


def test_it_puts_a_word_that_is_written_so_before_the_same_without_accents(namesakes, api):
    titles = {query: [title for title in search(api, query) if "Jonas" not in title] for query, _ in AS_WRITTEN}
    assert list(titles.items()) == AS_WRITTEN


def test_it_suggests_what_is_written_so_first(namesakes, api):
    assert suggest(api, "jön")[:2] == ["Jön", "Jönssonligan"]
    assert suggest(api, "jönss") == ["Jönssonligan", "Björn Jönsson"]
    assert suggest(api, "åker") == ["Akerman", "Malin Åkerman", "Chantal Akerman"]
    assert suggest(api, "aker") == ["Akerman", "Chantal Akerman", "Malin Åkerman"]


def test_it_turns_pages_of_what_is_written_with_accents_and_numbers(namesakes, api, client):
    make_movie("Amélie 2", imdb_votes=1)
    make_movie("Amelie Two", imdb_votes=9)
    make_movie("Amelie II", imdb_votes=8)
    for query in ("amélie", "amélie two", "amelie 2"):
        whole = search(api, query)
        for browser in (api, client):
            page = browser.get(URL, {"q": query, "page_size": 1}).json()
            titles = [row["title"] for row in page["results"]]
            while page["next"]:
                page = browser.get(page["next"]).json()
                titles += [row["title"] for row in page["results"]]
            assert titles == whole
        listed = api.get(URL, {"q": query, "ordering": "year"}).json()["results"]
        assert sorted(row["title"] for row in listed) == sorted(whole)
