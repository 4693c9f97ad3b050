"""Every list and form of the admin opens, and costs the same whatever it holds."""

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from movies.models import Change, ImportRun, SourceRow
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.api.admin import ConflictAdmin
from netflix.notices.services import NewNotice, notify
from ranking import services as ranking
from reminder import services as reminder
from support import technical_support
from support.models import Macro, Ticket
from support.services import open_ticket

pytestmark = pytest.mark.django_db
APPS = {"accounts", "notices", "movies", "ranking", "reminder", "support"}
REGISTERED = [model for model in apps.get_models() if django_admin.site.is_registered(model)]
OURS = [model for model in REGISTERED if model._meta.app_label in APPS]


def test_it_tells_of_conflicts_in_every_form():
    admins = [django_admin.site.get_model_admin(model) for model in REGISTERED if model._meta.app_label != "axes"]
    assert [page for page in admins if not isinstance(page, ConflictAdmin)] == []


def fill(start, stop):
    for n in range(start, stop):
        user, movie = User.objects.create_user(f"viewer {n}"), make_movie(directors=[f"Director {n}"])
        SourceRow.objects.create(source="a-file", key=f"film {n}", movie=movie)
        ImportRun.objects.create(file_name=f"file {n}", user=user)
        ranking.like(user_id=user.pk, movie_id=movie.pk)
        reminder.record_viewing(user_id=user.pk, movie_id=movie.pk)
        reminder.set_reminder(user_id=user.pk, movie_id=movie.pk, remind_at=timezone.now())
        notify([NewNotice(user_id=user.pk, key="k", subject="s", text="t")])
        open_ticket(user_id=user.pk, category="other", subject="s", message="m", movie_id=movie.pk)
        technical_support.handle_ticket(Ticket.objects.latest("pk").pk)
        technical_support.record_heartbeat(f"worker {n}")
        Change.objects.create(user=user, way="admin", action="changed", kind="movie", number=movie.pk, name=str(movie))
        Macro.objects.create(title=f"Greeting {n}", text="Dear {customer},")


def queries_of(client, model):
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
        assert client.get(f"{address}?q=a").status_code == 200
    return len(queries)


def test_it_lists_any_number_of_rows_in_the_same_number_of_queries(client, admin):
    client.force_login(admin)
    fill(0, 3)
    few = {model: queries_of(client, model) for model in OURS}
    fill(3, 15)
    assert {model: queries_of(client, model) for model in OURS} == few


@pytest.mark.django_db(transaction=True)  # the database refuses some of them, which ends a transaction
def test_it_leaves_out_filters_that_nobody_can_apply(client, admin):
    client.force_login(admin)
    filters = ("id__regex=(", "id__range=1", "release_date__year=0", "edited=x", "year__contained_by=%7B", "x=1")
    answers = {each: client.get(f"/admin/movies/movie/?{each}") for each in filters}
    assert {each: answer.headers.get("Location") for each, answer in answers.items()} == dict.fromkeys(
        filters, "/admin/movies/movie/?e=1"
    )


def test_it_opens_a_form_or_a_view_of_each(client, admin):
    client.force_login(admin)
    fill(0, 2)
    ranking.rebuild()
    answers = {}
    for model in OURS:
        address = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        answers[model] = client.get(reverse(address, args=[model.objects.first().pk])).status_code
    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("permission", ["view_authtoken", "change_authtoken"])
def test_it_shows_nothing_of_a_token_itself(client, viewer, permission):
    stored, token = AuthToken.objects.create(viewer)
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename=permission))
    client.force_login(staff)
    for address in ("changelist", "change"):
        arguments = [stored.pk] if address == "change" else []
        page = client.get(reverse(f"admin:knox_authtoken_{address}", args=arguments))
        text = page.content.decode()
        assert "viewer" in text
        assert token not in text
        assert stored.token_key not in text


def test_it_names_the_column_of_each_value_for_phones(client, admin):
    movie = make_movie('One "B" <i>', year=2001)
    client.force_login(admin)
    page = client.get(reverse("admin:movies_movie_changelist")).content.decode()
    assert f'<th data-label="Title" class="field-title"><a href="/admin/movies/movie/{movie.pk}/change/">' in page
    assert '<td data-label="Year" class="field-year">2001</td>' in page
    assert '<td class="field-votes">-</td>' in page
    assert '<td class="action-checkbox">' in page
    assert "<i>" not in page


def test_it_has_the_same_header_on_the_pages_of_the_password(client, admin):
    client.force_login(admin)
    pages = ("index", "password_change", "password_change_done")
    texts = [client.get(reverse(f"admin:{page}")).content.decode() for page in pages]
    headers = [text.partition('<div id="user-tools">')[2].partition("<form")[0].split() for text in texts]
    assert 'href="/api/v1/">API</a>' in headers[0]
    assert headers == headers[:1] * 3
