"""An admin uploads a file, watches a worker import it, cancels and undoes the import."""

import os
import signal
import subprocess
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

from movies import tasks
from movies.importing import run as importing
from movies.importing import runs, undoing, uploads
from movies.models import ImportPiece, ImportRun, Movie
from movies.services import change_movie
from movies.tasks import import_upload, sweep_uploads
from netflix.accounts.models import User
from netflix.tests.meanwhile import eventually
from netflix.tests.servers import url_of_the_test_database

pytestmark = pytest.mark.django_db

HEADER = "Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"
FILE = "\n".join([HEADER, *(f"Film {n},Drama,Told,Ada,Bea,{2000 + n},90,7.5,100,1.5,60" for n in range(9))]).encode()
ADD = "/admin/movies/importrun/add/"


@pytest.fixture(autouse=True)
def published_tasks(monkeypatch):
    """The tasks that were published to the queue; no worker takes them."""
    published = []
    monkeypatch.setattr("movies.tasks.publish", lambda task, *ids: published.append((task.name, *ids)) or True)
    return published


def upload(site, content=FILE, name="films.csv", source=""):
    answer = site.post(ADD, {"file": SimpleUploadedFile(name, content), "source": source})
    run = ImportRun.objects.get()
    assert answer.url == f"/admin/movies/importrun/{run.pk}/change/"
    return run


def page(site, run):
    return site.get(f"/admin/movies/importrun/{run.pk}/change/").content.decode()


def test_it_imports_a_file_that_an_admin_uploads(site, admin, published_tasks):
    run = upload(site)
    assert (run.state, run.user, published_tasks) == ("waiting", admin, [("movies.tasks.import_upload", run.pk)])
    assert "Waiting, 0 % of the file" in (shown := page(site, run))
    assert 'http-equiv="refresh"' in shown
    assert "<script>" not in shown
    uploads.import_queued(run.pk)
    assert Movie.objects.count() == 9
    assert "Done, 100 % of the file" in (shown := page(site, run))
    assert 'http-equiv="refresh"' not in shown
    assert not ImportPiece.objects.exists()
    uploads.import_queued(run.pk)  # a second delivery of its task
    assert ImportRun.objects.get().created == 9


def test_it_takes_a_file_in_pieces(site, published_tasks):
    urls = site.post(
        "/admin/movies/importrun/begin/", {"file_name": "../films.csv", "size": len(FILE), "source": ""}
    ).json()
    for number, content in ((1, FILE[300:]), (0, FILE[:300]), (0, FILE[:300])):
        assert site.post(urls["piece"], {"number": number, "content": SimpleUploadedFile("p", content)}).json() == {}
    assert site.post(urls["complete"], {"pieces": 3}).status_code == 409
    assert site.post(urls["complete"], {"pieces": 2}).json() == {}
    run = ImportRun.objects.get()
    assert run.file_name == "films.csv"
    late = {"number": 2, "content": SimpleUploadedFile("p", b"late")}
    assert site.post(urls["piece"], late).status_code == 409
    uploads.import_queued(run.pk)
    assert Movie.objects.count() == 9


@pytest.mark.parametrize("fields", [{}, {"file_name": "a", "size": 1, "source": "unknown"}])
def test_it_refuses_an_upload_without_a_name_or_of_an_unknown_data_set(site, fields):
    assert site.post("/admin/movies/importrun/begin/", fields).status_code == 400
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("fields", [{"number": 0}, {"content": b"x"}, {"number": -1, "content": b"x"}])
def test_it_refuses_a_piece_that_is_none(site, fields):
    urls = site.post("/admin/movies/importrun/begin/", {"file_name": "films.csv", "size": len(FILE)}).json()
    fields = {name: SimpleUploadedFile("p", value) if name == "content" else value for name, value in fields.items()}
    assert site.post(urls["piece"], fields).status_code == 400
    assert not ImportPiece.objects.exists()


def test_it_says_what_is_wrong_with_a_file(site):
    run = upload(site, b"Name,Price\nBread,2\n")
    uploads.import_queued(run.pk)
    assert "does not have the columns of a known data set" in page(site, run)
    assert ImportRun.objects.get().state == "failed"
    assert not Movie.objects.exists()


def test_it_refuses_a_file_in_which_too_many_rows_in_a_row_cannot_be_used(site, monkeypatch):
    monkeypatch.setattr("movies.importing.readers.MAX_UNUSABLE_ROWS", 4)
    monkeypatch.setattr(importing, "BATCH_SIZE", 2)
    run = upload(site, FILE + b"\nFilm" * 9)
    uploads.import_queued(run.pk)
    assert "films.csv is not read beyond line 14: 4 consecutive rows cannot be used." in page(site, run)
    run.refresh_from_db()
    assert (run.state, run.created, run.skipped, Movie.objects.count()) == ("failed", 8, 4, 8)
    assert not ImportPiece.objects.exists()


def test_it_lists_skipped_rows(site):
    run = upload(site, FILE.replace(b",2003,", b",<b>soon</b>,"))
    uploads.import_queued(run.pk)
    assert "&lt;b&gt;soon&lt;/b&gt;" in page(site, run)


def test_it_stops_an_import_that_has_not_begun(site):
    run = upload(site)
    site.post(f"/admin/movies/importrun/{run.pk}/cancel/")
    uploads.import_queued(run.pk)
    assert ImportRun.objects.get().state == "cancelled"
    assert not Movie.objects.exists()
    uploads.sweep()
    assert not ImportPiece.objects.exists()


def test_it_takes_an_import_back(site, admin, published_tasks):
    run = upload(site)
    uploads.import_queued(run.pk)
    address = f"/admin/movies/importrun/{run.pk}/undo/"
    assert f'href="{address}"' in page(site, run)
    kept = Movie.objects.earliest("pk")
    change_movie(movie_id=kept.pk, certificate="R")
    answer = site.get(address)
    preview = answer.context["preview"]
    assert (preview.created, preview.stays, preview.removed, preview.changed) == (9, 1, 8, 0)
    assert str(kept) not in preview.titles
    assert len(preview.titles) == 8
    assert all(title in answer.content.decode() for title in preview.titles)
    assert published_tasks[-1][0] != "movies.tasks.undo_import"
    site.post(address)
    assert published_tasks[-1] == ("movies.tasks.undo_import", run.pk, admin.pk)


def test_it_previews_what_the_undo_then_does(site):
    run = upload(site)
    uploads.import_queued(run.pk)
    edited, *_ = Movie.objects.order_by("-pk")
    change_movie(movie_id=edited.pk, certificate="R")
    run.refresh_from_db()
    preview = undoing.preview(run)
    done = undoing.undo(run.pk)
    assert (preview.removed, preview.stays, preview.changed) == (done.removed, len(done.not_undone), done.restored)
    assert site.get(f"/admin/movies/importrun/{run.pk}/undo/").status_code == 302


def test_it_goes_on_telling_until_the_undo_is_done(site):
    run = upload(site)
    uploads.import_queued(run.pk)
    refreshes = 'http-equiv="refresh"'
    assert refreshes not in page(site, run)
    site.post(f"/admin/movies/importrun/{run.pk}/undo/")
    assert refreshes in page(site, run)
    assert "A worker is undoing this import." in page(site, run)
    tasks.undo_import(run.pk)
    assert refreshes not in page(site, run)
    site.post(f"/admin/movies/importrun/{run.pk}/undo/")  # by a page that was stale
    assert refreshes not in page(site, run)


def test_it_keeps_others_out(client, site, viewer):
    run = upload(site)
    addresses = [
        ADD,
        *(reverse(f"admin:movies_importrun_{what}", args=[run.pk]) for what in ("cancel", "undo", "piece")),
    ]
    staff = User.objects.create_user("agent", password="an-agents-password", is_staff=True)
    for user, status in ((viewer, 302), (staff, 403)):
        client.force_login(user)
        assert {client.post(address).status_code for address in addresses} == {status}
    run.refresh_from_db()
    assert run.state == "waiting"


def test_it_lets_nobody_add_to_somebody_elses_file(client, site):
    urls = site.post("/admin/movies/importrun/begin/", {"file_name": "films.csv", "size": len(FILE)}).json()
    client.force_login(User.objects.create_superuser("another", password="another-password"))
    answer = client.post(urls["piece"], {"number": 0, "content": SimpleUploadedFile("p", b"x")})
    assert answer.status_code == 403
    assert not ImportPiece.objects.exists()


def test_it_forgets_uploads_that_were_never_completed(site):
    site.post("/admin/movies/importrun/begin/", {"file_name": "films.csv", "size": len(FILE)})
    run = ImportRun.objects.get()
    uploads.add_piece(run.pk, number=0, content=FILE)
    uploads.sweep()
    assert ImportPiece.objects.exists()
    ImportRun.objects.update(asked_at=timezone.now() - 2 * uploads.ABANDONED_AFTER)
    uploads.sweep()
    assert not ImportPiece.objects.exists()
    run.refresh_from_db()
    assert (run.state, run.ended_at is None) == ("cancelled", False)
    assert not uploads.complete(run.pk, pieces=1)


def test_it_begins_anew_after_its_worker_was_killed(site):
    run = upload(site)
    ImportRun.objects.update(state=ImportRun.State.RUNNING, attempts=1)
    uploads.import_queued(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("done", 2)
    assert "stored by then are counted as unchanged" in run.message
    assert Movie.objects.count() == 9


def test_it_is_stopped_while_its_file_is_looked_at(site, monkeypatch):
    run, look = upload(site), runs.fingerprint
    monkeypatch.setattr(runs, "fingerprint", lambda dataset: runs.cancel(run.pk) and look(dataset))
    uploads.import_queued(run.pk)
    assert ImportRun.objects.get().state == "cancelled"
    assert not Movie.objects.exists()


@pytest.mark.parametrize("name", ["영화" * 127 + ".csv", "..", "/", "a\\b\n.csv", "=cmd().csv"])
def test_it_takes_any_name(admin, name):
    run = uploads.begin(file_name=name, source="", user_id=admin.pk)
    uploads.add_piece(run.pk, number=0, content=FILE)
    assert uploads.complete(run.pk, pieces=1)
    assert uploads.complete(run.pk, pieces=1)  # the answer to the first was lost
    uploads.import_queued(run.pk)
    assert ImportRun.objects.get().state == "done"


def test_it_ends_an_import_whatever_goes_wrong(site, monkeypatch):
    run = upload(site)
    monkeypatch.setattr(uploads, "open_dataset", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        uploads.import_queued(run.pk)
    run.refresh_from_db()
    assert (run.state, run.message) == ("failed", "division by zero")
    assert not ImportPiece.objects.exists()


def test_it_refuses_a_file_that_is_too_large_before_any_of_it_is_sent(site):
    answer = site.post("/admin/movies/importrun/begin/", {"file_name": "films.csv", "size": 2**31 + 1})
    assert (answer.status_code, answer.json()["error"][:26]) == (400, "The file is too large. Imp")
    assert not ImportRun.objects.exists()


def test_it_forgets_the_pieces_of_an_upload_that_is_stopped(site):
    run = upload(site)
    assert ImportPiece.objects.exists()
    assert runs.cancel(run.pk)
    assert not ImportPiece.objects.exists()


def test_it_counts_an_attempt_before_it_looks_at_the_file(site, monkeypatch):
    """A file that kills each worker that opens it is given up."""
    run = upload(site)
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "import_file", lambda _: None)  # as when the worker is killed
        for _ in range(5):
            uploads.import_queued(run.pk)
    run.refresh_from_db()
    assert (run.attempts, run.state) == (3, "interrupted")
    assert not Movie.objects.exists()


def test_it_is_taken_up_again_after_a_kill_but_not_for_ever(site):
    run = upload(site)
    for attempts, state in ((1, "waiting"), (2, "waiting"), (3, "interrupted")):
        ImportRun.objects.update(state=ImportRun.State.RUNNING, attempts=attempts)
        page(site, run)
        run.refresh_from_db()
        assert run.state == state


def test_it_loads_no_more_than_is_allowed(site, settings):
    settings.MAX_MOVIES = 3
    uploads.import_queued(upload(site).pk)
    assert Movie.objects.count() == 3


def test_it_says_that_a_file_is_empty(site):
    run = upload(site, b"")
    uploads.import_queued(run.pk)
    run.refresh_from_db()
    assert (run.state, run.message) == ("failed", "films.csv is empty.")


def test_it_asks_again_for_imports_that_wait(site, published_tasks):
    run = upload(site)
    tasks.start_waiting_imports()
    assert published_tasks == [("movies.tasks.import_upload", run.pk)] * 2
    tasks.import_upload(run.pk)
    tasks.start_waiting_imports()
    assert len(published_tasks) == 2


def test_it_undoes_an_import_by_a_task_and_says_in_the_log_why_it_cannot(site, caplog):
    run = upload(site)
    tasks.import_upload(run.pk)
    tasks.undo_import(run.pk)
    assert not Movie.objects.exists()
    assert "removed 9, restored 0, kept 0" in page(site, run)
    tasks.undo_import(run.pk)
    assert "is undone already" in caplog.text


def test_it_keeps_an_upload_while_the_queue_is_away(site, monkeypatch):
    def away(*_, **__):
        raise RedisError

    monkeypatch.undo()  # the real `publish`
    monkeypatch.setattr(tasks.import_upload, "apply_async", away)
    monkeypatch.setattr(tasks.undo_import, "apply_async", away)
    run = upload(site)
    assert run.state == "waiting"
    ImportRun.objects.update(state="done", started_at=timezone.now())
    answer = site.post(f"/admin/movies/importrun/{run.pk}/undo/", follow=True)
    assert "The task queue cannot be reached. Try again in a moment." in answer.content.decode()
    assert "A worker is undoing" not in answer.content.decode()
    ImportRun.objects.update(state="waiting", started_at=None)
    monkeypatch.undo()
    monkeypatch.setattr(tasks, "publish", lambda *_: True)
    tasks.sweep_uploads()
    assert ImportPiece.objects.exists()


def test_it_says_that_an_import_has_ended_already(site):
    run = upload(site)
    uploads.import_queued(run.pk)
    answer = site.post(f"/admin/movies/importrun/{run.pk}/cancel/", follow=True)
    assert "The import has ended already." in answer.content.decode()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_is_imported_by_a_real_worker_which_waits_for_its_turn(tmp_path, admin):
    run = uploads.begin(file_name="films.csv", source="", user_id=admin.pk)
    uploads.add_piece(run.pk, number=0, content=FILE)
    assert uploads.complete(run.pk, pieces=1)
    abandoned = uploads.begin(file_name="films.csv", source="", user_id=admin.pk)
    ImportRun.objects.filter(pk=abandoned.pk).update(asked_at=timezone.now() - 2 * uploads.ABANDONED_AFTER)
    queue = f"test-{os.getpid()}"
    environment = os.environ | {"DATABASE_URL": url_of_the_test_database()}
    command = [sys.executable, "-m", "celery", "--app", "netflix", "worker", "--pool", "solo", "--queues", queue]
    log = tmp_path / "log"
    with log.open("w") as file:
        worker = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        with importing.try_import_lock():
            import_upload.apply_async([run.pk], queue=queue)
            sweep_uploads.apply_async(queue=queue)  # shows that the worker has ended the task before it
            eventually(lambda: ImportRun.objects.get(pk=abandoned.pk).state == "cancelled")
            assert (ImportRun.objects.get(pk=run.pk).state, Movie.objects.count()) == ("waiting", 0)
        import_upload.apply_async([run.pk], queue=queue)
        eventually(lambda: ImportRun.objects.get(pk=run.pk).state == "done")
        assert Movie.objects.count() == 9
    finally:
        worker.send_signal(signal.SIGTERM)
        status = worker.wait(120)
        print(log.read_text())  # noqa: T201  # pytest shows it if the test has failed
        assert status == 0
        connection.close()
