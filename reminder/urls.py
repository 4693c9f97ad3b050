from django.urls import path

from reminder import views

urlpatterns = [
    path("reminders/", views.ReminderListView.as_view(), name="reminder-list"),
    path("reminders/<int:movie_id>/", views.ReminderView.as_view(), name="reminder"),
    path("watched/", views.WatchedListView.as_view(), name="watched-list"),
    path("watched/<int:movie_id>/", views.WatchedView.as_view(), name="watched"),
    path("watched/<int:movie_id>/<int:play_id>/", views.PlayView.as_view(), name="play"),
]
