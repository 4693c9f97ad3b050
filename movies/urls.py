from django.urls import path

from movies.views import GenreListView, MovieViewSet

urlpatterns = [
    path("movies/", MovieViewSet.as_view({"get": "list", "post": "create"}, name="Movies"), name="movie-list"),
    path(
        "movies/<int:pk>/",
        MovieViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, name="Movie"),
        name="movie-detail",
    ),
    path("genres/", GenreListView.as_view(), name="genre-list"),
]
