"""Several data sets about the same films: which rows are one film, and which data set takes precedence."""

from decimal import Decimal
from itertools import permutations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies import services
from movies.importing import precedence, run
from movies.importing.readers import READERS, open_dataset
from movies.importing.run import import_rows
from movies.models import ExternalId, Movie, Person, SourceRow
from movies.tests.test_import_rows import movie_row, outcome, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("without_refresh")]

KAGGLE, TOP, TMDB, MOVIELENS, IMDB = "imdb-2006-2016", "imdb-top-1000", "tmdb-5000", "movielens", "imdb"
HEAT = movie_row(directors=("Michael Mann",), metascore=76, certificate="R")


def add(source, *rows, **options):
    return outcome(import_rows(rows, source=source, **options))


def test_it_ranks_every_source_that_has_a_reader():
    for fact in precedence.FACTS:
        assert set(precedence.order_of(fact)) == READERS.keys()


def test_it_takes_rows_of_two_sources_for_one_movie():
    add(KAGGLE, HEAT)
    assert add(TOP, movie_row("HEAT", directors=("Michael Mann",), description="A detective.")) == (0, 1, 0, 0, 0)
    (movie,) = stored()
    assert (movie["title"], movie["description"], movie["metascore"]) == ("HEAT", "A detective.", 76)
    assert movie["source"] == TOP
    gives = dict(SourceRow.objects.values_list("source", "gives"))
    assert sorted(gives[KAGGLE]) == ["certificate", "metascore"]
    assert sorted(gives[TOP]) == ["description", "directors", "title", "year"]


@pytest.mark.parametrize("order", list(permutations([KAGGLE, TOP, MOVIELENS])))
def test_it_believes_the_better_source_whatever_the_order(order):
    for source in order:
        score = {KAGGLE: 60, TOP: 80, MOVIELENS: 10}[source]
        add(source, movie_row(directors=("Michael Mann",), metascore=score, genres=(source,)))
    (movie,) = stored()
    assert (movie["metascore"], movie["genres"], movie["source"]) == (80, [TOP], TOP)


def test_it_counts_a_row_that_is_not_believed_as_unchanged():
    add(TOP, HEAT)
    assert add(MOVIELENS, movie_row(directors=("Michael Mann",), metascore=1)) == (0, 0, 1, 0, 0)
    assert add(MOVIELENS, movie_row(directors=("Michael Mann",), metascore=2), dry_run=True) == (0, 0, 1, 0, 0)
    assert stored()[0]["metascore"] == 76


@pytest.mark.parametrize("order", [1, -1])
def test_it_takes_a_title_that_is_written_wrongly_for_the_movie_it_means(tmp_path, order):
    header = (
        "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"
    )
    titles = ["Fish & Chips", "Fish &amp; Chips", "Amélie", "AmÃ©lie", r'"Say \"Hi\""', '"Say ""Hi"""'][::order]
    lines = [f"{n},{title},Action|Drama,nan,Zed Quill,A,2001,90,7.1,10,,60" for n, title in enumerate(titles)]
    path = tmp_path / "films.csv"
    path.write_text("\n".join([header, *lines]))
    report = import_rows(open_dataset(path).rows(), source=KAGGLE)
    assert (report.created, report.unchanged, report.skipped, report.repaired) == (3, 3, 0, 6)
    assert report.stored + report.skipped == len(lines)
    assert sorted(movie["title"] for movie in stored()) == ["Amélie", "Fish & Chips", 'Say "Hi"']
    assert {tuple(movie["genres"]) for movie in stored()} == {("Action", "Drama")}
    assert not Movie.objects.exclude(description="").exists()


def test_it_leaves_alone_what_a_person_said_whoever_the_source_is():
    add(KAGGLE, HEAT)
    movie = Movie.objects.get()
    services.change_movie(movie_id=movie.pk, title="Heat!!", metascore=1)
    for source in (TOP, IMDB):
        report = import_rows([movie_row(directors=("Michael Mann",), metascore=50)], source=source)
        assert report.kept == 1
    assert stored()[0]["metascore"] == 1
    assert stored()[0]["title"] == "Heat!!"


def test_it_knows_a_renamed_movie_by_what_another_source_called_it():
    add(KAGGLE, HEAT)
    services.change_movie(movie_id=Movie.objects.get().pk, title="The Thieves of Los Angeles")
    assert add(TOP, movie_row(directors=("Michael Mann",), runtime_minutes=170))[0] == 0
    (movie,) = stored()
    assert (movie["title"], movie["runtime_minutes"]) == ("The Thieves of Los Angeles", 170)


def test_it_does_not_bring_back_what_somebody_removed_from_another_source():
    add(KAGGLE, HEAT)
    add(MOVIELENS, movie_row(ids=("movielens:6", "imdb:tt0113277")))
    services.remove_movie(movie_id=Movie.objects.get().pk)
    for source, row in [(TOP, HEAT), (IMDB, movie_row("Other", ids=("imdb:tt0113277",)))]:
        report = import_rows([row], source=source)
        assert (report.created, report.kept) == (0, 1)
    assert not Movie.objects.exists()


def test_it_knows_a_movie_by_any_of_its_ids_whatever_it_is_called():
    add(MOVIELENS, movie_row("Postman, The", 1994, ids=("movielens:1", "imdb:tt0110877", "tmdb:11010")))
    add(TMDB, movie_row("Il Postino", 1995, ids=("tmdb:11010",), directors=("Michael Radford",)))
    add(IMDB, movie_row("The Postman", 1994, ids=("imdb:tt0110877",)))
    (movie,) = stored()
    assert (movie["title"], movie["year"], movie["directors"]) == ("The Postman", 1994, ["Michael Radford"])
    assert set(ExternalId.objects.values_list("name", flat=True)) == {"movielens:1", "imdb:tt0110877", "tmdb:11010"}
    assert set(SourceRow.objects.values_list("key", flat=True)) == {"movielens:1", "tmdb:11010", "imdb:tt0110877"}


@pytest.mark.parametrize("apart", [True, False])
def test_it_keeps_movies_apart_that_only_their_ids_tell_from_each_other(apart, monkeypatch):
    if apart:
        monkeypatch.setattr(run, "BATCH_SIZE", 1)
    spielberg = movie_row("War of the Worlds", 2005, ids=("movielens:34048", "imdb:tt0407304"))
    other = movie_row("War of the Worlds", 2005, ids=("movielens:64997", "imdb:tt0449040"))
    assert add(MOVIELENS, spielberg, other) == (2, 0, 0, 0, 0)
    assert add(MOVIELENS, spielberg, other) == (0, 0, 2, 0, 0)
    assert add(IMDB, movie_row("War of the Worlds", 2005, ids=("imdb:tt0449040",), runtime_minutes=93)) == (
        0,
        1,
        0,
        0,
        0,
    )
    assert sorted(Movie.objects.values_list("source_id", "runtime_minutes")) == [("", None), ("movielens:64997", 93)]


@pytest.mark.parametrize("order", [0, 1])
def test_it_believes_an_intact_row_before_a_mended_one(order):
    repaired = movie_row(description="One, two.", doubtful=("description",))
    intact = movie_row(description="One; two.")
    for row in (repaired, intact) if order else (intact, repaired):
        add(KAGGLE, row)
        add(KAGGLE, row)
    assert stored()[0]["description"] == "One; two."
    assert add(KAGGLE, repaired) == (0, 0, 1, 0, 0)
    assert sorted(SourceRow.objects.get().gives) == ["description", "title", "year"]


@pytest.mark.parametrize("order", list(permutations(["JOSE CORONADO", "Jose Coronado", "José Coronado"])))
def test_it_spells_a_name_best_whatever_the_order(order):
    for number, name in enumerate(order):
        add(KAGGLE, movie_row(f"Film {number}", actors=(name,)))
    assert [movie["actors"] for movie in stored()] == [["José Coronado"]] * 3


def test_it_leaves_a_name_alone_that_a_person_spelt():
    add(KAGGLE, movie_row(actors=("José Coronado",)))
    services.rename_person(person_id=Person.objects.get().pk, name="Jose Coronado")
    add(KAGGLE, movie_row("Other", actors=("José Coronado",)))
    assert Person.objects.get().name == "Jose Coronado"


def test_it_takes_two_rows_with_a_common_id_for_one_movie():
    twice = [movie_row("Heat", ids=("movielens:1", "tmdb:949")), movie_row("Heat", ids=("movielens:2", "tmdb:949"))]
    report = import_rows(twice, source=MOVIELENS)
    assert (report.created, report.stored + report.skipped) == (1, 2)
    assert Movie.objects.count() == 1
    assert ExternalId.objects.values("movie").distinct().count() == 1


@pytest.mark.parametrize("order", [1, -1])
def test_it_comes_to_rest_where_two_rows_of_one_movie_say_different_things(order):
    """MovieLens has a few films twice. The row with the lower key decides, wherever it stands."""
    twice = [
        movie_row("Heat", ids=("movielens:1", "tmdb:949"), genres=("Crime",)),
        movie_row("Heat", ids=("movielens:2", "tmdb:949"), genres=("Drama", "War")),
    ]
    import_rows(twice[::order], source=MOVIELENS)
    assert [genre.name for genre in Movie.objects.get().genres.all()] == ["Crime"]
    assert add(MOVIELENS, *twice[::order], dry_run=True) == add(MOVIELENS, *twice[::order]) == (0, 0, 2, 0, 0)


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_it_tells_movies_of_one_name_apart_by_their_ids_whatever_the_batches(monkeypatch, batch_size):
    monkeypatch.setattr(run, "BATCH_SIZE", batch_size)
    add(KAGGLE, movie_row("Home", 2009))
    rows = [movie_row("Home", 2009, ids=(f"imdb:tt{n}",), metascore=n) for n in (1, 2, 3)]
    assert add(IMDB, *rows, dry_run=True) == add(IMDB, *rows) == (2, 1, 0, 0, 0)
    assert add(IMDB, *rows) == (0, 0, 3, 0, 0)
    assert sorted(ExternalId.objects.values_list("name", "movie__metascore")) == [(f"imdb:tt{n}", n) for n in (1, 2, 3)]


def test_it_binds_no_row_without_a_director_where_several_movies_could_be_meant():
    add(KAGGLE, movie_row("The Host", 2013, directors=("A",)), movie_row("The Host", 2013, directors=("B",)))
    assert add(MOVIELENS, movie_row("The Host", 2013, ids=("movielens:1",))) == (1, 0, 0, 0, 0)


def test_it_tells_a_dry_run_of_a_second_source_what_the_first_gave():
    add(MOVIELENS, movie_row(ids=("movielens:6", "imdb:tt0113277"), metascore=70))
    row = movie_row("Otherwise", 1996, ids=("imdb:tt0113277",), metascore=71)
    expected = add(IMDB, row, dry_run=True)
    assert (expected, SourceRow.objects.count(), ExternalId.objects.count()) == ((0, 1, 0, 0, 0), 1, 2)
    assert add(IMDB, row) == expected


facts = st.fixed_dictionaries({
    "description": st.sampled_from(["", "One.", "Two."]),
    "certificate": st.sampled_from(["", "R"]),
    "metascore": st.none() | st.integers(0, 2),
    "imdb_rating": st.none() | st.sampled_from([Decimal("1.5"), Decimal("9.0")]),
    "genres": st.lists(st.sampled_from(["Drama", "Crime"]), unique=True).map(tuple),
    "actors": st.lists(st.sampled_from(["A", "B"]), unique=True).map(tuple),
})  # fmt: skip
IDS = {TMDB: "tmdb:{}", MOVIELENS: "movielens:{}", IMDB: "imdb:tt000000{}"}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(st.sampled_from([KAGGLE, TOP, TMDB, MOVIELENS, IMDB]), facts, min_size=1),
        min_size=1,
        max_size=3,
    ),
    st.randoms(use_true_random=False),
)
def test_it_never_depends_on_the_order_of_the_imports(movies, random):
    catalogues = []
    sources = [KAGGLE, TOP, TMDB, MOVIELENS, IMDB]
    for _ in range(3):
        random.shuffle(sources)
        with transaction.atomic():
            for source in sources:
                rows = [
                    movie_row(
                        f"Film {n}",
                        ids=(IDS[source].format(n),) if source in IDS else (),
                        directors=("D",) if source in (KAGGLE, TOP) else (),
                        **film[source],
                    )
                    for n, film in enumerate(movies)
                    if source in film
                ]
                import_rows(rows, source=source)
            gives = sorted((row.source, row.key, sorted(row.gives)) for row in SourceRow.objects.all())
            catalogues.append((stored(), gives))
            transaction.set_rollback(True)
    assert catalogues[0] == catalogues[1] == catalogues[2]


def test_it_makes_one_catalogue_of_the_real_files_in_any_order(real_files):
    files = ["IMDB-Movie-Data.csv", "IMDB-Movie-Data.kaggle-crlf.csv", "imdb_top_1000.csv"]
    catalogues = []
    for order in (files, files[::-1], [files[2], files[0], files[1]]):
        with transaction.atomic():
            for name in order:
                dataset = open_dataset(real_files / name)
                import_rows(dataset.rows(), source=dataset.source)
            catalogues.append(stored())
            transaction.set_rollback(True)
    titles = [(movie["title"], movie["year"]) for movie in catalogues[0]]
    assert {("The Host", 2006), ("The Host", 2013), ("Drishyam", 2013), ("Drishyam", 2015)} <= set(titles)
    for catalogue in catalogues[1:]:
        assert catalogue == catalogues[0]
