from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import orjson
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.utils import translate_validation
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from movies import selectors, services, statements
from movies.filters import MovieFilter
from movies.history import Author
from movies.lists import GenreList, read_suggestions
from movies.models import Change, Genre, Movie, Person
from movies.people import PeopleList, read_person
from movies.rows import MoviesPagination
from movies.serializers import (
    GenreSerializer,
    ListedMovieSerializer,
    MergeSerializer,
    MovieDetailQuerySerializer,
    MovieDetailSerializer,
    MovieExistsProblemSerializer,
    MovieWriteSerializer,
    PeopleQuerySerializer,
    PersonDetailSerializer,
    PersonSerializer,
    PosterWriteSerializer,
    SuggestionsSerializer,
    SuggestQuerySerializer,
)
from movies.statements import urls_of
from netflix.api.conditions import conditional
from netflix.api.errors import Conflict, Unavailable
from netflix.api.pagination import KeysetPagination
from netflix.api.parsers import FileParser
from netflix.api.permissions import StaffWhoMayChange, StaffWhoMayMerge, StaffWithPermissionOrReadOnly, viewer_id
from netflix.api.schema import STAFF_ONLY, error_response
from netflix.api.views import StrictView
from netflix.hot.statements import fits_bigint
from netflix.hot.steps import Read
from netflix.hot.views import ConditionalReadView, PublicReadView, ReadView
from netflix.idempotency.decorator import idempotent


class SearchPagination(KeysetPagination):
    """Adds `did_you_mean` to a page if its rows match a corrected query."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["properties"]["did_you_mean"] = {
            "type": "string",
            "description": "With `q`, if nothing matches it as it is written: what the first row matches instead.",
            "example": "interstellar",
        }
        return page


class MovieSearchPagination(SearchPagination, MoviesPagination):
    pass


@extend_schema_view(
    list=extend_schema(
        operation_id="list_movies",
        summary="List, filter and search films",
        description="Filters combine: a film must match all of them. With `q` the list is a keyword search over "
        "titles, people, years and descriptions, in any word order and best match first. If nothing matches the words "
        "as they are written, the search corrects typos, and `did_you_mean` is the query that the films match. "
        "A login adds what each film is to you.",
        responses=ListedMovieSerializer(many=True),
        auth=[{}, {"bearerToken": []}],  # type: ignore[list-item]  # dicts pass as they are
    ),
    retrieve=extend_schema(
        operation_id="movie_details",
        summary="Get a film's details",
        description="Everything about one film. A login adds what it is to you: `liked`, `reminder` and `watched`.",
        parameters=[MovieDetailQuerySerializer],
        auth=[{}, {"bearerToken": []}],  # type: ignore[list-item]  # dicts pass as they are
    ),
    create=extend_schema(
        operation_id="add_movie",
        summary="Add a film",
        description="For staff. `Location` is the new film's URL. A film with the same title, year and director "
        "is a 409 that names the film that is there.",
        responses={
            201: MovieDetailSerializer,
            403: STAFF_ONLY,
            409: error_response(
                "`movie_exists`, `genre_gone`, `idempotency_key_in_use`.", MovieExistsProblemSerializer
            ),
        },
    ),
    partial_update=extend_schema(
        operation_id="change_movie",
        summary="Change a film",
        description="For staff. Fields that are left out stay as they are. Imports keep what was changed here.",
        responses={
            200: MovieDetailSerializer,
            403: STAFF_ONLY,
            409: error_response("`movie_exists`, `genre_gone`.", MovieExistsProblemSerializer),
        },
    ),
    destroy=extend_schema(
        operation_id="remove_movie",
        summary="Remove a film",
        description="For staff. Its likes and its entries on users' lists go with it. Imports do not bring it back.",
        responses={204: None, 403: STAFF_ONLY},
    ),
)
class MovieViewSet(PublicReadView, ConditionalReadView, GenericViewSet):  # type: ignore[misc]  # the router sets `detail`
    """The films of the catalogue. Everybody may read; staff with the matching permission may edit."""

    permission_classes = [StaffWithPermissionOrReadOnly]
    serializer_class = MovieWriteSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = MovieFilter
    detail_query_serializer_class = MovieDetailQuerySerializer
    answer_serializer_class: ClassVar[type[Serializer]] = MovieDetailSerializer  # of GET, for the schema
    pagination_class = MovieSearchPagination
    queryset = Movie.objects.all()  # read by the permission and the browsable API; the lists do the querying

    def list(self, request: Request) -> Response:
        try:
            return self.answer(request)
        except ValidationError:
            form = self.filterset_class(request.query_params, queryset=self.get_queryset())
            if form.is_valid():
                raise
            raise translate_validation(form.errors) from None

    def retrieve(self, request: Request, movie_id: int) -> Response:
        return self.answer(request, movie_id=movie_id)

    def get_serializer_class(self) -> type[Serializer]:
        return self.answer_serializer_class if self.action == "retrieve" else self.serializer_class

    def lock(self, request: Request, *, movie_id: int) -> None:  # type: ignore[override]
        services.lock_movie(movie_id=movie_id)

    @idempotent
    def create(self, request: Request) -> Response:
        facts = self.validated(request)
        with _translated_errors():
            movie_id = services.add_movie(by=_author(request), **facts)
        location = reverse("movie-detail", args=[movie_id], request=request)
        return Response(_details(request, movie_id), status=status.HTTP_201_CREATED, headers={"Location": location})

    @conditional
    def partial_update(self, request: Request, movie_id: int) -> Response:
        details = _details(request, movie_id)  # an unknown film is a 404 whatever the body
        changes = self.validated(request, partial=True)
        if not changes:
            return Response(details)
        with _translated_errors():
            services.change_movie(movie_id=movie_id, by=_author(request), **changes)
        return Response(_details(request, movie_id))

    @conditional
    def destroy(self, request: Request, movie_id: int) -> Response:
        services.remove_movie(movie_id=movie_id, by=_author(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    post=extend_schema(
        operation_id="merge_movies",
        summary="Merge a duplicate into a film",
        description="For staff. Likes, lists and tickets of `merged` move to the film at this URL, and the "
        "URL of `merged` answers 308 with this one.",
        responses={
            200: MovieDetailSerializer,
            403: STAFF_ONLY,
            409: error_response(
                "`movie_exists`: a third film has the title, year and director that this one would get; "
                "`idempotency_key_in_use`.",
                MovieExistsProblemSerializer,
            ),
        },
    )
)
class MergeView(StrictView):
    """Merge a duplicate: references to `merged` move to this film, and the URL of `merged` redirects to it."""

    permission_classes = [StaffWhoMayMerge]
    serializer_class = MergeSerializer
    queryset = Movie.objects.all()  # read by the permission

    @idempotent
    def post(self, request: Request, movie_id: int) -> Response:
        merged_id = self.validated(request)["merged"]
        _details(request, movie_id)  # an unknown film is a 404
        try:
            with _translated_errors():
                services.merge_movies(kept_id=movie_id, merged_id=merged_id, by=_author(request))
        except services.MergedWithItself as error:
            raise ValidationError({"merged": "A film cannot be merged with itself. Give another film's id."}) from error
        except selectors.NoSuchMovie as error:
            raise ValidationError({"merged": str(error)}) from error
        return Response(_details(request, movie_id))


@extend_schema_view(
    put=extend_schema(
        operation_id="set_poster",
        summary="Upload a poster",
        description="For staff. The picture is sent as the field `file` of a form, or is the body itself, with its "
        "Content-Type. Its content decides what it is. It is made into WebP files that are 342 and 780 pixels wide, "
        "without metadata (EXIF). Imports keep it; to name a picture elsewhere, change the film's `poster`.",
        request={"multipart/form-data": PosterWriteSerializer},
        responses={200: MovieDetailSerializer, 403: STAFF_ONLY},
    ),
    delete=extend_schema(
        operation_id="remove_poster",
        summary="Remove a poster",
        description="For staff. The film has none then, whether it was uploaded or is a picture elsewhere, and imports "
        "bring none back.",
        responses={204: None, 403: STAFF_ONLY},
    ),
)
class PosterView(StrictView):
    permission_classes = [StaffWhoMayChange]
    serializer_class = PosterWriteSerializer
    parser_classes = [MultiPartParser, FileParser]
    queryset = Movie.objects.all()  # read by the permission

    def put(self, request: Request, movie_id: int) -> Response:
        _details(request, movie_id)  # an unknown film is a 404 whatever the body
        picture = self.validated(request)["file"]
        try:
            services.set_poster(movie_id=movie_id, picture=picture, by=_author(request))
        except services.PosterNotStored as error:
            raise Unavailable("The poster could not be stored. Try again in a moment.") from error
        return Response(_details(request, movie_id))

    def delete(self, request: Request, movie_id: int) -> Response:
        services.change_movie(movie_id=movie_id, by=_author(request), poster="")
        return Response(status=status.HTTP_204_NO_CONTENT)


class GenrePagination(KeysetPagination):
    page_size = GenreList.page_size


@extend_schema_view(
    get=extend_schema(
        operation_id="list_genres",
        summary="List the genres",
        description="By name, each with the number of its films. A page has 100 genres, so that a menu needs only one.",
        responses=GenreSerializer(many=True),
        auth=[],
    )
)
class GenreListView(PublicReadView, ReadView):
    """The genres of the catalogue, each with the number of its films."""

    name = "Genres"
    pagination_class = GenrePagination
    serializer_class = GenreSerializer
    detail = False
    queryset = Genre.objects.all()
    reads: ClassVar[Mapping[str, Read]] = {"get": GenreList().read}


@extend_schema_view(
    get=extend_schema(
        operation_id="list_people",
        summary="List and search people",
        parameters=[PeopleQuerySerializer],
        responses=PersonSerializer(many=True),
        auth=[],
    )
)
class PeopleView(PublicReadView, ReadView):
    """The directors and actors of the catalogue: all by name, or with `q` those whose names have these words."""

    serializer_class = PersonSerializer
    query_serializer_class = PeopleQuerySerializer
    pagination_class = SearchPagination
    detail = False
    queryset = Person.objects.all()
    reads: ClassVar[Mapping[str, Read]] = {"get": PeopleList().read}


@extend_schema_view(
    get=extend_schema(
        operation_id="person_details", summary="Get a person's films", responses=PersonDetailSerializer, auth=[]
    )
)
class PersonView(PublicReadView, ReadView):
    """A director or actor: their films by role, and the genres of these."""

    serializer_class = PersonDetailSerializer
    queryset = Person.objects.all()
    reads: ClassVar[Mapping[str, Read]] = {"get": read_person}


@extend_schema_view(
    get=extend_schema(
        operation_id="suggest_movies",
        summary="Suggest titles and people",
        description="For a search box, while somebody types: at most ten titles and people that begin with these "
        "letters. If nothing does, the letters are taken for a typo, and `did_you_mean` says for which.",
        parameters=[SuggestQuerySerializer],
        responses=SuggestionsSerializer,
        auth=[],
    )
)
class SuggestView(PublicReadView, ReadView):
    """Titles and people for what somebody is typing, at most ten of them."""

    name = "Suggestions"
    serializer_class = SuggestionsSerializer
    query_serializer_class = SuggestQuerySerializer
    pagination_class = None
    detail = False
    reads: ClassVar[Mapping[str, Read]] = {"get": read_suggestions}


def _author(request: Request) -> Author:
    return Author(viewer_id(request), Change.Way.API)


def _details(request: Request, movie_id: int) -> orjson.Fragment:
    """A film's details as JSON, the response to writes. Raises NoSuchMovie."""
    details = statements.movie_details(movie_id, urls_of(request)).run() if fits_bigint(movie_id) else None
    if details is None:
        raise selectors.NoSuchMovie
    return details.data


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Convert errors of `services` into API errors."""
    try:
        yield
    except services.MovieExists as error:
        detail = "This film is already in the catalogue: same title, year and director."
        members = {} if error.movie_id is None else {"movie": error.movie_id}
        raise Conflict(detail, code="movie_exists", **members) from error
    except services.GenreGone as error:
        detail = "One of these genres was deleted just now. Send the request again with the genres that are there."
        raise Conflict(detail, code="genre_gone") from error
