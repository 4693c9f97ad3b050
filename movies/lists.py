"""The catalogue's lists, and its other reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from django.core.exceptions import ValidationError as InvalidForm
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

from movies import search, selectors, statements
from movies.filters import MovieFilter, filtered, known_as, understood
from movies.models import Genre
from movies.search import suggesting
from movies.serializers import MovieDetailQuerySerializer, SuggestQuerySerializer
from movies.statements import FilterChoices, Suggestions, summary_json, urls_of
from netflix.api.errors import refuse_unknown
from netflix.api.pagination import Ordering
from netflix.api.renderers import OrjsonRenderer
from netflix.hot.compiled import Parameter, compiled
from netflix.hot.lists import Filters, KeysetList, PageRequest, query_string
from netflix.hot.pages import Page, page_sql, row_json
from netflix.hot.statements import Lane, Query, Statement, is_id
from netflix.hot.steps import Content, Steps

_REMEMBERED = 4096  # queries of addresses
_LEAST_TYPED = 2  # characters that something is suggested for
_PLACES_OF_PEOPLE = 4  # among suggestions, if so many match
# Filters for which one plan is good whatever the value; with two of them it depends on both.
_EQUAL = ("genre", "certificate", "person")


class ViewerFacts(NamedTuple):
    """What another context adds to a movie's details: members that say what the movie is to the viewer."""

    query: Callable[[int, int], Query[Any]]  # by the ids of viewer and movie; its result is a mapping
    serializer: type[Serializer]  # of the same members, for the schema


class MovieList(KeysetList):
    """The films of the catalogue, filtered, searched and ordered."""

    parameters = tuple(MovieFilter.base_filters)
    json = summary_json("page.id")
    _matched_json = summary_json("page.id", f"{search.field_sql('page._match')} AS matched")

    def parse(self, given: QueryDict) -> tuple[Filters, Ordering]:
        with _refusals():
            filters = understood(given)
        (ordering,) = filters.pop("ordering", [""])
        if ordering:
            return filters, selectors.ORDERINGS[ordering]
        return filters, search.RELEVANCE if "q" in filters else selectors.ORDERINGS["id"]

    def values(self, request: HttpRequest, viewer_id: int | None) -> dict[str, object]:
        return {**urls_of(request)}

    def rows(self, filters: Filters) -> QuerySet[Any]:
        movies = filtered(selectors.movies(), {name: each for name, each in filters.items() if name != "q"})
        if "q" not in filters:
            return movies
        return search.matching_any(movies, {name: Parameter(name) for name in ("anything", "tsqueries", "ways")})

    def presentation(self, filters: Filters) -> tuple[Sequence[str], str]:
        return (("id", "_match"), self._matched_json) if "q" in filters else (self.columns, self.json)

    def read(self, request: HttpRequest, viewer_id: int | None = None) -> Steps[Content]:
        wanted, urls = self.page_request(request), urls_of(request)
        if len(wanted.filters.get("certificate", ())) > 1:  # an unknown one would go unnoticed among the others
            wanted = _as_known(wanted, (yield statements.filter_choices()))
        page = yield from self._page(wanted, urls)
        if not page.rows and {"genre", "certificate"} & wanted.filters.keys():
            wanted, before = _as_known(wanted, (yield statements.filter_choices())), wanted
            page = page if wanted == before else (yield from self._page(wanted, urls))
        if page.rows or "q" not in wanted.filters:
            return self.content(request, wanted, page)
        return (yield from self._guessed(request, wanted, page, urls))

    def query(self, statement: Statement, wanted: PageRequest, values: Mapping[str, object]) -> Query[Page]:
        return super().query(statement, wanted, {**_search_values(wanted, wanted.filters.get("q", ())), **values})

    def statement(self, wanted: PageRequest) -> Statement:
        by_relevance = wanted.ordering is search.RELEVANCE
        return self._statement_by_relevance(wanted) if by_relevance else super().statement(wanted)

    def planned(self, sql: str, wanted: PageRequest) -> Statement:
        has_one_plan = wanted.filters.keys() <= {*_EQUAL} and sum(map(len, wanted.filters.values())) <= 1
        return Statement(sql, lane=Lane.QUICK if has_one_plan else Lane.SLOW, prepared=has_one_plan)

    def _statement_by_relevance(self, wanted: PageRequest) -> Statement:
        filters = {
            name: [Parameter(f"{name}_{n}") for n in range(len(each))]
            for name, each in wanted.filters.items()
            if name != "q"
        }
        within = compiled(self.rows(filters).values_list("pk")) if filters else ""
        source = search.page_sql(best_first=wanted.descending, within=within)
        rows = f"SELECT * FROM ({source}) AS listed (_match, _votes, id)"  # noqa: S608  # made of our own parts
        sql = page_sql(rows, json=self._matched_json, keys=[f"page.{key}" for key in search.RELEVANCE.keys])
        return Statement(sql, lane=Lane.SLOW, prepared=not filters)

    def _page(self, wanted: PageRequest, urls: Mapping[str, str], texts: Sequence[str] | None = None) -> Steps[Page]:
        """The films that match one of these texts; without them, the query."""
        values = {} if texts is None else _search_values(wanted, texts)
        return (yield from self.page(wanted, {**urls, **values}))

    def _guessed(
        self, request: HttpRequest, wanted: PageRequest, nothing: Page, urls: Mapping[str, str]
    ) -> Steps[Content]:
        """Of what the query may be a misspelling of, if it finds nothing at all as it is written."""
        (query,) = wanted.filters["q"]
        pages: dict[tuple[str, ...], Page] = {}

        def find(texts: Sequence[str]) -> Steps[tuple[search.Match, int] | None]:
            page = pages[tuple(texts)] = yield from self._page(wanted, urls, texts)
            match, _, movie_id = orjson.loads(page.keys[0]) if page.keys else (0, 0, 0)
            return (search.Match(int(match)), int(movie_id)) if movie_id else None

        if wanted.cursor.values or len(wanted.filters) > 1 or wanted.ordering is not search.RELEVANCE:
            texts, did_you_mean = yield from search.understood(query)
        else:  # the query finds nothing anywhere, and the best of what is meant is the first of the page
            texts, did_you_mean = yield from search.guess(query, find)
        if did_you_mean is None:
            return self.content(request, wanted, nothing)
        page = pages.get(tuple(texts)) or (yield from self._page(wanted, urls, texts))
        return self.content(request, wanted, page, did_you_mean=did_you_mean)


def _search_values(wanted: PageRequest, texts: Sequence[str]) -> Mapping[str, object]:
    if not texts:
        return {}
    if wanted.ordering is search.RELEVANCE:
        return search.page_values(texts, wanted.cursor.values, best_first=wanted.descending)
    return search.matching_values(texts)


def _as_known(wanted: PageRequest, choices: FilterChoices) -> PageRequest:
    """With genres and certificates as the catalogue writes them. Raises ValidationError."""
    filters = dict(wanted.filters)
    with _refusals():
        for name, known in (("genre", choices.genres), ("certificate", choices.certificates)):
            if name in filters:
                filters[name] = known_as(filters[name], known)
    return wanted._replace(filters=filters)


@contextmanager
def _refusals() -> Iterator[None]:
    """What a form refuses, as what the API answers; the view says which field it is (`MovieViewSet.list`)."""
    try:
        yield
    except InvalidForm as error:
        raise ValidationError(error.messages) from error


class GenreList(KeysetList):
    """The genres, each with the number of its films."""

    page_size = 100  # a menu wants all of them at once
    columns = ("id", "name")
    json = row_json(
        """
        page.id, page.name,
        (SELECT coalesce(sum(movies), 0)::bigint FROM movies_genrecount WHERE genre_id = page.id) AS movies
        """
    )

    ordering = selectors.BY_NAME

    def rows(self, filters: Filters) -> QuerySet[Any]:
        return Genre.objects.all()


class MovieDetails:
    """Everything about a film, and what it is to the viewer."""

    def __init__(self, viewer_facts: Sequence[ViewerFacts]) -> None:
        self._viewer_facts = viewer_facts

    def read(self, request: HttpRequest, viewer_id: int | None = None, *, movie_id: int) -> Steps[Content]:
        """Raises NoSuchMovie."""
        wanted = _detail_parameters(query_string(request))
        query = statements.movie_details(movie_id, urls_of(request), sources=wanted["sources"])
        details = (yield query) if is_id(movie_id) else None
        if details is None:
            raise selectors.NoSuchMovie
        facts: dict[str, Any] = {}
        if viewer_id is not None:
            for part in self._viewer_facts:
                facts |= yield part.query(viewer_id, movie_id)
        content: Content = details.extended(facts)
        return content


@lru_cache(_REMEMBERED)
def _detail_parameters(query: bytes) -> dict[str, Any]:
    """Raises ValidationError."""
    return _valid(MovieDetailQuerySerializer, query)


@lru_cache(_REMEMBERED)
def _suggest_parameters(query: bytes) -> dict[str, Any]:
    """Raises ValidationError."""
    return _valid(SuggestQuerySerializer, query)


def _valid(serializer_class: Any, query: bytes) -> dict[str, Any]:
    given = QueryDict(query)
    serializer = serializer_class(data=given.dict())
    refuse_unknown(given, list(serializer.fields))
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated


def read_suggestions(request: HttpRequest, viewer_id: int | None = None) -> Steps[Content]:
    """For what somebody is typing; of what that may be a misspelling of, if nothing begins with it."""
    typed = _suggest_parameters(query_string(request))["q"]
    if len(search.read(typed).key) < _LEAST_TYPED:
        return _suggested([])
    suggestions = yield statements.suggestions([typed])
    results = _results(suggestions, request)
    if results:
        return _suggested(results, suggestions.version)
    texts, did_you_mean = yield from search.understood(typed)
    if did_you_mean is None:
        return _suggested([], suggestions.version)
    results = _results((yield statements.suggestions(texts)), request)
    members = {"did_you_mean": did_you_mean} if results else {}
    return _suggested(results, suggestions.version, **members)


def _suggested(results: list[dict[str, Any]], version: bytes | None = None, **members: Any) -> Content:
    return Content(OrjsonRenderer().render({"results": results, **members}), version)


def _results(suggestions: Suggestions, request: HttpRequest) -> list[dict[str, Any]]:
    """Titles before people, and of both if there are both."""
    movies = urls_of(request)["movies_url"]
    titles = [
        {"kind": "title", "text": title, "year": year, "link": f"{movies}{movie_id}/"}
        for movie_id, title, year in suggestions.titles
    ]
    people = [
        {"kind": "person", "text": name, "year": None, "link": f"{movies}?{urlencode({'person': name})}"}
        for name in suggestions.names
    ]
    titles = titles[: suggesting.MOST - min(len(people), _PLACES_OF_PEOPLE)]
    return titles + people[: suggesting.MOST - len(titles)]
