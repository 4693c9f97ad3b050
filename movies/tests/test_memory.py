"""Requests must not fill the memory of a process that lives for weeks."""

import tracemalloc
from contextlib import contextmanager

import pytest

from movies import folding
from movies.importing import cells
from movies.search import lexemes


@contextmanager
def little_memory():
    """Fails if the block leaves more than a little in memory."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    yield
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 200_000


def test_it_forgets_characters_that_hardly_anybody_writes():
    folding.fold("Amélie 日本")
    with little_memory():
        for start in range(0x20000, 0x22000, 0x400):
            assert folding.fold("".join(map(chr, range(start, start + 0x400)))) != ""


def test_it_forgets_the_stems_of_words_that_are_none():
    with little_memory():
        for number in range(1000):
            assert lexemes.stem(f"{number}{'dreams' * 10}") == f"{number}{'dreams' * 9}dream"
    assert lexemes.stem("dreams") == "dream"


def test_it_remembers_no_long_cells():
    with little_memory():
        for number in range(300):
            padding = " " * (50_000 + number)
            for value, cell in ((cells.year, "1995"), (cells.rating, "8.3"), (cells.names, "Ada")):
                with pytest.raises(ValueError, match="longer than"):
                    value(f"{cell}{padding}")
