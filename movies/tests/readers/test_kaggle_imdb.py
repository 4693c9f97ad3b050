import csv
import io
import os
import resource
from decimal import Decimal
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies.importing.readers import cells, open_dataset
from movies.importing.readers.rows import DatasetError, MovieRow, RowError

HEADER = "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"
HEAT = '1,Heat,"Crime,Drama","A detective hunts thieves.",Michael Mann,"Al Pacino,Robert De Niro",1995,170,8.3,700000,67.44,76'
HEAT_ROW = MovieRow(
    line=2,
    title="Heat",
    year=1995,
    genres=("Crime", "Drama"),
    directors=("Michael Mann",),
    actors=("Al Pacino", "Robert De Niro"),
    description="A detective hunts thieves.",
    runtime_minutes=170,
    imdb_rating=Decimal("8.3"),
    imdb_votes=700_000,
    revenue_usd=67_440_000,
    metascore=76,
)


@pytest.fixture
def read(tmp_path):
    def read(text, encoding="utf-8"):
        path = tmp_path / "films.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return list(open_dataset(path).rows())

    return read


def heat(**changes):
    """Heat's line with other cells, properly quoted."""
    columns = HEADER.split(",")
    cells = dict(zip(columns, next(csv.reader([HEAT])), strict=True))
    named = {name.split(" ")[0].lower(): name for name in columns}
    cells |= {named[name]: value for name, value in changes.items()}
    line = io.StringIO()
    csv.writer(line).writerow(cells.values())
    return line.getvalue()


def test_it_reads_a_movie(read):
    assert read(f"{HEADER}\n{HEAT}\n") == [HEAT_ROW]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "\n", "\r\n\r\n"])
def test_it_reads_any_line_ends(read, end, last):
    assert read(f"{HEADER}{end}{HEAT}{end}{HEAT}{last}") == [HEAT_ROW, replaced(HEAT_ROW, line=3)]


def replaced(row, **changes):
    return MovieRow(**{name: getattr(row, name) for name in row.__slots__} | changes)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("trailing", [False, True])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_it_reads_any_way_of_writing_the_file(read, separator, trailing, quoting, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=quoting)
    for line in (HEADER, HEAT.replace("Michael Mann", "Médéric Müñn")):
        writer.writerow(next(csv.reader([line])) + [""] * trailing)
    assert read(text.getvalue(), encoding) == [replaced(HEAT_ROW, directors=("Médéric Müñn",))]


def test_it_finds_columns_by_name(read):
    text = 'extra,METASCORE,Revenue,Votes,rating,Runtime,Year,Actors,Director,Description,Genre,Title\n"",76,67.44,700000,8.3,170,1995,"Al Pacino, Robert De Niro",Michael Mann,A detective hunts thieves.,"Crime, Drama",Heat\n'
    assert read(text) == [HEAT_ROW]


def test_it_reads_a_header_without_movies(read):
    assert read(HEADER) == []


@pytest.mark.parametrize(
    "title", ["None", "NA", "nan", "null", "#VALUE!", "2012", "[REC]", 'The "Burbs"', "Crouching Tiger, Hidden Dragon"]
)
def test_it_takes_titles_at_their_word(read, title):
    assert [row.title for row in read(f"{HEADER}\n{heat(title=title)}")] == [title]


@pytest.mark.parametrize("absent", ["", " ", "N/A", "NA", "nan", "NULL", "none", "-", "Not Specified"])
def test_it_reads_absent_numbers_as_none(read, absent):
    (row,) = read(f"{HEADER}\n{heat(revenue=absent, metascore=absent, runtime=absent, rating=absent, votes=absent)}")
    assert (row.revenue_usd, row.metascore, row.runtime_minutes, row.imdb_rating, row.imdb_votes) == (None,) * 5


@pytest.mark.parametrize(
    ("text", "dollars"), [("0", 0), ("0.0", 0), ("333.13", 333_130_000), ("936.63", 936_630_000), ("0.01", 10_000)]
)
def test_it_reads_revenue_to_the_dollar(read, text, dollars):
    assert read(f"{HEADER}\n{heat(revenue=text)}")[0].revenue_usd == dollars


def test_it_cleans_texts(read):
    (row,) = read(
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
def test_it_skips_a_row_of_which_nobody_can_say_what_film_it_is(read, column, value):
    first, error, last = read(f"{HEADER}\n{HEAT}\n{heat(**{column: value})}{HEAT}")
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
def test_it_leaves_out_an_impossible_cell_and_says_which(read, column, fact, value):
    first, movie, last = read(f"{HEADER}\n{HEAT}\n{heat(**{column: value})}{HEAT}")
    (repair,) = movie.repairs
    assert movie == MovieRow(
        **{name: getattr(HEAT_ROW, name) for name in MovieRow.__slots__ if name != fact}
        | {"line": 3, "repairs": (repair,)}
    )
    assert repair.field.split(" ")[0].lower() == column
    assert repair.value.strip()[:20] == value[:20]
    assert repair.reason.startswith("left out: ")
    assert (first.line, last.line) == (2, 4)


def test_it_skips_a_row_most_of_whose_cells_make_no_sense(read):
    (error,) = read(f"{HEADER}\n{heat(runtime='x', rating='x', votes='x', metascore='x')}")
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
def test_it_reads_numbers_as_people_and_programs_write_them(read, column, value, fact, number):
    (movie,) = read(f"{HEADER}\n{heat(**{column: value})}")
    assert getattr(movie, fact) == number
    assert not movie.repairs


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_it_reads_decimal_commas_where_the_file_has_them(read, separator):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    for line in (HEADER, heat(rating="8,3", revenue="1.067,44", votes="700.000")):
        writer.writerow(next(csv.reader([line])))
    (movie,) = read(text.getvalue())
    assert (movie.imdb_rating, movie.revenue_usd, movie.imdb_votes) == (Decimal("8.3"), 1_067_440_000, 700_000)


def test_it_reads_a_file_without_its_header(read):
    assert read(f"{HEAT}\n{HEAT}") == [replaced(HEAT_ROW, line=1), replaced(HEAT_ROW, line=2)]


def test_it_reads_rows_that_stand_in_quotes_as_a_whole(read):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for line in (HEADER, HEAT):
        writer.writerow([line])
    assert read(text.getvalue()) == [HEAT_ROW]


@pytest.mark.parametrize("trailing", ["", ","])
@pytest.mark.parametrize("tail", ["67.44,76", ",", "67.44,", ",76"])
@pytest.mark.parametrize(
    "description",
    [
        "Two men, one city and a long night of waiting for each other.",
        "One, two and three, all of them thieves in the night of the city.",
    ],
)
def test_it_mends_an_unquoted_comma_in_the_description(read, trailing, tail, description):
    broken = f'5,Heat,"Crime,Drama",{description},Michael Mann,"Al Pacino,Robert De Niro",1995,170,8.3,700000,{tail}'
    revenue, metascore = tail.split(",")
    (row,) = read(f"{HEADER}{trailing}\n{broken}{trailing}")
    assert row == replaced(
        HEAT_ROW,
        description=description,
        revenue_usd=67_440_000 if revenue else None,
        metascore=76 if metascore else None,
        repairs=row.repairs,
        doubtful=("description",),
    )
    (repair,) = row.repairs
    assert repair.field == "Description"
    assert "joined again" in repair.reason


def test_it_mends_a_row_that_lost_the_comma_at_its_end(read):
    broken = '5,Heat,"Crime,Drama",A long night in the city, and nobody sleeps in it,Michael Mann,Al Pacino,1995,170,8.3,700000,,'
    (row,) = read(f"{HEADER},\n{broken}")
    assert (row.directors, row.year, row.revenue_usd, row.metascore) == (("Michael Mann",), 1995, None, None)


@pytest.mark.parametrize(
    "broken",
    [
        '5,Crouching Tiger, Hidden Dragon,"Crime,Drama",A sword.,Ang Lee,Chow Yun-Fat,2000,120,7.9,1,1,1',
        "5,Heat,Crime,Drama,Thieves.,Michael Mann,Al Pacino,1995,170,8.3,700000,67.44,76",
        '5,Heat,"Crime,Drama",Thieves, Cops,Michael Mann,Al Pacino,1995,170,8.3,700000,67.44,76',
        "5,Heat,Crime",
        "5" + ",x" * 30,
        "5" + ",x" * 200,
        '5,Heat,"Crime,Drama",Thieves.,Michael Mann,Al Pacino,Robert De Niro,1995,170,8.3,700000,67.44',
    ],
)
def test_it_never_guesses(read, broken):
    """Either the one reading that makes sense, or an error: nothing shifted."""
    first, row, last = read(f"{HEADER}\n{HEAT}\n{broken}\n{HEAT}")
    assert (first.title, last.title, last.line) == ("Heat", "Heat", 4)
    if isinstance(row, MovieRow):
        assert row.title in ("Heat", "Crouching Tiger, Hidden Dragon")
        assert set(row.directors) <= {"Michael Mann", "Ang Lee"}
        assert row.repairs
    else:
        assert row.line == 3


def test_it_counts_lines_as_an_editor_does(read):
    text = f"\n\n{HEADER}\r\n\r\n{heat(description='a' + chr(10) + 'b' + chr(13) + chr(10) + 'c')}\n\n{HEAT}\n{heat(year='x')}"
    rows = read(text)
    assert [row.line for row in rows] == [5, 10, 11]
    assert isinstance(rows[2], RowError)


def test_it_ignores_rows_without_any_word(read):
    assert [row.line for row in read(f"{HEADER}\n,,,,,,,,,,,\n   \n{HEAT}")] == [4]


@pytest.mark.parametrize("lines", [0, 3, 5_000])
def test_it_goes_on_behind_a_quote_that_is_never_closed(read, lines):
    plain = HEAT.replace('"', "").replace(",Drama", "").replace(",Robert De Niro", "")
    rows = read(f'{HEADER}\n{HEAT}\n3,"Open' + f"\n{plain}" * lines)
    quote = rows.pop(1)
    assert isinstance(quote, RowError)
    assert (quote.line, quote.reason) == (3, "a quote is opened and never closed")
    assert [row.line for row in rows] == [2, *range(4, 4 + lines)]
    assert {row.title for row in rows} == {"Heat"}


def test_it_takes_no_two_films_in_a_quote_for_one(read):
    rows = read(f'{HEADER}\n{HEAT}\n3,"Open\n{HEAT}\n{HEAT}')
    assert [type(row) for row in rows] == [MovieRow, RowError, MovieRow]
    assert (rows[1].line, rows[1].field) == (3, "Title")
    assert "never closed" in rows[1].reason


def test_it_gives_up_where_a_quote_swallows_far_more_than_a_film(read):
    with pytest.raises(DatasetError, match=r"opened in or after line [23] and never closed"):
        read(f'{HEADER}\n{HEAT}\n3,"Open' + ("\n" + "x" * 1000) * 70_000)


@pytest.mark.parametrize("title", ['5" Disk', '"Up" again', 'a"b"c', '"""Up"""', 'Up"', '""'])
def test_it_loses_no_row_over_quotes_in_odd_places(read, title):
    rows = read(f"{HEADER}\n{HEAT.replace('Heat', title)}\n{HEAT}")
    assert [row.line for row in rows] == [2, 3]
    assert rows[1].title == "Heat"


@pytest.mark.parametrize("character", ["\0", "\x1e", "\x01"])
def test_it_skips_a_row_with_a_control_character(read, character):
    rows = read(f"{HEADER}\n{HEAT.replace('Heat', f'He{character}at')}\n{HEAT}")
    assert [type(row) for row in rows] == [RowError, MovieRow]
    assert rows[0].field == "Title"


def test_it_does_not_trust_a_row_that_breaks_off(read):
    _, cut = read(f"{HEADER}\n{HEAT}\n{HEAT[:-10]}")
    assert isinstance(cut, RowError)
    assert "of 12" in cut.reason or "for 12" in cut.reason


def test_it_refuses_lines_of_absurd_length(read):
    with pytest.raises(DatasetError, match="characters"):
        read(f"{HEADER}\n{HEAT}\n{'x' * 3_000_000}")


def test_it_takes_a_file_for_utf_8_in_which_somebody_else_has_lost_a_letter(read):
    """U+FFFD stands where another program could not read a byte; it is UTF-8 like any other letter."""
    lost = HEAT.replace("Heat", "Lost").replace("A detective", "A d\ufffdtective")
    assert "\ufffd" in lost
    first, second = read(f"{HEADER}\n{lost}\n{HEAT}", "utf-8")
    assert (first.title, first.description) == ("Lost", "")
    assert [repair.field for repair in first.repairs] == ["Description"]
    assert second.description


def test_it_skips_rows_of_absurd_width(read):
    first, wide, last = read(f"{HEADER}\n{HEAT}\n{',x' * 100_000}\n{HEAT}")
    assert isinstance(wide, RowError)
    assert (first.line, wide.line, last.line) == (2, 3, 4)


def test_it_skips_a_first_row_of_absurd_width(read):
    assert [type(row) for row in read(f"{HEADER}\n{',x' * 100_000}\n{HEAT}")] == [RowError, MovieRow]


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
names = st.lists(words.filter(lambda word: word.casefold() not in cells._ABSENT), max_size=3, unique=True).map(
    tuple
)  # "none" and "N/A" in place of people are nobody
valid_movies = st.fixed_dictionaries({
    "title": words, "genres": names, "description": words, "directors": names, "actors": names,
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


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    movies=st.lists(valid_movies, max_size=5),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    trailing=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_it_reads_back_whatever_was_written(read, movies, separator, end, quoting, trailing, encoding):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)
    for row in [HEADER.split(","), *map(as_cells, movies)]:
        writer.writerow(row + [""] * trailing)
    rows = read(text.getvalue(), encoding)
    expected = [
        {name: _normal(value) for name, value in movie.items()} | {"line": line}
        for line, movie in enumerate(movies, start=2)
    ]
    assert [{name: getattr(row, name) for name in movie} for row, movie in zip(rows, expected, strict=True)] == expected


def _normal(value):
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(normalize("NFC", part) for part in value))
    return normalize("NFC", value) if isinstance(value, str) else value


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(alphabet='abc19,.;"\n\r\t\0 é', max_size=300).map(str.encode), st.booleans())
def test_it_never_fails_otherwise_than_it_promises(read, content, below_header):
    try:
        rows = read(HEADER.encode() + b"\n" + content if below_header else content)
    except DatasetError as error:
        assert str(error)
    else:
        assert all(isinstance(row, MovieRow | RowError) for row in rows)


@pytest.mark.skipif("SHARED_DATA" not in os.environ, reason="SHARED_DATA names no folder with the real files")
@pytest.mark.parametrize("name", ["IMDB-Movie-Data.csv", "IMDB-Movie-Data.kaggle-crlf.csv"])
def test_it_reads_the_real_file(name):
    rows = list(open_dataset(Path(os.environ["SHARED_DATA"]) / name).rows())
    assert len(rows) == 1000
    assert sum(row.revenue_usd is None for row in rows) == 128
    assert sum(row.metascore is None for row in rows) == 64
    assert sum("Drama" in row.genres for row in rows) == 513
    assert [row.line for row in rows if row.repairs] == ([358, 880, 972] if name == "IMDB-Movie-Data.csv" else [])


@pytest.mark.skipif("SHARED_DATA" not in os.environ, reason="SHARED_DATA names no folder with the real files")
@pytest.mark.parametrize("name", ["IMDB-Movie-Data.notspecified.csv", "IMDB-Movie-Data.semicolon.csv"])
def test_it_reads_other_copies_of_the_real_file(name):
    rows = list(open_dataset(Path(os.environ["SHARED_DATA"]) / name).rows())
    assert len(rows) == 1000
    assert not [row for row in rows if row.repairs]
    assert sum(row.metascore is not None for row in rows) >= 930
