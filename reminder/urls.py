from django.urls import URLPattern, path

from movies.rows import ViewerFlags
from reminder import views
from reminder.lists import ReminderList, WatchedList


def urls(*, viewer_flags: ViewerFlags) -> list[URLPattern]:
    """The addresses of both lists. Other contexts add `viewer_flags` to films in lists."""
    reminders, watched = {"get": ReminderList(viewer_flags).read}, {"get": WatchedList(viewer_flags).read}
    return [
        path("reminders/", views.ReminderListView.as_view(reads=reminders), name="reminder-list"),
        path("reminders/<int:movie_id>/", views.ReminderView.as_view(), name="reminder"),
        path("watched/", views.WatchedListView.as_view(reads=watched), name="watched-list"),
        path("watched/<int:movie_id>/", views.WatchedView.as_view(), name="watched"),
        path("watched/<int:movie_id>/<int:play_id>/", views.ViewingView.as_view(), name="play"),
    ]
