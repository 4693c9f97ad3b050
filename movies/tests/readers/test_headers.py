"""Headers of several lines, and other lines before the header."""

from dataclasses import replace

import pytest

from movies.importing.readers.rows import DatasetError
from movies.tests.readers.heat import HEADER, HEAT, HEAT_ROW


def separated(text, separator):
    """The same cells between other separators; those in quotes keep their commas."""
    parts = text.split('"')
    parts[::2] = [part.replace(",", separator) for part in parts[::2]]
    return '"'.join(parts)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line", ["sep={}", "SEP={}", '"sep={}"'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_it_takes_the_separator_from_excels_line(read_csv, end, separator, line, encoding):
    text = end.join([line.format(separator), separated(HEADER, separator), separated(HEAT, separator)])
    assert read_csv(text, encoding) == [replace(HEAT_ROW, line=3)]


def test_it_believes_excels_line_more_than_the_header(read_csv):
    header = separated(HEADER, ";").replace("Rank", "Rank|||||||||||||||")
    assert read_csv(f"sep=;\n{header}\n{separated(HEAT, ';')}") == [replace(HEAT_ROW, line=3)]


def test_it_reads_a_file_without_its_header_below_excels_line(read_csv):
    assert read_csv(f"sep=,\n{HEAT}") == [HEAT_ROW]


@pytest.mark.parametrize(
    "comments",
    [
        ["# Films of 2006 to 2016"],
        ["# Films, of 2006, to 2016, and others"],
        ["// made by a program"],
        ['"# Films, of 2006"'],
        ["# One", "", "# Two", "#"],
        ["# Films" + "," * 11],
        ["# sep=;"],
        ["# Films", "sep=,"],
        ["sep=,", "# Films"],
    ],
)
def test_it_passes_over_comments_above_the_header(read_csv, comments):
    text = "\n".join([*comments, HEADER, HEAT, HEAT])
    line = len(comments) + 2
    assert read_csv(text) == [replace(HEAT_ROW, line=line), replace(HEAT_ROW, line=line + 1)]


@pytest.mark.parametrize("first", ["#", "# Rank", "#Rank", "// Rank"])
def test_it_takes_a_header_for_no_comment(read_csv, first):
    assert read_csv(f"{HEADER.replace('Rank', first)}\n{HEAT}") == [HEAT_ROW]


def test_it_refuses_a_file_of_comments(read_csv):
    with pytest.raises(DatasetError, match="names '# One'"):
        read_csv("# One\n# Two\n")


def test_it_takes_no_row_for_a_comment(read_csv):
    first, last = read_csv(f"{HEADER}\n{HEAT.replace('1,', '#1,', 1)}\n{HEAT}")
    assert (first.title, first.line, last.line) == ("Heat", 2, 3)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_it_reads_line_breaks_within_the_header(read_csv, end, separator):
    header = HEADER.replace("Runtime (Minutes)", f'"Runtime{end}(Minutes)"').replace("Rank", f'"Rank{end}{end}of it"')
    text = f"{separated(header, separator)}{end}{separated(HEAT, separator)}{end}{separated(HEAT, separator)}"
    assert read_csv(text) == [replace(HEAT_ROW, line=5), replace(HEAT_ROW, line=6)]


def test_it_reads_a_header_on_two_lines_without_movies(read_csv):
    assert read_csv(HEADER.replace("Metascore", '"Meta\nscore"').replace("Title", '"Title"')) == []


def test_it_names_a_column_of_two_lines_in_one(read_csv):
    header = HEADER.replace("Revenue (Millions)", '"Revenue\n(Millions)"')
    (row,) = read_csv(f"{header}\n{HEAT.replace('67.44', 'much')}")
    assert [repair.field for repair in row.repairs] == ["Revenue (Millions)"]


def test_it_takes_no_quote_within_a_name_for_an_open_one(read_csv):
    rows = read_csv(f"{HEADER.replace('Rank', 'No' + chr(34))}\n{HEAT}\n" + HEAT.replace("Heat", '5" Disk'))
    assert [row.title for row in rows] == ["Heat", '5" Disk']


@pytest.mark.parametrize("rows", [0, 1, 100])
def test_it_looks_for_the_end_of_a_quote_in_the_header_in_the_first_lines_only(read_csv, rows):
    plain = HEAT.replace('"', "").replace("Crime,", "").replace(",Robert De Niro", "")
    with pytest.raises(DatasetError, match="does not have the columns"):
        read_csv(HEADER.replace("Title", '"Title') + "\n" + f"{plain}\n" * rows)
