"""Matches films with queries: which films match, and how well."""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

from django.contrib.postgres.search import SearchQueryField
from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

from movies.models import Movie
from movies.search.lexemes import ACCENTED_NAME, ACCENTED_TITLE, DESCRIPTION, PEOPLE, TITLE, TITLE_WORD
from movies.search.queries import ParsedQuery, Stems, parse_queries
from movies.search.tiers import TIERS


class Match(IntEnum):
    """How well a film matches; greater ones come first, equal ones by popularity.

    `AS_WRITTEN`: the film has the accents of the query too, and for whole titles, or for queries of numbers only, the
    same form of numbers (digits, words or Roman numerals).
    """

    DESCRIPTION = 1
    PEOPLE = 2
    PEOPLE_AS_WRITTEN = 3
    TITLE = 4
    TITLE_AS_WRITTEN = 5
    START = 6  # the title begins with the query
    START_AS_WRITTEN = 7
    WHOLE = 8  # the query is the title, or title and year
    WHOLE_AS_WRITTEN = 9

    @property
    def as_written(self) -> "Match":
        return Match(self + 1)


def matching(movies: models.QuerySet[Movie], texts: Iterable[str]) -> models.QuerySet[Movie]:
    """The films that have every word of one of the queries `texts`, annotated with `_match`.

    A query without letters and digits matches exactly equal titles only; an empty one matches nothing.
    """
    return matching_any(movies, {name: models.Value(value) for name, value in matching_values(texts).items()})


def matching_values(texts: Iterable[str]) -> dict[str, str]:
    """The parameters of `matching_any`, by name."""
    queries = parse_queries(texts)
    by_match, as_written = tsqueries_by_match(queries, TIERS), as_written_conditions(queries, TIERS)
    arms = [(match.as_written, f"{by_match[match]} & {as_written[match]}") for match in as_written if match in by_match]
    arms += by_match.items()
    # For the index, two conditions cover all: every word in any field, or the whole title.
    any_match = [by_match[match] for match in (Match.WHOLE, Match.DESCRIPTION) if match in by_match]
    return {
        "any_match": any_of(any_match) if any_match else "",
        "tsqueries": "\n".join(tsquery for _, tsquery in arms),
        "matches": ",".join(str(int(match)) for match, _ in arms),
    }


def matching_any(movies: models.QuerySet[Movie], values: Mapping[str, Combinable]) -> models.QuerySet[Movie]:
    """The films that match the parameters of `matching_values`, annotated with `_match`."""
    document = models.F("search__document")
    matches_query = _MatchesQuery(document, Cast(values["any_match"], SearchQueryField()))
    return movies.filter(matches_query).annotate(_match=_BestMatch(document, values["tsqueries"], values["matches"]))


class _MatchesQuery(models.Func):
    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = models.BooleanField()


class _BestMatch(models.Func):
    """The greatest match whose tsquery the document satisfies."""

    output_field = models.IntegerField()

    def as_sql(  # type: ignore[override]  # Func passes template arguments that this expression does not have
        self, compiler: SQLCompiler, connection: Any, **extra: Any
    ) -> tuple[str, list[Any]]:
        (document, _), (tsqueries, queries), (matches, numbers) = map(compiler.compile, self.get_source_expressions())
        sql = f"""(
            SELECT max(arm.match)
              FROM unnest(string_to_array({tsqueries}, E'\\n')::tsquery[], string_to_array({matches}, ',')::int[])
                   AS arm (query, match) WHERE {document} @@ arm.query
        )"""  # made of compiled expressions
        return sql, [*queries, *numbers]


def field_sql(match: str) -> str:
    """SQL for the field in which the query's last word matched; `match` is SQL for a `Match`."""
    return f"""
        CASE WHEN {match} >= {Match.TITLE} THEN 'title'
             WHEN {match} >= {Match.PEOPLE} THEN 'people' ELSE 'description' END
    """


def arms_of(queries: Sequence[ParsedQuery], tier: object) -> list[tuple[Match, str]]:
    """For each match in one tier, best first: the tsquery of the films that have this match and no better one.

    Each lexeme costs an index lookup, negated ones too, so redundant conditions are left out.
    """
    matches, as_written = tsqueries_by_match(queries, [tier]), as_written_conditions(queries, [tier])
    single_word = _single_word_tsqueries(queries, tier)
    arms: list[tuple[Match, str]] = []
    for match, tsquery in (matches | single_word).items():
        better = [] if match in single_word else [matches[other] for other in _better(match, matches, queries)]
        if match in as_written:
            accents_imply_words = (
                queries[0].all_accented and match in (Match.TITLE, Match.PEOPLE) and match not in single_word
            )
            tsquery_as_written = as_written[match] if accents_imply_words else f"{tsquery} & {as_written[match]}"
            arms.append((match.as_written, but_not(tsquery_as_written, better)))
            better = [*better, as_written[match]]
        arms.append((match, but_not(tsquery, better)))
    return arms


def _single_word_tsqueries(queries: Sequence[ParsedQuery], tier: object) -> dict[Match, str]:
    """Tsqueries of a single word that need no exclusions: a document has a stem in its best field only."""
    if len(queries) != 1 or len(queries[0].all_stems) != 1:
        return {}
    (stems,) = queries[0].all_stems
    fields = {Match.PEOPLE: PEOPLE, Match.DESCRIPTION: DESCRIPTION}
    return {match: _Lexemes([tier]).all_of([stems], field) for match, field in fields.items()}


def _better(match: Match, matches: Iterable[Match], queries: Sequence[ParsedQuery]) -> list[Match]:
    """The better matches to exclude; of those that imply each other, only the widest."""
    if match == Match.DESCRIPTION and all(
        query.words and query.all_stems == query.significant_stems for query in queries
    ):
        return [Match.PEOPLE]
    # START implies TITLE, so excluding TITLE excludes both.
    return [other for other in matches if other > match and (other != Match.START or match == Match.TITLE)]


def tsqueries_by_match(queries: Sequence[ParsedQuery], tiers: Iterable[object]) -> dict[Match, str]:
    """By match, best first: the tsquery of the films in these tiers that match a query this well or better."""
    by_query = [_tsqueries_of(query, tiers) for query in queries]
    if len(by_query) < 2:
        return by_query[0] if by_query else {}
    in_order = sorted({match for tsqueries in by_query for match in tsqueries}, reverse=True)
    return {match: any_of(tsqueries[match] for tsqueries in by_query if match in tsqueries) for match in in_order}


def as_written_conditions(queries: Sequence[ParsedQuery], tiers: Iterable[object]) -> dict[Match, str]:
    """By match: the additional condition of AS_WRITTEN, if the query has accents or numbers."""
    if len(queries) != 1 or not queries[0].words:  # corrections are made of folded words
        return {}
    (query,) = queries
    lexemes = _Lexemes(tiers)
    in_title = lexemes.each_of(query.accented, ACCENTED_TITLE)
    in_names = lexemes.each_of(
        query.accented, ACCENTED_NAME if len(query.all_stems) == 1 else ACCENTED_TITLE + ACCENTED_NAME
    )
    in_whole = [*lexemes.each_of(query.numbers, TITLE_WORD), *in_title]
    # Beside other words, the form of a number only matters for whole titles.
    in_part = in_whole if query.numbers == query.words else in_title
    by_match = {Match.WHOLE: in_whole, Match.START: in_part, Match.TITLE: in_part, Match.PEOPLE: in_names}
    return {match: f"({' & '.join(conditions)})" for match, conditions in by_match.items() if conditions}


def _tsqueries_of(query: ParsedQuery, tiers: Iterable[object]) -> dict[Match, str]:
    lexemes = _Lexemes(tiers)
    title = lexemes.any_of(query.whole_title_lexemes)
    if not query.words:
        return {Match.WHOLE: title}
    in_title = lexemes.all_of(query.significant_stems, TITLE)
    # In scripts without spaces, a title may begin with the query without a space after it.
    begun = (
        [lexemes.any_of(query.whole_title_lexemes, ":*"), in_title]
        if query.may_continue
        else [lexemes.any_of(query.title_prefixes, ":*")]
    )
    return {
        Match.WHOLE: title,
        Match.START: " & ".join(begun),
        Match.TITLE: in_title,
        Match.PEOPLE: lexemes.all_of(query.all_stems, TITLE + PEOPLE),
        Match.DESCRIPTION: lexemes.all_of(query.significant_stems, TITLE + PEOPLE + DESCRIPTION),
    }


class _Lexemes:
    """Builds tsqueries of lexemes in some tiers."""

    def __init__(self, tiers: Iterable[object]) -> None:
        self.tiers = list(tiers)

    def any_of(self, lexemes: Iterable[str], prefix: str = "") -> str:
        return any_of(quoted(f"{tier}{lexeme}") + prefix for lexeme in lexemes for tier in self.tiers)

    def each_of(self, words: Iterable[str], fields: str) -> list[str]:
        return [self.any_of(field + word for field in fields) for word in words]

    def all_of(self, words: Iterable[Stems], fields: str) -> str:
        return " & ".join(self.any_of(field + stem for field in fields for stem in stems) for stems in words)


def but_not(tsquery: str, better: Iterable[str]) -> str:
    return " & !".join([f"({tsquery})", *(f"({other})" for other in better)])


def any_of(tsqueries: Iterable[str]) -> str:
    return f"({' | '.join(tsqueries)})"


def quoted(lexeme: str) -> str:
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
