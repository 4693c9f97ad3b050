"""Queries, and the films that people mean: on the bundled sample, and on the file of 1,000 films if it is there."""

import os
import random
import string
from pathlib import Path

import pytest
from django.core.management import call_command
from rapidfuzz.distance import OSA

from movies.folding import fold
from movies.models import Movie

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

URL = "/api/v1/movies/"
WHOLE_FILE = Path(os.environ.get("SHARED_DATA", "")) / "IMDB-Movie-Data.csv"
CATALOGUES = [
    pytest.param([], id="sample"),
    pytest.param(
        [str(WHOLE_FILE)],
        id="1000 films",
        marks=pytest.mark.skipif(
            "SHARED_DATA" not in os.environ, reason="SHARED_DATA names no folder with the real files"
        ),
    ),
]

# (query, the film that must be first, what it was found in, what it was taken for)
MEANT = [
    ("inception", "Inception", "title", None),
    ("the dark knight", "The Dark Knight", "title", None),
    ("dark knight rises", "The Dark Knight Rises", "title", None),
    ("up", "Up", "title", None),
    ("her", "Her", "title", None),
    ("300", "300", "title", None),
    ("2012", "2012", "title", None),
    ("walle", "WALL\u00b7E", "title", None),
    ("wall e", "WALL\u00b7E", "title", None),
    ("spiderman 3", "Spider-Man 3", "title", None),
    ("spider man amazing", "The Amazing Spider-Man", "title", None),
    ("avengers", "The Avengers", "title", None),
    ("xmen apocalypse", "X-Men: Apocalypse", "title", None),
    ("antman", "Ant-Man", "title", None),
    ("les miserables", "Les Mis\u00e9rables", "title", None),
    ("man som hatar kvinnor", "M\u00e4n som hatar kvinnor", "title", None),
    ("mamma mia", "Mamma Mia!", "title", None),
    ("pans labyrinth", "Pan's Labyrinth", "title", None),
    ("order phoenix potter", "Harry Potter and the Order of the Phoenix", "title", None),
    ("star trek 2009", "Star Trek", "title", None),
    ("host 2006", "The Host", "title", None),
    ("nolan 2014", "Interstellar", "people", None),
    ("dicaprio 2010", "Inception", "people", None),
    ("tarantino foxx", "Django Unchained", "people", None),
    ("iron man 2", "Iron Man 2", "title", None),
    ("intersteller", "Interstellar", "title", "interstellar"),
    ("incepton", "Inception", "title", "inception"),
    ("avatr", "Avatar", "title", "avatar"),
    ("ratatoulle", "Ratatouille", "title", "ratatouille"),
    ("gaurdians of the galaxy", "Guardians of the Galaxy", "title", "guardians of the galaxy"),
    ("zoo topia", "Zootopia", "title", "zootopia"),
    ("hungergames", "The Hunger Games", "title", "hunger games"),
    ("cristopher nolan 2010", "Inception", "people", "christopher nolan 2010"),
]


def search(client, query):
    return client.get(URL, {"q": query, "page_size": 5}).json()


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_it_finds_what_people_mean(client, catalogue):
    call_command("import_movies", *catalogue, verbosity=0)
    answers = {query: search(client, query) for query, *_ in MEANT}
    found = [
        (
            query,
            *((row["title"], row["matched"]) for row in answers[query]["results"][:1]),
            answers[query].get("did_you_mean"),
        )
        for query, *_ in MEANT
    ]
    assert found == [(query, (title, matched), meant) for query, title, matched, meant in MEANT]


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_it_finds_movies_by_titles_with_a_typo(client, catalogue):
    """One edit in one word of four letters or more: the film is among the first five, nearly always."""
    call_command("import_movies", *catalogue, verbosity=0)
    chance = random.Random(2026)
    titles = [
        title for title in Movie.objects.order_by("pk").values_list("title", flat=True) if mistyped(title, chance)
    ]
    missed = {}
    for title in chance.choices(titles, k=200):
        query = mistyped(title, chance)
        if title not in [row["title"] for row in search(client, query)["results"]]:
            missed[query] = title
    assert len(missed) <= 10, missed


def mistyped(title, chance):
    words = fold(title).split()
    places = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    if not places:
        return ""
    place = chance.choice(places)
    words[place] = one_edit(words[place], chance)
    return " ".join(words)


def one_edit(word, chance):
    """A letter too many, one too few, another one, or two that change places."""
    place = chance.randrange(len(word) - 1)
    letter = chance.choice(string.ascii_lowercase.replace(word[place], ""))
    return chance.choice([
        word[:place] + letter + word[place:],
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
    ])  # fmt: skip


def test_it_makes_typos_of_one_edit():
    chance = random.Random(1)
    assert {OSA.distance(one_edit("matrix", chance), "matrix") for _ in range(200)} == {1}
