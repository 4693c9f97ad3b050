import pytest
from axes.models import AccessAttempt
from knox.models import AuthToken

from movies.models import LikeCount
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.notices.models import Notice
from netflix.notices.services import NewNotice, notify
from ranking.models import Like, Standing
from reminder.models import Reminder, Viewing, Watched

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/me/"


def test_it_says_who_i_am(viewer, viewer_api, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = viewer_api.get(URL)
    assert answer.json() == {
        "username": "viewer",
        "email": "viewer@example.org",
        "email_verified": True,
        "date_joined": answer.json()["date_joined"],
        "is_staff": False,
    }


def test_it_knows_nobody_without_a_login(api):
    assert api.get(URL).status_code == 401
    assert api.delete(URL).status_code == 401


def test_it_erases_me_and_everything_of_mine(api, viewer, viewer_api):
    movie, other = make_movie(genres=("Drama", "Crime")), User.objects.create_user("other")
    token = api.post("/api/v1/auth/login/", {"username": "viewer", "password": "a-viewers-password"}).json()["token"]
    Like.objects.create(user=other, movie=movie)
    viewer_api.put(f"/api/v1/movies/{movie.pk}/like/")
    viewer_api.put(f"/api/v1/watched/{movie.pk}/")
    viewer_api.put(f"/api/v1/reminders/{movie.pk}/")
    notify([NewNotice(user_id=viewer.pk, key="a", subject="s", text="t")])
    AccessAttempt.objects.create(username="VIEWER", ip_address="1.2.3.4", failures_since_start=1)

    assert api.delete(URL, headers={"Authorization": f"Bearer {token}"}).status_code == 204

    for model in (AuthToken, Reminder, Watched, Viewing, Notice, AccessAttempt):
        assert not model.objects.exists(), model
    assert list(User.objects.values_list("username", flat=True)) == ["other"]
    assert list(Like.objects.values_list("user__username", flat=True)) == ["other"]
    assert api.get(URL, headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_it_takes_my_likes_out_of_the_counts(viewer_api):
    movies = [make_movie(genres=("Drama", "Crime")) for _ in range(3)]
    for movie in movies:
        viewer_api.put(f"/api/v1/movies/{movie.pk}/like/")
    viewer_api.delete(URL)
    assert set(LikeCount.objects.values_list("likes", flat=True)) == {0}
    assert set(Standing.objects.values_list("likes", "trend_week")) == {(0, float("-inf"))}


def test_it_erases_people_whom_an_admin_deletes_in_the_same_way(
    client, admin, viewer, viewer_api, django_capture_on_commit_callbacks
):
    movie = make_movie()
    viewer_api.put(f"/api/v1/movies/{movie.pk}/like/")
    client.force_login(admin)
    chosen = {"action": "delete_selected", "_selected_action": [viewer.pk], "post": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/admin/accounts/user/", chosen)
    assert not User.objects.filter(pk=viewer.pk).exists()
    assert LikeCount.objects.get(movie=movie).likes == 0
