"""A dump, restored into an empty database, answers as the original does."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection
from knox.models import AuthToken

from movies.tests.factories import make_movie
from netflix.accounts.models import User
from netflix.tests.deploying.clusters import Cluster, needs_postgres
from netflix.tests.deploying.neighbours import call, is_ready, wait_until, web
from netflix.tests.servers import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, needs_postgres()]


def rows(answer, port):
    """The results, with addresses as the test's client has them."""
    status, body = answer
    assert status == 200
    return json.loads(json.dumps(body["results"]).replace(f"http://127.0.0.1:{port}/", "http://testserver/"))


def drift(url):
    """What rebuild_ranking finds wrong with the rankings."""
    return subprocess.run(
        [sys.executable, "manage.py", "rebuild_ranking"], cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": url},
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()[-1]  # fmt: skip


def test_it_answers_from_a_restored_dump_as_from_the_original(tmp_path, api):
    heat = make_movie("Heat", year=1995, genres=["Crime"], directors=["Michael Mann"])
    make_movie("Amélie", year=2001, genres=["Romance"])
    _, token = AuthToken.objects.create(User.objects.create_user("viewer"))
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.put(f"/api/v1/movies/{heat.pk}/like/").status_code == 200
    addresses = (
        "/api/v1/movies/", "/api/v1/movies/?q=amelie", "/api/v1/movies/?q=man", "/api/v1/movies/?q=haet", "/api/v1/genres/",
        "/api/v1/ranking/?explain=1", "/api/v1/ranking/?by=rating", "/api/v1/likes/",
    )  # fmt: skip
    expected = {address: api.get(address).json()["results"] for address in addresses}
    assert [row["title"] for row in expected["/api/v1/movies/?q=haet"]] == ["Heat"]
    restored, port, log = Cluster(tmp_path, "restored"), free_port(), tmp_path / "web.log"
    restored.make()
    with restored.server():
        restored.restore_the_test_database()
        with web(port, log, DATABASE_URL=restored.url()):
            wait_until(lambda: is_ready(port), log)
            answers = {address: rows(call(port, "GET", address, None, token), port) for address in addresses}
            assert answers == expected
        assert drift(restored.url()) == "films 2, drift 0"
    connection.close()
