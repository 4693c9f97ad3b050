import pytest
from django.contrib.auth import get_user_model

from netflix.notices.models import Notice
from netflix.notices.services import NewNotice, notify

pytestmark = pytest.mark.django_db
URL = "/api/v1/notices/"


def tell(user, *keys):
    notify(NewNotice(user_id=user.pk, key=key, subject=f"About {key}", text="Read this.") for key in keys)


def test_it_lists_my_notices_newest_first_in_one_query(viewer, viewer_api, django_assert_num_queries):
    tell(viewer, "a", "b", "c")
    tell(get_user_model().objects.create_user("other"), "d")
    with django_assert_num_queries(1):
        rows = viewer_api.get(URL).json()["results"]
    assert [row["subject"] for row in rows] == ["About c", "About b", "About a"]
    assert rows[0].keys() == {
        "id", "subject", "text", "link", "scheduled_at", "sent_at", "emailed_at", "email_status", "seen_at",
    }  # fmt: skip


def test_it_tells_each_thing_once(viewer):
    tell(viewer, "a", "b")
    tell(viewer, "b", "c")
    assert sorted(Notice.objects.values_list("key", flat=True)) == ["a", "b", "c"]


def test_it_notes_when_i_first_saw_one(viewer, viewer_api):
    tell(viewer, "a")
    pk = viewer_api.get(URL).json()["results"][0]["id"]
    first = viewer_api.put(f"{URL}{pk}/seen/")
    assert first.status_code == 200
    assert first.json()["seen_at"]
    assert viewer_api.put(f"{URL}{pk}/seen/").json() == first.json()


def test_it_hides_the_notices_of_others(viewer_api):
    tell(get_user_model().objects.create_user("other"), "a")
    notice = Notice.objects.get()
    answer = viewer_api.put(f"{URL}{notice.pk}/seen/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    notice.refresh_from_db()
    assert notice.seen_at is None


def test_it_keeps_a_title_from_breaking_into_other_headers(viewer):
    notify([NewNotice(user_id=viewer.pk, key="a", subject="Hi\nBcc: all@example.org" + "x" * 300, text="t")])
    assert "\n" not in Notice.objects.get().subject
