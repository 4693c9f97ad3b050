"""Below a path of a host name, behind the nginx of docs/deploying.md: nothing leads out of the path."""

import json
import re
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.deploying.neighbours import block, is_ready, needs, nginx, wait_until, web
from netflix.tests.servers import answers, free_port
from support.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, needs("nginx")]

PASSWORD = "an-admins-password"
PREFIX = "/netflix"
SITE = """
upstream web {{ server 127.0.0.1:{web}; }}
server {{
    listen 127.0.0.1:{port};
    {location}
    location / {{ return 418; }}
}}
"""


class Browser:
    """Follows no redirect, and sends its cookies where their path says."""

    def __init__(self, port):
        self.port, self.at, self.cookies = port, f"http://127.0.0.1:{port}", CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies), _NoRedirect
        )

    def ask(self, address, data=None, **headers):
        """(status, headers, body)"""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(urljoin(self.at, address), data, headers)
        try:
            with self._opener.open(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def json(self, address, data=None, **headers):
        if data is not None:
            data, headers = json.dumps(data).encode(), headers | {"Content_Type": "application/json"}
        return json.loads(self.ask(address, data, **headers)[2])

    def page(self, address):
        status, _, body = self.ask(address, Accept="text/html")
        assert status == 200, (address, status)
        return body.decode()

    def submit(self, address, **fields):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page(address))[1]
        return self.ask(address, urlencode(fields | {"csrfmiddlewaretoken": token}).encode())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


@contextmanager
def behind_nginx(folder, location):
    """The port of nginx, and of the web server behind it."""
    port, behind, log = free_port(), free_port(), folder / "log"
    site = SITE.format(web=behind, port=port, location=location)
    with web(behind, log, PATH_PREFIX=PREFIX, TRUSTED_PROXIES="1", THROTTLES="on"), nginx(site, folder):
        wait_until(lambda: is_ready(behind), log)
        wait_until(lambda: answers(port, f"{PREFIX}/healthz"), log)
        yield port, behind
    connection.close()


@pytest.fixture
def proxy(tmp_path):
    with behind_nginx(tmp_path, block("nginx", below="### A path")) as ports:
        yield ports


@pytest.fixture
def browser(proxy):
    return Browser(proxy[0])


@pytest.fixture
def admin():
    """With a password that the web server understands: tests hash theirs in another way."""
    return User.objects.create(
        username="admin", password=make_password(PASSWORD, hasher="pbkdf2_sha256"), is_staff=True, is_superuser=True
    )


def links_of(html):
    return {link for link in re.findall(r'(?:href|src|action)="([^"#?]*)', html) if link}


def leading_out(browser, html):
    """Links of ours that are not below the path."""
    ours = {link.removeprefix(browser.at) for link in links_of(html)}
    return {link for link in ours if link.startswith("/") and not f"{link}/".startswith(f"{PREFIX}/")}


def where(browser, address):
    status, answered, _ = browser.ask(address)
    assert status in (301, 302), status
    return urlsplit(answered["Location"]).path


def check_links(browser):
    api = f"{browser.at}{PREFIX}/api"
    index = browser.json(f"{PREFIX}/api/v1/")
    assert all(link.startswith(f"{api}/") for link in index.values())
    for _ in range(3):  # a thread, which the event loop learns from, and then the event loop
        first = browser.json(f"{PREFIX}/api/v1/movies/?page_size=1")
        assert first["next"].startswith(f"{api}/v1/movies/?page_size=1&cursor=")
        second = browser.json(first["next"])
        assert browser.json(second["previous"])["results"] == first["results"]
        suggested = browser.json(f"{PREFIX}/api/v1/movies/suggest/?q=heat")["results"]
        assert suggested[0]["link"].startswith(f"{api}/v1/movies/")
        assert browser.json(suggested[0]["link"])["title"] == suggested[0]["text"]
    assert where(browser, f"{PREFIX}/api/v1/movies") == f"{PREFIX}/api/v1/movies/"
    assert where(browser, f"{PREFIX}/") == f"{PREFIX}/api/v1/"
    assert where(browser, PREFIX) == f"{PREFIX}/"


def check_same_bytes(browser):
    for address in ("movies/", "movies/?q=heat", "genres/", "movies/suggest/?q=heat", "ranking/"):
        plain = [browser.ask(f"{PREFIX}/api/v1/{address}") for _ in range(3)]
        # A cookie makes a request go the usual way: through all middleware and REST framework's view.
        usual = browser.ask(f"{PREFIX}/api/v1/{address}", Cookie="a=b")
        assert {status for status, *_ in [*plain, usual]} == {200}
        assert {body for *_, body in plain} == {usual[2]}
        assert {headers["ETag"].partition("-")[0] for _, headers, _ in plain} == {usual[1]["ETag"].partition("-")[0]}


def check_schema(browser):
    schema = browser.json(f"{PREFIX}/api/schema/", Accept="application/vnd.oai.openapi+json")
    assert schema["servers"] == [{"url": PREFIX}]
    for path, operations in schema["paths"].items():
        allowed = browser.ask(f"{PREFIX}{re.sub('{[a-z_]+}', '1', path)}")[1]["Allow"]
        assert {method.upper() for method in operations} <= set(allowed.split(", ")), path


def check_pages(browser):
    for page in (
        "/", "/api/docs/", "/api/docs/try/", "/api/v1/movies/", "/api/v1/", "/api/session/login/", "/admin/login/",
    ):  # fmt: skip
        html = browser.page(f"{PREFIX}{page}")
        assert leading_out(browser, html) == set()
        files = {link for link in links_of(html) if link.startswith(f"{PREFIX}/static/")}
        assert files
        assert {browser.ask(file)[0] for file in files} == {200}
    script = re.search(rf'src="({PREFIX}/api/docs/try/[^"]*script[^"]*)"', browser.page(f"{PREFIX}/api/docs/try/"))[1]
    assert f"{PREFIX}/api/schema/" in browser.ask(script.replace("&amp;", "&"))[2].decode()


def check_errors(browser):
    status, headers, body = browser.ask(f"{PREFIX}/api/v1/nothing/")
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")
    assert headers["Cache-Control"] == "no-store"
    assert json.loads(body)["code"] == "not_found"
    assert browser.ask(f"{PREFIX}/nothing/", Accept="text/html")[1]["Content-Type"].startswith("text/html")
    status, _, body = browser.ask(f"{PREFIX}/api/v1/movies/", If_Match='"x"')
    assert (status, json.loads(body)["code"]) == (412, "precondition_failed")
    _, headers, _ = browser.ask(f"{PREFIX}/api/v1/auth/login/", b"{}", Content_Type="application/json")
    assert '"login"' in headers["RateLimit"]  # counted at the door


def check_untrusted_headers(browser):
    for name in ("X_Forwarded_Prefix", "X_Script_Name", "Script_Name"):
        answer = browser.json(f"{PREFIX}/api/v1/", **{name: "/evil"})
        assert all(urlsplit(link).path.startswith(f"{PREFIX}/api/") for link in answer.values())


def check_probes(port, behind):
    assert Browser(port).ask("/api/v1/movies/")[0] == 418
    for check in ("/healthz", "/readyz"):
        assert answers(port, f"{PREFIX}{check}")
        assert answers(behind, check)
        assert answers(behind, f"{PREFIX}{check}")
    assert not answers(behind, f"{PREFIX}x/healthz")


def test_it_keeps_api_docs_and_files_below_the_path(proxy, browser):
    for number in range(3):
        make_movie(f"Heat {number}")
    check_links(browser)
    check_same_bytes(browser)
    check_schema(browser)
    check_pages(browser)
    check_errors(browser)
    check_untrusted_headers(browser)
    check_probes(*proxy)


def test_it_works_where_the_proxy_takes_the_prefix_off(tmp_path):
    for number in range(3):
        make_movie(f"Heat {number}")
    location = block("nginx", below="### A path").replace("proxy_pass http://web;", "proxy_pass http://web/;")
    assert "http://web/;" in location
    with behind_nginx(tmp_path, location) as proxy:
        check_links(Browser(proxy[0]))
        check_pages(Browser(proxy[0]))
        check_probes(*proxy)


def test_it_logs_in_with_cookies_of_the_path_and_works_in_the_admin(browser, admin):
    assert where(browser, f"{PREFIX}/admin/") == f"{PREFIX}/admin/login/"
    login = f"{PREFIX}/admin/login/?next={PREFIX}/admin/"
    status, headers, _ = browser.submit(login, username="admin", password=PASSWORD)
    assert (status, headers["Location"]) == (302, f"{PREFIX}/admin/")
    assert {(cookie.name, cookie.path) for cookie in browser.cookies} == {
        ("csrftoken", f"{PREFIX}/"), ("sessionid", f"{PREFIX}/"),
    }  # fmt: skip
    html = browser.page(f"{PREFIX}/admin/")
    assert leading_out(browser, html) == set()
    listed = {link for link in links_of(html) if re.fullmatch(rf"{PREFIX}/admin/\w+/\w+/", link)}
    assert len(listed) > 10
    for link in listed:
        assert leading_out(browser, browser.page(link)) == set(), link
    genre = f"{PREFIX}/admin/movies/genre/"
    status, headers, _ = browser.submit(f"{genre}add/", name="Noir")
    assert (status, headers["Location"]) == (302, genre)
    assert "Noir" in browser.page(genre)


def test_it_logs_in_to_the_api_and_says_where_new_things_are(browser, admin):
    status, headers, _ = browser.submit(f"{PREFIX}/api/session/login/", username="admin", password=PASSWORD)
    assert (status, headers["Location"]) == (302, f"{PREFIX}/api/v1/")
    assert "Log out admin" in browser.page(f"{PREFIX}/api/v1/reminders/")
    program, name_and_password = Browser(browser.port), {"username": "admin", "password": PASSWORD}
    token = program.json(f"{PREFIX}/api/v1/auth/login/", name_and_password)["token"]
    ticket = json.dumps({"subject": "No sound", "message": "Nothing.", "category": "playback"}).encode()
    login = {"Content_Type": "application/json", "Authorization": f"Bearer {token}"}
    status, headers, _ = program.ask(f"{PREFIX}/api/v1/tickets/", ticket, **login)
    number = Ticket.objects.get().number
    assert (status, headers["Location"]) == (201, f"{browser.at}{PREFIX}/api/v1/tickets/{number}/")
