"""Which titles and names fold to the same text, and which do not."""

import pytest
from django.core.management import call_command

from movies.folding import fold
from movies.importing.identity import key_of
from movies.importing.readers.rows import MovieRow
from movies.models import Movie
from movies.search.lexemes import words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amélie", "AMELIE"),
        ("Ocean's Eleven", "Oceans Eleven"),
        ("WALL·E", "wall e"),
        ("שָׁלוֹם", "שלום"),
        ("I ❤️ NY", "I ❤ NY"),
        ("Ёлки", "Елки"),
        ("Alien³", "Alien 3"),
        ("8½", "8 1/2"),
        ("The Naked Gun 33⅓", "The Naked Gun 33 1/3"),
        ("xXx²", "xXx 2"),
        ("Rocky Ⅲ", "Rocky III"),
        ("Toy Story™ 3", "Toy Story 3"),
        ("فيـــلم", "فيلم"),
        ("مصطفى", "مصطفي"),
        ("علی کوچک", "علي كوچك"),
        ("فيلم ٣", "فيلم 3"),
    ],
)
def test_it_takes_for_the_same_what_people_write_for_it(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("राम", "रीमा"), ("मीना", "माना"), ("กิน", "กัน"), ("மீன்", "மான்"), ("ハハ", "パパ"), ("はか", "ばか")],
)
def test_it_tells_words_apart_by_the_marks_of_their_script(one, other):
    assert fold(one) != fold(other)
    assert key_of(MovieRow(line=2, title=one, year=2001)) != key_of(MovieRow(line=2, title=other, year=2001))
    assert [len(words_of(fold(word))) for word in (one, other)] == [1, 1]


def test_it_imports_a_movie_once_however_its_number_is_written(db, tmp_path):
    header = (
        "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"
    )
    rows = [("Alien³", 1992), ("Alien 3", 1992), ("8½", 1963), ("8 1/2", 1963)]
    for n, (title, year) in enumerate(rows):
        path = tmp_path / f"{n}.csv"
        path.write_text(f'{header}\n1,{title},Drama,A film.,Ann Director,"A, B",{year},100,7,1000,,\n')
        call_command("import_movies", str(path), verbosity=0)
    assert list(Movie.objects.order_by("year").values_list("title_key", "year")) == [("8 1 2", 1963), ("alien 3", 1992)]
