from django.urls import URLPattern, path

from movies.rows import ViewerFlags
from ranking import views
from ranking.lists import LikeList, RankingList


def urls(*, viewer_flags: ViewerFlags) -> list[URLPattern]:
    """The addresses of likes and rankings. Other contexts add `viewer_flags` to films in lists."""
    likes, ranking = {"get": LikeList(viewer_flags).read}, {"get": RankingList(viewer_flags).read}
    return [
        path("movies/<int:movie_id>/like/", views.LikeView.as_view(), name="movie-like"),
        path("likes/", views.LikeListView.as_view(reads=likes), name="like-list"),
        path("ranking/", views.RankingView.as_view(reads=ranking), name="ranking"),
    ]
