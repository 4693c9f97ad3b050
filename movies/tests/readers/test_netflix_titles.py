from collections import Counter
from dataclasses import replace

import pytest

from movies.importing.readers import open_dataset
from movies.importing.readers.rows import DatasetError, MovieRow, NotAMovie, Repair, RowError
from movies.tests.readers.tables import table

MOVIE = {
    "show_id": "s2",
    "type": "Movie",
    "title": "7:19",
    "director": "Jorge Michel Grau",
    "cast": "Demián Bichir, Héctor Bonilla",
    "country": "Mexico",
    "date_added": "December 23, 2016",
    "release_year": "2016",
    "rating": "TV-MA",
    "duration": "93 min",
    "listed_in": "Dramas, International Movies",
    "description": "After an earthquake, survivors wait.",
}
HEADER = list(MOVIE)
MOVIE_ROW = MovieRow(
    line=2,
    title="7:19",
    year=2016,
    genres=("Drama", "International Movies"),
    directors=("Jorge Michel Grau",),
    actors=("Demián Bichir", "Héctor Bonilla"),
    description="After an earthquake, survivors wait.",
    certificate="TV-MA",
    runtime_minutes=93,
    countries=("Mexico",),
)
SHOW = {"type": "TV Show", "title": "3%", "director": "", "duration": "4 Seasons", "listed_in": "TV Dramas"}


@pytest.fixture
def read(tmp_path):
    def read(*titles, without=()):
        header = [name for name in HEADER if name not in without]
        rows = ([(MOVIE | title).get(name, "") for name in header] for title in titles)
        path = tmp_path / "netflix_titles.csv"
        path.write_text(table([header, *rows]), newline="")
        return list(open_dataset(path).rows())

    return read


def test_it_reads_a_movie(read):
    assert read({}) == [MOVIE_ROW]


def test_it_leaves_out_shows(read):
    assert read(SHOW, {}, SHOW | {"director": "Somebody"}) == [
        NotAMovie(line=2, kind="TV Show"),
        replace(MOVIE_ROW, line=3),
        NotAMovie(line=4, kind="TV Show"),
    ]


@pytest.mark.parametrize(("kind", "counted_as"), [("Short", "Short"), ("", "something without a type")])
def test_it_leaves_out_what_says_it_is_no_movie(read, kind, counted_as):
    assert read({"type": kind}) == [NotAMovie(line=2, kind=counted_as)]


@pytest.mark.parametrize(
    ("column", "cell", "facts"),
    [
        ("type", "movie", {}),
        ("director", "", {"directors": ()}),
        ("director", "Raúl Campos, Jan Suter", {"directors": ("Raúl Campos", "Jan Suter")}),
        ("cast", "", {"actors": ()}),
        ("rating", "PG-13", {"certificate": "PG-13"}),
        ("rating", "TV-Y7-FV", {"certificate": "TV-Y7-FV"}),
        ("rating", "", {"certificate": ""}),
        ("duration", "90 min", {"runtime_minutes": 90}),
        ("duration", "312 min", {"runtime_minutes": 312}),
        ("duration", "", {"runtime_minutes": None}),
        ("description", "", {"description": ""}),
        ("country", "", {"countries": ()}),
        ("country", ", France, USA, United States", {"countries": ("France", "United States")}),
    ],
)
def test_it_reads_cells_as_the_file_writes_them(read, column, cell, facts):
    assert read({column: cell}) == [replace(MOVIE_ROW, **facts)]


@pytest.mark.parametrize(
    ("listed_in", "genres"),
    [
        ("Action & Adventure", ("Action", "Adventure")),
        ("Children & Family Movies, Comedies", ("Family", "Comedy")),
        ("Documentaries, Sports Movies", ("Documentary", "Sport")),
        ("Horror Movies, Thrillers", ("Horror", "Thriller")),
        ("Music & Musicals, Romantic Movies", ("Music", "Musical", "Romance")),
        ("Sci-Fi & Fantasy", ("Sci-Fi", "Fantasy")),
        ("Dramas, DRAMAS", ("Drama",)),
        ("Stand-Up Comedy", ("Stand-Up Comedy",)),
        ("Movies", ()),
        ("", ()),
    ],
)
def test_it_says_genres_in_imdbs_words(read, listed_in, genres):
    assert read({"listed_in": listed_in}) == [replace(MOVIE_ROW, genres=genres)]


@pytest.mark.parametrize(
    ("duration", "certificate", "reason"),
    [
        ("", "", "swapped with the duration, which is ''"),
        ("PG-13", "PG-13", "swapped with the duration, which is 'PG-13'"),
    ],
)
def test_it_mends_a_duration_where_the_certificate_belongs(read, duration, certificate, reason):
    repair = Repair(field="rating", value="74 min", reason=reason)
    assert read({"rating": "74 min", "duration": duration}, {}) == [
        replace(MOVIE_ROW, certificate=certificate, runtime_minutes=74, repairs=(repair,)),
        replace(MOVIE_ROW, line=3),
    ]


def test_it_takes_no_certificate_longer_than_any(read):
    (row,) = read({"rating": "74 min", "duration": "no duration is known"})
    assert (row.certificate, row.runtime_minutes) == ("", 74)


def test_it_takes_no_duration_for_a_certificate(read):
    (row,) = read({"rating": "74 min", "duration": "93 min"})
    assert row.certificate == ""


@pytest.mark.parametrize("duration", ["1 Season", "an hour", "0 min", "99999 min"])
def test_it_leaves_out_an_impossible_duration_and_says_so(read, duration):
    (row,) = read({"duration": duration})
    (repair,) = row.repairs
    assert row == replace(MOVIE_ROW, runtime_minutes=None, repairs=(repair,))
    assert (repair.field, repair.value) == ("duration", duration)
    assert repair.reason.startswith("left out: not ")


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("title", "", "a film needs a title"),
        ("release_year", "", "a film needs a year"),
        ("release_year", "TV-MA", "not a whole number"),
    ],
)
def test_it_skips_a_row_of_which_nobody_can_say_what_movie_it_is(read, column, cell, reason):
    assert read({column: cell}, {}) == [
        RowError(line=2, field=column, value=cell, reason=reason),
        replace(MOVIE_ROW, line=3),
    ]


def test_it_reads_copies_without_descriptions(read):
    assert read({}, without=["description", "country", "show_id"]) == [replace(MOVIE_ROW, description="", countries=())]


@pytest.mark.parametrize("column", ["type", "duration", "rating", "listed_in", "release_year"])
def test_it_is_not_taken_for_this_data_set_without_the_others(read, column):
    with pytest.raises(DatasetError, match=r"to be Kaggle's netflix_titles\.csv"):
        read({}, without=[column])


def test_it_reads_casts_with_more_commas_than_the_file_has_columns(read):
    people = tuple(f"Actor {number}" for number in range(50))
    assert read({"cast": ", ".join(people)}, {}) == [replace(MOVIE_ROW, actors=people), replace(MOVIE_ROW, line=3)]


@pytest.mark.parametrize("title", ["Disk", '5" Disk'])
def test_it_reads_large_casts_behind_any_title(tmp_path, title):
    people = tuple(f"Actor {number}" for number in range(20))
    plain = MOVIE | {"title": title, "cast": "", "date_added": "", "listed_in": "Dramas", "description": "Music."}
    lines = [HEADER, plain.values(), (plain | {"title": "Heat", "cast": f'"{", ".join(people)}"'}).values()]
    path = tmp_path / "netflix_titles.csv"
    path.write_text("\n".join(map(",".join, lines)))
    row = replace(MOVIE_ROW, title=title, actors=(), genres=("Drama",), description="Music.")
    assert list(open_dataset(path).rows()) == [row, replace(row, line=3, title="Heat", actors=people)]


@pytest.mark.parametrize("cell", ["Dramas|Thrillers", "Dramas; Thrillers", "['Dramas', 'Thrillers']"])
def test_it_splits_shelves_however_they_are_separated_and_says_so(read, cell):
    reason = "split into 2: this data set separates names by ','"
    repair = Repair(field="listed_in", value=cell, reason=reason)
    assert read({"listed_in": cell}) == [replace(MOVIE_ROW, genres=("Drama", "Thriller"), repairs=(repair,))]


def test_it_keeps_the_name_of_a_shelf_with_a_slash(read):
    assert read({"listed_in": "Stand-Up/Talk"}) == [replace(MOVIE_ROW, genres=("Stand-Up/Talk",))]


def test_it_reads_texts_as_they_were_meant(read):
    (row,) = read({"title": "Fish &amp; Chips", "cast": "LÃ©on", "description": "N/A"})
    assert (row.title, row.actors, row.description) == ("Fish & Chips", ("Léon",), "")
    assert [repair.field for repair in row.repairs] == ["title", "cast"]


def test_it_reads_the_real_file(real_files):
    rows = list(open_dataset(real_files / "netflix_titles.csv").rows())
    movies = [row for row in rows if isinstance(row, MovieRow)]
    assert Counter(type(row) for row in rows) == {MovieRow: 5377, NotAMovie: 2410}
    assert {row.kind for row in rows if isinstance(row, NotAMovie)} == {"TV Show"}
    assert [row.line for row in movies if row.title.startswith("The Memphis Belle: A Story of a Flying")] == [6660]
    assert [row for row in movies if row.repairs] == []
    assert [row for row in movies if row.runtime_minutes is None] == []
    assert sum(not row.directors for row in movies) == 163
    assert sum(not row.certificate for row in movies) == 5
    assert sum("Drama" in row.genres for row in movies) == 2106
