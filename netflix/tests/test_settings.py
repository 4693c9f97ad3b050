"""The settings as a starting process sees them: each case is a process of its own."""

import ast
import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from netflix import environment

pytestmark = pytest.mark.slow

SOUND = {"DATABASE_URL": "postgres://me@localhost/mine", "REDIS_URL": "redis://localhost"}


SHOW = "from netflix import settings as s; print(s.SECRET_KEY, s.DATABASES['default']['HOST'])"


def load(tmp_path, show=SHOW, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", show],
        env=kept | {"DATA_DIR": str(tmp_path)} | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_it_starts_with_two_urls_and_a_secret_of_its_own(tmp_path):
    first, second = load(tmp_path, **SOUND), load(tmp_path, **SOUND)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert len(first.stdout.split()[0]) >= 48


def test_it_understands_a_socket_in_the_url(tmp_path):
    answer = load(tmp_path, **SOUND | {"DATABASE_URL": "postgres://me@%2Ftmp%2Fhere/mine"})
    assert answer.stdout.split()[1] == "/tmp/here"


# Bad values of each setting, and words of the error.
BAD = [
    ("DATABASE_URL", "", "DATABASE_URL is not set. Start through manage.py"),
    ("DATABASE_URL", "mysql://me@localhost/mine", "must name a PostgreSQL database"),
    ("DATABASE_URL", "postgres://me@localhost:ten/mine", "Write it like postgres://"),
    ("DATABASE_POOLER", "pgbouncer", "is neither on nor off"),
    ("REDIS_URL", "", "REDIS_URL is not set. Start through manage.py"),
    ("REDIS_URL", "http://localhost", "must name a Redis server"),
    ("REDIS_URL", "redis://localhost:ten/0", "must name a Redis server"),
    ("REDIS_URL", "redis://localhost/first", "must name a Redis server"),
    ("CELERY_BROKER_URL", "sentinel://me:secret@host", "must name RabbitMQ or Redis: amqp://"),
    ("DATA_DIR", "manage.py", "is not a folder that can be used"),
    ("DATA_DIR", "manage.py/below", "is not a folder that can be used"),
    ("ATTACHMENTS_DIR", "manage.py", "is not a folder that can be used"),
    ("POSTERS_DIR", "manage.py", "is not a folder that can be used"),
    ("POSTERS_BUCKET", "films", "POSTERS_URL is not set. With POSTERS_BUCKET it says where browsers find"),
    ("POSTERS_ENDPOINT", "minio:9000", "Write it like https://movies.example.com"),
    ("POSTERS_URL", "/posters", "Write it like https://movies.example.com"),
    ("DEBUG", "perhaps", "DEBUG='perhaps' is neither on nor off"),
    ("HTTPS", "https", "HTTPS='https' is neither on nor off"),
    ("HSTS_SECONDS", "a year", "is not a whole number from 0 to 315360000"),
    ("THROTTLES", "none", "is neither on nor off"),
    ("SUPPORT_LOG_MESSAGES", "some", "is neither on nor off"),
    ("THROTTLE_WRITES", "often", "Write it like 60/min"),
    ("THROTTLE_LOGINS", "0/min", "Write it like 60/min"),
    ("THROTTLE_MANY", "12", "Write it like 60/min"),
    ("THROTTLE_READS", "5/fortnight", "Write it like 60/min"),
    ("THROTTLE_EMAILS", "3", "Write it like 60/min"),
    *[
        ("HOST", entry, f"HOST={entry!r} is not an address to listen on. Write 127.0.0.1 or")
        for entry in ("my-machine", "0.0.0.0:8000", "192.0.2", "*", "http://127.0.0.1")
    ],
    *[
        ("PATH_PREFIX", entry, f"PATH_PREFIX={entry!r} is not a path. Write it like /netflix")
        for entry in ("netflix", "/../netflix", "/net flix", "/a//b", "https://example.com/netflix", "/n?x", "/näh")
    ],
    ("PORT", "http", "PORT='http' is not a whole number from 1 to 65535"),
    ("PORT", "65536", "is not a whole number"),
    ("MAX_MOVIES", "ten", "MAX_MOVIES='ten' is not a whole number from 1"),
    ("MAX_MOVIES", "0", "is not a whole number"),
    ("TOKEN_HOURS", "-1", "TOKEN_HOURS='-1' is not a whole number"),
    ("TOKEN_HOURS", "9" * 30, "is not a whole number"),
    ("TOKEN_HOURS", "9" * 5000, "is not a whole number"),
    ("TOKEN_HOURS", "0", "is not a whole number from 1"),
    ("LOGIN_ATTEMPTS", "0", "is not a whole number from 1"),
    ("LOGIN_LOCKOUT_MINUTES", "0", "is not a whole number from 1"),
    ("BODY_TIMEOUT_SECONDS", "0", "is not a whole number from 1"),
    ("STATEMENT_TIMEOUT_SECONDS", "9999999", "is not a whole number from 0 to 86400"),
    ("SUPPORT_LEASE_SECONDS", "0", "is not a whole number from 1"),
    ("SUPPORT_RETRY_SECONDS", "1.5", "is not a whole number from 1"),
    ("SUPPORT_ATTACHMENT_QUOTA_MB", "-1", "is not a whole number from 0"),
    ("TRENDING_HALF_LIFE_HOURS", "0", "is not a whole number from 1"),
    ("TRUSTED_PROXIES", "one", "is not a whole number from 0"),
    ("LOG_FORMAT", "xml", "LOG_FORMAT='xml' is not one of text, json"),
    ("LOG_LEVEL", "loud", "LOG_LEVEL='loud' is not one of DEBUG, INFO"),
    ("PUBLIC_URL", "movies.example.com", "Write it like https://movies.example.com"),
    ("PUBLIC_URL", "https://movies.example.com:ten", "Write it like https://movies.example.com"),
    *[
        (name, entry, f"{name}={entry!r} is not a URL. Write it like https://app.example.com/new-password")
        for name in ("PASSWORD_RESET_URL", "EMAIL_CONFIRM_URL")
        for entry in ("/reset", "app.example.com", "javascript:alert(1)", "https://app.example.com/#/reset")
    ],
    ("EMAIL_URL", "mail.example.com", "Write it like smtp+tls://"),
    ("EMAIL_URL", "smtp://mail.example.com:ten", "Write it like smtp+tls://"),
    ("EMAIL_FROM", "films", "EMAIL_FROM='films' is not an e-mail address"),
    *[
        ("ALLOWED_HOSTS", f"a.example,{entry}", f"ALLOWED_HOSTS has {entry!r}, which is not a host name")
        for entry in (
            "https://b.example", "b.example/", "b.example:443", "b.example c.example", "*.b.example", "::1", "[::1",
            "b.example.", "-", "[abc]", "b..example", "zoë.example",
        )
    ],
    *[
        ("CSRF_TRUSTED_ORIGINS", f"https://a.example, {entry}", f"CSRF_TRUSTED_ORIGINS has {entry!r}, which is not an origin")
        for entry in (
            "b.example", "https://b.example/", "ftp://b.example", "https://b.example c.example", "https://b.example:ten",
            "https://", "*", "https://*",
        )
    ],
    *[
        ("CORS_ORIGINS", f"https://a.example,{entry}", f"CORS_ORIGINS has {entry!r}, which is not an origin")
        for entry in ("b.example", "https://b.example/", "*", "null")
    ],
]  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The error for each bad value. One process tries all of them, which is faster."""
    script = """if True:
        import importlib, json, os, sys
        from django.core.exceptions import ImproperlyConfigured
        sound, answers = dict(os.environ), []
        for name, value, _ in json.load(sys.stdin):
            os.environ[name] = value
            try:
                importlib.import_module("netflix.settings")
            except ImproperlyConfigured as error:
                answers.append(str(error))
            else:
                answers.append("")
                del sys.modules["netflix.settings"]
            os.environ[name] = sound.get(name, "")
        json.dump(answers, sys.stdout)
    """
    said = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(BAD), capture_output=True, text=True, timeout=100, check=True,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path_factory.mktemp("data"))} | SOUND,
    )  # fmt: skip
    return json.loads(said.stdout)


@pytest.mark.parametrize("number", range(len(BAD)), ids=lambda number: "-".join(BAD[number][:2])[:60])
def test_it_stops_at_a_bad_value_and_says_what_to_set(answers, number):
    name, _, hint = BAD[number]
    assert name in answers[number]
    assert hint in answers[number]
    assert len(answers[number]) < 300


def test_it_tries_a_bad_value_of_every_setting():
    explained = set(re.findall(r"^#?([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    of_docker_compose = {"POSTGRES_PASSWORD", "POSTGRES_BUFFERS", "CSV"}
    any_text, of_the_embedded = {"SECRET_KEY", "POSTERS_REGION"}, {"EMBEDDED_BINARIES"}
    assert {name for name, *_ in BAD} == explained - of_docker_compose - any_text - of_the_embedded


def test_it_stops_every_command_at_a_bad_value_also_of_what_it_does_not_use(tmp_path):
    for name, value in (("EMBEDDED_BINARIES", "mine"), ("MAX_MOVIES", "ten"), ("DATA_DIR", "manage.py")):
        ended = subprocess.run(
            [sys.executable, "manage.py", "check"], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)} | SOUND | {name: value}, check=False,
        )  # fmt: skip
        assert ended.returncode == 1
        assert name in ended.stderr
        assert len(ended.stderr.splitlines()) == 1


def test_it_takes_lists_with_spaces_and_leaves_out_what_is_empty(tmp_path):
    shown = "from netflix import settings as s; print(s.ALLOWED_HOSTS); print(s.CSRF_TRUSTED_ORIGINS)"
    hosts = " a.example, .B.example ,,*,192.0.2.7,[2001:db8::1],under_score.example,"
    origins = "https://a.example , http://b.example:8000,https://*.C.example,https://d.example:443,"
    answer = load(tmp_path, shown, **SOUND | {"ALLOWED_HOSTS": hosts, "CSRF_TRUSTED_ORIGINS": origins})
    own = ["localhost", "127.0.0.1", "[::1]"]
    assert [ast.literal_eval(line) for line in answer.stdout.splitlines()] == [
        ["a.example", ".B.example", "*", "192.0.2.7", "[2001:db8::1]", "under_score.example", *own],
        ["https://a.example", "http://b.example:8000", "https://*.c.example", "https://d.example"],
    ]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, "False 0 False"),
        ({"HTTPS": "on"}, "True 2592000 True"),
        ({"HTTPS": "on", "HSTS_SECONDS": "31536000"}, "True 31536000 True"),
        ({"HTTPS": "on", "HSTS_SECONDS": "0"}, "True 0 True"),
        ({"HSTS_SECONDS": "60"}, "False 0 False"),
    ],
)
def test_it_keeps_browsers_to_https_where_there_is_https(tmp_path, given, shown):
    show = "from netflix import settings as s; print(s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, s.SESSION_COOKIE_SECURE)"
    assert load(tmp_path, show, **SOUND | given).stdout.strip() == shown


@pytest.mark.parametrize(
    ("host", "listens", "reached"),
    [
        ("", "127.0.0.1", "localhost"),
        ("localhost", "127.0.0.1", "localhost"),
        ("0.0.0.0", "0.0.0.0", "localhost"),
        ("[::]", "::", "localhost"),
        ("::1", "::1", "[::1]"),
        ("[::1]", "::1", "[::1]"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("[2001:db8:0::7]", "2001:db8::7", "[2001:db8::7]"),
    ],
)
def test_it_is_reached_by_the_name_of_where_it_listens(tmp_path, host, listens, reached):
    show = "from netflix import settings as s; print(s.HOST, s.PUBLIC_URL, *s.ALLOWED_HOSTS)"
    shown = load(tmp_path, show, **SOUND | {"HOST": host, "PORT": "8001"}).stdout.split()
    assert shown[:2] == [listens, f"http://{reached}:8001"]
    own = ["localhost", "127.0.0.1", "[::1]"]
    assert shown[2:] == own + [reached] * (reached not in own)


@pytest.mark.parametrize(
    ("given", "prefix", "public"),
    [
        ({}, "", "http://localhost:8000"),
        ({"PATH_PREFIX": "/"}, "", "http://localhost:8000"),
        ({"PATH_PREFIX": "/a/net.flix/"}, "/a/net.flix", "http://localhost:8000/a/net.flix"),
        ({"PATH_PREFIX": "/n", "PUBLIC_URL": "https://example.com/n/"}, "/n", "https://example.com/n"),
    ],
)
def test_it_keeps_to_the_path_that_it_is_given(tmp_path, given, prefix, public):
    names = "STATIC_URL, s.SESSION_COOKIE_PATH, s.CSRF_COOKIE_PATH, s.PUBLIC_URL, s.SPECTACULAR_SETTINGS['SERVERS']"
    show = f"from netflix import settings as s; print(s.{names}, s.SECURE_REDIRECT_EXEMPT, sep='\\n')"
    *shown, servers, exempt = load(tmp_path, show, **SOUND | given).stdout.splitlines()
    assert shown == [f"{prefix}/static/", f"{prefix}/", f"{prefix}/", public]
    assert ast.literal_eval(servers) == ([{"url": prefix}] if prefix else [])
    (pattern,) = ast.literal_eval(exempt)  # Django compares it with the path without its first slash
    assert re.search(pattern, f"{prefix}/readyz"[1:])
    assert not re.search(pattern, f"{prefix}/readyz/"[1:])


def test_it_stops_where_links_in_emails_would_leave_the_path(tmp_path):
    answer = load(tmp_path, **SOUND | {"PATH_PREFIX": "/netflix", "PUBLIC_URL": "https://example.com"})
    assert answer.returncode == 1
    assert "PUBLIC_URL='https://example.com' does not end in /netflix, which is PATH_PREFIX." in answer.stderr


def test_it_leads_from_e_mails_to_its_own_pages_or_to_a_front_ends(tmp_path):
    show = "from netflix import settings as s; print(s.PASSWORD_RESET_URL, s.EMAIL_CONFIRM_URL)"
    given = {
        "PATH_PREFIX": "/n",
        "PUBLIC_URL": "https://example.com/n",
        "EMAIL_CONFIRM_URL": "https://app.example.com/c",
    }
    answer = load(tmp_path, show, **SOUND | given)
    assert answer.stdout.split() == ["https://example.com/n/reset-password/", "https://app.example.com/c"]


def test_it_takes_an_empty_value_as_none(tmp_path):
    explained = re.findall(r"^#?([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    answer = load(tmp_path, **dict.fromkeys(explained, "") | SOUND | {"DATA_DIR": str(tmp_path)})
    assert answer.returncode == 0, answer.stderr


def test_it_takes_a_secret_key_as_it_is(tmp_path):
    assert load(tmp_path, **SOUND | {"SECRET_KEY": "$a,b"}).stdout.split()[0] == "$a,b"


def test_it_says_that_a_secret_cannot_be_kept(tmp_path):
    (tmp_path / "secrets").write_text("")
    answer = load(tmp_path, **SOUND)
    assert answer.returncode == 1
    assert f"No secret key can be kept in DATA_DIR='{tmp_path}'" in answer.stderr


def test_it_gives_only_who_answers_requests_a_limit_for_statements(tmp_path):
    """A line of `.env` reaches every process, and an import may take hours."""
    shown = [
        subprocess.run(
            [sys.executable, "-c", f"{first}; from django.conf import settings as s; print(s.DATABASES['default']['OPTIONS'])"],
            env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "netflix.settings", "DATA_DIR": str(tmp_path)}
            | SOUND | {"STATEMENT_TIMEOUT_SECONDS": "7"},
            capture_output=True, text=True, timeout=60, check=True,
        ).stdout
        for first in ("import netflix.wsgi", "import django")
    ]  # fmt: skip
    assert "statement_timeout=7000" in shown[0]
    assert "statement_timeout" not in shown[1]


IN_A_BUCKET = {
    "POSTERS_BUCKET": "films", "POSTERS_URL": "https://pictures.example.com/films", "AWS_ACCESS_KEY_ID": "me",
    "AWS_SECRET_ACCESS_KEY": "secret",
}  # fmt: skip
SHOW_BUCKET = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "netflix.settings"
from django.core.files.storage import storages
from movies import posters
it = storages["posters"]
client = it.connection.meta.client
print(it.bucket.name, client.meta.endpoint_url, client.meta.region_name, client.meta.config.connect_timeout)
print(client._request_signer._credentials.access_key, it.object_parameters["CacheControl"])
print(posters.folder_url("http://localhost"))
from django.conf import settings
print(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"])
"""


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"POSTERS_REGION": "eu-central-1"}, "films https://s3.eu-central-1.amazonaws.com eu-central-1 2"),
        (
            {"POSTERS_ENDPOINT": "https://minio.example.com:9000", "POSTERS_REGION": "local"},
            "films https://minio.example.com:9000 local 2",
        ),
    ],
)
def test_it_keeps_posters_in_a_bucket(tmp_path, given, where):
    """Without a network: nothing is asked before a poster is stored."""
    answer = load(tmp_path, SHOW_BUCKET, **SOUND | IN_A_BUCKET | given)
    assert answer.stdout.splitlines() == [
        where,
        "me public, max-age=31536000, immutable",
        "https://pictures.example.com/films/",
        "[\"'self'\", 'data:', 'https://pictures.example.com']",
    ], answer.stderr


def test_it_keeps_posters_in_a_folder_without_the_packages_for_buckets(tmp_path):
    show = "import sys; import netflix.settings as s; print(s.STORAGES['posters']); print({'boto3', 'storages'} & {*sys.modules})"
    folder, loaded = load(tmp_path, show, **SOUND).stdout.splitlines()
    assert ast.literal_eval(loaded.replace("set()", "()")) == ()
    assert "FileSystemStorage" in folder
    assert f"{tmp_path}/media/posters" in folder


def test_it_says_what_to_install_for_a_bucket():
    with pytest.raises(
        ImproperlyConfigured, match=r"POSTERS_BUCKET needs packages .* pip install -r requirements-s3\.txt"
    ):
        environment.require_package("no_such_package", "POSTERS_BUCKET", "requirements-s3.txt")
