"""Posters in a bucket: this test has its own server of the part of S3's protocol that posters need."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from movies import posters, services
from movies.models import Movie
from movies.tests.factories import make_movie
from movies.tests.pictures import a_poster, image
from netflix import s3
from netflix.s3 import S3WithTimeouts

pytestmark = pytest.mark.django_db(transaction=True)
HEADERS = {"ContentType": "image/webp", "CacheControl": "public, max-age=31536000, immutable"}


class Bucket(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Requests)
        self.files = {}  # by name: headers
        self.stored_at = datetime.now(UTC)
        self.is_out_of_order = False


class Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.is_out_of_order:
            self.server.files[self._name()] = dict(self.headers)
        self._answer(503 if self.server.is_out_of_order else 200)

    def do_DELETE(self):
        self.server.files.pop(self._name(), None)
        self._answer(204)

    def do_HEAD(self):
        self._answer(200 if self._name() in self.server.files else 404)

    def do_GET(self):
        keys = "".join(f"<Contents><Key>{name}</Key></Contents>" for name in sorted(self.server.files))
        self._answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>".encode())

    def _name(self):
        return self.path.partition("?")[0].removeprefix("/films/")

    def _answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.server.stored_at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Log nothing."""


@pytest.fixture
def bucket(settings, monkeypatch):
    with Bucket() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "secret")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(s3, "_TIMEOUTS", s3._TIMEOUTS | {"connect_timeout": 60, "read_timeout": 60})
        options = {
            "bucket_name": "films", "endpoint_url": f"http://127.0.0.1:{server.server_port}", "region_name": "here",
            "object_parameters": HEADERS,
        }  # fmt: skip
        settings.STORAGES = settings.STORAGES | {
            "posters": {"BACKEND": "netflix.s3.S3WithTimeouts", "OPTIONS": options}
        }
        settings.POSTERS_URL = "https://films.example.com"
        assert isinstance(storages["posters"], S3WithTimeouts)
        yield server
        server.shutdown()


def test_it_stores_both_files_with_what_browsers_need_to_know(bucket, api):
    movie = make_movie("Heat")
    services.set_poster(movie_id=movie.pk, picture=a_poster())
    name = Movie.objects.get(pk=movie.pk).poster
    assert bucket.files.keys() == {f"{name}-342.webp", f"{name}-780.webp"}
    for headers in bucket.files.values():
        assert (headers["Content-Type"], headers["Cache-Control"]) == (HEADERS["ContentType"], HEADERS["CacheControl"])
    details = api.get(f"/api/v1/movies/{movie.pk}/").json()
    assert details["poster_small"] == f"https://films.example.com/{name}-342.webp"
    assert api.get(f"/posters/{name}-342.webp").status_code == 404  # browsers ask the bucket


def test_it_removes_files_after_the_commit(bucket):
    movie = make_movie("Heat")
    services.set_poster(movie_id=movie.pk, picture=a_poster())
    with transaction.atomic():
        services.change_movie(movie_id=movie.pk, poster="")
        assert len(bucket.files) == 2
    assert bucket.files == {}


def test_it_sweeps_what_nothing_names(bucket):
    services.set_poster(movie_id=make_movie("Heat").pk, picture=a_poster())
    wanted, orphan = {*bucket.files}, f"{'0' * 32}-ffffff-342.webp"
    bucket.files |= {orphan: {}, "index.html": {}}
    assert posters.sweep() == 0
    bucket.stored_at -= timedelta(hours=2)
    assert posters.sweep() == 1
    assert bucket.files.keys() == wanted | {"index.html"}


def test_it_stores_nothing_while_the_bucket_is_out_of_order(bucket, curator_api):
    movie = make_movie("Heat")
    bucket.is_out_of_order = True
    file = SimpleUploadedFile("poster.png", image())
    answer = curator_api.put(f"/api/v1/movies/{movie.pk}/poster/", {"file": file}, format="multipart")
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "The poster could not be stored. Try again in a moment.",
    )
    assert answer.headers["Retry-After"]
    assert (bucket.files, Movie.objects.get(pk=movie.pk).poster) == ({}, "")
