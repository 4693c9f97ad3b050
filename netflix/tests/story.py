"""Every operation of the API, called one after the other, over the films of the sample.

`make docs` keeps the requests and the answers in docs/examples/, from where the schema shows them.
"""

import json
from typing import Any

from rest_framework.test import APIClient

from netflix.accounts import email
from netflix.accounts.models import User
from netflix.documentation import ADDRESS
from netflix.documentation.examples import Example
from netflix.tests import contract
from support import technical_support
from support.models import Ticket

API = "/api/v1/"
ANN = {"username": "ann", "password": "popcorn for two"}
DARK_KNIGHT, INCEPTION, INTERSTELLAR = 1, 2, 5


class Story:
    def __init__(self) -> None:
        self.examples: dict[str, list[Example]] = {}  # by `operationId`
        self._client = APIClient(HTTP_HOST=ADDRESS.removeprefix("http://"))

    def call(self, method: str, path: str, body: Any = None, *, token: str = "", title: str = "Example") -> Any:
        """Make a request, and return the answer's JSON. `path` is below `/api/v1/`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = "" if body is None else json.dumps(body)
        answer = self._client.generic(method, API + path, data, content_type="application/json", headers=headers)
        assert answer.status_code < 300, (method, path, answer.content)
        example: Example = {"title": title, "path": API + path, "login": bool(token), "status": answer.status_code}
        if body is not None:
            example["body"] = body
        if answer.content:
            example["answer"] = answer.json()
        self.examples.setdefault(contract.operation_id(method, API + path), []).append(example)
        return example.get("answer")


def told(admin_token: str) -> dict[str, list[Example]]:
    """The examples of each operation. The films of the sample and the demo likes have to be there."""
    story = Story()
    token = sign_up(story)
    browse(story, token)
    like(story, token)
    remember(story, token)
    watch(story, token)
    ask_for_help(story, token)
    curate(story, admin_token)
    leave(story, token)
    return story.examples


def sign_up(story: Story) -> str:
    story.call("POST", "auth/register/", ANN | {"email": "ann@example.org"})
    token: str = story.call("POST", "auth/login/", ANN)["token"]
    story.call("POST", "auth/verify-email/send/", token=token)
    link = email.token_for(User.objects.get(username="ann"))
    story.call("POST", "auth/verify-email/", {"token": link})
    story.call("GET", "auth/me/", token=token)
    return token


def browse(story: Story, token: str) -> None:
    dramas = "movies/?genre=Drama&year_min=2010&ordering=-imdb_rating&page_size=2"
    story.call("GET", dramas, title="Dramas since 2010, the best first")
    story.call("GET", "movies/?q=intersteller&page_size=1", title="A search with a typo")
    story.call("GET", "movies/suggest/?q=nol", title="Somebody has typed nol")
    story.call("GET", "movies/suggest/?q=nolam", title="A typo")
    story.call("GET", f"movies/{INCEPTION}/", token=token)
    story.call("GET", "genres/?page_size=3")
    story.call("GET", "ranking/?genre=Drama&by=likes&page_size=2", title="The most liked dramas")
    story.call("GET", "ranking/?by=rating&explain=1&page_size=1", title="The best rated film, explained")


def like(story: Story, token: str) -> None:
    story.call("PUT", f"movies/{INCEPTION}/like/", token=token)
    story.call("GET", f"movies/{INCEPTION}/like/", token=token)
    story.call("GET", "likes/", token=token)
    story.call("DELETE", f"movies/{INCEPTION}/like/", token=token)


def remember(story: Story, token: str) -> None:
    reminder = {"remind_at": "2099-12-24T20:15:00+01:00", "note": "With popcorn."}
    story.call("PUT", f"reminders/{INCEPTION}/", reminder, token=token, title="At Christmas")
    story.call("GET", f"reminders/{INCEPTION}/", token=token)
    story.call("GET", "reminders/?ordering=remind_at", token=token)
    story.call("DELETE", f"reminders/{INCEPTION}/", token=token)


def watch(story: Story, token: str) -> None:
    story.call("PUT", f"watched/{INCEPTION}/", {"watched_at": "2024-05-04T20:15:00+02:00"}, token=token)
    play = story.call("GET", f"watched/{INCEPTION}/", token=token)["plays"][0]["id"]
    story.call("GET", "watched/", token=token)
    story.call("DELETE", f"watched/{INCEPTION}/{play}/", token=token)
    story.call("DELETE", f"watched/{INCEPTION}/", token=token)


def ask_for_help(story: Story, token: str) -> None:
    trouble = {"subject": "No sound", "message": "I hear nothing.", "category": "playback", "movie": INCEPTION}
    number = story.call("POST", "tickets/", trouble, token=token)["number"]
    technical_support.take(Ticket.objects.get(number=number).pk)
    story.call("POST", f"tickets/{number}/replies/", {"text": "Other films are fine."}, token=token)
    story.call("GET", f"tickets/{number}/", token=token)
    story.call("GET", "tickets/?status=in_progress", token=token)
    notice = story.call("GET", "notices/", token=token)["results"][0]["id"]
    story.call("PUT", f"notices/{notice}/seen/", token=token)
    story.call("POST", f"tickets/{number}/close/", token=token)
    story.call("POST", f"tickets/{number}/reopen/", token=token)


def curate(story: Story, token: str) -> None:
    film = {"title": "Heat", "year": 1995, "genres": ["Crime", "Drama"], "directors": ["Michael Mann"]}
    added = story.call("POST", "movies/", film, token=token)["id"]
    story.call("PATCH", f"movies/{added}/", {"certificate": "R", "runtime_minutes": 170}, token=token)
    twin = story.call("POST", "movies/", film | {"title": "Heat, the film"}, token=token)["id"]
    story.examples["add_movie"].pop()
    story.call("POST", f"movies/{added}/merge/", {"merged": twin}, token=token)
    story.call("DELETE", f"movies/{added}/", token=token)


def leave(story: Story, token: str) -> None:
    spare = story.call("POST", "auth/login/", ANN)["token"]
    story.examples["login"].pop()
    story.call("POST", "auth/logout/", token=spare)
    story.call("DELETE", "auth/me/", token=token)
