"""Keyword search: docs/adr/0017 has its rules in words."""

from movies.search import suggesting
from movies.search.correcting import Understood, guess, understood
from movies.search.documents import catch_up, forget, index, keep_up, lexemes_of
from movies.search.matching import Match, field_sql, matching, matching_any, matching_values
from movies.search.pages import RELEVANCE, page_sql, page_values
from movies.search.people import people_named
from movies.search.queries import read
from movies.search.tiers import settle_tiers

__all__ = [
    "RELEVANCE", "Match", "Understood", "catch_up", "field_sql", "forget", "guess", "index", "keep_up", "lexemes_of",
    "matching", "matching_any", "matching_values", "page_sql", "page_values", "people_named", "read", "settle_tiers",
    "suggesting", "understood",
]  # fmt: skip
