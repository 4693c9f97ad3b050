"""Malformed files: readable rows are read, and the others are reported."""

import time
from dataclasses import replace
from itertools import chain, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movies.importing.readers.records import records
from movies.importing.readers.rows import DatasetError, MovieRow, NotAMovie, RowError
from movies.tests.readers.heat import HEADER, HEAT, HEAT_ROW, heat


@pytest.mark.parametrize("trailing", ["", ","])
@pytest.mark.parametrize("tail", ["67.44,76", ",", "67.44,", ",76"])
@pytest.mark.parametrize(
    "description",
    [
        "Two men, one city and a long night of waiting for each other.",
        "One, two and three, all of them thieves in the night of the city.",
    ],
)
def test_it_mends_an_unquoted_comma_in_the_description(read_csv, trailing, tail, description):
    broken = f'5,Heat,"Crime,Drama",{description},Michael Mann,"Al Pacino,Robert De Niro",1995,170,8.3,700000,{tail}'
    revenue, metascore = tail.split(",")
    (row,) = read_csv(f"{HEADER}{trailing}\n{broken}{trailing}")
    assert row == replace(
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


def test_it_mends_a_row_that_lost_the_comma_at_its_end(read_csv):
    broken = '5,Heat,"Crime,Drama",A long night in the city, and nobody sleeps in it,Michael Mann,Al Pacino,1995,170,8.3,700000,,'
    (row,) = read_csv(f"{HEADER},\n{broken}")
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
def test_it_never_guesses(read_csv, broken):
    """Either the only sensible reading, or an error; no cell lands in another column."""
    first, row, last = read_csv(f"{HEADER}\n{HEAT}\n{broken}\n{HEAT}")
    assert (first.title, last.title, last.line) == ("Heat", "Heat", 4)
    if isinstance(row, MovieRow):
        assert row.title in ("Heat", "Crouching Tiger, Hidden Dragon")
        assert set(row.directors) <= {"Michael Mann", "Ang Lee"}
        assert row.repairs
    else:
        assert row.line == 3


@pytest.mark.parametrize("lines", [0, 3, 15_000])
def test_it_goes_on_behind_a_quote_that_is_never_closed(read_csv, lines):
    plain = HEAT.replace('"', "").replace(",Drama", "").replace(",Robert De Niro", "")
    rows = read_csv(f'{HEADER}\n{HEAT}\n3,"Open' + f"\n{plain}" * lines)
    quote = rows.pop(1)
    assert isinstance(quote, RowError)
    assert (quote.line, quote.reason) == (3, "a quote is opened and never closed")
    assert [row.line for row in rows] == [2, *range(4, 4 + lines)]
    assert {row.title for row in rows} == {"Heat"}


def test_it_takes_no_two_movies_in_a_quote_for_one(read_csv):
    rows = read_csv(f'{HEADER}\n{HEAT}\n3,"Open\n{HEAT}\n{HEAT}')
    assert [type(row) for row in rows] == [MovieRow, RowError, MovieRow]
    assert (rows[1].line, rows[1].field) == (3, "Title")
    assert "never closed" in rows[1].reason


@pytest.mark.parametrize("before", [1998, 1999, 2000])  # 2,000 lines are read at once
def test_it_keeps_count_of_lines_where_a_record_runs_over_the_end_of_a_chunk(read_csv, before):
    on_two_lines = heat(description="A detective\nhunts thieves.")
    rows = read_csv(f"{HEADER}\n" + f"{HEAT}\n" * before + on_two_lines + f"{HEAT}\n" * 2001)
    assert [row.line for row in rows] == [*range(2, before + 3), *range(before + 4, before + 2005)]
    assert {replace(row, line=2) for row in rows} == {HEAT_ROW}


def test_it_looks_for_the_end_of_a_quote_in_a_bounded_part_of_a_file():
    taken = iter(range(10**9))
    lines = chain(['3,"Open\n'], (f"{number},y\n" for number in taken))
    quote, after, *_ = islice(chain.from_iterable(records(lines, ",", width=12, first_line=3)), 3000)
    assert (quote.line, quote.cells, quote.unclosed) == (3, ["3", "Open"], True)
    assert (after.line, after.cells, after.unclosed) == (4, ["0", "y"], False)
    assert next(taken) < 1_000_000


def test_it_refuses_a_file_in_which_too_many_rows_in_a_row_cannot_be_used(read_csv, monkeypatch, tmp_path):
    monkeypatch.setattr("movies.importing.readers.MAX_UNUSABLE_ROWS", 3)
    broken, sound = HEAT.replace("1995", "soon"), f"{HEAT}\n"
    assert len(read_csv(f"{HEADER}\n{sound}" + f"{broken}\n{broken}\n{sound}" * 3)) == 10
    words = r"beyond line 5: 3 consecutive rows .*The first of them is in line 3 \(Year 'soon': not a whole number\)"
    with pytest.raises(DatasetError, match=words):
        read_csv(f"{HEADER}\n{sound}" + f"{broken}\n" * 4 + sound)


def test_it_takes_rows_that_are_no_movies_for_sound_ones(read_csv, monkeypatch):
    monkeypatch.setattr("movies.importing.readers.MAX_UNUSABLE_ROWS", 3)
    header = "tconst\ttitleType\tprimaryTitle\tstartYear\truntimeMinutes\tgenres"
    rows = [f"tt000000{n}\t{'tvSeries' if n % 2 else 'movie'}\tA\tsoon\t1\tDrama" for n in range(9)]
    assert {type(row) for row in read_csv("\n".join([header, *rows]))} == {RowError, NotAMovie}


def test_it_refuses_a_header_with_far_too_many_columns(read_csv):
    with pytest.raises(DatasetError, match=r"films\.csv has more than 1,000 columns"):
        read_csv(f"{HEADER}{',x' * 1000}\n{HEAT}")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("runtime (minutes)", f"1{' ' * 500_000}2"),
        ("rating", f"8.3{' ' * 500_000}"),
        ("director", "A," * 250_000),
        ("description", "(" * 500_000),
    ],
)
def test_it_reads_a_huge_cell_in_no_time(read_csv, name, cell):
    begun = time.process_time()
    (movie,) = read_csv(f"{HEADER}\n{heat(**{name.split()[0]: cell})}")
    assert movie.title == "Heat"
    assert time.process_time() - begun < 20


def test_it_reads_a_header_of_brackets_in_no_time(read_csv):
    begun = time.process_time()
    with pytest.raises(DatasetError, match="does not have the columns"):
        read_csv("(" * 60_000)
    assert time.process_time() - begun < 20


def test_it_loses_no_row_behind_many_long_lines(read_csv):
    rows = read_csv(f"{HEADER}\n{HEAT}\n" + f"{'x' * 1_000_000}\n" * 70 + HEAT)
    assert [row.line for row in rows] == list(range(2, 74))
    assert {type(row) for row in rows[1:-1]} == {RowError}
    assert rows[-1] == replace(HEAT_ROW, line=73)


def test_it_skips_a_long_line_that_is_all_in_quotes(read_csv):
    long, movie = read_csv(f'{HEADER}\n"1,{"x" * 200_000}"\n{HEAT}')
    assert isinstance(long, RowError)
    assert movie == replace(HEAT_ROW, line=3)


def test_it_reads_cells_between_double_colons(read_csv):
    plain = HEAT.replace('"', "").replace(",Drama", "").replace(",Robert De Niro", "")
    (movie,) = read_csv(f"{HEADER}\n{plain}".replace(",", "::"))
    assert movie == replace(HEAT_ROW, genres=("Crime",), actors=("Al Pacino",))


@pytest.mark.parametrize("title", ['5" Disk', '"Up" again', 'a"b"c', '"""Up"""', 'Up"', '""'])
def test_it_loses_no_row_over_quotes_in_odd_places(read_csv, title):
    rows = read_csv(f"{HEADER}\n{HEAT.replace('Heat', title)}\n{HEAT}")
    assert [row.line for row in rows] == [2, 3]
    assert rows[1].title == "Heat"


@pytest.mark.parametrize("character", ["\0", "\x1e", "\x01"])
def test_it_skips_a_row_with_a_control_character(read_csv, character):
    rows = read_csv(f"{HEADER}\n{HEAT.replace('Heat', f'He{character}at')}\n{HEAT}")
    assert [type(row) for row in rows] == [RowError, MovieRow]
    assert rows[0].field == "Title"


def test_it_does_not_trust_a_row_that_breaks_off(read_csv):
    _, cut = read_csv(f"{HEADER}\n{HEAT}\n{HEAT[:-10]}")
    assert isinstance(cut, RowError)
    assert "of 12" in cut.reason or "for 12" in cut.reason


def test_it_refuses_lines_of_absurd_length(read_csv):
    with pytest.raises(DatasetError, match="characters"):
        read_csv(f"{HEADER}\n{HEAT}\n{'x' * 3_000_000}")


def test_it_takes_a_file_for_utf_8_in_which_somebody_else_has_lost_a_letter(read_csv):
    """Another program wrote U+FFFD for a byte that it could not decode. It is valid UTF-8."""
    lost = HEAT.replace("Heat", "Lost").replace("A detective", "A d\ufffdtective")
    assert "\ufffd" in lost
    first, second = read_csv(f"{HEADER}\n{lost}\n{HEAT}", "utf-8")
    assert (first.title, first.description) == ("Lost", "")
    assert [repair.field for repair in first.repairs] == ["Description"]
    assert second.description


def test_it_skips_rows_of_absurd_width(read_csv):
    first, wide, last = read_csv(f"{HEADER}\n{HEAT}\n{',x' * 100_000}\n{HEAT}")
    assert isinstance(wide, RowError)
    assert (first.line, wide.line, last.line) == (2, 3, 4)


def test_it_skips_a_first_row_of_absurd_width(read_csv):
    assert [type(row) for row in read_csv(f"{HEADER}\n{',x' * 100_000}\n{HEAT}")] == [RowError, MovieRow]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(alphabet='abc19,.;"\n\r\t\0 é', max_size=300).map(str.encode), st.booleans())
def test_it_never_fails_otherwise_than_it_promises(read_csv, content, below_header):
    try:
        rows = read_csv(HEADER.encode() + b"\n" + content if below_header else content)
    except DatasetError as error:
        assert str(error)
    else:
        assert all(isinstance(row, MovieRow | RowError) for row in rows)
