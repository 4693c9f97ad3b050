"""Web servers reach PostgreSQL through PgBouncer in transaction mode, or, if it is older than 1.21, in session mode."""

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from knox.models import AuthToken

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.embedded.processes import server_account, start, stop
from netflix.tests.deploying.neighbours import block, call, is_ready, needs, program, wait_until, web
from netflix.tests.servers import free_port
from ranking.models import Like

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, needs("pgbouncer")]

VIEWERS, ROUNDS = 4, 20


def knows_prepared_statements():
    said = subprocess.run([program("pgbouncer"), "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = re.search(r"(\d+)\.(\d+)", said).groups()
    return (int(major), int(minor)) >= (1, 21)


@pytest.fixture
def role():
    """The one for web servers, as the page makes it."""
    ours = connection.settings_dict
    name = f"{ours['NAME']}_web"
    with connection.cursor() as cursor:
        cursor.execute(block("sql").replace("netflix_web", name).replace("ROLE netflix;", f"ROLE {ours['USER']};"))
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE {name}")
    connection.close()


def configuration(role, port, users):
    """The page's, with our addresses and without passwords."""
    ours = connection.settings_dict
    changes = {
        "netflix = host=10.0.0.21 port=5432": f"{ours['NAME']} = host={ours['HOST']} port={ours['PORT'] or 5432}",
        "listen_port = 6432": f"listen_port = {port}\nunix_socket_dir =",
        "auth_type = scram-sha-256": "auth_type = trust",
        "/etc/pgbouncer/userlist.txt": str(users),
    }
    if not knows_prepared_statements():
        changes |= {"pool_mode = transaction": "pool_mode = session", "max_prepared_statements = 200\n": ""}
    text = block("ini")
    for theirs, mine in changes.items():
        assert theirs in text
        text = text.replace(theirs, mine)
    return text


@pytest.fixture
def pooler(tmp_path, role):
    """The database's URL through PgBouncer."""
    port, users, file = free_port(), tmp_path / "users", tmp_path / "pgbouncer.ini"
    users.write_text(f'"{role}" ""\n')
    file.write_text(configuration(role, port, users))
    url = f"postgres://{role}@127.0.0.1:{port}/{connection.settings_dict['NAME']}"
    with (tmp_path / "log").open("ab") as log:
        process = start(  # which refuses to be root, as PostgreSQL does
            [program("pgbouncer"), file],
            account=server_account(),
            needed_files=[file],
            death_signal=signal.SIGINT,
            output=log,
        )
    try:
        wait_until(lambda: is_reached(url), tmp_path / "log")
        yield url
    finally:
        stop(process, signal.SIGINT)


def is_reached(url):
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def options_of_a_web_server():
    """What it asks PostgreSQL for when it connects directly: `-c name=value ...`."""
    program = "import netflix.wsgi; from django.conf import settings as s; print(s.DATABASES['default']['OPTIONS']['options'])"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_POOLER": "off"},
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


def shown(names, url, **how):
    with closing(psycopg.connect(url, **how)) as session:
        return {name: session.execute(f"SHOW {name}").fetchone()[0] for name in names}


def test_it_gives_web_servers_by_their_role_what_pgbouncer_does_not_let_them_ask_for(pooler, role):
    options = options_of_a_web_server()
    names = re.findall(r"-c (\w+)=", options)
    assert "statement_timeout" in names
    ours = connection.settings_dict
    direct = {"host": ours["HOST"], "port": ours["PORT"], "user": ours["USER"], "dbname": ours["NAME"]}
    assert shown(names, pooler) == shown(names, "", options=options, password=ours["PASSWORD"], **direct)
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(pooler, options=options)


def test_it_answers_readers_and_writers_of_several_web_servers_through_pgbouncer(pooler, tmp_path):
    movie = make_movie(genres=["Drama"])
    tokens = [AuthToken.objects.create(User.objects.create_user(f"viewer{n}"))[1] for n in range(VIEWERS)]
    ports, log = [free_port(), free_port()], tmp_path / "web.log"

    def ask(token):
        """Each time another web server: both prepare the same statements, under the same names."""
        requests = [
            ("GET", "/api/v1/movies/?genre=Drama"),
            ("GET", "/api/v1/movies/?q=heat"),
            ("GET", f"/api/v1/movies/{movie.pk}/"),
            ("GET", "/api/v1/ranking/"),
            ("PUT", f"/api/v1/movies/{movie.pk}/like/", None, token),
            ("PUT", f"/api/v1/reminders/{movie.pk}/", {"note": "Soon."}, token),
        ] * ROUNDS
        return {call(ports[number // 2 % 2], *request)[0] for number, request in enumerate(requests)}

    environment = {"DATABASE_URL": pooler, "DATABASE_POOLER": "on"}
    with web(ports[0], log, **environment), web(ports[1], log, **environment), ThreadPoolExecutor(VIEWERS) as pool:
        for port in ports:
            wait_until(lambda port=port: is_ready(port), log)
        statuses = set().union(*pool.map(ask, tokens))
    assert statuses == {200, 201}, log.read_text()
    assert Like.objects.count() == VIEWERS
