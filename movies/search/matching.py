"""The asking side of keyword search: which films a query means, and how well each matches."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from django.contrib.postgres.search import SearchQueryField
from django.db import models
from django.db.models.functions import Cast

from movies.models import Movie
from movies.search.lexemes import DESCRIPTION, PEOPLE, SMALL_WORDS, TITLE, stem, whole, words_of
from movies.search.tiers import TIERS

_MOST_WORDS = 6  # of a query that are looked up; more of them tell no more


class Match(IntEnum):
    """How well a film matches; a greater one is shown first, and popularity decides among equals."""

    DESCRIPTION = 1
    PEOPLE = 2
    TITLE = 3
    START = 4  # the title begins with the query
    WHOLE = 5  # it is the title, or that and the year

    @property
    def field(self) -> str:
        """What the query was found in at last."""
        return {Match.DESCRIPTION: "description", Match.PEOPLE: "people"}.get(self, "title")


def matching(movies: models.QuerySet[Movie], keys: Iterable[str]) -> models.QuerySet[Movie]:
    """The films that have every word of a folded query out of `keys`, each with its `_match`.

    A query without any letter or digit finds films of that very title only; one of nothing, none.
    """
    ways = matches(keys)
    if not ways:
        return movies.none().annotate(_match=models.Value(0))
    best = models.Case(
        *(models.When(_holds(tsquery), then=int(match)) for match, tsquery in ways.items()),
        default=0,
        output_field=models.IntegerField(),
    )
    # Two conditions only, for the index: whoever matches better than by every word, in any field, is that very title.
    anything = [ways[match] for match in (Match.WHOLE, Match.DESCRIPTION) if match in ways]
    return movies.filter(_holds(any_of(anything))).annotate(_match=best)


def matched(row: Mapping[str, Any]) -> dict[str, str]:
    """What a row with `_match` says of it to a client."""
    return {"matched": Match(row["_match"]).field}


def matches(keys: Iterable[str], tiers: Iterable[int] = TIERS) -> dict[Match, str]:
    """By how well, the best first: which lexemes a film of these tiers has then, as PostgreSQL's tsquery."""
    ways = [_matches(key, tiers) for key in keys if key]
    return {match: any_of(way[match] for way in ways if match in way) for match in ways[0]} if ways else {}


def _matches(key: str, tiers: Iterable[int]) -> dict[Match, str]:
    def lexeme(text: str, prefix: str = "") -> str:
        return " | ".join(quoted(f"{tier}{text}") + prefix for tier in tiers)

    def all_of(words: Iterable[str], fields: str) -> str:
        return " & ".join(any_of(lexeme(field + stem(word)) for field in fields) for word in words)

    title = any_of([lexeme(whole(key))])
    words = list(dict.fromkeys(words_of(key)))
    if not words:
        return {Match.WHOLE: title}
    telling = ([word for word in words if word not in SMALL_WORDS] or words)[:_MOST_WORDS]
    return {
        Match.WHOLE: title,
        Match.START: any_of([lexeme(whole(f"{key} "), prefix=":*")]),
        Match.TITLE: all_of(telling, TITLE),
        Match.PEOPLE: all_of(words[: words.index(telling[-1]) + 1], TITLE + PEOPLE),
        Match.DESCRIPTION: all_of(telling, TITLE + PEOPLE + DESCRIPTION),
    }


def any_of(tsqueries: Iterable[str]) -> str:
    return f"({' | '.join(tsqueries)})"


def quoted(lexeme: str) -> str:
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _holds(tsquery: str) -> models.Func:
    return models.Func(
        models.F("search__document"),
        Cast(models.Value(tsquery), SearchQueryField()),
        template="(%(expressions)s)",
        arg_joiner=" @@ ",
        output_field=models.BooleanField(),
    )
