from django.urls import path

from ranking import views

urlpatterns = [
    path("movies/<int:movie_id>/like/", views.LikeView.as_view(), name="movie-like"),
    path("likes/", views.LikeListView.as_view(), name="like-list"),
    path("ranking/", views.RankingView.as_view(), name="ranking"),
]
