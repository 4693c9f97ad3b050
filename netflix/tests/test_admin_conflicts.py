"""What another transaction wrote meanwhile: an error in the admin's form or a 409 of the API, and nothing is written."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from movies.models import Genre, ImportRun, Movie, Person
from movies.tests.factories import make_movie
from netflix.accounts.admin import AccountAdmin
from netflix.accounts.models import User
from netflix.events import account_erasure_started
from netflix.tests.admin_writers import PASSWORD
from netflix.tests.forms import filled_in
from netflix.tests.meanwhile import at_once, while_another_writes
from ranking.services import like

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(admin):
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    return client


def page(thing, what="change"):
    meta = thing._meta
    arguments = [] if what == "add" else [thing.pk]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{what}", args=arguments)


def make_person(name):
    return Person.objects.create(name=name, name_key=name.lower())


# The model, what exists before, what somebody else writes, and what the form gets.
TAKEN = {
    "user added": (User, None, lambda: User.objects.create_user("ANN"), {"username": "ann", **PASSWORD}),
    "user renamed": (User, lambda: User.objects.create_user("bob"), lambda: User.objects.create_user("ANN"), {
        "username": "ann",
    }),
    "group added": (Group, None, lambda: Group.objects.create(name="ann"), {"name": "ann"}),
    "genre added": (Genre, None, lambda: Genre.objects.create(name="ANN"), {"name": "ann"}),
    "genre renamed": (Genre, lambda: Genre.objects.create(name="Bob"), lambda: Genre.objects.create(name="ANN"), {
        "name": "ann",
    }),
    "person added": (Person, None, lambda: make_person("Ann"), {"name": "ann"}),
    "person renamed": (Person, lambda: make_person("Bob"), lambda: make_person("Ann"), {"name": "ann"}),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
def test_it_shows_the_form_again_when_another_took_the_name_meanwhile(site, case):
    model, make, take, values = TAKEN[case]
    thing = make() if make else model()
    address = page(thing, "change" if make else "add")
    form = filled_in(site, address, **values)
    before = model.objects.count()
    answer = while_another_writes(take, lambda: site.post(address, form))
    html = answer.content.decode()
    assert answer.status_code == 200, html
    assert "already" in html
    assert 'value="ann"' in html
    assert "successfully" not in html
    assert model.objects.count() == before + 1  # the other's
    assert not LogEntry.objects.exists()
    if make:
        kept = model.objects.get(pk=thing.pk)
        assert str(kept) in ("bob", "Bob")


def test_it_says_so_when_only_the_database_knows_why(site, monkeypatch):
    """As when the other one gives the name away again before the form is validated a second time."""
    Genre.objects.create(name="Ann")
    monkeypatch.setattr(Genre, "clean", lambda _: None)
    monkeypatch.setattr(Genre, "validate_constraints", lambda *_, **__: None)
    answer = site.post(reverse("admin:movies_genre_add"), {"name": "ann"})
    assert "somebody else has stored the same in the meantime" in answer.content.decode()
    assert 'value="ann"' in answer.content.decode()
    assert Genre.objects.count() == 1


def delete_in_admin(site, thing):
    return lambda: site.post(page(thing, "delete"), {"post": "yes"})


@pytest.fixture
def curator(admin):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(admin)
    return client


def test_it_answers_409_to_a_change_whose_genre_was_deleted_meanwhile(site, curator):
    movie = make_movie("Heat", genres=("Crime",))
    genre = Genre.objects.create(name="Noir")
    answer = while_another_writes(
        delete_in_admin(site, genre),
        lambda: curator.patch(f"/api/v1/movies/{movie.pk}/", {"title": "Cold", "genres": ["Noir"]}),
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "genre_gone")
    movie.refresh_from_db()
    assert (movie.title, [genre.name for genre in movie.genres.all()]) == ("Heat", ["Crime"])


def test_it_answers_409_to_a_new_movie_whose_genre_was_deleted_meanwhile(site, curator):
    genre = Genre.objects.create(name="Noir")
    body = {"title": "Heat", "year": 1995, "genres": ["Noir"]}
    answer = while_another_writes(delete_in_admin(site, genre), lambda: curator.post("/api/v1/movies/", body))
    assert (answer.status_code, answer.json()["code"]) == (409, "genre_gone")
    assert not Movie.objects.exists()


def test_it_knows_a_person_anew_who_was_deleted_meanwhile(site, curator):
    movie, person = make_movie("Heat"), make_person("Al Pacino")
    answer = while_another_writes(
        delete_in_admin(site, person),
        lambda: curator.patch(f"/api/v1/movies/{movie.pk}/", {"actors": ["Al Pacino"]}),
    )
    assert (answer.status_code, answer.json()["actors"]) == (200, ["Al Pacino"])


@pytest.mark.parametrize(("what", "model"), [("genres", Genre), ("actors", Person)])
@pytest.mark.parametrize("way", ["page", "action"])
def test_it_keeps_a_genre_or_a_person_whom_a_movie_got_meanwhile(site, curator, what, model, way):
    movie = make_movie("Heat")
    thing = Genre.objects.create(name="Noir") if what == "genres" else make_person("Noir")
    address = page(thing, "delete") if way == "page" else reverse(f"admin:movies_{model._meta.model_name}_changelist")
    body = (
        {"post": "yes"}
        if way == "page"
        else {"action": "delete_selected", "_selected_action": [thing.pk], "post": "yes"}
    )
    answer = while_another_writes(
        lambda: curator.patch(f"/api/v1/movies/{movie.pk}/", {what: ["Noir"]}),
        lambda: site.post(address, body, follow=True),
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing was deleted" in html or "Cannot delete" in html
    assert "successfully" not in html.lower()
    assert model.objects.filter(pk=thing.pk).exists()


def erase(user):
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return lambda: client.delete("/api/v1/auth/me/")


@pytest.mark.parametrize("what", ["delete", "action", "change", "password"])
def test_it_says_that_an_account_is_gone_which_erased_itself_meanwhile(site, what):
    user = User.objects.create_user("leaver")
    bodies = {
        "delete": (page(user, "delete"), {"post": "yes"}),
        "action": (reverse("admin:accounts_user_changelist"), {
            "action": "delete_selected", "_selected_action": [user.pk], "post": "yes",
        }),
        "change": (page(user), filled_in(site, page(user), first_name="Ann")),
        "password": (reverse("admin:auth_user_password_change", args=[user.pk]), PASSWORD),
    }  # fmt: skip
    address, body = bodies[what]
    answer = while_another_writes(erase(user), lambda: site.post(address, body, follow=True))
    assert answer.status_code in (200, 404)
    assert not User.objects.filter(pk=user.pk).exists()


def test_it_locks_nobody_while_an_account_that_staff_delete_is_erased_in_steps(site):
    user = User.objects.create_user("leaver")
    locked = []

    def lock_the_account_elsewhere(user_id, **_):
        with transaction.atomic():
            locked.append(User.objects.select_for_update(nowait=True).get(pk=user_id))

    def receiver(user_id, **_):
        at_once([lambda: lock_the_account_elsewhere(user_id)])

    account_erasure_started.connect(receiver)
    try:
        assert site.post(page(user, "delete"), {"post": "yes"}).status_code == 302
    finally:
        account_erasure_started.disconnect(receiver)
    assert locked == [user]
    assert not User.objects.filter(pk=user.pk).exists()


def test_it_reads_a_page_again_if_something_on_it_was_deleted_meanwhile(site, monkeypatch):
    user, movie = User.objects.create_user("viewer"), make_movie("Heat")
    like(user_id=user.pk, movie_id=movie.pk)
    get_deleted_objects = AccountAdmin.get_deleted_objects

    def delete_it_while_the_page_is_made(page, users, request):
        monkeypatch.undo()
        Movie.objects.all().delete()
        raise Movie.DoesNotExist

    monkeypatch.setattr(AccountAdmin, "get_deleted_objects", delete_it_while_the_page_is_made)
    html = site.get(page(user, "delete")).content.decode()
    assert "Are you sure" in html
    assert "Heat" not in html
    assert AccountAdmin.get_deleted_objects is get_deleted_objects


@pytest.mark.parametrize("model", [Genre, Person])
def test_it_does_not_bring_back_what_was_deleted_while_it_was_renamed(site, model):
    thing = Genre.objects.create(name="Noir") if model is Genre else make_person("Noir")
    form = filled_in(site, page(thing), name="Black")
    answer = while_another_writes(delete_in_admin(site, thing), lambda: site.post(page(thing), form, follow=True))
    assert "Perhaps it was deleted?" in answer.content.decode()
    assert not model.objects.exists()


def test_it_writes_nothing_for_an_admin_who_was_erased_meanwhile(site, admin):
    genre = Genre.objects.create(name="Noir")
    answer = while_another_writes(erase(admin), lambda: site.post(page(genre), {"name": "Black"}))
    assert answer.status_code < 500
    genre.refresh_from_db()
    assert genre.name == "Noir"
    assert not LogEntry.objects.exists()


def test_it_takes_no_file_from_an_admin_who_was_erased_meanwhile(site, admin):
    file = SimpleUploadedFile("films.csv", b"Title,Year\nHeat,1995\n")
    address = reverse("admin:movies_importrun_add")
    answer = while_another_writes(erase(admin), lambda: site.post(address, {"file": file, "source": ""}))
    assert answer.status_code == 403
    assert not ImportRun.objects.exists()
