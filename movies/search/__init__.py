"""Keyword search: docs/adr/0017 has its rules in words."""

from movies.search import suggesting
from movies.search.correcting import Correction, correct, correct_if_unmatched
from movies.search.documents import update_index, remove_document, index, index_new_movies, lexemes_of
from movies.search.matching import Match, field_sql, matching, matching_any, matching_values
from movies.search.pages import RELEVANCE, page_sql, page_values
from movies.search.people import search_people
from movies.search.queries import parse_query
from movies.search.tiers import rebalance_tiers

__all__ = [
    "RELEVANCE", "Match", "Correction", "update_index", "field_sql", "remove_document", "correct", "index", "index_new_movies", "lexemes_of",
    "matching", "matching_any", "matching_values", "page_sql", "page_values", "search_people", "parse_query", "rebalance_tiers",
    "suggesting", "correct_if_unmatched",
]  # fmt: skip
