from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, path

from movies.filters import filters_with
from movies.lists import MovieDetails, MovieList, ViewerMembers
from movies.rows import ViewerFlags
from movies.serializers import details_with
from movies.views import GenreListView, MergeView, MovieViewSet, PeopleView, PersonView, PosterView, SuggestView

_LIST: dict[str, Any] = {"get": "list", "post": "create"}
_ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}


def urls(*, viewer_members: Sequence[ViewerMembers], viewer_flags: ViewerFlags) -> list[URLPattern]:
    """The catalogue's URLs. Other contexts add `viewer_members` to a movie's details, `viewer_flags` to lists."""
    reads = {"list": MovieList(viewer_flags).read, "retrieve": MovieDetails(viewer_members).read}
    filters = filters_with(viewer_flags.names)
    every = MovieViewSet.as_view(_LIST, name="Movies", detail=False, reads=reads, filterset_class=filters)
    details = details_with([part.serializer for part in viewer_members])
    one = MovieViewSet.as_view(
        _ONE,
        name="Movie",
        detail=True,
        reads=reads,
        answer_serializer_class=details,
        heading="title",
        buttons=[button for part in viewer_members for button in part.buttons],
    )
    return [
        path("movies/", every, name="movie-list"),
        path("movies/suggest/", SuggestView.as_view(), name="movie-suggest"),
        path("movies/<int:movie_id>/", one, name="movie-detail"),
        path("movies/<int:movie_id>/merge/", MergeView.as_view(), name="movie-merge"),
        path("movies/<int:movie_id>/poster/", PosterView.as_view(), name="movie-poster"),
        path("people/", PeopleView.as_view(), name="person-list"),
        path("people/<int:person_id>/", PersonView.as_view(), name="person-detail"),
        path("genres/", GenreListView.as_view(), name="genre-list"),
    ]
