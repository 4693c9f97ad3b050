"""Keyword search: docs/adr/0017 has its rules in words."""

from movies.search import names, suggesting
from movies.search.correcting import correct, correct_if_unmatched
from movies.search.documents import index, index_new_movies, lexemes_of, remove_document, update_index
from movies.search.matching import Match, field_sql, matching, matching_any, matching_values
from movies.search.pages import RELEVANCE, page_sql, page_values
from movies.search.people import search_people
from movies.search.queries import parse_query
from movies.search.tiers import rebalance_tiers

__all__ = [
    "RELEVANCE", "Match", "correct", "correct_if_unmatched", "field_sql", "index", "index_new_movies", "lexemes_of",
    "matching", "matching_any", "matching_values", "names", "page_sql", "page_values", "parse_query", "rebalance_tiers",
    "remove_document", "search_people", "suggesting", "update_index",
]  # fmt: skip
