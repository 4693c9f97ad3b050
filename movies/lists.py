"""The catalogue's reads: lists, details and suggestions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from django.core.exceptions import ValidationError as InvalidForm
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.serializers import Serializer

from movies import search, selectors, statements
from movies.filters import MovieFilter, apply_filters, parse_filters
from movies.models import Genre
from movies.rows import ListWithMovies, ViewerFlags, flags_in
from movies.search import suggesting
from movies.serializers import MovieDetailQuerySerializer, SuggestQuerySerializer
from movies.statements import FilterChoices, Suggestions, people_urls_of, urls_of
from netflix.api.browsable import ButtonFactory
from netflix.api.errors import refuse_unknown
from netflix.api.pagination import Ordering
from netflix.api.renderers import OrjsonRenderer
from netflix.api.serializers import validated_query
from netflix.hot.compiled import Parameter, compiled
from netflix.hot.lists import Filters, KeysetList, PageRequest, parameters_of, query_string
from netflix.hot.pages import Page, page_sql, row_json
from netflix.hot.statements import Lane, Query, Statement, fits_bigint
from netflix.hot.steps import Content, Steps

_CACHED_QUERIES = 4096  # parsed query strings
_PLACES_OF_PEOPLE = 4  # suggestions reserved for people, if enough match
# Filters for which a generic plan is good for any value. With two of them the best plan depends on both values.
_EQUAL = ("genre", "certificate", "person", "language")


class ViewerMembers(NamedTuple):
    """Viewer-specific members that another app adds to a movie's details, such as whether the viewer likes it."""

    query: Callable[[int, int], Query[Any]]  # takes the ids of viewer and movie; results in a mapping of members
    serializer: type[Serializer]  # describes the members in the schema
    buttons: Sequence[ButtonFactory] = ()  # change them, on the film's page


class MovieList(ListWithMovies):
    """The films of the catalogue, filtered, searched and ordered."""

    movie_id = "page.id"

    def __init__(self, viewer_flags: ViewerFlags | None = None) -> None:
        super().__init__(viewer_flags)
        self.parameters = (*MovieFilter.base_filters, *self.viewer_flags.names)

    def parse(self, query: QueryDict) -> tuple[Filters, Ordering]:
        with _translated_errors():
            filters = parse_filters(query)
        filters |= self.viewer_flags.parse(query)
        (ordering,) = filters.pop("ordering", [""])
        if ordering:
            return filters, selectors.ORDERINGS[ordering]
        return filters, search.RELEVANCE if "q" in filters else selectors.ORDERINGS["id"]

    def rows(self, filters: Filters) -> QuerySet[Any]:
        movies = apply_filters(selectors.movies(), {name: each for name, each in filters.items() if name != "q"})
        movies = self.viewer_flags.narrowed(movies, filters)
        if "q" not in filters:
            return movies
        return search.matching_any(movies, {name: Parameter(name) for name in ("any_match", "tsqueries", "matches")})

    def with_sort_keys(self, rows: QuerySet[Any], ordering: Ordering) -> QuerySet[Any]:
        return selectors.with_sort_keys(rows, ordering)

    def columns_and_json(self, page_request: PageRequest) -> tuple[Sequence[str], str]:
        if "q" not in page_request.filters:
            return self.columns, self.movie_json(page_request)
        return ("id", "_match"), self.movie_json(page_request, f"{search.field_sql('page._match')} AS matched")

    def read(self, request: HttpRequest, viewer_id: int | None = None) -> Steps[Content]:
        page_request, values = self.page_request(request, viewer_id), self.values(request, viewer_id)
        if viewer_id is None and flags_in(page_request.filters):
            raise NotAuthenticated
        # Films of the other certificates would hide that one is unknown.
        if len(page_request.filters.get("certificate", ())) > 1:
            page_request = _in_catalogue_spelling(page_request, (yield statements.filter_choices()))
        page = yield from self.page(page_request, values)
        if not page.rows and {"genre", "certificate"} & page_request.filters.keys():
            before = page_request
            page_request = _in_catalogue_spelling(before, (yield statements.filter_choices()))
            page = page if page_request == before else (yield from self.page(page_request, values))
        if page.rows or "q" not in page_request.filters:
            return self.content(request, page_request, page)
        return (yield from self._read_corrected(request, page_request, page, values))

    def query(self, statement: Statement, page_request: PageRequest, values: Mapping[str, object]) -> Query[Page]:
        searched = _search_values(page_request, page_request.filters.get("q", ()))
        return super().query(statement, page_request, {**searched, **values})

    def statement(self, page_request: PageRequest) -> Statement:
        by_relevance = page_request.ordering is search.RELEVANCE
        return self._statement_by_relevance(page_request) if by_relevance else super().statement(page_request)

    def make_statement(self, sql: str, page_request: PageRequest) -> Statement:
        has_one_plan = _has_one_plan(page_request.filters)
        lane = Lane.QUICK if has_one_plan else Lane.SLOW
        return Statement(
            sql, lane=lane, prepared=has_one_plan, parameters=_plan_independent_parameters(page_request.filters)
        )

    def _statement_by_relevance(self, page_request: PageRequest) -> Statement:
        filters = parameters_of({name: each for name, each in page_request.filters.items() if name != "q"})
        within = compiled(self.rows(filters).values_list("pk")) if filters else ""
        source = search.page_sql(best_first=page_request.descending, within=within)
        rows = f"SELECT * FROM ({source}) AS listed (_match, _votes, id)"  # noqa: S608  # made of our own parts
        _, json = self.columns_and_json(page_request)
        sql = page_sql(rows, json=json, keys=[f"page.{key}" for key in search.RELEVANCE.keys])
        one_plan, parameters = _has_one_plan(filters), _plan_independent_parameters(page_request.filters)
        return Statement(sql, lane=Lane.SLOW, prepared=one_plan, parameters=parameters)

    def _read_corrected(
        self, request: HttpRequest, page_request: PageRequest, nothing: Page, values: Mapping[str, object]
    ) -> Steps[Content]:
        """Search for corrected spellings, because the query as written matches nothing."""
        (query,) = page_request.filters["q"]
        pages: dict[tuple[str, ...], Page] = {}

        def page_of(texts: Sequence[str]) -> Steps[Page]:
            return self.page(page_request, {**values, **_search_values(page_request, texts)})

        def find(texts: Sequence[str]) -> Steps[tuple[search.Match, int] | None]:
            page = pages[tuple(texts)] = yield from page_of(texts)
            match, _, movie_id = orjson.loads(page.keys[0]) if page.keys else (0, 0, 0)
            return (search.Match(int(match)), int(movie_id)) if movie_id else None

        if page_request.cursor.values or len(page_request.filters) > 1 or page_request.ordering is not search.RELEVANCE:
            texts, did_you_mean = yield from search.correct_if_unmatched(query)
        else:  # no other filters: the first film of a guess's page is its best match
            texts, did_you_mean = yield from search.correct(query, find)
        if did_you_mean is None:
            return self.content(request, page_request, nothing)
        page = pages.get(tuple(texts)) or (yield from page_of(texts))
        return self.content(request, page_request, page, did_you_mean=did_you_mean)


def _has_one_plan(filters: Filters) -> bool:
    """Whether one plan is good for all values: there is at most one, and rows are compared with it for equality."""
    return filters.keys() <= {*_EQUAL} and sum(map(len, filters.values())) <= 1


def _plan_independent_parameters(filters: Filters) -> Sequence[str]:
    """The parameters on whose values the best plan does not depend; with filters such as `liked=1` it does."""
    return () if flags_in(filters) else ("viewer_id",)


def _search_values(page_request: PageRequest, texts: Sequence[str]) -> Mapping[str, object]:
    if not texts:
        return {}
    if page_request.ordering is search.RELEVANCE:
        return search.page_values(texts, page_request.cursor.values, best_first=page_request.descending)
    return search.matching_values(texts)


def _in_catalogue_spelling(page_request: PageRequest, choices: FilterChoices) -> PageRequest:
    """The request with genres and certificates in the catalogue's spelling. Raises ValidationError."""
    filters = dict(page_request.filters)
    with _translated_errors():
        for name, known in (("genre", choices.genres), ("certificate", choices.certificates)):
            if name in filters:
                filters[name] = statements.catalogue_spelling(filters[name], known)
    return page_request._replace(filters=filters)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Convert Django's ValidationError into DRF's. `MovieViewSet.list` adds the field's name."""
    try:
        yield
    except InvalidForm as error:
        raise ValidationError(error.messages) from error


class GenreList(KeysetList):
    """The genres, each with the number of its films."""

    page_size = 100  # a menu needs all of them at once
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
    """A film's details, with viewer-specific members if there is a viewer."""

    def __init__(self, viewer_members: Sequence[ViewerMembers]) -> None:
        self._viewer_members = viewer_members

    def read(self, request: HttpRequest, viewer_id: int | None = None, *, movie_id: int) -> Steps[Content]:
        """Raises NoSuchMovie."""
        parameters = _parameters(MovieDetailQuerySerializer, query_string(request))
        query = statements.movie_details(movie_id, urls_of(request), sources=parameters["sources"])
        details = (yield query) if fits_bigint(movie_id) else None
        if details is None:
            raise selectors.NoSuchMovie
        facts: dict[str, Any] = {}
        if viewer_id is not None:
            for part in self._viewer_members:
                facts |= yield part.query(viewer_id, movie_id)
        content: Content = details.extended(facts)
        return content


@lru_cache(_CACHED_QUERIES)
def _parameters(serializer_class: type[Serializer], query: bytes) -> dict[str, Any]:
    """The validated parameters of a query string, without unknown ones. Raises ValidationError."""
    parameters = QueryDict(query)
    refuse_unknown(parameters, list(serializer_class().fields))
    return validated_query(serializer_class, parameters)


def read_suggestions(request: HttpRequest, viewer_id: int | None = None) -> Steps[Content]:
    """Suggestions for a typed prefix; for corrected spellings if nothing starts with it."""
    typed = _parameters(SuggestQuerySerializer, query_string(request))["q"]
    if len(search.parse_query(typed).key) < suggesting.MIN_TYPED:
        return _suggested([])
    suggestions = yield statements.suggestions([typed])
    results = _results(suggestions, request)
    if results:
        return _suggested(results, suggestions.snapshot)
    texts, did_you_mean = yield from search.correct_if_unmatched(typed)
    if did_you_mean is None:
        return _suggested([], suggestions.snapshot)
    results = _results((yield statements.suggestions(texts)), request)
    members = {"did_you_mean": did_you_mean} if results else {}
    return _suggested(results, suggestions.snapshot, **members)


def _suggested(results: list[dict[str, Any]], snapshot: bytes | None = None, **members: Any) -> Content:
    return Content(OrjsonRenderer().render({"results": results, **members}), snapshot)


def _results(suggestions: Suggestions, request: HttpRequest) -> list[dict[str, Any]]:
    """Titles before people, with places reserved for people if any match."""
    urls = people_urls_of(request)
    titles = [
        {"kind": "title", "text": title, "year": year, "link": f"{urls['movies_url']}{movie_id}/", "id": movie_id}
        for movie_id, title, year in suggestions.titles
    ]
    people = [
        {"kind": "person", "text": name, "year": None, "link": f"{urls['people_url']}{person_id}/", "id": person_id}
        for person_id, name in suggestions.people
    ]
    titles = titles[: suggesting.MAX_SUGGESTIONS - min(len(people), _PLACES_OF_PEOPLE)]
    return titles + people[: suggesting.MAX_SUGGESTIONS - len(titles)]
