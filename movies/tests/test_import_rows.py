"""The import service, fed with rows; the files and the command have tests of their own."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies.folding import fold
from movies.importing import run as importing
from movies.importing import storing
from movies.importing.identity import key_of, staged
from movies.importing.readers.rows import MovieRow, Repair, RowError
from movies.importing.run import import_rows
from movies.models import Credit, Genre, Movie, MovieGenre, Person, SearchDocument, SourceRow
from movies.tests.factories import details_of
from netflix.tests.meanwhile import eventually

pytestmark = pytest.mark.django_db


def movie_row(title="Heat", year=1995, **facts):
    return MovieRow(line=2, title=title, year=year, **facts)


def movie_rows(count):
    return [
        movie_row(
            f"Film {n}",
            genres=("Drama", f"Genre {n % 3}"),
            directors=(f"Director {n % 5}",),
            actors=(f"Actor {n}", "Star"),
        )
        for n in range(count)
    ]


def batch_of(rows):
    return {key_of(row): row for row in rows}


def outcome(report):
    return report.created, report.updated, report.unchanged, report.repaired, report.skipped


def stored():
    """The films of the catalogue, without ids."""
    rows = (details_of(movie.pk) for movie in Movie.objects.order_by("title_key", "year", "director_key"))
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def test_it_stores_every_fact():
    row = movie_row(
        genres=("Drama", "Crime"),
        directors=("Michael Mann", "Second Unit"),
        actors=("Robert De Niro", "Al Pacino"),
        description="A detective.",
        certificate="R",
        runtime_minutes=170,
        imdb_rating=Decimal("8.3"),
        imdb_votes=700_000,
        revenue_usd=0,
        metascore=76,
        original_title="Heat",
        original_language="en",
        countries=("United States",),
        poster="https://example.com/heat.jpg",
        release_date=date(1995, 12, 15),
    )
    assert outcome(import_rows([row], source="a-file")) == (1, 0, 0, 0, 0)
    assert stored() == [
        {
            "title": "Heat",
            "year": 1995,
            "genres": ["Crime", "Drama"],
            "runtime_minutes": 170,
            "certificate": "R",
            "imdb_rating": Decimal("8.3"),
            "likes": 0,
            "description": "A detective.",
            "directors": ["Michael Mann", "Second Unit"],
            "actors": ["Robert De Niro", "Al Pacino"],
            "imdb_votes": 700_000,
            "revenue_usd": 0,
            "metascore": 76,
            "original_title": "Heat",
            "original_language": "en",
            "countries": ["United States"],
            "poster": "https://example.com/heat.jpg",
            "poster_small": None,
            "poster_color": None,
            "release_date": "1995-12-15",
            "source": "a-file",
            "source_id": None,
        }
    ]


AWKWARD = st.text("a\\N\"',{} \t\n\r", max_size=8)  # what COPY or an array gives a meaning


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=AWKWARD, director=AWKWARD, actor=AWKWARD, description=AWKWARD)
def test_it_stores_every_character(title, director, actor, description):
    SourceRow.objects.all().delete()  # else the movie counts as removed by staff
    Movie.objects.all().delete()
    Person.objects.all().delete()
    people = {"directors": (f"b{director}",), "actors": (f"c{actor}", "d")}
    import_rows([movie_row(f"b{title}", **people, description=description)], source="a-file")
    movie = Movie.objects.get()
    assert (movie.title, movie.description) == (f"b{title}", description)
    assert set(Person.objects.values_list("name", flat=True)) == {f"b{director}", f"c{actor}", "d"}


def test_it_changes_nothing_the_second_time(django_assert_max_num_queries):
    import_rows(movie_rows(30), source="a-file")
    before = stored()
    assert outcome(import_rows(movie_rows(30), source="a-file")) == (0, 0, 30, 0, 0)
    assert stored() == before


@pytest.mark.parametrize(
    "change",
    [
        {"title": "HEAT"},
        {"description": "Other words."},
        {"imdb_rating": Decimal("8.4")},
        {"genres": ("Drama",)},
        {"genres": ("Crime", "Drama", "War")},
        {"actors": ("Al Pacino", "Robert De Niro")},
        {"actors": ("Robert De Niro",)},
        {"directors": ("Michael Mann", "Another")},
    ],
)
def test_it_updates_what_the_file_says_otherwise(change):
    row = {
        "genres": ("Crime", "Drama"), "directors": ("Michael Mann",), "actors": ("Robert De Niro", "Al Pacino"),
        "description": "A detective.", "imdb_rating": Decimal("8.3"),
    }  # fmt: skip
    import_rows([movie_row(**row)], source="a-file")
    assert outcome(import_rows([movie_row(**row | change)], source="a-file")) == (0, 1, 0, 0, 0)
    assert outcome(import_rows([movie_row(**row | change)], source="a-file")) == (0, 0, 1, 0, 0)
    details = stored()[0]
    for name, value in change.items():
        assert details[name] == (list(value) if isinstance(value, tuple) else value)


def test_it_never_erases_what_the_file_does_not_say():
    full = movie_row(genres=("Drama",), actors=("Al Pacino",), description="A detective.", metascore=76)
    import_rows([full], source="a-file")
    before = stored()
    assert outcome(import_rows([movie_row()], source="b-file")) == (0, 0, 1, 0, 0)
    assert stored() == before


def test_it_keeps_movies_apart_by_year_and_director():
    rows = [
        movie_row("The Host", 2006),
        movie_row("The Host", 2013),
        movie_row("The Host", 2013, directors=("Someone",)),
    ]
    assert outcome(import_rows(rows, source="a-file")) == (3, 0, 0, 0, 0)


def test_it_takes_a_movie_that_comes_twice_as_a_change_to_itself():
    rows = [movie_row(metascore=70), movie_row(metascore=70), movie_row("HEAT!", metascore=71)]
    assert outcome(import_rows(rows, source="a-file")) == (1, 1, 1, 0, 0)
    assert [movie.metascore for movie in Movie.objects.all()] == [71]


def test_it_knows_one_person_under_several_spellings():
    rows = [movie_row("A", actors=("Penélope Cruz", "PENELOPE CRUZ")), movie_row("B", directors=("penelope cruz",))]
    import_rows(rows, source="a-file")
    assert Person.objects.count() == 1
    assert Credit.objects.count() == 2


def test_it_counts_repaired_and_skipped_rows_and_keeps_them_for_the_report():
    repaired, broken = (
        movie_row("Mended", repairs=(Repair(field="Genre", value="a, b", reason="joined"),)),
        RowError(line=3, field="Year", value="x", reason="not a year"),
    )
    report = import_rows([movie_row(), repaired, broken], source="a-file")
    assert outcome(report) == (2, 0, 0, 1, 1)
    assert report.stored + report.skipped == 3
    assert [tuple(problem) for problem in report.problems] == [
        (2, "repaired", "Genre", "a, b", "joined"),
        (3, "skipped", "Year", "x", "not a year"),
    ]


@pytest.mark.parametrize("limit", [1, 9, 10, 11, 100])
def test_it_stores_exactly_as_many_movies_as_asked(limit, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_SIZE", 10)
    rows = [RowError(line=2, field="", value="", reason="broken"), movie_rows(1)[0], *movie_rows(30)]
    import_rows(rows, source="a-file", max_movies=limit)
    assert Movie.objects.count() == min(limit, 30)


def test_it_reads_no_further_than_it_must():
    rows = iter(movie_rows(10))
    import_rows(rows, source="a-file", max_movies=4)
    assert len(list(rows)) == 6


def test_it_takes_the_same_number_of_queries_whatever_the_batch(django_assert_num_queries):
    with django_assert_num_queries(21):
        storing.store(staged(batch_of(movie_rows(3))), source="a-file")
    with django_assert_num_queries(21):
        storing.store(staged(batch_of(movie_rows(100)[3:])), source="a-file")


@pytest.mark.django_db(transaction=True)
def test_it_keeps_whole_batches_when_it_dies_half_way(monkeypatch):
    monkeypatch.setattr(importing, "BATCH_SIZE", 10)

    def dying():
        yield from movie_rows(25)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        import_rows(dying(), source="a-file")
    assert Movie.objects.count() == 20
    assert outcome(import_rows(movie_rows(30), source="a-file")) == (10, 0, 20, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_ends_what_is_read_before_the_first_movie():
    read = []

    def rows():
        signal.raise_signal(signal.SIGINT)
        time.sleep(0.5)  # as long as the other files of a data set take
        read.append("all")
        yield movie_row()

    with pytest.raises(KeyboardInterrupt):
        import_rows(rows(), source="test")
    assert not read
    assert not Movie.objects.exists()


def test_it_writes_nothing_of_a_batch_with_a_row_the_database_refuses():
    with pytest.raises(Exception, match="movie_metascore_in_range"):
        import_rows([*movie_rows(5), movie_row(metascore=101)], source="a-file")
    for model in (Movie, Genre, Person, MovieGenre, Credit, SearchDocument):
        assert not model.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_lets_a_second_import_wait_for_the_first():
    waited = []

    def run():
        try:
            return import_rows(movie_rows(60), source="a-file", on_wait=lambda: waited.append(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        with importing.import_lock(lambda: None):
            begun = [pool.submit(run) for _ in range(4)]
            eventually(lambda: len(waited) == 4)
            assert not Movie.objects.exists()
        reports = [each.result() for each in begun]
    assert sum(report.created for report in reports) == Movie.objects.count() == 60
    assert sum(report.unchanged for report in reports) == 180


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)
people = st.lists(names, max_size=3, unique=True).map(tuple)
rows = st.builds(
    MovieRow,
    line=st.just(2),
    title=st.sampled_from(["A", "a!", "Á", "B", "..."]) | names,
    year=st.sampled_from([None, 1999, 2000]),
    genres=people,
    directors=people,
    actors=people,
    description=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40),
    revenue_usd=st.none() | st.integers(0, 10**12),
    imdb_rating=st.none() | st.decimals(0, 10, places=1),
)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, max_size=12))
def test_it_is_idempotent_and_adds_up_for_any_rows(db, batch):
    Movie.objects.all().delete()
    SourceRow.objects.all().delete()
    first = import_rows(batch, source="a-file")
    assert first.stored + first.skipped == len(batch)
    assert first.created == Movie.objects.count() == len(batch_of(batch))
    assert SearchDocument.objects.count() == Movie.objects.count()
    again = import_rows(list(batch_of(batch).values()), source="a-file")
    assert again.created == 0
    for person in Person.objects.all():
        assert person.name_key == fold(person.name)
