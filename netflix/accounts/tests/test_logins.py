import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from netflix.accounts import last_used
from netflix.accounts.models import Login, User
from netflix.accounts.tests.clients import logged_in, with_token
from netflix.tests.meanwhile import while_another_writes

pytestmark = pytest.mark.django_db
URL, LOGIN, ME = (f"/api/v1/auth/{name}/" for name in ("logins", "login", "me"))
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
def mine(viewer):
    return logged_in(viewer)


def listed(client):
    return client.get(URL).json()["results"]


def test_it_says_since_when_and_from_what(api, viewer):
    body = {"username": "viewer", "password": "a-viewers-password"}
    token = api.post(LOGIN, body, headers={"User-Agent": FIREFOX}).json()["token"]
    (login,) = listed(with_token(token))
    assert login.keys() == {"id", "device", "since", "last_used_at", "expiry", "is_current"}
    assert (login["device"], login["is_current"]) == ("Firefox on Linux", True)
    assert login["since"] <= login["last_used_at"] < login["expiry"]


def test_it_lists_only_mine_the_newest_first_in_one_query(viewer, mine, django_assert_num_queries):
    logged_in(User.objects.create_user("other"))
    logged_in(viewer)
    with django_assert_num_queries(2):  # one of them finds out who asks
        logins = listed(mine)
    assert [login["is_current"] for login in logins] == [False, True]
    assert logins[0]["id"] > logins[1]["id"]


def test_it_shows_nothing_of_a_token(viewer, mine):
    token = AuthToken.objects.get()
    shown = mine.get(URL).content.decode()
    assert token.token_key not in shown
    assert token.digest not in shown


def test_it_leaves_out_what_has_expired(viewer, mine):
    AuthToken.objects.create(viewer, expiry=timedelta(seconds=-1))
    AuthToken.objects.create(viewer, expiry=None)
    assert [login["expiry"] is None for login in listed(mine)] == [True, False]


def test_it_comes_a_page_at_a_time(viewer, mine):
    for _ in range(3):
        logged_in(viewer)
    first = mine.get(f"{URL}?page_size=3").json()
    rest = mine.get(first["next"]).json()
    assert [len(page["results"]) for page in (first, rest)] == [3, 1]
    assert rest["results"][0]["is_current"]


def test_it_answers_a_session_whose_login_is_none_of_these(viewer, mine):
    client = Client()
    client.force_login(viewer, "django.contrib.auth.backends.ModelBackend")
    assert [login["is_current"] for login in client.get(URL).json()["results"]] == [False]
    login = client.get(URL, headers={"Authorization": "Basic abc"})
    assert login.status_code == 200


def test_it_ends_one(viewer, mine):
    other = logged_in(viewer)
    newest, _ = listed(mine)
    assert mine.delete(f"{URL}{newest['id']}/").status_code == 204
    assert [client.get(ME).status_code for client in (mine, other)] == [200, 401]
    assert mine.delete(f"{URL}{newest['id']}/").status_code == 404


def test_it_ends_this_one(mine):
    (login,) = listed(mine)
    assert mine.delete(f"{URL}{login['id']}/").status_code == 204
    assert mine.get(ME).status_code == 401
    assert not Login.objects.exists()


def test_it_ends_all_others(viewer, mine):
    others, stranger = [logged_in(viewer) for _ in range(3)], logged_in(User.objects.create_user("stranger"))
    assert mine.delete(URL).status_code == 204
    assert [client.get(ME).status_code for client in (mine, stranger, *others)] == [200, 200, 401, 401, 401]
    assert len(listed(mine)) == 1
    assert mine.delete(URL).status_code == 204


class TestSessions:
    """Of the admin and the pages, which have no token."""

    @staticmethod
    def in_browser(user):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
        return browser

    @staticmethod
    def answers(*browsers):
        return [browser.get(ME).status_code for browser in browsers]

    def test_it_ends_them_with_the_other_logins(self, viewer, mine):
        theirs = [self.in_browser(viewer) for _ in range(2)]
        stranger = self.in_browser(User.objects.create_user("stranger"))
        assert mine.delete(URL).status_code == 204
        assert self.answers(mine, stranger, *theirs) == [200, 200, 401, 401]
        viewer.refresh_from_db()
        assert self.answers(self.in_browser(viewer)) == [200]

    def test_it_keeps_the_one_that_asks(self, viewer, mine):
        this, other = self.in_browser(viewer), self.in_browser(viewer)
        this.get("/admin/login/")
        for _ in range(2):
            answer = this.delete(URL, headers={"X-CSRFToken": this.cookies["csrftoken"].value})
            assert answer.status_code == 204
        assert self.answers(this, other, mine) == [200, 401, 401]

    def test_it_keeps_all_while_one_login_ends(self, viewer, mine):
        browser, (login,) = self.in_browser(viewer), listed(mine)
        assert mine.delete(f"{URL}{login['id']}/").status_code == 204
        assert self.answers(browser) == [200]


def test_it_ends_none_of_anothers(mine):
    other = logged_in(User.objects.create_user("other"))
    theirs = Login.objects.get(user__username="other")
    answer, nowhere = mine.delete(f"{URL}{theirs.pk}/"), mine.delete(f"{URL}987654321/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.json()["detail"] == nowhere.json()["detail"] == "You have no login with this id."
    assert other.get(ME).status_code == 200


@pytest.mark.parametrize("made_up", ["0", "9" * 30, "-1", "x", "%00", "\u0661"])
def test_it_finds_nothing_at_what_is_no_id(mine, made_up):
    assert mine.delete(f"{URL}{made_up}/").status_code in (400, 404)
    assert AuthToken.objects.exists()


def test_it_knows_nobody_without_a_login(api, mine):
    assert [api.get(URL).status_code, api.delete(URL).status_code, api.delete(f"{URL}1/").status_code] == [401] * 3
    assert AuthToken.objects.exists()


def test_it_describes_a_token_whoever_made_it(client, admin, viewer):
    client.force_login(admin)
    client.post("/admin/knox/authtoken/add/", {"user": viewer.pk, "expiry_0": "2100-01-01", "expiry_1": "00:00"})
    assert Login.objects.get().user == viewer


class TestLastUsed:
    """Requests note it in memory, and a thread stores it about once a minute."""

    @pytest.fixture(autouse=True)
    def _nothing_noted(self):
        last_used.uses.clear()

    @staticmethod
    def made_old():
        Login.objects.update(last_used_at=timezone.now() - timedelta(hours=1))

    def test_it_stores_what_requests_have_noted(self, viewer, mine):
        logged_in(viewer)
        self.made_old()
        mine.get(ME)
        last_used.store()
        ago = [timezone.now() - login.last_used_at for login in Login.objects.order_by("pk")]
        assert ago[0] < timedelta(minutes=1) < timedelta(minutes=59) < ago[1]

    @pytest.mark.django_db(transaction=True)
    def test_it_is_stored_by_a_thread(self, viewer, mine):
        self.made_old()
        mine.get(ME)
        stop = Event()
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(last_used.store_regularly, stop, 0.01)
            deadline = time.monotonic() + 60
            while Login.objects.get().last_used_at < timezone.now() - timedelta(minutes=5):
                assert time.monotonic() < deadline
            stop.set()
            running.result(timeout=60)

    def test_it_goes_on_after_a_failure(self, mine, monkeypatch):
        """Such as a database that is away."""
        monkeypatch.setattr(last_used, "STORE_SQL", "SELECT 1/0")
        mine.get(ME)
        stop = Event()
        monkeypatch.setattr(last_used.connection, "close", stop.set)
        last_used.store_regularly(stop, 0.01)
        assert stop.is_set()

    def test_it_costs_a_request_no_query(self, mine, django_assert_num_queries):
        with django_assert_num_queries(1):
            assert mine.get(ME).status_code == 200

    def test_it_stores_all_in_one_statement_and_nothing_twice(self, viewer, mine, django_assert_num_queries):
        clients = [mine, *(logged_in(viewer) for _ in range(5))]
        self.made_old()
        for client in clients * 2:
            client.get(ME)
        with django_assert_num_queries(1):
            last_used.store()
        with django_assert_num_queries(0):
            last_used.store()
        assert not Login.objects.filter(last_used_at__lt=Now() - timedelta(minutes=1)).exists()

    def test_it_writes_at_most_about_once_a_minute_however_many_processes_there_are(self, mine):
        self.made_old()
        stored = []
        for _ in range(3):
            mine.get(ME)
            last_used.store()
            stored.append(Login.objects.get().last_used_at)
        assert len(set(stored)) == 1

    def test_it_does_not_believe_a_token_that_is_not_valid(self, api, viewer):
        for token in ("0" * 64, AuthToken.objects.create(viewer, expiry=timedelta(seconds=-1))[1]):
            assert with_token(token).get(ME).status_code == 401
        assert last_used.uses == {}

    @pytest.mark.django_db(transaction=True)
    def test_it_is_noted_by_the_fast_path(self, ways, viewer):
        token = AuthToken.objects.create(viewer)[1]
        ways.same("/api/v1/likes/", authorization=f"Bearer {token}")
        last_used.uses.clear()
        answer, is_fast = ways.served("/api/v1/likes/", authorization=f"Bearer {token}")
        assert (answer.status, is_fast) == (200, True)
        assert list(last_used.uses) == [AuthToken.objects.get().digest]

    @pytest.mark.django_db(transaction=True)
    def test_it_waits_for_nobody(self, viewer):
        """Who ends a login has locked it."""
        mine, other = logged_in(viewer), logged_in(viewer)
        self.made_old()
        for client in (mine, other):
            client.get(ME)

        def store():
            try:
                last_used.store()
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            Login.objects.select_for_update().earliest("pk")
            pool.submit(store).result(timeout=60)
        locked, free = Login.objects.order_by("pk").values_list("last_used_at", flat=True)
        assert timezone.now() - locked > timedelta(minutes=59)
        assert timezone.now() - free < timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_who_changes_the_password(viewer):
    """Both delete tokens of one person: they take their turn."""
    mine = logged_in(viewer)
    answer = while_another_writes(lambda: User.objects.select_for_update().get(), lambda: mine.delete(URL))
    assert answer.status_code == 204
