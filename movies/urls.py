from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, path

from movies.lists import MovieDetails, MovieList, ViewerFacts
from movies.views import GenreListView, MergeView, MovieViewSet, SuggestView

_LIST: dict[str, Any] = {"get": "list", "post": "create"}
_ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}


def urls(*, viewer_facts: Sequence[ViewerFacts]) -> list[URLPattern]:
    """The catalogue's addresses. Who includes them says who knows what a movie is to a viewer."""
    reads = {"list": MovieList().read, "retrieve": MovieDetails(viewer_facts).read}
    one = MovieViewSet.as_view(_ONE, name="Movie", detail=True, reads=reads)
    return [
        path("movies/", MovieViewSet.as_view(_LIST, name="Movies", detail=False, reads=reads), name="movie-list"),
        path("movies/suggest/", SuggestView.as_view(), name="movie-suggest"),
        path("movies/<int:movie_id>/", one, name="movie-detail"),
        path("movies/<int:movie_id>/merge/", MergeView.as_view(), name="movie-merge"),
        path("genres/", GenreListView.as_view(), name="genre-list"),
    ]
