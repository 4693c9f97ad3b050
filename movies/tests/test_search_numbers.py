"""A number is the same word in digits, as a Roman numeral and in words."""

import pytest
from django.urls import reverse

from movies.tests.factories import make_movie

pytestmark = pytest.mark.django_db

URL = "/api/v1/movies/"
TITLES = [
    "Rocky III",
    "Rocky",
    "Mission: Impossible III",
    "Mission: Impossible",
    "Star Wars: Episode VII - The Force Awakens",
    "Star Wars: Episode V - The Empire Strikes Back",
    "Star Wars",
    "Henry V",
    "Spider-Man 3",
    "Spider-Man",
    "Gone in 60 Seconds",
    "Gone Girl",
    "Ocean's 8",
    "Ocean's Eleven",
    "Fast Five",
    "Fast X",
    "Alien³",
    "Aliens",
    "8½",
    "8 Mile",
    "Friday the 13th Part VIII: Jason Takes Manhattan",
    "Twenty-One Grams",
    "28 Days Later",
    "100 Girls",
    "Se7en",
    "The Hateful Eight",
    "Malcolm X",
    "X-Men",
    "American History X",
    "I, Robot",
    "The King and I",
    "Part I",
    "V for Vendetta",
    "Nine",
    "9",
    "Three Kings",
    "3 Idiots",
    "10 Things I Hate About You",
    "1917",
    "Men in Black 3",
]


@pytest.fixture
def movies():
    """Later titles are more popular, so a film comes first only because it matches better."""
    for votes, title in enumerate(TITLES):
        make_movie(title, imdb_votes=votes)


def search(api, query):
    page = api.get(URL, {"q": query, "page_size": 100}).json()
    assert "did_you_mean" not in page
    return [row["title"] for row in page["results"]]


def suggest(api, typed):
    return [row["text"] for row in api.get(reverse("movie-suggest"), {"q": typed}).json()["results"]]


FOUND = [
    ("rocky 3", ["Rocky III"]),
    ("rocky three", ["Rocky III"]),
    ("rocky iii", ["Rocky III"]),
    ("ROCKY Ⅲ", ["Rocky III"]),
    ("mission impossible 3", ["Mission: Impossible III"]),
    ("star wars episode 7", ["Star Wars: Episode VII - The Force Awakens"]),
    ("star wars episode seven", ["Star Wars: Episode VII - The Force Awakens"]),
    ("star wars episode 5", ["Star Wars: Episode V - The Empire Strikes Back"]),
    ("star wars 5", ["Star Wars: Episode V - The Empire Strikes Back"]),
    ("henry 5", ["Henry V"]),
    ("henry five", ["Henry V"]),
    ("henry v", ["Henry V"]),
    ("spider-man iii", ["Spider-Man 3"]),
    ("spiderman three", ["Spider-Man 3"]),
    ("gone in sixty seconds", ["Gone in 60 Seconds"]),
    ("gone in 60 seconds", ["Gone in 60 Seconds"]),
    ("ocean's eight", ["Ocean's 8"]),
    ("oceans 11", ["Ocean's Eleven"]),
    ("fast 5", ["Fast Five"]),
    ("fast 10", ["Fast X"]),
    ("fast ten", ["Fast X"]),
    ("alien 3", ["Alien³"]),
    ("alien three", ["Alien³"]),
    ("alien3", ["Alien³"]),
    ("alien³", ["Alien³"]),
    ("8 1/2", ["8½"]),
    ("8½", ["8½"]),
    ("friday the 13th part 8", ["Friday the 13th Part VIII: Jason Takes Manhattan"]),
    ("21 grams", ["Twenty-One Grams"]),
    ("twenty one grams", ["Twenty-One Grams"]),
    ("twenty grams", ["Twenty-One Grams"]),
    ("twenty-eight days later", ["28 Days Later"]),
    ("one hundred girls", ["100 Girls"]),
    ("hundred girls", ["100 Girls"]),
    ("hateful 8", ["The Hateful Eight"]),
    ("malcolm x", ["Malcolm X"]),
    ("part 1", ["Part I"]),
    ("x men", ["X-Men"]),
    ("i robot", ["I, Robot"]),
    ("men in black iii", ["Men in Black 3"]),
]


def test_it_finds_the_movie_however_its_number_is_written(movies, api):
    assert [(query, search(api, query)) for query, _ in FOUND] == FOUND


ALONE = [
    ("i", ["Part I", "The King and I", "I, Robot", "10 Things I Hate About You"]),
    ("x", ["X-Men", "American History X", "Malcolm X", "Fast X"]),
    ("v", ["V for Vendetta", "Henry V", "Star Wars: Episode V - The Empire Strikes Back"]),
    ("1", ["Twenty-One Grams", "8½"]),
    ("5", ["Fast Five"]),
    ("10", ["10 Things I Hate About You"]),
    ("1917", ["1917"]),
    ("the x", ["X-Men", "American History X", "Malcolm X", "Fast X"]),
    ("the 10", ["10 Things I Hate About You"]),
    ("5 for vendetta", []),
    ("10 men", []),
]


def test_it_takes_no_letter_that_stands_alone_for_a_number(movies, api):
    assert [(query, sorted(search(api, query))) for query, _ in ALONE] == [
        (query, sorted(found)) for query, found in ALONE
    ]


AS_WRITTEN = [
    ("nine", ["Nine", "9"]),
    ("9", ["9", "Nine"]),
    ("three", ["Three Kings", "3 Idiots"]),
    ("3", ["3 Idiots", "Three Kings"]),
]


def test_it_puts_a_number_first_that_is_written_as_in_the_query(movies, api):
    assert [
        (query, [title for title in search(api, query) if title in found]) for query, found in AS_WRITTEN
    ] == AS_WRITTEN


def test_it_takes_a_number_beside_other_words_for_the_same_however_it_is_written(api):
    make_movie("Three Moons Rising", imdb_votes=9)
    make_movie("3 Moons Rising", imdb_votes=8)
    make_movie("III Moons", imdb_votes=1)
    assert search(api, "3 moons") == ["III Moons", "Three Moons Rising", "3 Moons Rising"]
    assert search(api, "3 moons rising") == ["3 Moons Rising", "Three Moons Rising"]


SUGGESTED = [
    ("rocky 3", "Rocky III"),
    ("rocky iii", "Rocky III"),
    ("rocky three", "Rocky III"),
    ("mission impossible 3", "Mission: Impossible III"),
    ("henry 5", "Henry V"),
    ("star wars episode 7 the fo", "Star Wars: Episode VII - The Force Awakens"),
    ("gone in sixty sec", "Gone in 60 Seconds"),
    ("ocean's eigh", "Ocean's 8"),
    ("ocean's eight", "Ocean's 8"),
    ("alien 3", "Alien³"),
    ("8 1/2", "8½"),
    ("henry v", "Henry V"),
    ("10", "10 Things I Hate About You"),
]


def test_it_suggests_no_letter_for_a_number_that_stands_alone(movies, api):
    assert suggest(api, "10") == ["10 Things I Hate About You", "100 Girls"]


def test_it_suggests_the_movie_however_its_number_is_written(movies, api):
    assert [(typed, suggest(api, typed)[0]) for typed, _ in SUGGESTED] == SUGGESTED


@pytest.mark.parametrize("query", ["rocky 3", "rocky iii", "rocky three", "fast 5", "fast five"])
def test_it_guesses_no_word_that_lacks_the_number_beside_it(api, query):
    make_movie("Toy Story 3", actors=["Ricky Toys"], description="Five of the past.")
    make_movie("Past Lives", actors=["Five Rockers"], description="3 of them.")
    page = api.get(URL, {"q": query}).json()
    assert (page["results"], page.get("did_you_mean")) == ([], None)


def test_it_guesses_a_word_beside_its_number(api):
    make_movie("Toy Story 3", actors=["Tom Hanks"], year=2010)
    for query, meant in [
        ("toy stroy 3", "toy story 3"),
        ("toy stroy iii", "toy story iii"),
        ("hnaks 2010", "hanks 2010"),
    ]:
        page = api.get(URL, {"q": query}).json()
        assert ([row["title"] for row in page["results"]], page["did_you_mean"]) == (["Toy Story 3"], meant)


def test_it_reads_numbers_of_descriptions_and_people_too(api):
    make_movie("Heist", description="Seven days, twenty-one thieves.")
    make_movie("Court", actors=["Louis XIV"])
    assert search(api, "7 days") == search(api, "seven days") == search(api, "21 thieves") == ["Heist"]
    assert search(api, "louis 14") == ["Court"]
