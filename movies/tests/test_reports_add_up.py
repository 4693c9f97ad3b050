"""The report of an import counts each row once, whatever the files and their order, in a dry run too."""

import re

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies import services
from movies.importing import run
from movies.importing.readers.rows import MovieRow, NotAMovie, Repair, RowError
from movies.importing.run import import_rows
from movies.models import MergedMovie, Movie

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

COUNTED = ("created", "updated", "unchanged", "merged", "kept", "skipped")
# By data set, the ids that its rows have: its own first.
IDS = {
    "imdb-2006-2016": [()],
    "imdb-top-1000": [()],
    "tmdb-5000": [("tmdb:1",), ("tmdb:2",)],
    "movielens": [("movielens:1", "imdb:tt1", "tmdb:1"), ("movielens:2", "tmdb:2"), ("movielens:3",)],
    "imdb": [("imdb:tt1",), ("imdb:tt2",)],
}


def some(*choices):
    return st.lists(st.sampled_from(choices), max_size=2, unique=True).map(tuple)


def file_of(source):
    movies = st.builds(
        MovieRow,
        line=st.just(2),
        title=st.sampled_from(["Zork", "Emma"]),
        year=st.sampled_from([2012, 2013]),
        ids=st.sampled_from(IDS[source]),
        directors=st.sampled_from([(), ("Zed Quill",), ("Zed A. Quill",), ("Ann Ray",)]),
        actors=some("Al One", "Bo Two", "Cy Three"),
        genres=some("Drama", "War"),
        description=st.sampled_from(["", "A story.", "Another."]),
        repairs=some(Repair(field="Year", value="x", reason="It is no number.")),
    )
    others = st.sampled_from([RowError(line=2, field="", value="", reason=""), NotAMovie(line=2, kind="short")])
    return st.tuples(st.just(source), st.lists(movies | movies | others, min_size=1, max_size=6))


steps = st.lists(
    st.sampled_from(sorted(IDS)).flatmap(file_of) | st.sampled_from(["edit", "remove"]), min_size=3, max_size=7
)


@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_it_counts_each_row_once_also_on_a_dry_run(monkeypatch, steps):
    monkeypatch.setattr(run, "refresh_derived", lambda: None)
    monkeypatch.setattr(run, "BATCH_SIZE", 4)
    with transaction.atomic():
        for step in steps:
            if step == "edit":
                for movie in Movie.objects.order_by("pk")[:1]:
                    services.change_movie(movie_id=movie.pk, description="Said by a person.")
            elif step == "remove":
                for movie in Movie.objects.order_by("pk")[:1]:
                    services.remove_movie(movie_id=movie.pk)
            else:
                check_import(*step)
        transaction.set_rollback(True)


def check_import(source, batch):
    before, merged_before = Movie.objects.count(), MergedMovie.objects.count()
    expected = import_rows(batch, source=source, dry_run=True)
    assert (Movie.objects.count(), MergedMovie.objects.count()) == (before, merged_before)
    report = import_rows(batch, source=source)
    assert counts(expected) == counts(report) == printed_counts(report)
    assert sum(counts(report).values()) == len(batch)
    assert min(counts(report).values()) >= 0
    assert report.skipped == sum(not isinstance(row, MovieRow) for row in batch)
    # A row whose film was new and has proved to be another is counted as merged.
    grown, joined = Movie.objects.count() - before, MergedMovie.objects.count() - merged_before
    assert report.created <= grown + joined <= report.created + report.merged
    assert bool(report.merged) >= bool(joined)


def counts(report):
    return {name: getattr(report, name) for name in COUNTED}


def printed_counts(report):
    """The last line of the command; without merged rows it leaves out `merged`."""
    (line,) = [line for line in report.in_words() if line.startswith("created ")]
    numbers = {name: int(number) for name, number in re.findall(r"(\w+) (\d+)", line)}
    assert numbers.pop("repaired") == report.repaired
    return {"merged": 0} | numbers
