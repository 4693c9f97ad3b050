"""All writes of the admin's pages, for test_races.py: forms are sent as they were rendered."""

import random

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from movies.importing import uploads
from movies.models import Genre, ImportRun, Movie, Person, SourceRow
from netflix.accounts.models import User
from netflix.notices.models import Notice
from netflix.tests.forms import fields_of
from ranking.models import Like, Standing
from reminder.models import Reminder, Watched
from support.models import ServiceOrder, Ticket

PASSWORD = {"usable_password": "true", "password1": "correct horse battery", "password2": "correct horse battery"}
FILE = "Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore\n"


class Desk:
    """A session in the admin that many threads use at once."""

    def __init__(self, user):
        client = Client()
        client.force_login(user)
        self._cookies = client.cookies

    def ask(self, method, path, body=None):
        client = Client(raise_request_exception=False)
        client.cookies = self._cookies
        answer = getattr(client, method)(path, body)
        assert answer.status_code < 500, (method, path, answer.status_code, answer.content)
        return answer

    def submit(self, path, **changes):
        """Send the form at this path, unless it is not there any more."""
        answer = self.ask("get", path)
        if answer.status_code == 200:
            self.ask("post", path, fields_of(answer) | changes)

    def add(self, model, **fields):
        self.submit(_page(model, "add"), **fields)

    def change(self, model, pk, **fields):
        self.submit(_page(model, "change", pk), **fields)

    def delete(self, model, pk):
        self.ask("post", _page(model, "delete", pk), {"post": "yes"})

    def act(self, model, action, pks, **fields):
        """Run an action of a list on several rows."""
        chosen = {"action": action, "_selected_action": list(pks), "post": "yes"} | fields
        self.ask("post", f"{_page(model, 'changelist')}?{'status=all' if model is Ticket else ''}", chosen)

    def delete_all(self, rows):
        self.act(rows.model, "delete_selected", rows.values_list("pk", flat=True))


def _page(model, what, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=arguments)


def _one(rows):
    """The id of a random row, or 0, which no row has."""
    return random.choice([*rows.values_list("pk", flat=True), 0])


def _named(model):
    """A random name, or one that no row has."""
    return random.choice([*model.objects.values_list("name", flat=True), "Nobody"])


def add_movie(place):
    genre, person = (_named(model) for model in (Genre, Person))
    people = {"directors": person, "directors-new": person}
    place.desk.add(Movie, title=f"Film {place.number}", year=random.choice([2000, 2001]), genres=genre, **people)


def change_movie(place):
    facts = {"description": "Told anew.", "imdb_votes": random.randint(0, 99)}
    drop = {"directors": ""} if random.random() < 0.5 else {}
    place.desk.change(Movie, place.movie, **facts, **drop)


def bulk_edit(place):
    genre = _named(Genre)
    genres = random.choice([{"add_genres": genre}, {"remove_genres": genre}])
    place.desk.act(Movie, "bulk_edit", [place.movie], apply="1", certificate="R", **genres)


def rename(model):
    """Gives one of two rows a name that others get too."""
    return lambda place: place.desk.change(
        model, random.choice([place.genre, place.other_genre] if model is Genre else [place.person, place.other_person]),
        name=f"Same {place.number}",
    )  # fmt: skip


def merge(model):
    """Merges two rows, either into the other."""

    def write(place):
        pair = [place.genre, place.other_genre] if model is Genre else [place.person, place.other_person]
        kept, merged = random.sample(pair, 2)
        place.desk.ask("post", _page(model, "merge", kept), {"merged": merged})

    return write


def rename_user(place):
    place.desk.change(User, random.choice([place.viewer, *place.others]).pk, username=f"same{place.number}")


def change_password(place):
    place.desk.submit(reverse("admin:auth_user_password_change", args=[place.others[0].pk]), **PASSWORD)


def work_on_ticket(place):
    what = random.choice(["assign", "answer", "answer_and_resolve", "note", "wait", "resolve", "reopen", "replay"])
    text = "Which film?" if what in ("answer", "answer_and_resolve", "note") else ""
    place.desk.change(Ticket, _one(place.tickets()), work=what, text=text)


def work_on_tickets(place):
    place.desk.act(
        Ticket, random.choice(["assign_to_me", "resolve", "replay"]), place.tickets().values_list("pk", flat=True)
    )


def forget_facts(place):
    """Deletes rows that the service itself writes about the place's film or people."""
    place.desk.delete_all(Standing.objects.filter(movie=place.movie))
    place.desk.delete_all(SourceRow.objects.filter(movie=place.movie))
    place.desk.delete_all(Notice.objects.filter(user=place.viewer))


def upload(place):
    file = SimpleUploadedFile("films.csv", f"{FILE}Film {place.number},War,,One,A,2000,90,7,9,,\n".encode())
    place.desk.ask("post", _page(ImportRun, "add"), {"file": file, "source": ""})
    for run_id in uploads.waiting():
        if random.random() < 0.3:
            place.desk.ask("post", _page(ImportRun, "cancel", run_id))
        uploads.import_queued(run_id)
        place.desk.ask("post", _page(ImportRun, "undo", run_id))


ADMIN_WRITERS = {
    "admin: add film": add_movie,
    "admin: change film": change_movie,
    "admin: change films together": bulk_edit,
    "admin: delete film": lambda p: p.desk.delete(Movie, p.movie),
    "admin: delete films": lambda p: p.desk.delete_all(Movie.objects.filter(title=f"Film {p.number}")),
    "admin: let imports change": lambda p: p.desk.act(Movie, "let_imports_change", [p.movie]),
    "admin: add genre": lambda p: p.desk.add(Genre, name=f"Same {p.number}"),
    "admin: rename genre": rename(Genre),
    "admin: merge genres": merge(Genre),
    "admin: delete genre": lambda p: p.desk.delete(Genre, p.genre),
    "admin: delete genres": lambda p: p.desk.delete_all(Genre.objects.filter(pk__in=[p.genre, p.other_genre])),
    "admin: add person": lambda p: p.desk.add(Person, name=f"Same {p.number}"),
    "admin: rename person": rename(Person),
    "admin: merge people": merge(Person),
    "admin: delete person": lambda p: p.desk.delete(Person, p.person),
    "admin: delete people": lambda p: p.desk.delete_all(Person.objects.filter(pk__in=[p.person, p.other_person])),
    "admin: add user": lambda p: p.desk.add(User, username=f"new{p.number}", **PASSWORD),
    "admin: rename user": rename_user,
    "admin: change password": change_password,
    "admin: delete user": lambda p: p.desk.delete(User, p.viewer.pk),
    "admin: delete users": lambda p: p.desk.delete_all(User.objects.filter(pk__in=[user.pk for user in p.others])),
    "admin: add group": lambda p: p.desk.add(Group, name=f"Same {p.number}"),
    "admin: add token": lambda p: p.desk.add(AuthToken, user=p.viewer.pk),
    "admin: work on ticket": work_on_ticket,
    "admin: work on tickets": work_on_tickets,
    "admin: delete ticket": lambda p: p.desk.delete(Ticket, _one(p.tickets())),
    "admin: delete service order": lambda p: p.desk.delete(ServiceOrder, _one(ServiceOrder.objects.all())),
    "admin: delete likes": lambda p: p.desk.delete_all(Like.objects.filter(movie=p.movie)),
    "admin: delete reminders": lambda p: p.desk.delete_all(Reminder.objects.filter(movie=p.movie)),
    "admin: delete watched": lambda p: p.desk.delete_all(Watched.objects.filter(movie=p.movie)),
    "admin: forget facts": forget_facts,
    "admin: upload": upload,
}
