from typing import Any

from django.urls import path

from movies.views import GenreListView, MovieViewSet

_LIST: dict[str, Any] = {"get": "list", "post": "create"}
_ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

urlpatterns = [
    path("movies/", MovieViewSet.as_view(_LIST, name="Movies", detail=False), name="movie-list"),
    path("movies/<int:pk>/", MovieViewSet.as_view(_ONE, name="Movie", detail=True), name="movie-detail"),
    path("genres/", GenreListView.as_view(), name="genre-list"),
]
