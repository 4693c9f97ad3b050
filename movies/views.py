from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from movies import examples, limits, search, selectors, services, statements
from movies.filters import MovieFilter
from movies.models import Genre, Movie
from movies.search import suggesting
from movies.serializers import (
    GenreSerializer,
    ListedMovieSerializer,
    MergeSerializer,
    MovieDetailQuerySerializer,
    MovieDetailSerializer,
    MovieForViewerSerializer,
    MovieWriteSerializer,
    SuggestionsSerializer,
    SuggestQuerySerializer,
)
from movies.statements import Suggestions
from netflix.api.caching import Found, HotRead, PublicReads
from netflix.api.conditions import ConditionalView, conditional
from netflix.api.errors import Conflict
from netflix.api.hot import parameters
from netflix.api.pagination import KeysetPagination, Ordering
from netflix.api.permissions import StaffWhoMayMerge, StaffWithPermissionOrReadOnly
from netflix.api.prepared import Query, is_id
from netflix.api.schema import refusal
from netflix.api.views import StrictView
from netflix.idempotency.decorator import idempotent

_LEAST_TYPED = 2  # characters that something is suggested for
_PLACES_OF_PEOPLE = 4  # among suggestions, if so many are found

# What a movie is to a viewer, by the ids of both: members that are added to its details.
ViewerFacts = Callable[[int, int], Query[Any]]  # of a mapping


class MoviePagination(KeysetPagination):
    """With `did_you_mean` beside the films, if it is not the query as it is written that they match."""

    did_you_mean: str | None = None

    def envelope(self, results: Any) -> dict[str, Any]:
        said = {} if self.did_you_mean is None else {"did_you_mean": self.did_you_mean}
        return {**super().envelope(results), **said}

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["properties"]["did_you_mean"] = {
            "type": "string",
            "description": "With `q`, if nothing matches it as it is written: what the best film matches instead.",
            "example": "interstellar",
        }
        return page


def hot_page(request: HttpRequest) -> Query[Found | None] | None:
    """A page by id, of all films or of one genre, or of the best matches of a query as it is written."""
    if query := _only_query(request):
        return _best_matches(request, search.Understood([query]))
    asked = parameters(request, ("genre", *KeysetPagination.parameters))
    if asked is None:
        return None
    window = statements.movies(asked.get("genre"))
    return KeysetPagination().found(window, request, selectors.ORDERINGS["id"], statements.values)


def _only_query(request: HttpRequest) -> str | None:
    """What is searched for, if nothing else is asked."""
    query = (parameters(request, ("q", *KeysetPagination.parameters)) or {}).get("q", "")
    return query if 0 < len(query) <= limits.QUERY_LENGTH else None


def _best_matches(request: HttpRequest, asked: search.Understood) -> Query[Found | None] | None:
    pagination = MoviePagination()
    pagination.did_you_mean = asked.did_you_mean
    window = statements.search(asked.texts)
    return pagination.found(window, request, search.RELEVANCE, statements.values_of_match, statements.json_of_match)


def hot_details(request: HttpRequest, movie_id: int) -> Query[Found | None] | None:
    return statements.movie_details(movie_id) if not request.GET and is_id(movie_id) else None


@extend_schema_view(
    list=extend_schema(
        operation_id="list_movies", responses=ListedMovieSerializer(many=True), examples=[examples.MATCH], auth=[]
    ),
    retrieve=extend_schema(
        operation_id="movie_details",
        parameters=[MovieDetailQuerySerializer],
        responses=MovieForViewerSerializer,
        auth=[{}, {"bearerToken": []}],  # type: ignore[list-item]  # dicts pass as they are
    ),
    create=extend_schema(
        operation_id="add_movie",
        responses={
            201: MovieDetailSerializer,
            409: refusal("`movie_exists`, `genre_gone`, `idempotency_key_in_use`."),
        },
    ),
    partial_update=extend_schema(
        operation_id="change_movie",
        responses={200: MovieDetailSerializer, 409: refusal("`movie_exists`, `genre_gone`.")},
    ),
    destroy=extend_schema(operation_id="remove_movie", responses={204: None}),
)
class MovieViewSet(PublicReads, ConditionalView, GenericViewSet):  # type: ignore[misc]  # `detail` comes of the router
    """The films of the catalogue. Everybody may read; staff with the matching permission may curate."""

    permission_classes = [StaffWithPermissionOrReadOnly]
    serializer_class = MovieWriteSerializer
    filterset_class = MovieFilter
    detail_serializer_class = MovieDetailQuerySerializer
    pagination_class = MoviePagination
    hot_reads: ClassVar[Mapping[str, HotRead]] = {"list": hot_page, "retrieve": hot_details}
    viewer_facts: Sequence[ViewerFacts] = ()
    _asked: search.Understood | None = None
    queryset = Movie.objects.all()  # read by the permission and the browsable API; selectors does the querying

    def get_queryset(self) -> QuerySet[Movie]:
        return selectors.movies()

    def list(self, request: Request) -> Response:
        if found := self.hot(request) or self._hot_guess(request):
            return Response(found.data)
        movies, ordering = self.filter_queryset(self.get_queryset()), _ordering(request)
        if query := request.query_params.get("q"):
            return self._matches(movies, ordering, query)
        rows = self.page(movies.values(*ordering.keys, **selectors.summary_fields()), ordering)
        return self.get_paginated_response([selectors.summary(row) for row in rows])

    def _hot_guess(self, request: Request) -> Found | None:
        """What a query may be a misspelling of that found nothing, if nothing else is asked."""
        plain = settings.HOT_READS and request.accepted_media_type == "application/json"
        query = _only_query(request._request) if plain else None
        if query is None or _best_matches(request._request, search.Understood([])) is None:
            return None
        self._asked = search.understood(query) if "cursor" in request.query_params else search.guess(query)
        guessed = _best_matches(request._request, self._asked) if self._asked.did_you_mean else None
        return guessed.run() if guessed else None

    def _matches(self, movies: QuerySet[Movie], ordering: Ordering, query: str) -> Response:
        """Of the query as it is written, or if there are none, of what it may be a misspelling of."""
        is_known = self._asked is not None and "cursor" not in self.request.query_params
        films = [] if is_known else self._matching(movies, ordering, [query])
        asked = search.Understood([]) if films else self._asked or search.understood(query)
        if asked.did_you_mean:
            self.paginator.did_you_mean = asked.did_you_mean  # type: ignore[union-attr]  # it is ours
            films = self._matching(movies, ordering, asked.texts)
        return self.get_paginated_response(films)

    def _matching(self, movies: QuerySet[Movie], ordering: Ordering, texts: Sequence[str]) -> Sequence[Any]:
        if ordering is not search.RELEVANCE:
            found = search.matching(movies, texts)
            rows = self.page(found.values(*ordering.keys, "_match", **selectors.summary_fields()), ordering)
            return [{**selectors.summary(row), **search.matched(row)} for row in rows]
        rows = self.page(search.found(movies, texts), ordering)
        films = selectors.summaries([row["id"] for row in rows])
        return [{**films[row["id"]], **search.matched(row)} for row in rows if row["id"] in films]

    def retrieve(self, request: Request, movie_id: int) -> Response:
        if found := self.hot(request, movie_id):
            return Response(found.extended(self._viewers_own(request, movie_id)))
        details = selectors.movie_details(movie_id)
        sources: Mapping[str, Any] = selectors.movie_sources(movie_id) if self.asked(request)["sources"] else {}
        return Response({**details, **sources, **self._viewers_own(request, movie_id)})

    def representation(self, request: Request, *, movie_id: int) -> dict[str, Any]:  # type: ignore[override]
        return {**selectors.movie_details(movie_id), **self._viewers_own(request, movie_id)}

    def lock(self, request: Request, *, movie_id: int) -> None:  # type: ignore[override]
        services.lock_movie(movie_id=movie_id)

    def _viewers_own(self, request: Request, movie_id: int) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        if request.user.is_authenticated:
            for facts_of in self.viewer_facts:
                facts |= facts_of(request.user.pk, movie_id).run()
        return facts

    @idempotent
    def create(self, request: Request) -> Response:
        facts = self._facts(partial=False)
        with _refusals():
            movie_id = services.add_movie(**facts)
        location = reverse("movie-detail", args=[movie_id], request=request)
        return Response(
            selectors.movie_details(movie_id), status=status.HTTP_201_CREATED, headers={"Location": location}
        )

    @conditional
    def partial_update(self, request: Request, movie_id: int) -> Response:
        details = selectors.movie_details(movie_id)  # an unknown film is a 404 whatever the body
        changes = self._facts(partial=True)
        if not changes:
            return Response(details)
        with _refusals():
            services.change_movie(movie_id=movie_id, **changes)
        return Response(selectors.movie_details(movie_id))

    @conditional
    def destroy(self, request: Request, movie_id: int) -> Response:
        services.remove_movie(movie_id=movie_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _facts(self, *, partial: bool) -> dict[str, Any]:
        serializer = self.get_serializer(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        facts: dict[str, Any] = serializer.validated_data
        return facts


@extend_schema_view(
    post=extend_schema(
        operation_id="merge_movies",
        responses={
            200: MovieDetailSerializer,
            409: refusal("`movie_exists`: a third film is called as the two would be; `idempotency_key_in_use`."),
        },
    )
)
class MergeView(StrictView):
    """Two films that are one: everything that refers to `merged` refers to this one then, and so does its address."""

    permission_classes = [StaffWhoMayMerge]
    serializer_class = MergeSerializer
    queryset = Movie.objects.all()  # read by the permission

    @idempotent
    def post(self, request: Request, movie_id: int) -> Response:
        merged_id = self.validated(request)["merged"]
        if not selectors.exists(movie_id):
            raise selectors.NoSuchMovie
        try:
            with _refusals():
                services.merge_movies(kept_id=movie_id, merged_id=merged_id)
        except services.MergedWithItself as error:
            raise ValidationError({"merged": "A film cannot be merged with itself. Give another film's id."}) from error
        except selectors.NoSuchMovie as error:
            raise ValidationError({"merged": str(error)}) from error
        return Response(selectors.movie_details(movie_id))


class GenrePagination(KeysetPagination):
    page_size = 100  # a menu wants all of them at once


def hot_genres(request: HttpRequest) -> Query[Found | None] | None:
    if parameters(request, GenrePagination.parameters) is None:
        return None
    return GenrePagination().found(statements.genres(), request, selectors.BY_NAME, statements.values_of_genre)


@extend_schema_view(get=extend_schema(operation_id="list_genres", responses=GenreSerializer(many=True), auth=[]))
class GenreListView(PublicReads, StrictView):
    """The genres of the catalogue, each with the number of its films."""

    permission_classes = [AllowAny]
    pagination_class = GenrePagination
    serializer_class = GenreSerializer
    filter_backends = []
    detail = False
    queryset = Genre.objects.all()
    hot_reads: ClassVar[Mapping[str, HotRead]] = {"get": hot_genres}

    def get(self, request: Request) -> Response:
        if found := self.hot(request):
            return Response(found.data)
        return self.get_paginated_response(self.page(selectors.genres(), selectors.BY_NAME))


def hot_suggestions(request: HttpRequest) -> Query[Found | None] | None:
    """For what is typed as it is written."""
    asked = (parameters(request, ("q",)) or {}).get("q", "")
    if len(asked) > limits.QUERY_LENGTH or not _is_enough(asked):
        return None

    def answer(suggested: Suggestions) -> Found | None:
        results = _suggested(suggested, request)
        return Found({"results": results}, suggested.version) if results else None

    return statements.suggestions([asked]).then(answer)


@extend_schema_view(
    get=extend_schema(
        operation_id="suggest_movies",
        parameters=[SuggestQuerySerializer],
        responses=SuggestionsSerializer,
        examples=examples.SUGGESTIONS,
        auth=[],
    )
)
class SuggestView(PublicReads, StrictView):
    """Titles and people for what somebody is typing, at most ten of them."""

    permission_classes = [AllowAny]
    serializer_class = SuggestionsSerializer
    query_serializer_class = SuggestQuerySerializer
    pagination_class = None
    filter_backends = []
    detail = False
    hot_reads: ClassVar[Mapping[str, HotRead]] = {"get": hot_suggestions}

    def get(self, request: Request) -> Response:
        if found := self.hot(request):
            return Response(found.data)
        typed = self.asked(request)["q"]
        if not _is_enough(typed):
            return Response({"results": []})
        if results := _suggested(statements.suggestions([typed]).run(), request):
            return Response({"results": results})
        texts, did_you_mean = search.understood(typed)
        results = _suggested(statements.suggestions(texts).run(), request) if did_you_mean else []
        return Response({"results": results} | ({"did_you_mean": did_you_mean} if results else {}))


def _is_enough(typed: str) -> bool:
    return len(search.read(typed).key) >= _LEAST_TYPED


def _suggested(found: Suggestions, request: HttpRequest | Request) -> list[dict[str, Any]]:
    """Titles before people, and of both if there are both."""
    movies = reverse("movie-list", request=request)
    titles = [
        {"kind": "title", "text": title, "year": year, "link": f"{movies}{movie_id}/"}
        for movie_id, title, year in found.titles
    ]
    people = [
        {"kind": "person", "text": name, "year": None, "link": f"{movies}?{urlencode({'person': name})}"}
        for name in found.names
    ]
    titles = titles[: suggesting.MOST - min(len(people), _PLACES_OF_PEOPLE)]
    return titles + people[: suggesting.MOST - len(titles)]


def _ordering(request: Request) -> Ordering:
    """Which one is asked for; the filters have seen that it is known."""
    name = request.query_params.get("ordering")
    if name:
        return selectors.ORDERINGS[name]
    return search.RELEVANCE if request.query_params.get("q") else selectors.ORDERINGS["id"]


@contextmanager
def _refusals() -> Iterator[None]:
    """What the domain refuses, as what the API answers."""
    try:
        yield
    except services.MovieExists as error:
        said = "This film is already in the catalogue: same title, year and director."
        members = {} if error.movie_id is None else {"movie": error.movie_id}
        raise Conflict(said, code="movie_exists", **members) from error
    except services.GenreGone as error:
        said = "One of these genres was deleted just now. Send the request again with the genres that are there."
        raise Conflict(said, code="genre_gone") from error
