import csv
import io
import resource
from dataclasses import fields, replace
from decimal import Decimal
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies.importing import cells
from movies.importing.readers import open_dataset
from movies.importing.readers.repairing import repaired
from movies.importing.readers.rows import MovieRow, RowError
from movies.tests.readers.heat import HEADER, HEAT, HEAT_ROW, heat


def test_it_reads_a_movie(read_csv):
    assert read_csv(f"{HEADER}\n{HEAT}\n") == [HEAT_ROW]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "\n", "\r\n\r\n"])
def test_it_reads_any_line_ends(read_csv, end, last):
    assert read_csv(f"{HEADER}{end}{HEAT}{end}{HEAT}{last}") == [HEAT_ROW, replace(HEAT_ROW, line=3)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("trailing", [False, True])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_it_reads_any_way_of_writing_the_file(read_csv, separator, trailing, quoting, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=quoting)
    for line in (HEADER, HEAT.replace("Michael Mann", "Médéric Müñn")):
        writer.writerow(next(csv.reader([line])) + [""] * trailing)
    assert read_csv(text.getvalue(), encoding) == [replace(HEAT_ROW, directors=("Médéric Müñn",))]


def test_it_finds_columns_by_name(read_csv):
    text = 'extra,METASCORE,Revenue,Votes,rating,Runtime,Year,Actors,Director,Description,Genre,Title\n"",76,67.44,700000,8.3,170,1995,"Al Pacino, Robert De Niro",Michael Mann,A detective hunts thieves.,"Crime, Drama",Heat\n'
    assert read_csv(text) == [HEAT_ROW]


def test_it_reads_a_header_without_movies(read_csv):
    assert read_csv(HEADER) == []


@pytest.mark.parametrize(
    "title", ["None", "NA", "nan", "null", "#VALUE!", "2012", "[REC]", 'The "Burbs"', "Crouching Tiger, Hidden Dragon"]
)
def test_it_takes_titles_at_their_word(read_csv, title):
    assert [row.title for row in read_csv(f"{HEADER}\n{heat(title=title)}")] == [title]


@pytest.mark.parametrize("absent", ["", " ", "N/A", "NA", "nan", "NULL", "none", "-", "Not Specified"])
def test_it_reads_absent_numbers_as_none(read_csv, absent):
    (row,) = read_csv(
        f"{HEADER}\n{heat(revenue=absent, metascore=absent, runtime=absent, rating=absent, votes=absent)}"
    )
    assert (row.revenue_usd, row.metascore, row.runtime_minutes, row.imdb_rating, row.imdb_votes) == (None,) * 5


@pytest.mark.parametrize(
    ("text", "dollars"), [("0", 0), ("0.0", 0), ("333.13", 333_130_000), ("936.63", 936_630_000), ("0.01", 10_000)]
)
def test_it_reads_revenue_to_the_dollar(read_csv, text, dollars):
    assert read_csv(f"{HEADER}\n{heat(revenue=text)}")[0].revenue_usd == dollars


def test_it_cleans_texts(read_csv):
    (row,) = read_csv(
        f"{HEADER}\n" + heat(title="  He\tat ", actors="A,  B ,,A,Ame\u0301lie", description="one\ntwo\u00a0three")
    )
    assert (row.title, row.actors, row.description) == ("He at", ("A", "B", "Amélie"), "one two three")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("title", ""),
        ("title", "x" * 301),
        ("title", "a\x07b"),
        ("year", ""),
        ("year", "1700"),
        ("year", "95"),
        ("year", "1995.5"),
        ("year", "٢٠٠٨"),
    ],
)
def test_it_skips_a_row_of_which_nobody_can_say_what_movie_it_is(read_csv, column, value):
    first, error, last = read_csv(f"{HEADER}\n{HEAT}\n{heat(**{column: value})}{HEAT}")
    assert isinstance(error, RowError)
    assert (error.line, error.field.split(" ")[0].lower()) == (3, column)
    assert error.value.strip()[:20] == value[:20]
    assert error.reason
    assert (first.line, last.line) == (2, 4)


@pytest.mark.parametrize(
    ("column", "fact", "value"),
    [
        ("runtime", "runtime_minutes", "0"),
        ("runtime", "runtime_minutes", "-5"),
        ("runtime", "runtime_minutes", "two hours"),
        ("runtime", "runtime_minutes", "99999"),
        ("rating", "imdb_rating", "11"),
        ("rating", "imdb_rating", "inf"),
        ("rating", "imdb_rating", "1e1"),
        ("rating", "imdb_rating", "-1"),
        ("rating", "imdb_rating", "8.33"),
        ("votes", "imdb_votes", "-1"),
        ("votes", "imdb_votes", "9" * 12),
        ("votes", "imdb_votes", "1" + "0" * 30),
        ("votes", "imdb_votes", "$5.16M"),
        ("votes", "imdb_votes", "1,23"),
        ("revenue", "revenue_usd", "-1"),
        ("revenue", "revenue_usd", "9999999999"),
        ("metascore", "metascore", "101"),
        ("metascore", "metascore", "7.5"),
        ("director", "directors", "x" * 201),
        ("actors", "actors", "a\x07b"),
        ("description", "description", "x" * 10_001),
        ("description", "description", "x" * 200_000),
    ],
)
def test_it_leaves_out_an_impossible_cell_and_says_which(read_csv, column, fact, value):
    first, movie, last = read_csv(f"{HEADER}\n{HEAT}\n{heat(**{column: value})}{HEAT}")
    (repair,) = movie.repairs
    facts = {field.name: getattr(HEAT_ROW, field.name) for field in fields(MovieRow) if field.name != fact}
    assert movie == MovieRow(**facts | {"line": 3, "repairs": (repair,)})
    assert repair.field.split(" ")[0].lower() == column
    assert repair.value.strip()[:20] == value[:20]
    assert repair.reason.startswith("left out: ")
    assert (first.line, last.line) == (2, 4)


def test_it_skips_a_row_most_of_whose_cells_make_no_sense(read_csv):
    (error,) = read_csv(f"{HEADER}\n{heat(runtime='x', rating='x', votes='x', metascore='x')}")
    assert isinstance(error, RowError)
    assert (error.field, error.value) == ("Runtime (Minutes)", "x")
    assert "3 more" in error.reason


@pytest.mark.parametrize(
    ("column", "value", "fact", "number"),
    [
        ("metascore", "76.0", "metascore", 76),
        ("year", "1995.0", "year", 1995),
        ("runtime", "170.0", "runtime_minutes", 170),
        ("runtime", "170 min", "runtime_minutes", 170),
        ("votes", "700,000", "imdb_votes", 700_000),
        ("votes", "700000.00", "imdb_votes", 700_000),
        ("rating", "8", "imdb_rating", 8),
        ("rating", "8.300", "imdb_rating", Decimal("8.3")),
        ("revenue", "1,067.44", "revenue_usd", 1_067_440_000),
    ],
)
def test_it_reads_numbers_as_people_and_programs_write_them(read_csv, column, value, fact, number):
    (movie,) = read_csv(f"{HEADER}\n{heat(**{column: value})}")
    assert getattr(movie, fact) == number
    assert not movie.repairs


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_it_reads_decimal_commas_where_the_file_has_them(read_csv, separator):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    for line in (HEADER, heat(rating="8,3", revenue="1.067,44", votes="700.000")):
        writer.writerow(next(csv.reader([line])))
    (movie,) = read_csv(text.getvalue())
    assert (movie.imdb_rating, movie.revenue_usd, movie.imdb_votes) == (Decimal("8.3"), 1_067_440_000, 700_000)


def test_it_reads_a_file_without_its_header(read_csv):
    assert read_csv(f"{HEAT}\n{HEAT}") == [replace(HEAT_ROW, line=1), replace(HEAT_ROW, line=2)]


def test_it_reads_rows_that_stand_in_quotes_as_a_whole(read_csv):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for line in (HEADER, HEAT):
        writer.writerow([line])
    assert read_csv(text.getvalue()) == [HEAT_ROW]


def test_it_counts_lines_as_an_editor_does(read_csv):
    text = f"\n\n{HEADER}\r\n\r\n{heat(description='a' + chr(10) + 'b' + chr(13) + chr(10) + 'c')}\n\n{HEAT}\n{heat(year='x')}"
    rows = read_csv(text)
    assert [row.line for row in rows] == [5, 10, 11]
    assert isinstance(rows[2], RowError)


def test_it_ignores_rows_without_any_word(read_csv):
    assert [row.line for row in read_csv(f"{HEADER}\n,,,,,,,,,,,\n   \n{HEAT}")] == [4]


def test_it_reads_in_bounded_memory(tmp_path):
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write(f"{HEADER}\n")
        file.writelines(f"{HEAT}\n" for _ in range(20_000))
    rows = open_dataset(path).rows()
    next(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in rows) == 19_999
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kilobytes


def test_it_tells_how_far_it_is(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text(f"{HEADER}\n{HEAT}\n")
    dataset = open_dataset(path)
    assert (dataset.source, dataset.size, dataset.position()) == ("imdb-2006-2016", path.stat().st_size, 0)
    rows = dataset.rows()
    next(rows)
    assert dataset.position() == dataset.size


letters = st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Co", "Cn"], exclude_characters=",\ufffd")

words = st.text(letters, min_size=1, max_size=10)

# "none" and "N/A" in place of people or of a description are nobody and nothing; some characters end names.
present = words.filter(lambda word: word.casefold() not in cells.ABSENT)

names = st.lists(present.filter(lambda word: set("|;/[").isdisjoint(word)), max_size=3, unique=True).map(tuple)

valid_movies = st.fixed_dictionaries({
    "title": words, "genres": names, "description": present, "directors": names, "actors": names,
    "year": st.integers(1888, 2100), "runtime_minutes": st.none() | st.integers(1, 999),
    "imdb_rating": st.none() | st.decimals(0, 10, places=1), "imdb_votes": st.none() | st.integers(0, 10**9),
    "revenue_usd": st.none() | st.integers(0, 10**5).map(lambda n: n * 10_000),
    "metascore": st.none() | st.integers(0, 100),
})  # fmt: skip


def as_cells(movie):
    millions = "" if movie["revenue_usd"] is None else str(Decimal(movie["revenue_usd"]) / 1_000_000)
    numbers = [
        "" if movie[name] is None else str(movie[name]) for name in ("runtime_minutes", "imdb_rating", "imdb_votes")
    ]
    return [
        "1", movie["title"], ",".join(movie["genres"]), movie["description"], ",".join(movie["directors"]),
        ", ".join(movie["actors"]), str(movie["year"]), *numbers, f"{Decimal(millions):f}" if millions else "",
        "" if movie["metascore"] is None else str(movie["metascore"]),
    ]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    movies=st.lists(
        valid_movies.filter(lambda movie: not any(repaired(cell)[1] for cell in as_cells(movie))), max_size=5
    ),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    trailing=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_it_reads_back_whatever_was_written(read_csv, movies, separator, end, quoting, trailing, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)
    for row in [HEADER.split(","), *map(as_cells, movies)]:
        writer.writerow(row + [""] * trailing)
    rows = read_csv(text.getvalue(), encoding)
    expected = [
        {name: _normal(value) for name, value in movie.items()} | {"line": line}
        for line, movie in enumerate(movies, start=2)
    ]
    assert [{name: getattr(row, name) for name in movie} for row, movie in zip(rows, expected, strict=True)] == expected


def _normal(value):
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(normalize("NFC", part) for part in value))
    return normalize("NFC", value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", ["IMDB-Movie-Data.csv", "IMDB-Movie-Data.kaggle-crlf.csv"])
def test_it_reads_the_real_file(name, real_files):
    rows = list(open_dataset(real_files / name).rows())
    assert len(rows) == 1000
    assert sum(row.revenue_usd is None for row in rows) == 128
    assert sum(row.metascore is None for row in rows) == 64
    assert sum("Drama" in row.genres for row in rows) == 513
    assert [row.line for row in rows if row.repairs] == ([358, 880, 972] if name == "IMDB-Movie-Data.csv" else [])


@pytest.mark.parametrize("name", ["IMDB-Movie-Data.notspecified.csv", "IMDB-Movie-Data.semicolon.csv"])
def test_it_reads_other_copies_of_the_real_file(name, real_files):
    rows = list(open_dataset(real_files / name).rows())
    assert len(rows) == 1000
    assert not [row for row in rows if row.repairs]
    assert sum(row.metascore is not None for row in rows) >= 930
