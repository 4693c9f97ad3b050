"""Calls every operation of a running stack through the client that openapi-python-client makes of its schema."""

import re
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml
from netflix_client import AuthenticatedClient, Client
from netflix_client import models as shapes
from netflix_client.api.auth import (
    change_email,
    change_password,
    end_login,
    end_other_logins,
    erase_me,
    forgot_password,
    list_logins,
    login,
    logout,
    me,
    register,
    reset_password,
    send_email_link,
    verify_email,
)
from netflix_client.api.genres import list_genres
from netflix_client.api.likes import like, like_many, like_state, list_likes, unlike
from netflix_client.api.movies import (
    add_movie,
    change_movie,
    list_movies,
    merge_movies,
    movie_details,
    remove_movie,
    remove_poster,
    set_poster,
    suggest_movies,
)
from netflix_client.api.notices import list_notices, notice_seen
from netflix_client.api.people import list_people, person_details
from netflix_client.api.ranking import ranking
from netflix_client.api.reminders import list_reminders, reminder, remove_reminder, set_reminder, set_reminders
from netflix_client.api.tickets import (
    attach_to_ticket,
    close_ticket,
    list_tickets,
    open_ticket,
    rate_ticket,
    reopen_ticket,
    reply_to_ticket,
    ticket,
    ticket_attachment,
)
from netflix_client.api.watched import list_watched, remove_play, remove_watched, set_watched, watch_many, watched
from netflix_client.types import File, Response
from PIL import Image

Shape = TypeVar("Shape")
PASSWORD = "a-generated-password"


class Patient(httpx.HTTPTransport):
    """Sends a request again when the service says when to: 20 passwords a minute are the most that an address may try."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if response.status_code != 429:
            return response
        time.sleep(int(response.headers["Retry-After"]))
        return super().handle_request(request)


class Calls:
    """Which operations were called and answered as hoped."""

    def __init__(self) -> None:
        paths = yaml.safe_load(Path("schema.yml").read_text())["paths"]
        self._operations = {
            operation["operationId"]: (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)))
            for path, item in paths.items()
            for method, operation in item.items()
        }
        self._answered: set[str] = set()

    def note(self, response: httpx.Response) -> None:
        request = response.request
        for name, (method, path) in self._operations.items():
            if response.is_success and request.method == method and path.fullmatch(request.url.path):
                self._answered.add(name)

    def check(self) -> None:
        missing = self._operations.keys() - self._answered
        if missing:
            sys.exit(f"Never called, or never with success: {', '.join(sorted(missing))}")
        print(f"All {len(self._operations)} operations were called and understood.")


def the(shape: type[Shape], answer: Response[Any]) -> Shape:
    assert isinstance(answer.parsed, shape), (answer.status_code, answer.parsed)
    return answer.parsed


def done(answer: Response[Any]) -> None:
    assert answer.status_code == 204, (answer.status_code, answer.content)


def main(url: str, admin_password: str, mails: str) -> None:
    calls = Calls()
    hooks: dict[str, Any] = {"event_hooks": {"response": [calls.note]}, "transport": Patient()}
    anybody = Client(base_url=url, raise_on_unexpected_status=True, httpx_args=hooks)
    viewer = signed_up(anybody, url, hooks)
    confirm_address(anybody, viewer, Path(mails))
    movie_id = browse(anybody, viewer)
    keep_lists(viewer, movie_id)
    ask_for_help(viewer, movie_id)
    curate(logged_in(anybody, url, hooks, "admin", admin_password))
    name = the(shapes.Me, me.sync_detailed(client=viewer)).username
    spare = logged_in(anybody, url, hooks, name, PASSWORD)
    done(logout.sync_detailed(client=spare))
    refused = the(shapes.Problem, me.sync_detailed(client=spare))
    assert (refused.status, refused.code) == (401, "authentication_failed"), refused
    viewer = keep_account(anybody, viewer, lambda password: logged_in(anybody, url, hooks, name, password), Path(mails))
    done(erase_me.sync_detailed(client=viewer))
    calls.check()


def signed_up(anybody: Client, url: str, hooks: dict[str, Any]) -> AuthenticatedClient:
    name = f"client-{uuid.uuid4().hex[:12]}"
    body = shapes.RegisterRequest(username=name, email=f"{name}@example.org", password=PASSWORD)
    assert the(shapes.Me, register.sync_detailed(client=anybody, body=body)).username == name
    again = the(shapes.Problem, register.sync_detailed(client=anybody, body=body))
    assert (again.status, again.code) == (409, "username_taken"), again
    return logged_in(anybody, url, hooks, name, PASSWORD)


def confirm_address(anybody: Client, viewer: AuthenticatedClient, mails: Path) -> None:
    person = the(shapes.Me, send_email_link.sync_detailed(client=viewer))
    assert person.email_verified is False
    wrong = verify_email.sync_detailed(client=anybody, body=shapes.VerifyEmailRequest(token="made up"))
    assert isinstance(errors := the(shapes.Problem, wrong).errors, list)
    assert errors[0].code == "bad_link"
    token = emailed_token(mails, person.email)
    done(verify_email.sync_detailed(client=anybody, body=shapes.VerifyEmailRequest(token=token)))
    assert the(shapes.Me, me.sync_detailed(client=viewer)).email_verified is True


def keep_account(
    anybody: Client, viewer: AuthenticatedClient, log_in: Callable[[str], AuthenticatedClient], mails: Path
) -> AuthenticatedClient:
    log_in(PASSWORD)
    newest, *_, this = the(shapes.PaginatedActiveLoginList, list_logins.sync_detailed(client=viewer)).results
    assert (newest.is_current, this.is_current) == (False, True)
    done(end_login.sync_detailed(newest.id, client=viewer))
    done(end_other_logins.sync_detailed(client=viewer))
    words = shapes.ChangePasswordRequest(old_password=PASSWORD, new_password=f"{PASSWORD}-2")
    done(change_password.sync_detailed(client=viewer, body=words))
    address = f"new-{the(shapes.Me, me.sync_detailed(client=viewer)).email}"
    wish = shapes.ChangeEmailRequest(email=address, password=f"{PASSWORD}-2")
    done(change_email.sync_detailed(client=viewer, body=wish))
    confirmed = emailed_token(mails, address)
    done(verify_email.sync_detailed(client=anybody, body=shapes.VerifyEmailRequest(token=confirmed)))
    assert the(shapes.Me, me.sync_detailed(client=viewer)).email == address
    done(forgot_password.sync_detailed(client=anybody, body=shapes.ForgottenPasswordRequest(email=address)))
    token = emailed_token(mails, address, after=confirmed)
    chosen = shapes.ResetPasswordRequest(token=token, new_password=f"{PASSWORD}-3")
    done(reset_password.sync_detailed(client=anybody, body=chosen))
    return log_in(f"{PASSWORD}-3")


def emailed_token(mails: Path, address: str, *, after: str = "") -> str:
    """The newest that the address was sent, once it is another than `after`."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = re.findall(rf"To: {re.escape(address)}\n.*?token=(\S+)", mails.read_text(errors="replace"), re.DOTALL)
        if found and found[-1] != after:
            return str(found[-1])
        time.sleep(0.2)
    sys.exit(f"No e-mail to {address} within a minute.")


def logged_in(anybody: Client, url: str, hooks: dict[str, Any], name: str, password: str) -> AuthenticatedClient:
    body = shapes.LoginRequest(username=name, password=password)
    token = the(shapes.Token, login.sync_detailed(client=anybody, body=body))
    assert token.expiry > datetime.now(UTC)
    return AuthenticatedClient(base_url=url, token=token.token, raise_on_unexpected_status=True, httpx_args=hooks)


def browse(anybody: Client, viewer: AuthenticatedClient) -> int:
    genre = the(shapes.PaginatedGenreList, list_genres.sync_detailed(client=anybody)).results[0]
    # Nobody needs a login for films, but it adds something: the generator knows no such thing and asks for one.
    found = list_movies.sync_detailed(
        client=anybody,  # type: ignore[arg-type]
        genre=[genre.name], ordering=shapes.ListMoviesOrdering.TITLE, page_size=5,
    )  # fmt: skip
    page = the(shapes.PaginatedListedMovieList, found)
    assert all(genre.name in movie.genres for movie in page.results)
    movie_id = page.results[0].id
    mistyped = list_movies.sync_detailed(client=viewer, q="cristopher nolan", include="people")
    best = the(shapes.PaginatedListedMovieList, mistyped)
    assert (best.did_you_mean, best.results[0].liked) == ("christopher nolan", False)
    assert isinstance(best.results[0].people, list)
    suggested = the(shapes.Suggestions, suggest_movies.sync_detailed(client=anybody, q="christopher nol")).results
    assert suggested[0].kind == shapes.KindEnum.PERSON
    named = the(shapes.PaginatedPersonList, list_people.sync_detailed(client=anybody, q="cristopher nolan"))
    assert (named.did_you_mean, named.results[0].id) == ("christopher nolan", suggested[0].id)
    person = the(shapes.PersonDetail, person_details.sync_detailed(suggested[0].id, client=anybody))
    assert person.movies.director[0].title
    details = movie_details.sync_detailed(movie_id, client=anybody)  # type: ignore[arg-type]
    assert the(shapes.MovieForViewer, details).id == movie_id
    assert the(shapes.LikeState, like.sync_detailed(movie_id, client=viewer)).liked is True
    assert the(shapes.LikeState, like_state.sync_detailed(movie_id, client=viewer)).likes >= 1
    mine = the(shapes.PaginatedLikedMovieList, list_likes.sync_detailed(client=viewer))
    assert [liked.movie.id for liked in mine.results] == [movie_id]
    ranked = ranking.sync_detailed(client=viewer, genre=[genre.name], by=shapes.RankingBy.TRENDING, explain=True)
    top = the(shapes.PaginatedRankedMovieList, ranked)
    assert [row.rank for row in top.results[:2]] == [1, 2]
    assert isinstance(top.at, datetime)
    done(unlike.sync_detailed(movie_id, client=viewer))
    return movie_id


def keep_lists(viewer: AuthenticatedClient, movie_id: int) -> None:
    at = datetime(2100, 12, 24, 20, 15, tzinfo=UTC)
    body = shapes.ReminderWriteRequest(remind_at=at, note="With popcorn.")
    assert the(shapes.Reminder, set_reminder.sync_detailed(movie_id, client=viewer, body=body)).remind_at == at
    assert the(shapes.Reminder, reminder.sync_detailed(movie_id, client=viewer)).note == "With popcorn."
    due = list_reminders.sync_detailed(client=viewer, ordering=shapes.ListRemindersOrdering.REMIND_AT)
    assert len(the(shapes.PaginatedReminderList, due).results) == 1
    done(remove_reminder.sync_detailed(movie_id, client=viewer))
    yesterday = shapes.WatchedWriteRequest(watched_at=datetime.now(UTC) - timedelta(days=1))
    assert the(shapes.Watched, set_watched.sync_detailed(movie_id, client=viewer, body=yesterday)).times == 1
    (play,) = the(shapes.Watched, watched.sync_detailed(movie_id, client=viewer)).plays
    page = the(shapes.MovieForViewer, movie_details.sync_detailed(movie_id, client=viewer))
    assert isinstance(page.watched, shapes.WatchedFacts)
    assert len(the(shapes.PaginatedWatchedList, list_watched.sync_detailed(client=viewer)).results) == 1
    done(remove_play.sync_detailed(movie_id, play.id, client=viewer))
    assert watched.sync_detailed(movie_id, client=viewer).status_code == 404
    done(remove_watched.sync_detailed(movie_id, client=viewer))
    write_many(viewer, movie_id)


def write_many(viewer: AuthenticatedClient, movie_id: int) -> None:
    likes = shapes.LikesRequest(entries=[shapes.EntryRequest(movie=movie_id), shapes.EntryRequest(movie=10**9)])
    liked, unknown = the(shapes.EntryResults, like_many.sync_detailed(client=viewer, body=likes)).results
    assert (liked.movie, liked.outcome, unknown.error) == (movie_id, "created", "not_found")
    reminders = shapes.RemindersRequest(entries=[shapes.ReminderEntryRequest(movie=movie_id, note="Soon.")])
    assert the(shapes.EntryResults, set_reminders.sync_detailed(client=viewer, body=reminders)).results
    seen = shapes.ManyWatchedRequest(entries=[shapes.WatchedEntryRequest(movie=movie_id)])
    assert the(shapes.EntryResults, watch_many.sync_detailed(client=viewer, body=seen)).results


def ask_for_help(viewer: AuthenticatedClient, movie_id: int) -> None:
    category = shapes.TicketCategory.PLAYBACK
    body = shapes.TicketWriteRequest(subject="No sound", message="Nothing.", category=category, movie=movie_id)
    key = uuid.uuid4().hex
    opened = the(shapes.Ticket, open_ticket.sync_detailed(client=viewer, body=body, idempotency_key=key))
    again = the(shapes.Ticket, open_ticket.sync_detailed(client=viewer, body=body, idempotency_key=key))
    number = opened.number
    assert again.number == number
    notice = first_notice(viewer)
    assert the(shapes.Notice, notice_seen.sync_detailed(notice.id, client=viewer)).seen_at is not None
    assert isinstance(
        the(shapes.Ticket, ticket.sync_detailed(number, client=viewer)).service_order, shapes.ServiceOrder
    )
    said = shapes.ReplyWriteRequest(text="Still nothing.")
    the(shapes.TicketSummary, reply_to_ticket.sync_detailed(number, client=viewer, body=said))
    log = shapes.AttachmentWriteRequest(file=File(payload=BytesIO(b"no audio track"), file_name="log.txt"))
    sent = the(shapes.Attachment, attach_to_ticket.sync_detailed(number, client=viewer, body=log))
    key = sent.url.rstrip("/").rpartition("/")[2]
    assert the(File, ticket_attachment.sync_detailed(number, key, client=viewer)).payload.read() == b"no audio track"
    closed = the(shapes.TicketSummary, close_ticket.sync_detailed(number, client=viewer))
    assert closed.status is shapes.TicketStatus.CLOSED
    refused = the(shapes.MoveRefusedProblem, close_ticket.sync_detailed(number, client=viewer))
    assert (refused.code, refused.allowed) == ("move_not_allowed", ["open"]), refused
    rating = shapes.RatingWriteRequest(score=shapes.TicketScore.GOOD, comment="Quick.")
    assert the(shapes.Rating, rate_ticket.sync_detailed(number, client=viewer, body=rating)).comment == "Quick."
    the(shapes.TicketSummary, reopen_ticket.sync_detailed(number, client=viewer))
    mine = list_tickets.sync_detailed(client=viewer, status=shapes.ListTicketsStatus.OPEN)
    assert [row.number for row in the(shapes.PaginatedTicketSummaryList, mine).results] == [number]


def first_notice(viewer: AuthenticatedClient) -> shapes.Notice:
    """What technical support tells, as soon as it has opened a service order."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        notices = the(shapes.PaginatedNoticeList, list_notices.sync_detailed(client=viewer)).results
        if notices:
            return notices[0]
        time.sleep(0.2)
    sys.exit("Technical support has told nothing within a minute.")


def curate(staff: AuthenticatedClient) -> None:
    genre = the(shapes.PaginatedGenreList, list_genres.sync_detailed(client=staff)).results[0].name
    title = f"Client {uuid.uuid4().hex}"
    body = shapes.MovieWriteRequest(title=title, year=2016, genres=[genre], actors=["First Actor"], imdb_rating=7.5)
    added = the(shapes.MovieDetail, add_movie.sync_detailed(client=staff, body=body))
    assert (added.actors, added.imdb_rating, added.certificate) == (["First Actor"], 7.5, None)
    twin = the(shapes.MovieExistsProblem, add_movie.sync_detailed(client=staff, body=body))
    assert (twin.status, twin.code, twin.movie) == (409, "movie_exists", added.id), twin
    change = shapes.PatchedMovieWriteRequest(certificate="PG-13")
    changed = the(shapes.MovieDetail, change_movie.sync_detailed(added.id, client=staff, body=change))
    assert (changed.certificate, changed.actors) == ("PG-13", ["First Actor"])
    again = shapes.MovieWriteRequest(title=f"{title} again", year=2015, genres=[genre])
    other = the(shapes.MovieDetail, add_movie.sync_detailed(client=staff, body=again))
    one = merge_movies.sync_detailed(added.id, client=staff, body=shapes.MergeRequest(merged=other.id))
    assert the(shapes.MovieDetail, one).title == title
    drawn = BytesIO()
    Image.new("RGB", (400, 600), "#c81e28").save(drawn, "PNG")
    drawn.seek(0)
    picture = shapes.PosterWriteRequest(file=File(payload=drawn, file_name="poster.png"))
    posted = the(shapes.MovieDetail, set_poster.sync_detailed(added.id, client=staff, body=picture))
    assert posted.poster_color == "#c81e28", posted
    assert httpx.get(str(posted.poster_small)).headers["Content-Type"] == "image/webp"
    done(remove_poster.sync_detailed(added.id, client=staff))
    done(remove_movie.sync_detailed(added.id, client=staff))


if __name__ == "__main__":
    main(*sys.argv[1:])
