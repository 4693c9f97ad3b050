"""Walks every operation of the schema as somebody else and as nobody: what is mine stays mine."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from movies.models import Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import Login, User
from netflix.accounts.tests.clients import logged_in
from netflix.notices.models import Notice
from netflix.notices.services import NewNotice, notify
from ranking import services as ranking
from ranking.models import Like
from reminder import services as reminder
from reminder.models import Reminder, Viewing, Watched
from support import services as support
from support.attachments import CheckedFile
from support.models import Attachment, Event, Reply, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SECRET = "only-for-my-eyes"

# By path: an object of the owner, which others must not see, or something that is public, such as a film.
OWNED = {
    "/api/v1/auth/logins/{login_id}/": (Login, "pk", "987654321"),
    "/api/v1/notices/{notice_id}/seen/": (Notice, "pk", "987654321"),
    "/api/v1/watched/{movie_id}/{play_id}/": (Viewing, "pk", "987654321"),
} | {
    f"/api/v1/tickets/{{number}}/{what}": (Ticket, "number", "222-222-222")
    for what in ("", "replies/", "attachments/", "rating/", "close/", "reopen/")
}
OWNED["/api/v1/tickets/{number}/attachments/{key}/"] = (Attachment, "key", "2222222222222222222222")
SHARED = {
    "/api/v1/movies/{movie_id}/", "/api/v1/movies/{movie_id}/like/", "/api/v1/movies/{movie_id}/merge/",
    "/api/v1/movies/{movie_id}/poster/",
    "/api/v1/reminders/{movie_id}/", "/api/v1/watched/{movie_id}/", "/api/v1/people/{person_id}/",
}  # fmt: skip


@pytest.fixture
def owner():
    person = User.objects.create_user(f"{SECRET}-name", f"{SECRET}@example.org", "an-owners-password")
    AuthToken.objects.create(person)
    movie = make_movie("Shared film")
    ranking.like(user_id=person.pk, movie_id=movie.pk)
    reminder.record_viewing(user_id=person.pk, movie_id=movie.pk)
    reminder.set_reminder(user_id=person.pk, movie_id=movie.pk, note=SECRET, remind_at=timezone.now())
    notify([NewNotice(user_id=person.pk, key="k", subject=SECRET, text=SECRET)])
    number = support.open_ticket(user_id=person.pk, category="other", subject=SECRET, message=SECRET, movie_id=movie.pk)
    support.attach(user_id=person.pk, number=number, file=CheckedFile(name="a.txt", content=SECRET.encode()))
    return person


@pytest.fixture
def operations(api, owner):
    schema = api.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    return [
        (method, path, operation)
        for path, item in sorted(schema["paths"].items())
        for method, operation in sorted(item.items())
    ]


def address(path, *, owned=None):
    """The path with the owner's object in it, or with `owned` instead."""
    if path in OWNED and owned is None:
        model, name, _ = OWNED[path]
        owned = getattr(model.objects.earliest("pk"), name)
    if "{key}" in path:
        path = path.replace("{number}", Ticket.objects.earliest("pk").number)
    return re.sub(r"\{\w+\}", str(owned), path.replace("{movie_id}", str(Movie.objects.get().pk)))


def everything_of(owner):
    mine = [
        list(model.objects.filter(user=owner).order_by("pk").values())
        for model in (Like, Login, Reminder, Watched, Notice, Ticket)
    ]
    return [
        *mine,
        list(Viewing.objects.filter(watched__user=owner).values()),
        list(Event.objects.filter(ticket__user=owner).values()),
        list(Reply.objects.filter(ticket__user=owner).values()),
        list(Attachment.objects.filter(reply__ticket__user=owner).values()),
        User.objects.filter(pk=owner.pk).values()[0],
    ]


def valid_body(path):
    """A valid body for this path."""
    if path.endswith("/attachments/"):
        return {"file": SimpleUploadedFile("a.txt", b"changed")}
    if path.endswith("/rating/"):
        return {"score": "bad"}
    return {"text": "changed"} if path.endswith("/replies/") else {}


def send(client, method, address, said):
    if "file" in said:
        said["file"].seek(0)
        return getattr(client, method)(address, said, format="multipart")
    return getattr(client, method)(address, said)


def is_public(operation):
    return {} in operation.get("security", [{}])


def test_it_knows_what_stands_in_every_path(operations):
    with_something = {path for _, path, _ in operations if "{" in path}
    assert with_something == SHARED | OWNED.keys()


def test_it_lets_nobody_without_a_login_do_more_than_the_schema_says(operations, owner):
    before, closed = everything_of(owner), 0
    for method, path, operation in operations:
        answer = APIClient(raise_request_exception=False).generic(method.upper(), address(path))
        assert SECRET not in answer.content.decode()
        if not is_public(operation):
            closed += 1
            assert answer.status_code == 401, (method, path)
            assert answer.json()["code"] == "not_authenticated"
    assert closed >= 15
    assert everything_of(owner) == before


def test_it_lets_nobody_see_or_change_or_infer_what_is_anothers(operations, owner, viewer):
    before = everything_of(owner)
    body = {"user": owner.pk, "user_id": owner.pk, "owner": owner.pk, "username": owner.username, "note": "changed"}
    body |= {"text": "changed", "subject": "changed", "message": "changed", "category": "other"}
    leaving = ("delete", "/api/v1/auth/me/")
    for method, path, _ in sorted(operations, key=lambda operation: operation[:2] == leaving):
        visitor = logged_in(viewer)  # with a token of its own, because one of the calls logs out
        for said in (body, valid_body(path)):  # the first is refused as such
            there = send(visitor, method, address(path), said)
            assert there.status_code < 500, (method, path)
            assert SECRET not in there.content.decode(), (method, path)
            if path in OWNED:
                nowhere = send(visitor, method, address(path, owned=OWNED[path][2]), said)
                assert (there.status_code, there.json()["detail"]) == (nowhere.status_code, nowhere.json()["detail"])
                assert there.status_code in ((400, 404, 415) if said is body else (404,))
    assert everything_of(owner) == before


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_it_lets_no_body_make_anybody_more_than_they_are(operations, owner, viewer, method):
    more = {"id": 1, "is_staff": True, "is_superuser": True, "likes": 99, "seen_at": None, "sent_at": None, "times": 99}
    stored = User.objects.filter(pk=viewer.pk).values("id", "is_staff", "is_superuser").get()
    for name, path, _ in operations:
        if name == method:
            assert getattr(logged_in(viewer), method)(address(path), more).status_code < 500
    assert User.objects.filter(pk=viewer.pk).values("id", "is_staff", "is_superuser").get() == stored
    assert Movie.objects.get().title == "Shared film"
    movie = Movie.objects.get().pk
    assert logged_in(viewer).get(f"/api/v1/movies/{movie}/").json()["likes"] == Like.objects.count()
    assert not Reminder.objects.filter(user=viewer).exclude(sent_at=None).exists()
