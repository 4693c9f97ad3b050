"""Keyword search: docs/adr/0017 has its rules in words."""

from movies.search.documents import catch_up, index, lexemes_of
from movies.search.matching import matched, matching

__all__ = ["catch_up", "index", "lexemes_of", "matched", "matching"]
