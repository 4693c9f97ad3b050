"""Keyword search: docs/adr/0017 has its rules in words."""

from movies.search.documents import catch_up, index, lexemes_of
from movies.search.matching import matched, matching
from movies.search.tiers import settle_tiers

__all__ = ["catch_up", "index", "lexemes_of", "matched", "matching", "settle_tiers"]
