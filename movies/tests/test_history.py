"""Each change of staff is recorded once, in its transaction: by whom, in the admin or through the API, before and after."""

import ast
import inspect
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction

from movies import services, tasks
from movies.history import Author
from movies.importing import undoing
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import Change, Genre, ImportRun, Movie, Person
from movies.tests.factories import make_movie
from netflix.tests.forms import filled_in

pytestmark = pytest.mark.django_db
MOVIES = "/api/v1/movies/"
_DOORS = Path(services.__file__).parent


def entries(**wanted):
    """The action, name and facts of each change, oldest first."""
    changes = Change.objects.filter(**wanted).order_by("id")
    return [(change.action, change.kind, change.number, change.facts) for change in changes]


def page_of(thing, what):
    return f"/admin/movies/{type(thing)._meta.model_name}/{thing.pk}/{what}/"


def change_by_form(site, thing, **values):
    return site.post(page_of(thing, "change"), filled_in(site, page_of(thing, "change"), **values))


# --- The admin


def test_it_records_a_movie_that_is_added_with_its_new_people(site, admin):
    Genre.objects.create(name="Crime")
    Person.objects.create(name="Michael Mann", name_key="michael mann")
    form = {"title": "Heat", "year": 1995, "genres": "Crime", "directors": "Michael Mann", "actors": "Al Pacino"}
    assert site.post("/admin/movies/movie/add/", form | {"actors-new": "Al Pacino"}).status_code == 302
    movie, person = Movie.objects.get(), Person.objects.get(name="Al Pacino")
    facts = {
        "title": [None, "Heat"], "year": [None, 1995], "genres": [None, ["Crime"]],
        "directors": [None, ["Michael Mann"]], "actors": [None, ["Al Pacino"]],
    }  # fmt: skip
    assert entries() == [
        ("added", "person", person.pk, {"name": [None, "Al Pacino"]}),
        ("added", "movie", movie.pk, facts),
    ]
    assert {(change.user, change.way) for change in Change.objects.all()} == {(admin, "admin")}
    assert Change.objects.get(kind="person").note == f"Credited in Heat (1995), film {movie.pk}."
    assert not LogEntry.objects.exists()


def test_it_records_only_the_facts_that_a_form_changes(site):
    movie = make_movie("Heat", genres=("Crime", "Drama"), actors=["Al Pacino", "Val Kilmer"], imdb_votes=10)
    form = {"genres": "Crime", "actors": "Val Kilmer\nAl Pacino", "certificate": "R", "imdb_votes": "0"}
    assert change_by_form(site, movie, **form).status_code == 302
    facts = {
        "genres": [["Crime", "Drama"], ["Crime"]], "certificate": [None, "R"], "imdb_votes": [10, 0],
        "actors": [["Al Pacino", "Val Kilmer"], ["Val Kilmer", "Al Pacino"]],
    }  # fmt: skip
    assert entries() == [("changed", "movie", movie.pk, facts)]
    assert change_by_form(site, movie).status_code == 302  # nothing
    assert Change.objects.count() == 1


@pytest.mark.parametrize("values", [{"title": ""}, {"genres": "Noir"}, {"title": "Ronin"}])
def test_it_records_nothing_of_a_form_that_is_refused(site, values):
    movie = make_movie("Heat")
    make_movie("Ronin")
    assert change_by_form(site, movie, **values).status_code == 200
    assert not Change.objects.exists()
    assert Movie.objects.get(pk=movie.pk).title == "Heat"


def test_it_records_each_movie_that_is_changed_together_with_others(site):
    movies = [make_movie(genres=("Drama",)), make_movie(genres=("War",), certificate="R"), make_movie()]
    form = {"action": "bulk_edit", "_selected_action": [movie.pk for movie in movies[:2]], "apply": "1"}
    site.post("/admin/movies/movie/", form | {"certificate": "R", "add_genres": "War"})
    assert entries() == [
        ("changed", "movie", movies[0].pk, {"certificate": [None, "R"], "genres": [["Drama"], ["Drama", "War"]]})
    ]


def test_it_records_that_imports_may_change_a_movie_again(site):
    movie, other = make_movie(certificate="R"), make_movie()
    Movie.objects.filter(pk=other.pk).update(edited=[])
    form = {"action": "let_imports_change", "_selected_action": [movie.pk, other.pk]}
    site.post("/admin/movies/movie/", form)
    note = "Imports may change again what was edited: certificate, genres, title, year."
    assert [(change.number, change.note) for change in Change.objects.all()] == [(movie.pk, note)]


@pytest.mark.parametrize("several", [False, True])
def test_it_records_what_a_deleted_movie_was(site, several):
    movie = make_movie("Heat", genres=("Crime",), actors=["Al Pacino"])
    if several:
        form = {"action": "delete_selected", "_selected_action": [movie.pk], "post": "yes"}
        site.post("/admin/movies/movie/", form)
    else:
        site.post(page_of(movie, "delete"), {"post": "yes"})
    facts = {
        "title": ["Heat", None],
        "year": [2010, None],
        "genres": [["Crime"], None],
        "actors": [["Al Pacino"], None],
    }
    assert entries() == [("removed", "movie", movie.pk, facts)]
    assert not Movie.objects.exists()


@pytest.mark.parametrize("kind", [Person, Genre])
def test_it_records_people_and_genres(site, kind):
    name = kind._meta.model_name
    site.post(f"/admin/movies/{name}/add/", {"name": "Noir"})
    thing = kind.objects.get()
    change_by_form(site, thing, name="Black")
    assert change_by_form(site, thing, name="").status_code == 200
    site.post(page_of(thing, "delete"), {"post": "yes"})
    assert entries() == [
        ("added", name, thing.pk, {"name": [None, "Noir"]}),
        ("changed", name, thing.pk, {"name": ["Noir", "Black"]}),
        ("removed", name, thing.pk, {"name": ["Black", None]}),
    ]
    assert not LogEntry.objects.exists()


def test_it_records_nothing_of_a_genre_that_stays_because_movies_have_it(site):
    make_movie(genres=("Crime",))
    genre = Genre.objects.get()
    site.post(page_of(genre, "delete"), {"post": "yes"})
    assert Genre.objects.exists()
    assert not Change.objects.exists()


@pytest.mark.parametrize("kind", [Movie, Person, Genre])
def test_it_records_a_merge_of_both(site, kind):
    if kind is Movie:
        kept, merged = make_movie("Heat", year=1995), make_movie("Heat", year=1996, metascore=76)
        facts = {"metascore": [None, 76]}
    else:
        more = ({"name_key": "a"}, {"name_key": "b"}) if kind is Person else ({}, {})
        kept, merged = (kind.objects.create(name=name, **own) for name, own in zip("AB", more, strict=True))
        facts = {}
    site.post(page_of(kept, "merge"), {"merged": merged.pk})
    thing = kind._meta.model_name
    gone, stays = Change.objects.order_by("id")
    assert (gone.action, gone.kind, gone.number) == ("removed", thing, merged.pk)
    assert gone.note == f"Merged into {kept}, number {kept.pk}."
    assert (stays.action, stays.kind, stays.number, stays.facts) == ("merged", thing, kept.pk, facts)
    assert stays.note == f"Merged with {merged}, number {merged.pk}."
    assert not LogEntry.objects.exists()


# --- The API


def test_it_records_what_the_api_does(curator_api, admin):
    Genre.objects.create(name="Crime")
    body = {"title": "Heat", "year": 1995, "genres": ["Crime"]}
    movie_id = curator_api.post(MOVIES, body).json()["id"]
    assert curator_api.patch(f"{MOVIES}{movie_id}/", {"certificate": "R"}).status_code == 200
    other = make_movie("Heat", year=1996)
    assert curator_api.post(f"{MOVIES}{movie_id}/merge/", {"merged": other.pk}).status_code == 200
    assert curator_api.delete(f"{MOVIES}{movie_id}/").status_code == 204
    assert [(action, number) for action, _, number, _ in entries()] == [
        ("added", movie_id), ("changed", movie_id), ("removed", other.pk), ("merged", movie_id), ("removed", movie_id),
    ]  # fmt: skip
    assert entries(action="changed")[0][3] == {"certificate": [None, "R"]}
    assert {(change.user, change.way) for change in Change.objects.all()} == {(admin, "api")}


def test_it_records_nothing_of_what_the_api_refuses(curator_api, viewer_api):
    movie, other = make_movie("Heat"), make_movie("Ronin")
    address = f"{MOVIES}{movie.pk}/"
    assert curator_api.patch(address, {"title": "Ronin"}).status_code == 409
    assert curator_api.patch(address, {"year": "soon"}).status_code == 400
    assert curator_api.post(f"{address}merge/", {"merged": movie.pk}).status_code == 400
    assert curator_api.post(f"{address}merge/", {"merged": 0}).status_code == 400
    assert curator_api.delete(f"{MOVIES}{other.pk + 999}/").status_code == 404
    assert curator_api.patch(address, {"certificate": "R"}, headers={"If-Match": '"old"'}).status_code == 412
    assert viewer_api.delete(address).status_code == 403
    assert not Change.objects.exists()


# --- Imports


def test_it_records_the_undo_of_an_import_as_one_entry(site, admin, monkeypatch):
    monkeypatch.setattr(tasks.undo_import, "apply_async", lambda args, **_: tasks.undo_import(*args))
    run = ImportRun.objects.create(file_name="films.csv", source="a-file", state="done", started_at="2020-01-01T00:00Z")
    import_rows([MovieRow(line=2, title="Heat", year=1995), MovieRow(line=3, title="Ronin", year=1998)],
                source="a-file", run=run)  # fmt: skip
    assert (Movie.objects.count(), Change.objects.count()) == (2, 0)
    site.post(f"/admin/movies/importrun/{run.pk}/undo/")
    assert not Movie.objects.exists()
    assert entries() == [("undone", "import", run.pk, {})]
    change = Change.objects.get()
    assert (change.name, change.note) == (str(run), "Removed 2, restored 0, kept 0.")
    assert (change.user, change.way) == (admin, "admin")
    with pytest.raises(undoing.CannotUndo):
        undoing.undo(run.pk, by=None)
    tasks.undo_import(run.pk, admin.pk)  # a message that came twice
    assert Change.objects.count() == 1


def test_it_shows_the_undo_of_an_import_on_its_page(site, admin):
    run = ImportRun.objects.create(file_name="films.csv", source="a-file", state="done", started_at="2020-01-01T00:00Z")
    tasks.undo_import(run.pk, admin.pk)
    html = site.get(f"/admin/movies/importrun/{run.pk}/history/").content.decode()
    assert "<strong>Undone</strong>" in html
    assert "Removed 0, restored 0, kept 0." in html


def test_it_undoes_an_import_for_somebody_who_was_erased_since(viewer):
    run = ImportRun.objects.create(file_name="films.csv", source="a-file", state="done", started_at="2020-01-01T00:00Z")
    tasks.undo_import(run.pk, viewer.pk + 999)
    run.refresh_from_db()
    assert (run.state, Change.objects.get().user) == ("undone", None)


def test_it_records_nothing_of_a_transaction_that_is_rolled_back(admin):
    movie = make_movie("Heat")
    with transaction.atomic():
        services.change_movie(movie_id=movie.pk, certificate="R", by=Author(admin.pk, Change.Way.API))
        assert Change.objects.exists()
        transaction.set_rollback(True)
    assert not Change.objects.exists()


def test_it_records_nothing_without_a_member_of_the_staff():
    movie = make_movie("Heat")
    services.change_movie(movie_id=movie.pk, certificate="R")
    services.remove_movie(movie_id=movie.pk)
    assert not Change.objects.exists()


def test_it_is_told_by_whom_in_every_call_of_the_admin_and_of_the_api():
    public = {name: service for name, service in vars(services).items() if callable(service) and name[0] != "_"}
    writers = {name for name, service in public.items() if "by" in _parameters(service)}
    assert len(writers) >= 12
    calls = [
        (path.name, call.func.attr, {keyword.arg for keyword in call.keywords})
        for path in (*_DOORS.glob("admin/*.py"), _DOORS / "views.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) == "services"
    ]
    told = [(path, name) for path, name, given in calls if name in writers and "by" in given]
    assert [(path, name) for path, name, _ in calls if name in writers] == told
    assert {name for _, name in told} == writers


def _parameters(service):
    return () if isinstance(service, type) else inspect.signature(service).parameters
