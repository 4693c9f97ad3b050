from django.urls import path

from netflix.notices import views

urlpatterns = [
    path("notices/", views.NoticeListView.as_view(), name="notice-list"),
    path("notices/<int:notice_id>/seen/", views.NoticeSeenView.as_view(), name="notice-seen"),
]
