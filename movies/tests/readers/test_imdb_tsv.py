import gzip
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies.importing.readers import open_dataset
from movies.importing.readers.rows import DatasetError, MovieRow, NotAMovie, Repair, RowError

BASICS, RATINGS, CREW, NAMES = "title.basics.tsv", "title.ratings.tsv", "title.crew.tsv", "name.basics.tsv"
HEADERS = {
    BASICS: [
        "tconst",
        "titleType",
        "primaryTitle",
        "originalTitle",
        "isAdult",
        "startYear",
        "endYear",
        "runtimeMinutes",
        "genres",
    ],
    RATINGS: ["tconst", "averageRating", "numVotes"],
    CREW: ["tconst", "directors", "writers"],
    NAMES: ["nconst", "primaryName", "birthYear", "deathYear", "primaryProfession", "knownForTitles"],
}
HEAT_ROW = MovieRow(
    line=2, title="Heat", year=1995, ids=("imdb:tt0113277",), genres=("Action", "Crime"), runtime_minutes=170
)
RATED = {"imdb_rating": Decimal("8.3"), "imdb_votes": 700_000}
MANN = ("nm0000520", "Michael Mann", "1943", r"\N", "producer,writer,director", "tt0113277")
COEN = [("nm0001053", "Ethan Coen", "1957", *[r"\N"] * 3), ("nm0001054", "Joel Coen", "1954", *[r"\N"] * 3)]


def heat(
    number="tt0113277", kind="movie", title="Heat", year="1995", runtime="170", genres="Action,Crime", original=r"\N"
):
    return (number, kind, title, original, "0", year, r"\N", runtime, genres)


def write(folder, tables, suffix=""):
    for name, lines in tables.items():
        text = "".join("\t".join(line) + "\n" for line in [HEADERS[name], *lines]).encode()
        (folder / f"{name}{suffix}").write_bytes(gzip.compress(text) if suffix else text)


@pytest.fixture
def read(tmp_path):
    def read(*movies, ratings=None, crew=None, names=None, **options):
        tables = {BASICS: movies, RATINGS: ratings, CREW: crew, NAMES: names}
        write(tmp_path, {name: lines for name, lines in tables.items() if lines is not None})
        return list(open_dataset(tmp_path / BASICS, **options).rows())

    return read


def test_it_reads_a_movie(read):
    assert read(heat()) == [HEAT_ROW]


@pytest.mark.parametrize(
    ("column", "cell", "facts"),
    [
        ("year", r"\N", {"year": None}),
        ("original", "Hitze", {"original_title": "Hitze"}),
        ("original", "None", {"original_title": "None"}),
        ("runtime", r"\N", {"runtime_minutes": None}),
        ("genres", r"\N", {"genres": ()}),
        ("genres", "Drama", {"genres": ("Drama",)}),
        ("title", '"Heat', {"title": '"Heat'}),
        ("title", '"Heat"', {"title": '"Heat"'}),
        ("title", 'Heat"', {"title": 'Heat"'}),
        ("title", "Heat, again; and | again", {"title": "Heat, again; and | again"}),
        ("title", "None", {"title": "None"}),
        ("title", "Chaleur d'été", {"title": "Chaleur d'été"}),
        ("number", "tt10113277", {"ids": ("imdb:tt10113277",)}),
    ],
)
def test_it_reads_cells_as_the_file_writes_them(read, column, cell, facts):
    assert read(heat(**{column: cell}), heat("tt9999999")) == [
        replace(HEAT_ROW, **facts),
        replace(HEAT_ROW, line=3, ids=("imdb:tt9999999",)),
    ]


def test_it_takes_no_absent_title_for_one(read):
    assert read(heat(title=r"\N")) == [
        RowError(line=2, field="primaryTitle", value=r"\N", reason="a film needs a title")
    ]


def test_it_leaves_out_a_runtime_it_cannot_read(read):
    repair = Repair(field="runtimeMinutes", value="Reality-TV", reason="left out: not a whole number")
    assert read(heat(runtime="Reality-TV")) == [replace(HEAT_ROW, runtime_minutes=None, repairs=(repair,))]


def test_it_leaves_out_what_is_no_movie_and_says_what_it_is(read):
    kinds = ("short", "movie", "tvEpisode", "tvMovie", "videoGame")
    rows = read(*(heat(f"tt000000{place}", kind) for place, kind in enumerate(kinds)))
    assert rows == [
        NotAMovie(line=2, kind="short"),
        replace(HEAT_ROW, line=3, ids=("imdb:tt0000001",)),
        NotAMovie(line=4, kind="tvEpisode"),
        NotAMovie(line=5, kind="tvMovie"),
        NotAMovie(line=6, kind="videoGame"),
    ]


def test_it_reads_other_types_of_titles_when_told(read):
    movies = (heat("tt0000001", "short"), heat("tt0000002"), heat("tt0000003", "tvMovie"))
    ratings = [(f"tt000000{place}", f"{place}.5", str(place)) for place in (1, 2, 3)]
    assert read(*movies, ratings=ratings, title_types=["short", "tvMovie"]) == [
        replace(HEAT_ROW, ids=("imdb:tt0000001",), imdb_rating=Decimal("1.5"), imdb_votes=1),
        NotAMovie(line=3, kind="movie"),
        replace(HEAT_ROW, line=4, ids=("imdb:tt0000003",), imdb_rating=Decimal("3.5"), imdb_votes=3),
    ]


def test_it_takes_no_title_without_a_type_for_a_movie(read):
    (row,) = read(heat(kind=""))
    assert not isinstance(row, MovieRow)


@pytest.mark.parametrize(
    ("line", "field", "value", "reason"),
    [
        (heat("tt0113278")[:8], "", "tt0113278", "it has 8 cells for 9 columns"),
        (heat("tt0113278")[:2], "", "tt0113278", "it has 2 cells for 9 columns"),
        (("tt0113278",), "", "tt0113278", "it has 1 cells for 9 columns"),
        ((*heat("tt0113278"), "more"), "", "tt0113278", "it has too many cells for 9 columns"),
        (heat("113278"), "tconst", "113278", "not an id such as tt0113277"),
        (heat("tt"), "tconst", "tt", "not an id such as tt0113277"),
        (heat("tt0113278", title=""), "primaryTitle", "", "a film needs a title"),
        (heat("tt0113278", year="95"), "startYear", "95", "not from 1888 to 2100"),
    ],
)
def test_it_skips_a_row_of_which_nobody_can_say_what_movie_it_is(read, line, field, value, reason):
    ratings = [("tt0113277", "8.3", "700000"), ("tt0113279", "8.3", "700000")]
    assert read(heat(), line, heat("tt0113279"), ratings=ratings) == [
        replace(HEAT_ROW, **RATED),
        RowError(line=3, field=field, value=value, reason=reason),
        replace(HEAT_ROW, line=4, ids=("imdb:tt0113279",), **RATED),
    ]


@pytest.mark.parametrize("number", ["", "113278", "x"])
def test_it_skips_a_bad_id_also_beside_crew_and_names(read, number):
    crew = [("tt0113277", "nm0000520", r"\N"), ("tt0113279", "nm0000520", r"\N")]
    row = replace(HEAT_ROW, directors=("Michael Mann",))
    assert read(heat(), heat(number), heat("tt0113279"), crew=crew, names=[MANN]) == [
        row,
        RowError(line=3, field="tconst", value=number, reason="not an id such as tt0113277"),
        replace(row, line=4, ids=("imdb:tt0113279",)),
    ]


def test_it_skips_a_short_line_also_where_the_columns_stand_in_another_order(tmp_path):
    write(tmp_path, {CREW: [("tt0113277", "nm0000520", r"\N")], NAMES: [MANN]})
    lines = [[*HEADERS[BASICS][1:], "tconst"], ["movie", "Heat"], [*heat()[1:], "tt0113277"]]
    (tmp_path / BASICS).write_text("\n".join(map("\t".join, lines)))
    assert list(open_dataset(tmp_path / BASICS).rows()) == [
        RowError(line=2, field="", value="movie", reason="it has 2 cells for 9 columns"),
        replace(HEAT_ROW, line=3, directors=("Michael Mann",)),
    ]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("whole_folder", [False, True])
def test_it_reads_what_lies_beside_the_movies(tmp_path, suffix, whole_folder):
    tables = {
        BASICS: [heat(), heat("tt0116282", title="Fargo", year="1996", runtime="98"), heat("tt0116283")],
        RATINGS: [("tt0000001", "1.0", "1"), ("tt0113277", "8.3", "700000"), ("tt0116282", "8.1", "750000")],
        CREW: [("tt0113277", "nm0000520", "nm0000520"), ("tt0116282", "nm0001054,nm0001053", r"\N")],
        NAMES: [MANN, *COEN],
    }
    write(tmp_path, tables, suffix)
    dataset = open_dataset(tmp_path if whole_folder else tmp_path / f"{BASICS}{suffix}")
    assert (dataset.source, dataset.file.name) == ("imdb", BASICS)
    assert [file.name for file in dataset.companions] == [RATINGS, CREW, NAMES]
    expected = [
        replace(HEAT_ROW, directors=("Michael Mann",), **RATED),
        MovieRow(
            line=3,
            title="Fargo",
            year=1996,
            ids=("imdb:tt0116282",),
            genres=("Action", "Crime"),
            directors=("Joel Coen", "Ethan Coen"),
            runtime_minutes=98,
            imdb_rating=Decimal("8.1"),
            imdb_votes=750_000,
        ),
        replace(HEAT_ROW, line=4, ids=("imdb:tt0116283",)),
    ]
    assert list(dataset.rows()) == list(dataset.rows()) == expected


@pytest.mark.parametrize(
    ("beside", "facts"),
    [
        ({}, {}),
        ({"ratings": [("tt0113277", "8.3", "700000")]}, RATED),
        ({"crew": [("tt0113277", "nm0000520", r"\N")]}, {}),
        ({"names": [MANN]}, {}),
        ({"crew": [("tt0113277", "nm0000520", r"\N")], "names": [MANN]}, {"directors": ("Michael Mann",)}),
        ({"crew": [("tt0113277", "nm0000001,nm0000520", r"\N")], "names": [MANN]}, {"directors": ("Michael Mann",)}),
        ({"crew": [("tt0113277", r"\N", "nm0000520")], "names": [MANN]}, {}),
        ({"crew": [("tt0113277", "nm0000520", r"\N")], "names": [("nm0000520", r"\N", *MANN[2:])]}, {}),
        ({"crew": [("tt0113277", "nm0000520", r"\N")], "names": [MANN[:1]]}, {}),
        ({"ratings": [("tt0113277", r"\N", r"\N")]}, {}),
        ({"ratings": [], "crew": [], "names": []}, {}),
    ],
)
def test_it_makes_do_with_what_there_is(read, beside, facts):
    assert read(heat(), **beside) == [replace(HEAT_ROW, **facts)]


def test_it_leaves_out_a_rating_it_cannot_read_and_says_so(read):
    repair = Repair(field="averageRating", value="83", reason="left out: not a rating from 0 to 10 with one decimal")
    assert read(heat(), ratings=[("tt0113277", "83", "700000")]) == [
        replace(HEAT_ROW, imdb_votes=700_000, repairs=(repair,))
    ]


def test_it_says_that_a_row_beside_it_is_cut_off(read):
    repair = Repair(field="tconst", value="tt0113277", reason="title.ratings.tsv has no valid row for it")
    assert read(heat(), ratings=[("tt0113277", "8.3")]) == [replace(HEAT_ROW, repairs=(repair,))]


@pytest.mark.parametrize("beside", ["ratings", "crew"])
def test_it_says_that_the_movies_are_out_of_order(read, beside):
    lines = {"ratings": [("tt0000009", "1.0", "1")], "crew": [("tt0000009", "nm0000520", r"\N")]}[beside]
    with pytest.raises(DatasetError, match=r"^The films are not sorted by tconst: tt0000001 follows tt0000002\.$"):
        read(heat("tt0000002"), heat("tt0000001"), names=[MANN], **{beside: lines})


@pytest.mark.parametrize(
    ("beside", "name", "more"), [("ratings", RATINGS, ("1.0", "1")), ("crew", CREW, ("nm0000520", r"\N"))]
)
def test_it_says_which_file_is_out_of_order(read, beside, name, more):
    lines = [(f"tt000000{number}", *more) for number in (1, 3, 2, 4)]
    with pytest.raises(DatasetError, match=rf"^{name} is not sorted by tconst: tt0000002 follows tt0000003\.$"):
        read(heat("tt0000001"), heat("tt0000004"), names=[MANN], **{beside: lines})


numbers = st.sampled_from([*range(12), *range(10_000_000, 10_000_006), 9_999_999]).map(lambda number: f"tt{number:07d}")
people = st.sampled_from([f"nm000000{number}" for number in range(5)])
ratings_of = st.dictionaries(numbers, st.tuples(st.decimals(0, 10, places=1), st.integers(0, 2_000_000_000)))
crew_of = st.dictionaries(numbers, st.lists(people, max_size=3, unique=True))
names_of = st.dictionaries(people, st.sampled_from(["Ann", "Bo", "Cy", "Dee"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    movies=st.dictionaries(numbers, st.sampled_from(["movie", "short"])),
    ratings=ratings_of,
    crew=crew_of,
    names=names_of,
)
def test_it_joins_whatever_movies_stand_in_which_file(read, movies, ratings, crew, names):
    rows = read(
        *(heat(number, kind) for number, kind in sorted(movies.items())),
        ratings=[(number, str(rating), str(votes)) for number, (rating, votes) in sorted(ratings.items())],
        crew=[(number, ",".join(directors) or r"\N", r"\N") for number, directors in sorted(crew.items())],
        names=[(person, name, *MANN[2:]) for person, name in sorted(names.items())],
    )
    expected = []
    for line, (number, kind) in enumerate(sorted(movies.items()), start=2):
        rating, votes = ratings.get(number, (None, None))
        directors = [names[person] for person in crew.get(number, []) if person in names]
        expected.append(
            NotAMovie(line=line, kind=kind)
            if kind != "movie"
            else replace(
                HEAT_ROW,
                line=line,
                ids=(f"imdb:{number}",),
                directors=tuple(dict.fromkeys(directors)),
                imdb_rating=rating,
                imdb_votes=votes,
            )
        )
    assert rows == expected


@pytest.mark.parametrize("cell", ["Action|Crime", "Action/Crime", "Action; Crime", "['Action', 'Crime']"])
def test_it_splits_genres_however_they_are_separated_and_says_so(read, cell):
    repair = Repair(field="genres", value=cell, reason="split into 2: this data set separates names by ','")
    assert read(heat(genres=cell)) == [replace(HEAT_ROW, repairs=(repair,))]


def test_it_reads_a_title_as_it_was_meant(read):
    (row,) = read(heat(title="Fish &amp; LÃ©on"))
    assert (row.title, len(row.repairs)) == ("Fish & Léon", 1)


@pytest.mark.parametrize(
    ("folder", "companions", "shorts", "rating", "votes"),
    [("kashery", [RATINGS], 248, "5.9", 155), ("othonas", [RATINGS, CREW, NAMES], 98, "5.6", 76)],
)
def test_it_reads_the_real_files(folder, companions, shorts, rating, votes, real_files):
    path = real_files / "imdb-tsv" / folder
    dataset = open_dataset(path)
    rows = list(dataset.rows())
    assert [file.name for file in dataset.companions] == companions
    assert Counter(row.kind for row in rows if isinstance(row, NotAMovie)) == {"short": shorts}
    assert [row for row in rows if not isinstance(row, NotAMovie)] == [
        MovieRow(
            line=10,
            title="Miss Jerry",
            year=1894,
            original_title="Miss Jerry",
            ids=("imdb:tt0000009",),
            genres=("Romance",),
            runtime_minutes=45,
            imdb_rating=Decimal(rating),
            imdb_votes=votes,
        )
    ]
    assert len(list(open_dataset(path, title_types=["short", "movie"]).rows())) == shorts + 1


def test_it_rates_the_titles_of_the_real_files(real_files):
    path = real_files / "imdb-tsv" / "kashery"
    rows = list(open_dataset(path, title_types=["short", "movie"]).rows())
    assert {type(row) for row in rows} == {MovieRow}
    assert (len(rows), sum(row.imdb_votes is not None for row in rows)) == (249, 221)
    assert not [row for row in rows if row.repairs]
