"""What anybody may ask for must not fill the memory of a process that lives for weeks."""

import tracemalloc

import pytest

from movies import folding
from movies.importing.readers import cells
from movies.search import lexemes


def test_it_forgets_characters_that_hardly_anybody_writes():
    folding.fold("Amélie 日本")
    known = len(folding._PLAIN)
    assert folding.fold("".join(map(chr, range(0x20000, 0x20400)))) != ""
    assert len(folding._PLAIN) == known


def test_it_forgets_the_stems_of_words_that_are_none():
    before = lexemes._remembered_stem.cache_info().currsize
    assert lexemes.stem("dreams" * 10) == "dreams" * 9 + "dream"
    assert lexemes._remembered_stem.cache_info().currsize == before
    assert lexemes.stem("dreams") == "dream"


def test_it_remembers_no_long_cells():
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(300):
        padding = " " * (50_000 + number)
        for value, cell in ((cells.year, "1995"), (cells.rating, "8.3"), (cells.names, "Ada")):
            with pytest.raises(ValueError, match="longer than"):
                value(f"{cell}{padding}")
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 1_000_000
