"""The pages of what staff changed: who may see them, what they show, and what erasing an account leaves."""

from importlib import import_module

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse

from movies import services
from movies.history import Author
from movies.models import Change, Genre, Movie, Person
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.accounts.services import erase
from netflix.api import dashboard
from netflix.tests.forms import filled_in
from netflix.tests.meanwhile import while_another_writes

pytestmark = pytest.mark.django_db
LIST = "/admin/movies/change/"


@pytest.fixture
def site(client, admin):
    dashboard.cached.clear()
    client.force_login(admin)
    return client


@pytest.fixture
def editor():
    return User.objects.create_user("edda", is_staff=True)


def page_of(thing, what="history"):
    return reverse(f"admin:movies_{type(thing)._meta.model_name}_{what}", args=[thing.pk])


def by(user):
    return Author(user.pk, Change.Way.API)


def open_as(*permissions):
    person = User.objects.create_user("member", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(person)
    return client


# --- What the page shows


def test_it_shows_who_changed_what_newest_first(site, editor):
    movie = make_movie("Heat", genres=("Crime", "Drama"), imdb_votes=1234567)
    crime = Genre.objects.get(name="Crime")
    services.change_movie(movie_id=movie.pk, genres=[crime], imdb_votes=None, by=by(editor))
    form = filled_in(site, page_of(movie, "change"), certificate="R", year="1995")
    site.post(page_of(movie, "change"), form)
    answer = site.get(page_of(movie))
    html = " ".join(answer.content.decode().split())
    assert "History of Heat (1995)" in html
    assert html.index("by <strong>admin</strong>, in the admin") < html.index(
        "by <strong>edda</strong>, through the API"
    )
    (_, newest), (_, first) = answer.context["changes"]
    texts = [
        (fact.name, [item.text for item in fact.before], [item.text for item in fact.after])
        for fact in (*newest, *first)
    ]
    assert texts == [
        ("year", ["2010"], ["1995"]), ("certificate", [], ["R"]),
        ("IMDb votes", ["1,234,567"], []), ("genres", ["Crime", "Drama"], ["Crime"]),
    ]  # fmt: skip
    assert "Crime, <del>Drama</del>" in html
    assert "<ins>R</ins>" in html


def test_it_escapes_what_staff_typed(site, editor):
    movie = make_movie()
    services.change_movie(movie_id=movie.pk, title="<b>Bold</b>", description="<script>x</script>", by=by(editor))
    change = Change.objects.get()
    for address in (page_of(movie), LIST, f"{LIST}{change.pk}/change/", "/admin/"):
        html = site.get(address).content.decode()
        assert "<b>Bold</b>" not in html
        assert "<script>x" not in html


def test_it_says_so_where_nobody_has_changed_anything(site):
    assert "Staff have not changed anything here." in site.get(page_of(make_movie())).content.decode()
    answer = site.get("/admin/movies/movie/987654321/history/", follow=True)
    assert "Perhaps it was deleted?" in answer.content.decode()
    for number in ("9" * 30, "9" * 5000, "heat"):
        assert site.get(f"/admin/movies/movie/{number}/history/").status_code == 302


def test_it_shows_any_number_of_changes_in_pages_of_few_queries(site, editor, django_assert_max_num_queries):
    movie = make_movie("Heat")
    for number in range(31):
        services.change_movie(movie_id=movie.pk, metascore=number, by=by(editor))
    with django_assert_max_num_queries(12):
        first = site.get(page_of(movie))
    with django_assert_max_num_queries(12):
        last = site.get(page_of(movie), {"p": 2})
    assert [len(answer.context["changes"]) for answer in (first, last)] == [30, 1]
    assert "31 changes" in first.content.decode()
    assert 'href="?p=2"' in first.content.decode()
    with django_assert_max_num_queries(12):
        assert site.get(LIST).context["cl"].result_count == 31


def test_it_goes_on_showing_a_movie_that_is_gone(site, editor):
    movie = make_movie("Heat", actors=["Al Pacino"])
    services.remove_movie(movie_id=movie.pk, by=by(editor))
    html = site.get(page_of(movie)).content.decode()
    assert "It is gone" in html
    assert "Al Pacino" in html
    listed = site.get(LIST, {"kind": "movie", "action": "removed", "user__id__exact": editor.pk})
    assert page_of(movie) in listed.content.decode()


@pytest.mark.parametrize("query", ["q=heat", "q={pk}", "kind=movie", "way=api", "at__gte=2020-01-01 00:00:00%2B00:00"])
def test_it_finds_changes(site, editor, query):
    movie = make_movie("Heat")
    services.change_movie(movie_id=movie.pk, metascore=1, by=by(editor))
    services.add_named(Genre(name="Noir"), by=Author(editor.pk, Change.Way.ADMIN))
    found = site.get(f"{LIST}?{query.format(pk=movie.pk)}").context["cl"]
    assert movie.pk in [change.number for change in found.result_list]
    assert found.result_count == (2 if query.startswith("at") else 1)
    for text in ("9" * 30, "9" * 5000, "²"):
        assert site.get(LIST, {"q": text}).context["cl"].result_count == 0


def test_it_shows_on_the_first_page_what_one_did_last(site, admin):
    movie = make_movie("Heat")
    services.change_movie(movie_id=movie.pk, metascore=1, by=by(admin))
    site.post("/admin/auth/group/add/", {"name": "Critics"})
    done = site.get("/admin/").context["recent_changes"]
    group = Group.objects.get(name="Critics")
    assert [(each.name, each.word, each.address) for each in done] == [
        ("Critics", "added", f"/admin/auth/group/{group.pk}/change/"),
        ("Heat (2010)", "changed", page_of(movie)),
    ]


# --- Who may see and change it


@pytest.mark.parametrize("kind", ["movie", "person", "genre"])
def test_it_is_for_those_who_may_view_what_it_is_about(kind, editor):
    movie = make_movie(actors=["Al Pacino"])
    thing = {"movie": movie, "person": Person.objects.get(), "genre": Genre.objects.get()}[kind]
    site = open_as(f"view_{kind}")
    assert site.get(page_of(thing)).status_code == 200
    assert site.get(LIST).status_code == 403
    User.objects.get(username="member").user_permissions.clear()
    assert site.get(page_of(thing)).status_code == 403
    services.remove_movie(movie_id=movie.pk, by=by(editor))
    assert site.get(page_of(thing)).status_code == 403
    assert Client().get(page_of(thing)).status_code == 302


def test_it_lets_nobody_edit_or_delete_a_change(site, editor):
    services.change_movie(movie_id=make_movie().pk, metascore=1, by=by(editor))
    change = Change.objects.get()
    before = Change.objects.values().get()
    assert site.post(f"{LIST}{change.pk}/change/", {"note": "other", "way": "admin"}).status_code == 403
    assert site.post(f"{LIST}{change.pk}/delete/", {"post": "yes"}).status_code == 403
    assert site.get(f"{LIST}add/").status_code == 403
    site.post(LIST, {"action": "delete_selected", "_selected_action": [change.pk], "post": "yes"})
    assert Change.objects.values().get() == before


def test_it_keeps_what_somebody_changed_without_their_name_once_they_are_erased(site, editor):
    movie = make_movie()
    services.change_movie(movie_id=movie.pk, metascore=1, by=by(editor))
    erase(user_id=editor.pk)
    assert Change.objects.get().user_id is None
    for address in (page_of(movie), LIST):
        html = site.get(address).content.decode()
        assert "an account that was erased" in html
        assert "edda" not in html


# --- Two at once


@pytest.mark.django_db(transaction=True)
def test_it_records_two_at_once_one_after_the_other(admin, editor):
    movie = make_movie("Heat", metascore=1)

    def write(value, user):
        return lambda: services.change_movie(movie_id=movie.pk, metascore=value, by=by(user))

    while_another_writes(write(2, admin), write(3, editor))
    first, second = Change.objects.order_by("id")
    assert (first.user, first.facts) == (admin, {"metascore": [1, 2]})
    assert (second.user, second.facts) == (editor, {"metascore": [2, 3]})


@pytest.mark.django_db(transaction=True)
def test_it_records_and_changes_nothing_for_somebody_who_was_erased_meanwhile(editor):
    movie = make_movie("Heat")
    client = Client(raise_request_exception=False)
    editor.user_permissions.set(Permission.objects.filter(codename__in=["view_movie", "change_movie"]))
    client.force_login(editor)
    form = filled_in(client, page_of(movie, "change"), certificate="R")
    answer = while_another_writes(lambda: erase(user_id=editor.pk), lambda: client.post(page_of(movie, "change"), form))
    assert answer.status_code < 500
    assert not Change.objects.exists()
    assert Movie.objects.get().certificate == ""


# --- What was logged before


def move_log():
    """Run the data migration, at which the catalogue's tables were others, on the rows of today."""
    then = [("movies", "0011_help_texts")]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table whose rows are still to be checked cannot be altered
    MigrationExecutor(connection).migrate(then)
    executor = MigrationExecutor(connection)
    state = executor.loader.project_state([*then, ("netflix", "0004_changes")])
    import_module("netflix.migrations.0004_changes").move_log(state.apps, None)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_it_takes_over_what_django_has_logged(site, admin):
    movie = make_movie("Heat")
    kind = ContentType.objects.get_for_model(Movie)
    for message in ('[{"changed": {"fields": ["Title", "Year"]}}]', '[{"added": {}}]', "Merged with another."):
        LogEntry.objects.create(user=admin, content_type=kind, object_id=movie.pk, object_repr="Heat",
                                action_flag=2, change_message=message)  # fmt: skip
    other = LogEntry.objects.create(user=admin, content_type=ContentType.objects.get_for_model(Group), object_id="1",
                                    object_repr="G", action_flag=1)  # fmt: skip
    move_log()
    changes = Change.objects.order_by("id")
    assert [change.note for change in changes] == ["Changed: Title, Year.", "", "Merged with another."]
    assert {(change.number, change.user, change.action) for change in changes} == {(movie.pk, admin, "changed")}
    assert list(LogEntry.objects.all()) == [other]
    assert "Changed: Title, Year." in site.get(page_of(movie)).content.decode()
