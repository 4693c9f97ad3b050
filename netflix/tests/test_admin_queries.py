"""No page of the admin takes more than twelve queries, session and login included."""

import pytest
from django.contrib import admin as django_admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from movies import services
from movies.history import Author
from movies.models import Change, Credit, ImportRun, Movie, MovieGenre, Person, SourceRow
from movies.tests.factories import make_movie
from netflix.api import dashboard
from netflix.notices.services import NewNotice, notify
from ranking import services as ranking
from reminder import services as reminder
from support import services as tickets
from support import technical_support
from support.models import Ticket

pytestmark = pytest.mark.django_db
MAX_QUERIES = 12
MOVIES = 300


@pytest.fixture
def site(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def filled(viewer, admin):
    """Some hundred films, and one of them with everything that others bring."""
    movie = make_movie(
        "Heat", genres=("Crime", "Drama"), directors=["Michael Mann"], actors=[f"Actor {n}" for n in range(30)]
    )
    genre, star = movie.genre_links.first().genre, Person.objects.get(name="Actor 1")
    movies = Movie.objects.bulk_create(
        Movie(title=f"Film {n}", title_key=f"film {n}", year=2000 + n % 20) for n in range(MOVIES)
    )
    MovieGenre.objects.bulk_create(MovieGenre(movie=each, genre=genre) for each in movies)
    Credit.objects.bulk_create(Credit(movie=each, person=star, role="cast") for each in movies)
    run = ImportRun.objects.create(file_name="films.csv", user=admin, state="done", started_at=timezone.now())
    SourceRow.objects.create(source="a-file", key="heat", movie=movie, gives=["title"], created_by=run)
    ranking.recompute([movie.pk])
    ranking.like(user_id=viewer.pk, movie_id=movie.pk)
    reminder.record_viewing(user_id=viewer.pk, movie_id=movie.pk)
    reminder.set_reminder(user_id=viewer.pk, movie_id=movie.pk, remind_at=timezone.now())
    notify([NewNotice(user_id=viewer.pk, key="k", subject="s", text="t")])
    tickets.open_ticket(user_id=viewer.pk, category="other", subject="s", message="m", movie_id=movie.pk)
    technical_support.handle_ticket(Ticket.objects.get().pk)
    tickets.answer(ticket_id=Ticket.objects.get().pk, agent_id=admin.pk, text="Which film?")
    technical_support.record_heartbeat("worker")
    for star in (["Actor 1", "Actor 2"], ["Actor 2", "Actor 3"]):
        services.change_movie(movie_id=movie.pk, actors=star, by=Author(admin.pk, Change.Way.API))
    dashboard.cached.clear()
    return movie


def queries_of(site, address):
    with CaptureQueriesContext(connection) as queries:
        assert site.get(address).status_code == 200, address
    return len(queries)


def pages_of(model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    yield reverse(f"{name}_changelist")
    if row is not None:
        yield reverse(f"{name}_change", args=[row.pk])
        yield reverse(f"{name}_history", args=[row.pk])


def test_it_takes_few_queries_for_every_page(site, filled):
    other = Movie.objects.latest("pk")
    person = Person.objects.get(name="Actor 1")
    run = ImportRun.objects.get()
    addresses = [
        "/admin/", "/admin/movies/", "/admin/movies/movie/add/", "/admin/movies/movie/same/",
        f"/admin/movies/movie/{filled.pk}/merge/", f"/admin/movies/person/{person.pk}/change/",
        f"/admin/movies/importrun/{run.pk}/undo/", "/admin/movies/importrun/add/",
        "/admin/movies/movie/?year__gte=2005&genres__id__exact=1", "/admin/accounts/user/add/",
        "/admin/movies/movie/people/?q=actor", "/admin/movies/movie/?q=heta", "/admin/movies/person/?q=mcihael+man",
        f"/admin/movies/movie/{filled.pk}/merge/?merged={other.pk}", f"/admin/movies/movie/{filled.pk}/delete/",
        f"/admin/movies/person/{person.pk}/merge/?merged={Person.objects.first().pk}",
        f"/admin/movies/person/{person.pk}/delete/", "/admin/movies/movie/people/?q=mcihael", f"/admin/movies/movie/{other.pk}/change/",
        *(address for model in django_admin.site._registry for address in pages_of(model)),
    ]  # fmt: skip
    taken = {address: queries_of(site, address) for address in addresses}
    assert {address: queries for address, queries in taken.items() if queries > MAX_QUERIES} == {}
    assert len(taken) > 40
