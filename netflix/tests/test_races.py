"""Every pair of writers on one film and one person, many at once: no crash, no deadlock, and all counts right after.

So that more than forty writers need no thousand fights, seven fight at a time: the writers are points of a square, and
those on one line fight. Any two points are on one line.

The order in which everybody takes their locks stands in movies/locks.py.
"""

import itertools
import os
import random
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest
from django.core.files.storage import InMemoryStorage
from rest_framework.test import APIClient

from movies import services as movies
from movies.folding import fold
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.models import Genre, Movie, Person, SearchWord
from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.notices.services import send_emails
from netflix.tests.admin_writers import ADMIN_WRITERS, Desk
from netflix.tests.meanwhile import at_once, deadlocks
from ranking import services as ranking
from ranking.models import Like
from reminder import services as reminder
from reminder.models import Viewing
from support import services as support
from support import technical_support
from support.attachments import CheckedFile
from support.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
THREADS = 14  # two for each of seven writers
ROUNDS = int(os.environ.get("RACE_ROUNDS", "1"))  # for each pair; more by hand
PASSWORD = "correct horse battery"
PAST = "2026-01-01T00:00:00Z"


class Place:
    """A film and people to fight over."""

    def __init__(self, number):
        self.movie = make_movie(f"Film {number}", genres=("Drama", "Crime"), directors=["One", "Two"]).pk
        self.viewer = User.objects.create_user(f"viewer {number}", f"v{number}@example.org", PASSWORD)
        self.others = [User.objects.create_user(f"other {number} {n}") for n in range(2)]
        self.number = number
        self.admin = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("admin")
        self.desk = Desk(self.admin)
        names = [f"Noir {number}", f"Black {number}"]
        self.genre, self.other_genre = (Genre.objects.create(name=name).pk for name in names)
        self.person, self.other_person = (Person.objects.create(name=name, name_key=fold(name)).pk for name in names)

    def tickets(self):
        return Ticket.objects.filter(user__in=[self.viewer, *self.others])

    def api(self, user=None):
        client = APIClient(raise_request_exception=False)
        client.force_authenticate(user or self.viewer)
        return client

    def call(self, method, path, body=None, user=None):
        answer = getattr(self.api(user), method)(f"/api/v1/{path}", body)
        assert answer.status_code < 500, (method, path, answer.status_code, answer.content)

    def row(self, **facts):
        return MovieRow(
            line=2, title=f"Film {self.number}", year=2000, genres=("War", "Drama"), directors=("One", "Three"),
            actors=("Z", "A"), **facts,
        )  # fmt: skip


def erase(place):
    place.call("delete", "auth/me/", user=place.others[0])
    place.call("delete", "auth/me/")


MERGES = itertools.count()  # films that several merge at once have names of their own


def merge(place):
    """Merge another film into the place's, or the other way round."""
    other = make_movie(f"Film {place.number} again {next(MERGES)}", year=random.randint(1900, 2000), imdb_votes=7).pk
    place.call("put", f"movies/{other}/like/")
    pair = (place.movie, other) if random.random() < 0.8 else (other, place.movie)
    place.call("post", f"movies/{pair[0]}/merge/", {"merged": pair[1]}, place.admin)


def register(place):
    place.call("post", "auth/register/", {
        "username": f"new{place.number}", "email": "a@example.org", "password": PASSWORD,
    })  # fmt: skip


def keep_account(place):
    """Log in, and change e-mail address and password."""
    place.call("post", "auth/login/", {"username": place.viewer.username, "password": PASSWORD})
    place.call("post", "auth/email/change/", {"email": "new@example.org", "password": PASSWORD})
    place.call("post", "auth/password/change/", {"old_password": PASSWORD, "new_password": PASSWORD})
    place.call("delete", "auth/logins/")


def ask(place):
    """Open a ticket, send files for some tickets, which share a quota, and rate them."""
    place.call("post", "tickets/", {"subject": "s", "message": "m", "category": "other", "movie": place.movie})
    file = CheckedFile(name="a.txt", content=b"a")
    for number in place.tickets().filter(user=place.viewer).values_list("number", flat=True)[:3]:
        with suppress(Ticket.DoesNotExist, support.TicketClosed, support.TooManyFiles):
            support.attach(user_id=place.viewer.pk, number=number, file=file)
        with suppress(Ticket.DoesNotExist, support.NotSolved):
            support.rate(user_id=place.viewer.pk, number=number, score="good")


WRITERS = {
    "like": lambda p: [p.call("put", f"movies/{p.movie}/like/", user=user) for user in (p.viewer, *p.others)],
    "unlike": lambda p: p.call("delete", f"movies/{p.movie}/like/"),
    "remind": lambda p: p.call("put", f"reminders/{p.movie}/", {"remind_at": PAST}),
    "forget": lambda p: p.call("delete", f"reminders/{p.movie}/"),
    "watch": lambda p: p.call("put", f"watched/{p.movie}/"),
    "watch once less": lambda p: [
        p.call("delete", f"watched/{p.movie}/{pk}/") for pk in Viewing.objects.values_list("pk", flat=True)[:3]
    ],
    "unwatch": lambda p: p.call("delete", f"watched/{p.movie}/"),
    "deliver": lambda _: (reminder.deliver_due(), send_emails()),
    "ask": ask,
    "support": lambda _: [technical_support.handle_ticket(pk) for pk in Ticket.objects.values_list("pk", flat=True)],
    "patch": lambda p: p.call("patch", f"movies/{p.movie}/", {
        "genres": random.sample(["Drama", "Crime", f"Noir {p.number}"], 2),
        "actors": random.sample(["A", "B", f"Noir {p.number}"], 3),
        "directors": ["Four"], "imdb_votes": random.randint(0, 99),
    }, p.admin),
    "delete": lambda p: p.call("delete", f"movies/{p.movie}/", user=p.admin),
    "merge": merge,
    "import": lambda p: import_rows([p.row(imdb_votes=random.randint(0, 99))], source="a-file"),
    "erase": erase,
    "register": register,
    "keep account": keep_account,
    **ADMIN_WRITERS,
}  # fmt: skip
SIDE = 7  # of a square with room for all writers; a prime, so that two writers are on one line just once


def fight(writers, place):
    """Run the writers at once, each as often as there are threads for it."""
    at_once([partial(writers[n % len(writers)], place) for n in range(THREADS)])


@pytest.fixture
def technical_support_is_away(monkeypatch):
    monkeypatch.setattr("support.relay.send_to_queue", lambda left: left.clear())
    files = InMemoryStorage()
    monkeypatch.setattr("support.attachments.storage", lambda: files)
    monkeypatch.setattr("movies.tasks.publish", lambda *_: True)  # the writer does what its worker would


def lines(slope):
    """The writers on the parallel lines of this slope. Over all slopes every pair of writers meets once."""
    for start in range(SIDE):
        line = {(start, n) if slope == SIDE else (n, (slope * n + start) % SIDE) for n in range(SIDE)}
        points = itertools.product(range(SIDE), repeat=2)
        yield [name for name, point in zip(WRITERS, points, strict=False) if point in line]


def test_it_lets_every_pair_of_writers_meet():
    met = Counter(
        pair for slope in range(SIDE + 1) for line in lines(slope) for pair in itertools.combinations(line, 2)
    )
    assert met == dict.fromkeys(itertools.combinations(WRITERS, 2), 1)


@pytest.mark.parametrize("slope", range(SIDE + 1))
def test_it_stands_every_pair_of_writers(slope, technical_support_is_away):
    random.seed(2006)
    Genre.objects.bulk_create(Genre(name=genre) for genre in ("Crime", "Drama", "War"))
    before = deadlocks()
    places = itertools.count()
    for line in lines(slope):
        for _ in range(ROUNDS):
            place = Place(next(places))
            for name in ("like", "remind", "watch", "ask"):
                WRITERS[name](place)
            fight([WRITERS[name] for name in line], place)
    assert deadlocks() == before
    assert ranking.rebuild().drift == 0
    assert not Like.objects.exclude(movie__in=Movie.objects.all()).exists()


def test_it_stands_all_writers_at_once(technical_support_is_away):
    random.seed(2016)
    Genre.objects.bulk_create(Genre(name=genre) for genre in ("Crime", "Drama", "War"))
    before = deadlocks()
    for number in range(5):
        fight(random.sample([*WRITERS.values()], THREADS), Place(number))
    assert deadlocks() == before
    assert ranking.rebuild().drift == 0


def test_it_counts_the_words_of_search_right_whoever_changes_their_movies():
    """Nobody waits in a circle, though each film has words of the others."""
    words = ["night", "train", "storm", "heat", "dark", "river"]
    films = [make_movie(f"Night Train {n}").pk for n in range(THREADS)]
    before = deadlocks()

    def rename_and_remove(movie_id):
        chance = random.Random(movie_id)
        for n in range(5):
            movies.change_movie(movie_id=movie_id, title=f"{' '.join(chance.sample(words, 3))} {movie_id} {n}")
        if movie_id % 2:
            movies.remove_movie(movie_id=movie_id)

    at_once([partial(rename_and_remove, movie_id) for movie_id in films])
    assert deadlocks() == before
    titles = Movie.objects.values_list("title", flat=True)
    expected = Counter(word for title in titles for word in title.split() if not word.isdecimal())
    assert dict(SearchWord.objects.values_list("word", "movies")) == expected


@pytest.mark.parametrize("attempt", range(3))
def test_it_removes_a_movie_that_is_there_whatever_others_do_with_it(attempt, technical_support_is_away):
    Genre.objects.bulk_create(Genre(name=genre) for genre in ("Crime", "Drama", "War"))
    place, answers = Place(attempt), []

    def remove(place):
        answers.append(place.api(place.admin).delete(f"/api/v1/movies/{place.movie}/").status_code)

    busy = [WRITERS[name] for name in ("like", "unlike", "remind", "watch", "ask", "patch", "admin: change film")]
    fight([remove, *(busy * 3)[: THREADS - 1]], place)
    assert answers == [204]
    assert not Movie.objects.filter(pk=place.movie).exists()
