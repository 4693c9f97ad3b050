"""What editors, technical support and operators may do in the admin."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from rest_framework.test import APIClient

from movies.models import Genre, Movie
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.api import dashboard
from netflix.tests.forms import filled_in
from ranking.services import like
from support.services import open_ticket

pytestmark = pytest.mark.django_db
migration = import_module("netflix.migrations.0001_groups")

# By group: the pages that it opens. All others are 403.
OPENS = {
    "Editors": {"movie", "person", "genre", "importrun", "sourcerow", "change", "standing"},
    "Technical support": {"ticket", "serviceorder", "macro", "targettime", "movie", "user"},
    "Operators": {
        "user", "authtoken", "accessattempt", "accesslog", "accessfailurelog", "importrun", "change", "notice",
        "parameters", "standing", "heartbeat", "targettime",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def _figures_are_read_anew():
    dashboard.cached.clear()
    yield
    dashboard.cached.clear()


def member(client, *groups):
    person = User.objects.create_user("member", "member@example.org", is_staff=True)
    person.groups.set(Group.objects.filter(name__in=groups))
    client.force_login(person)
    return client


def pages():
    return {
        model._meta.model_name: reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in django_admin.site._registry
    }


@pytest.mark.parametrize("group", OPENS)
def test_it_opens_just_what_a_group_needs(client, group):
    site = member(client, group)
    statuses = {name: site.get(address).status_code for name, address in pages().items()}
    assert {name for name, status in statuses.items() if status == 200} == OPENS[group]
    assert set(statuses.values()) == {200, 403}
    assert site.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("group", "cards"),
    [
        ("Editors", {"catalogue", "likes", "trending", "top", "imports"}),
        ("Technical support", {"catalogue", "tickets"}),
        ("Operators", {"likes", "trending", "top", "imports", "workers", "disk"}),
    ],
)
def test_it_shows_cards_only_to_those_who_may_see_what_they_are_about(client, group, cards):
    answer = member(client, group).get("/admin/")
    assert {figures.card.name for figures in answer.context["figures"]} == cards


def test_it_tells_staff_without_a_group_whom_to_ask(client, admin):
    html = member(client).get("/admin/").content.decode()
    assert "You may log in here, but not open anything yet" in html
    assert "admin@example.org" in html
    assert "<section" not in html


def test_it_tells_those_with_a_group_nothing_of_the_kind(client, admin):
    assert "admin@example.org" not in member(client, "Editors").get("/admin/").content.decode()


def test_it_lets_editors_add_change_and_delete_a_movie(client, viewer):
    site = member(client, "Editors")
    Genre.objects.create(name="Crime")
    form = {"title": "Heat", "year": 1995, "genres": "Crime", "actors": "Al Pacino", "actors-new": "Al Pacino"}
    assert site.post("/admin/movies/movie/add/", form).status_code == 302
    movie = Movie.objects.get()
    like(user_id=viewer.pk, movie_id=movie.pk)
    address = f"/admin/movies/movie/{movie.pk}/"
    assert site.post(f"{address}change/", filled_in(site, f"{address}change/", certificate="R")).status_code == 302
    assert site.post(f"{address}delete/", {"post": "yes"}).status_code == 302
    assert not Movie.objects.exists()


def test_it_lets_technical_support_read_the_customer_and_the_movie_of_a_ticket(client, viewer):
    site = member(client, "Technical support")
    movie = make_movie("Heat")
    open_ticket(user_id=viewer.pk, category="other", subject="s", message="m", movie_id=movie.pk)
    person = site.get(f"/admin/accounts/user/{viewer.pk}/change/").content.decode()
    assert "viewer@example.org" in person
    assert "Permissions" not in person
    assert "Password" not in person
    assert "Heat" in site.get(f"/admin/movies/movie/{movie.pk}/change/").content.decode()
    for address in (f"/admin/accounts/user/{viewer.pk}/change/", f"/admin/movies/movie/{movie.pk}/change/"):
        assert site.post(address, {"title": "Cold", "username": "other"}).status_code == 403
    viewer.refresh_from_db()
    assert (viewer.username, Movie.objects.get().title) == ("viewer", "Heat")


def test_it_has_a_page_with_a_way_back_for_those_who_may_not_open_one(client):
    answer = member(client, "Technical support").get("/admin/movies/importrun/", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    html = answer.content.decode()
    assert "You may not open this page" in html
    assert 'href="/admin/"' in html


# --- Nobody but a superuser hands out rights


def test_it_lets_operators_change_people_but_not_their_rights(client, viewer):
    site = member(client, "Operators")
    address = f"/admin/accounts/user/{viewer.pk}/change/"
    rights = {"is_staff": "on", "is_superuser": "on", "groups": [Group.objects.first().pk]}
    form = filled_in(site, address, first_name="Ann") | rights
    assert site.post(address, form | {"user_permissions": [Permission.objects.first().pk]}).status_code == 302
    viewer.refresh_from_db()
    assert (viewer.first_name, viewer.is_staff, viewer.is_superuser) == ("Ann", False, False)
    assert not viewer.groups.exists()
    assert not viewer.user_permissions.exists()


@pytest.mark.parametrize("what", ["change", "password", "delete"])
@pytest.mark.parametrize("who", ["admin", "agent"])
def test_it_lets_operators_change_no_staff(client, admin, what, who):
    agent = User.objects.create_user("agent", password="an-agents-password", is_staff=True)
    person = {"admin": admin, "agent": agent}[who]
    before = User.objects.filter(pk=person.pk).values().get()
    site = member(client, "Operators")
    User.objects.get(username="member").user_permissions.set(Permission.objects.filter(codename="delete_user"))
    passwords = {"usable_password": "true", "password1": "correct horse battery", "password2": "correct horse battery"}
    body = {"username": "other", "post": "yes"} | passwords
    answer = site.post(f"/admin/accounts/user/{person.pk}/{what}/", body)
    assert answer.status_code == 403
    assert User.objects.filter(pk=person.pk).values().get() == before


def test_it_lets_operators_delete_no_staff_among_others(client, admin, viewer):
    site = member(client, "Operators")
    User.objects.get(username="member").user_permissions.set(Permission.objects.filter(codename="delete_user"))
    chosen = {"action": "delete_selected", "_selected_action": [admin.pk], "post": "yes"}
    site.post("/admin/accounts/user/", chosen)
    assert User.objects.filter(pk=admin.pk).exists()


# --- The migration


def test_it_makes_groups_before_django_has_made_the_permissions():
    Group.objects.all().delete()
    Permission.objects.all().delete()
    migration.make_groups(apps, None)
    assert {group.name: group.permissions.count() for group in Group.objects.all()} == {
        name: sum(map(len, models.values())) for name, models in migration.GROUPS.items()
    }


def test_it_leaves_what_somebody_gave_a_group_besides():
    editors = Group.objects.get(name="Editors")
    more = Permission.objects.get(codename="view_ticket")
    editors.permissions.add(more)
    migration.make_groups(apps, None)
    assert editors.permissions.filter(pk=more.pk).exists()


def test_it_names_only_models_and_actions_that_exist():
    for models in migration.GROUPS.values():
        for (app, model), actions in models.items():
            assert set(actions) <= set(apps.get_model(app, model)._meta.default_permissions)


def test_it_lets_staff_without_a_group_curate_nothing_by_the_api():
    api = APIClient()
    api.force_authenticate(User.objects.create_user("member", is_staff=True))
    assert api.post("/api/v1/movies/", {"title": "Heat", "year": 1995, "genres": []}).status_code == 403
