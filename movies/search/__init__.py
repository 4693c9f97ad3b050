"""Keyword search: docs/adr/0017 has its rules in words."""

from movies.search import suggesting
from movies.search.correcting import Understood, guess, understood
from movies.search.documents import update_index, remove_document, index, index_new_movies, lexemes_of
from movies.search.matching import Match, field_sql, matching, matching_any, matching_values
from movies.search.pages import RELEVANCE, page_sql, page_values
from movies.search.people import search_people
from movies.search.queries import read
from movies.search.tiers import rebalance_tiers

__all__ = [
    "RELEVANCE", "Match", "Understood", "update_index", "field_sql", "remove_document", "guess", "index", "index_new_movies", "lexemes_of",
    "matching", "matching_any", "matching_values", "page_sql", "page_values", "search_people", "read", "rebalance_tiers",
    "suggesting", "understood",
]  # fmt: skip
