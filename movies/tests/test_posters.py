"""Uploaded posters: their members in answers, which rows keep them, and when their files are removed."""

import os
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone

from movies import merging, posters, services, tasks
from movies.importing import undoing
from movies.importing.readers.rows import MovieRow
from movies.importing.run import import_rows
from movies.locks import lock_editing
from movies.models import ImportRun, Movie
from movies.selectors import NoSuchMovie, movie_sources
from movies.tests.factories import details_of, make_movie
from movies.tests.pictures import a_poster, files_in_storage, poster_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("poster_files", "without_refresh")]
committed = pytest.mark.django_db(transaction=True)
THEIRS = "https://example.com/heat.jpg"


def upload(movie, color="c81e28"):
    services.set_poster(movie_id=movie.pk, picture=a_poster(color))
    return poster_of(movie)


def files_of(*names):
    return {posters.file_name(name, width) for name in names for width in (342, 780)}


def import_poster(poster, source="a-file"):
    run = ImportRun.objects.create(file_name="films.csv", state=ImportRun.State.DONE, started_at=timezone.now())
    rows = [MovieRow(line=2, title="Heat", year=1995, directors=("Michael Mann",), poster=poster)]
    return run, import_rows(rows, source=source, run=run)


def grow_old(folder):
    """Make the files in the storage two hours old."""
    then = (timezone.now() - timedelta(hours=2)).timestamp()
    for file in folder.iterdir():
        os.utime(file, (then, then))


def test_it_keeps_two_files_and_tells_their_addresses_and_the_color():
    movie = make_movie("Heat")
    name = upload(movie)
    assert files_in_storage() == {f"{name}-342.webp": b"small", f"{name}-780.webp": b"large"}
    details = details_of(movie.pk)
    assert details["poster"] == f"/posters/{name}-780.webp"
    assert details["poster_small"] == f"/posters/{name}-342.webp"
    assert details["poster_color"] == "#c81e28"


@pytest.mark.parametrize("poster", ["", THEIRS])
def test_it_tells_nothing_more_of_other_posters(poster):
    details = details_of(make_movie("Heat", poster=poster).pk)
    assert (details["poster"], details["poster_small"], details["poster_color"]) == (poster or None, None, None)


def test_it_says_the_same_on_the_fast_path_and_in_every_list(ways):
    movie = make_movie("Heat")
    make_movie("Ronin", poster=THEIRS)
    name = upload(movie)
    details = ways.same(f"/api/v1/movies/{movie.pk}/").json()
    assert details["poster"].startswith("http")
    assert details["poster"].endswith(f"/posters/{name}-780.webp")
    for path in ("movies/", "movies/?q=heat", "ranking/"):
        row = ways.same(f"/api/v1/{path}").json()["results"][0]
        assert row["poster"] == details["poster"]
        assert "poster_small" not in row
    rows = ways.same("/api/v1/movies/?ordering=title&include=poster_small,poster_color").json()["results"]
    assert [row["poster_color"] for row in rows] == ["#c81e28", None]
    assert [row["poster_small"] for row in rows] == [details["poster_small"], None]
    (row,) = ways.same("/api/v1/movies/?q=heat&fields=poster_color").json()["results"]
    assert row == {"poster_color": "#c81e28", "matched": "title"}


def test_it_says_where_others_serve_the_files(ways, settings):
    movie = make_movie("Heat")
    name = upload(movie)
    settings.POSTERS_URL = "https://pictures.example.com/films"
    details = ways.same(f"/api/v1/movies/{movie.pk}/").json()
    assert details["poster_small"] == f"https://pictures.example.com/films/{name}-342.webp"


def test_it_serves_the_files_to_everybody_for_a_year(client):
    name = upload(make_movie("Heat"))
    answer = client.get(f"/posters/{name}-342.webp")
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, b"small", "image/webp")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Vary" not in answer.headers
    assert not answer.cookies
    again = client.get(f"/posters/{name}-342.webp", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.post(f"/posters/{name}-342.webp").status_code == 405


@pytest.mark.parametrize(
    "file",
    ["x.webp", "..%2Fsecrets%2Fsecret_key", f"{'0' * 32}-ffffff-342.webp", "a%2Fb",
     f"{'0' * 32}-ffffff-{'9' * 500}.webp", f"{'0' * 32}-ffffff-\u0663\u0664\u0662.webp"],
)  # fmt: skip
def test_it_serves_nothing_else(client, poster_files, file):
    upload(make_movie("Heat"))
    (poster_files.parent / "x.webp").write_text("not public")
    (poster_files / "x.webp").write_text("not public")
    assert client.get(f"/posters/{file}").status_code == 404


def test_it_refuses_any_other_name():
    movie = make_movie("Heat")
    for poster in ("http://example.com/a.jpg", "../secret", "0" * 32, f"{'0' * 32}-fffff", f"{'A' * 32}-ffffff"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Movie.objects.filter(pk=movie.pk).update(poster=poster)


@committed
def test_it_removes_the_files_of_a_former_poster_after_the_commit():
    movie = make_movie("Heat")
    first = upload(movie)
    with transaction.atomic():
        second = upload(movie, "00ff00")
        assert files_in_storage().keys() == files_of(first, second)
    assert files_in_storage().keys() == files_of(second)
    services.change_movie(movie_id=movie.pk, poster=THEIRS)
    assert not files_in_storage()
    third = upload(movie)
    services.change_movie(movie_id=movie.pk, title="Heat, the film")
    assert files_in_storage().keys() == files_of(third)
    services.change_movie(movie_id=movie.pk, poster="")
    assert (files_in_storage(), poster_of(movie)) == ({}, "")


@committed
def test_it_keeps_the_former_poster_if_nothing_is_committed():
    movie = make_movie("Heat")
    first = upload(movie)
    with transaction.atomic():
        upload(movie, "00ff00")
        transaction.set_rollback(True)
    assert poster_of(movie) == first
    assert files_in_storage().keys() >= files_of(first)


def test_it_leaves_no_file_of_a_movie_that_there_is_not():
    with pytest.raises(NoSuchMovie):
        services.set_poster(movie_id=1, picture=a_poster())
    assert not files_in_storage()


def test_it_keeps_the_poster_that_a_client_sends_back_as_it_has_read_it(curator_api):
    movie = make_movie("Heat")
    name = upload(movie)
    body = {"poster": f"https://films.example.com/posters/{name}-780.webp", "year": 1996}
    assert curator_api.patch(f"/api/v1/movies/{movie.pk}/", body).status_code == 200
    assert (poster_of(movie), files_in_storage().keys()) == (name, files_of(name))
    assert Movie.objects.get(pk=movie.pk).year == 1996


@committed
def test_it_removes_the_files_of_a_removed_movie_after_the_commit():
    movie, other = make_movie("Heat"), make_movie("Ronin")
    name, kept = upload(movie), upload(other)
    with transaction.atomic():
        services.remove_movie(movie_id=movie.pk)
        assert files_in_storage().keys() == files_of(name, kept)
    assert files_in_storage().keys() == files_of(kept)


def test_it_takes_precedence_over_data_sets_and_is_removed_like_every_other_fact():
    import_poster(THEIRS)
    movie = Movie.objects.get()
    name = upload(movie)
    _, report = import_poster("https://example.com/another.jpg")
    assert (report.kept, poster_of(movie), movie_sources(movie.pk)["poster"]) == (1, name, "staff")
    services.change_movie(movie_id=movie.pk, poster="")
    import_poster(THEIRS)
    assert poster_of(movie) == ""  # staff says so
    services.let_imports_change([movie.pk])
    import_poster(THEIRS)
    assert poster_of(movie) == THEIRS


def test_it_is_there_again_when_the_import_that_replaced_it_is_undone(poster_files):
    import_poster("")
    movie = Movie.objects.get()
    name = upload(movie)
    services.let_imports_change([movie.pk])
    run, _ = import_poster(THEIRS)
    assert poster_of(movie) == THEIRS
    grow_old(poster_files)
    posters.sweep()
    undoing.undo(run.pk)
    assert (poster_of(movie), files_in_storage().keys()) == (name, files_of(name))


def test_it_goes_with_a_merge_and_comes_back_when_the_movies_are_split(poster_files):
    kept, merged = make_movie("Heat"), make_movie("Heat, the film")
    first, second = upload(kept), upload(merged, "00ff00")
    services.merge_movies(kept_id=kept.pk, merged_id=merged.pk)
    grow_old(poster_files)
    posters.sweep()
    assert (poster_of(kept), files_in_storage().keys()) == (first, files_of(first, second))
    with transaction.atomic():
        lock_editing()
        merging.split(merged.pk)
    assert (poster_of(merged), poster_of(kept)) == (second, first)


@committed
def test_it_is_given_to_the_movie_that_stays_if_that_has_none():
    kept, merged = make_movie("Heat"), make_movie("Heat, the film")
    name = upload(merged)
    services.merge_movies(kept_id=kept.pk, merged_id=merged.pk)
    assert poster_of(kept) == name
    with transaction.atomic():
        lock_editing()
        merging.split(merged.pk)
    services.change_movie(movie_id=kept.pk, poster="")
    assert (poster_of(merged), files_in_storage().keys()) == (name, files_of(name))


@committed
def test_it_goes_with_the_movie_that_others_were_merged_into():
    kept, merged = make_movie("Heat"), make_movie("Heat, the film")
    upload(kept)
    upload(merged)
    services.merge_movies(kept_id=kept.pk, merged_id=merged.pk)
    services.remove_movie(movie_id=kept.pk)
    assert not files_in_storage()


def test_it_removes_what_a_killed_process_has_left_behind_at_night(poster_files):
    name = upload(make_movie("Heat"))
    orphan, young = f"{'0' * 32}-ffffff", f"{'1' * 32}-ffffff"
    for file in files_of(orphan):
        (poster_files / file).write_bytes(b"")
    (poster_files / "somebody-elses.txt").write_bytes(b"")
    grow_old(poster_files)
    for file in files_of(young):
        (poster_files / file).write_bytes(b"")
    tasks.sweep_posters()
    assert files_in_storage().keys() == files_of(name, young)
    assert (poster_files / "somebody-elses.txt").exists()


def test_it_sweeps_before_anything_was_stored():
    assert posters.sweep() == 0


def test_it_keeps_files_that_any_web_server_may_read(poster_files):
    upload(make_movie("Heat"))
    assert {file.stat().st_mode & 0o777 for file in poster_files.iterdir()} == {0o644}
    assert type(storages["posters"]).__name__ == "FileSystemStorage"


def test_it_serves_files_below_the_path_of_the_service():
    before = get_script_prefix()
    set_script_prefix("/netflix/")
    try:
        assert posters.folder_url("https://example.com") == "https://example.com/netflix/posters/"
        assert posters.url_of(f"{'0' * 32}-ffffff", 342) == f"/netflix/posters/{'0' * 32}-ffffff-342.webp"
    finally:
        set_script_prefix(before)
