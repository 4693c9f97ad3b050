"""Every operation of the API, called one after the other, over the films of the sample.

`make docs` keeps the requests and the answers in docs/examples/, from where the schema shows them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import DEFAULT_DB_ALIAS, connections
from rest_framework.test import APIClient

from movies.tests.pictures import image
from netflix.accounts import email_addresses, passwords
from netflix.accounts.models import User
from netflix.documentation import ADDRESS
from netflix.documentation.examples import Example
from netflix.idempotency.decorator import lock_number
from netflix.tests import contract
from support import technical_support
from support.models import Ticket

API = "/api/v1/"
ANN = {"username": "ann", "password": "popcorn for two"}
DARK_KNIGHT, INCEPTION = 1, 2
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Story:
    def __init__(self) -> None:
        self.examples: dict[str, list[Example]] = {}  # by `operationId`
        self.errors: dict[str, Any] = {}  # by the name of the response that operations share
        self._client = APIClient(HTTP_HOST=ADDRESS.removeprefix("http://"), HTTP_USER_AGENT=FIREFOX)

    def call(
        self, method: str, path: str, body: Any = None, *, token: str = "", title: str = "Example", status: int = 0
    ) -> Any:
        """Make a request, and return the answer's JSON. `path` is below `/api/v1/`; `status` is that of an error."""
        answer = self.send(method, path, body, token, {})
        assert answer.status_code == status if status else answer.status_code < 300, (path, answer.content)
        example: Example = {"title": title, "path": API + path, "login": bool(token), "status": answer.status_code}
        if isinstance(body, UploadedFile):
            example["upload"] = body.name or ""
        elif body is not None:
            example["body"] = body
        if "json" in answer.headers.get("Content-Type", ""):
            example["answer"] = answer.json()
        self.examples.setdefault(contract.operation_id(method, API + path), []).append(example)
        return example.get("answer")

    def fail(self, response: str, method: str, path: str, body: Any = None, *, token: str, **headers: str) -> None:
        """Make a request whose answer is the example of a shared response."""
        answer = self.send(method, path, body, token, headers)
        assert answer.status_code >= 400, (path, answer.content)
        self.errors[response] = answer.json()

    def send(self, method: str, path: str, body: Any, token: str, headers: dict[str, str]) -> Any:
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        if isinstance(body, UploadedFile):
            body.seek(0)
            request = getattr(self._client, method.lower())
            return request(API + path, {"file": body}, format="multipart", headers=headers)
        data = "" if body is None else json.dumps(body)
        return self._client.generic(method, API + path, data, content_type="application/json", headers=headers)


def make_examples(admin_token: str) -> dict[str, Any]:
    """The content of each file of docs/examples/. Needs the films of the sample and the demo likes."""
    story = Story()
    token = sign_up(story)
    browse(story, token)
    like(story, token)
    remember(story, token)
    watch(story, token)
    ask_for_help(story, token)
    curate(story, admin_token)
    be_refused(story, token, admin_token)
    keep_account(story, token)
    leave(story)
    return {**story.examples, "errors": story.errors}


def sign_up(story: Story) -> str:
    account = ANN | {"email": "ann@example.org"}
    story.call("POST", "auth/register/", account)
    story.call("POST", "auth/register/", account, status=409, title="The name is taken")
    token: str = story.call("POST", "auth/login/", ANN)["token"]
    wrong = ANN | {"password": "popcorn for one"}
    story.call("POST", "auth/login/", wrong, status=401, title="A wrong password")
    story.call("POST", "auth/verify-email/send/", token=token)
    ann = User.objects.get(username=ANN["username"])
    story.call("POST", "auth/verify-email/", {"token": email_addresses.token_for(ann, ann.email)})
    story.call("GET", "auth/me/", token=token)
    return token


def browse(story: Story, token: str) -> None:
    dramas = "movies/?genre=Drama&year_min=2010&ordering=-imdb_rating&page_size=2"
    story.call("GET", dramas, title="Dramas since 2010, the best first")
    story.call("GET", "movies/?q=intersteller&page_size=1", title="A search with a typo")
    card = "movies/?year_min=2014&include=people&page_size=1"
    story.call("GET", card, token=token, title="With a login, and with people")
    story.call("GET", "movies/suggest/?q=nol", title="Somebody has typed nol")
    story.call("GET", "movies/suggest/?q=nolam", title="A typo")
    story.call("GET", f"movies/{INCEPTION}/", token=token)
    story.call("GET", "genres/?page_size=3")
    nolan = story.call("GET", "people/?q=nolan", title="Everybody called Nolan")["results"][0]["id"]
    story.call("GET", f"people/{nolan}/")
    story.call("GET", "ranking/?genre=Drama&by=likes&page_size=2", title="The most liked dramas")
    story.call("GET", "ranking/?by=rating&explain=1&page_size=1", title="The best rated film, explained")


def like(story: Story, token: str) -> None:
    story.call("PUT", f"movies/{INCEPTION}/like/", token=token)
    story.call("GET", f"movies/{INCEPTION}/like/", token=token)
    story.call("GET", "likes/", token=token)
    both = {"entries": [{"movie": DARK_KNIGHT}, {"movie": INCEPTION}, {"movie": 999999}]}
    story.call("PUT", "likes/", both, token=token, title="One is new, one liked, one unknown")
    story.call("DELETE", f"movies/{INCEPTION}/like/", token=token)


def remember(story: Story, token: str) -> None:
    reminder = {"remind_at": "2099-12-24T20:15:00+01:00", "note": "With popcorn."}
    story.call("PUT", f"reminders/{INCEPTION}/", reminder, token=token, title="At Christmas")
    story.call("GET", f"reminders/{INCEPTION}/", token=token)
    story.call("GET", "reminders/?ordering=remind_at", token=token)
    both = {"entries": [{"movie": DARK_KNIGHT, "note": "Again."}, reminder | {"movie": INCEPTION}]}
    story.call("PUT", "reminders/", both, token=token, title="One is new, one is there already")
    story.call("DELETE", f"reminders/{INCEPTION}/", token=token)


def watch(story: Story, token: str) -> None:
    story.call("PUT", f"watched/{INCEPTION}/", {"watched_at": "2024-05-04T20:15:00+02:00"}, token=token)
    play = story.call("GET", f"watched/{INCEPTION}/", token=token)["plays"][0]["id"]
    story.call("GET", "watched/", token=token)
    seen = {"entries": [{"movie": DARK_KNIGHT, "watched_at": "2023-07-01T21:00:00Z"}]}
    story.call("PUT", "watched/", seen, token=token)
    story.call("DELETE", f"watched/{INCEPTION}/{play}/", token=token)
    story.call("DELETE", f"watched/{INCEPTION}/", token=token)


def ask_for_help(story: Story, token: str) -> None:
    trouble = {"subject": "No sound", "message": "I hear nothing.", "category": "playback", "movie": INCEPTION}
    number = story.call("POST", "tickets/", trouble, token=token)["number"]
    technical_support.handle_ticket(Ticket.objects.get(number=number).pk)
    story.call("POST", f"tickets/{number}/replies/", {"text": "Other films are fine."}, token=token)
    log = SimpleUploadedFile("player-log.txt", b"12:00:03 no audio track\n")
    file = story.call("POST", f"tickets/{number}/attachments/", log, token=token)["url"]
    story.call("GET", file.partition(API)[2], token=token)
    story.call("GET", f"tickets/{number}/", token=token)
    story.call("GET", "tickets/?status=in_progress", token=token)
    notice = story.call("GET", "notices/", token=token)["results"][0]["id"]
    story.call("PUT", f"notices/{notice}/seen/", token=token)
    story.call("POST", f"tickets/{number}/close/", token=token)
    story.call("POST", f"tickets/{number}/close/", token=token, status=409, title="It is closed")
    late = {"text": "One more thing."}
    story.call("POST", f"tickets/{number}/replies/", late, token=token, status=409, title="It is closed")
    story.call("POST", f"tickets/{number}/attachments/", log, token=token, status=409, title="It is closed")
    rating = {"score": "good", "comment": "Quick and friendly."}
    story.call("PUT", f"tickets/{number}/rating/", rating, token=token)
    story.call("POST", f"tickets/{number}/reopen/", token=token)
    story.call("PUT", f"tickets/{number}/rating/", rating, token=token, status=409, title="It is open")
    story.call("POST", f"tickets/{number}/reopen/", token=token, status=409, title="It is open")


def curate(story: Story, token: str) -> None:
    film = {"title": "Heat", "year": 1995, "genres": ["Crime", "Drama"], "directors": ["Michael Mann"]}
    added = story.call("POST", "movies/", film, token=token)["id"]
    story.call("PATCH", f"movies/{added}/", {"certificate": "R", "runtime_minutes": 170}, token=token)
    twin = story.call("POST", "movies/", film | {"title": "Heat, the film"}, token=token)["id"]
    story.examples["add_movie"].pop()
    story.call("POST", "movies/", film, token=token, status=409, title="It is there already")
    story.call("PATCH", f"movies/{twin}/", {"title": "Heat"}, token=token, status=409, title="Another has this name")
    story.call("POST", f"movies/{added}/merge/", {"merged": twin}, token=token)
    story.call("PUT", f"movies/{added}/poster/", SimpleUploadedFile("poster.png", image()), token=token)
    story.call("DELETE", f"movies/{added}/poster/", token=token)
    story.call("DELETE", f"movies/{added}/", token=token)


@contextmanager
def at_work(user_id: int, key: str) -> Iterator[None]:
    """Hold the lock of a request with this Idempotency-Key, as another process would that is answering it."""
    other = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(user_id, key)])
        yield
    finally:
        other.close()


def be_refused(story: Story, token: str, admin_token: str) -> None:
    film = {"title": "Heat", "year": 1995, "genres": ["Crime"]}
    for method, path, body in (
        ("POST", "movies/", film),
        ("PATCH", f"movies/{INCEPTION}/", {"year": 2011}),
        ("POST", f"movies/{INCEPTION}/merge/", {"merged": DARK_KNIGHT}),
        ("PUT", f"movies/{INCEPTION}/poster/", SimpleUploadedFile("poster.png", image())),
        ("DELETE", f"movies/{INCEPTION}/poster/", None),
        ("DELETE", f"movies/{INCEPTION}/", None),
    ):
        story.call(method, path, body, token=token, status=403, title="The account is not staff")
    # It takes three films to make a merge fail; the error is the same as of an addition.
    story.examples["merge_movies"] += [each for each in story.examples["add_movie"] if each["status"] == 409]
    story.fail("NotFound", "GET", "movies/999999/", token="")
    story.fail("Error", "GET", "movies/?gnere=Drama", token="")
    story.fail("PreconditionFailed", "DELETE", f"movies/{INCEPTION}/like/", token=token, If_Match='"old"')
    trouble = {"subject": "No picture", "message": "I see nothing.", "category": "playback"}
    key = {"Idempotency-Key": "no-picture"}
    with at_work(User.objects.get(username=ANN["username"]).pk, key["Idempotency-Key"]):
        story.fail("KeyInUse", "POST", "tickets/", trouble, token=token, **key)
    story.send("POST", "tickets/", trouble, token, key)
    story.fail("KeyReused", "POST", "tickets/", trouble | {"category": "other"}, token=token, **key)


def keep_account(story: Story, token: str) -> None:
    logins = story.call("GET", "auth/logins/", token=token)["results"]
    story.call("DELETE", f"auth/logins/{logins[0]['id']}/", token=token)
    token = story.call("POST", "auth/login/", ANN)["token"]
    story.examples["login"].pop()
    story.call("DELETE", "auth/logins/", token=token)
    story.call("POST", "auth/email/change/", {"email": "ann@example.net", "password": ANN["password"]}, token=token)
    change = {"old_password": ANN["password"], "new_password": "popcorn for three"}
    story.call("POST", "auth/password/change/", change, token=token)


def leave(story: Story) -> None:
    story.call("POST", "auth/password/reset/", {"email": "ann@example.org"})
    link = passwords.reset_token(User.objects.get(username=ANN["username"]))
    story.call("POST", "auth/password/reset/confirm/", {"token": link, "new_password": "popcorn for four"})
    token, spare = (story.call("POST", "auth/login/", ANN | {"password": "popcorn for four"})["token"] for _ in "12")
    del story.examples["login"][-2:]
    story.call("POST", "auth/logout/", token=spare)
    story.call("DELETE", "auth/me/", token=token)
