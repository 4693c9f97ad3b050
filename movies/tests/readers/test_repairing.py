"""Damaged text is repaired and reported; intact text is not changed."""

import csv
import io
from dataclasses import replace

import pytest

from movies.importing.readers import open_dataset
from movies.importing.readers.repairing import BACKSLASHES, DECODED, HTML, repaired
from movies.importing.readers.rows import MovieRow
from movies.tests.readers.heat import HEADER, HEAT, HEAT_ROW, heat


def movie_of(read_csv, **changes):
    (row,) = read_csv(f"{HEADER}\n{heat(**changes)}")
    assert isinstance(row, MovieRow)
    return row


def repairs_of(row):
    return [(repair.field, repair.reason) for repair in row.repairs]


@pytest.mark.parametrize(
    ("written", "meant", "reason"),
    [
        ("Fish &amp; Chips", "Fish & Chips", HTML),
        ("Pok&eacute;mon", "Pokémon", HTML),
        ("Ocean&#39;s Eleven", "Ocean's Eleven", HTML),
        ("Ocean&#x2019;s Eleven", "Ocean\u2019s Eleven", HTML),
        ("&quot;Up&quot;", '"Up"', HTML),
        ("A&nbsp;B", "A B", HTML),
        ("Writing &amp;amp; reading", "Writing &amp; reading", HTML),
        ("AmÃ©lie", "Amélie", DECODED),
        ("AmÃƒÂ©lie", "Amélie", DECODED),
        ("Ã€ nous la libertÃ©", "À nous la liberté", DECODED),
        ("Ã\u0089tat", "État", DECODED),
        ("Voil\u00c3\u00a0", "Voilà", DECODED),
        ("Voil\u00c3 tout", "Voilà tout", DECODED),
        ("DvoÅ™Ã¡k", "Dvořák", DECODED),
        ("Itâ€™s a Wonderful Life", "It\u2019s a Wonderful Life", DECODED),
        ("It\u0092s a Wonderful Life", "It\u2019s a Wonderful Life", DECODED),
        ("Academy AwardÂ®", "Academy Award®", DECODED),
        ("Ð“Ð¾Ð³Ð¾Ð»ÑŒ", "Гоголь", DECODED),
        ("Amélie and LÃ©on", "Amélie and Léon", DECODED),
        ("Am&Atilde;&copy;lie", "Amélie", f"{HTML}; {DECODED}"),
        (r"Imp Bs \"Title\" here", 'Imp Bs "Title" here', BACKSLASHES),
        (r"Ocean\'s Eleven", "Ocean's Eleven", BACKSLASHES),
    ],
)
def test_it_reads_a_title_as_it_was_meant_and_says_so(read_csv, written, meant, reason):
    row = movie_of(read_csv, title=written)
    assert row.title == meant
    assert repairs_of(row) == [("Title", reason)]
    assert row.repairs[0].value == written
    assert row.doubtful == ()


@pytest.mark.parametrize(
    "title",
    [
        "None", "NA", "N/A", "nan", "NULL", "Q&A", "R&B; soul", "AT&T", "Black&notes", "Law&Order;", "a &amp b", "&c.",
        "&unknown;", "Amélie", "À bout de souffle", "CAFÉ™", "«LIBERTÉ»", "CÔTÉ «C»", "MARQUÉ…", "ROSÉ®", "8½", "São Paulo",
        "Ñandú", "Ångström", "Übung macht…", "L'Âge d'or", "HÀÄÂ", "Ãgua", "É”", "“CAFÉ”", "fiancé\u2019s", "5 °C", "√2",
        "Ședința", "Ăsta", "Гоголь", "千と千尋の神隠し", "¡Three Amigos!", "Hawai\u02bbi", "\\", "A\\B", '/\\/\\" up', "Alien³", "🙂",
    ],
)  # fmt: skip
def test_it_leaves_a_title_alone_that_is_right(read_csv, title):
    row = movie_of(read_csv, title=title)
    assert (row.title, row.repairs) == (title, ())


def test_it_mends_every_text_of_a_row(read_csv):
    row = movie_of(
        read_csv,
        genre="Tea &amp; Cake,Drama",
        description="Fish &amp; Chips",
        director="LÃ©on",
        actors=r"\"Bob\" B,ZoÃ«",
    )
    assert row == replace(
        HEAT_ROW,
        genres=("Tea & Cake", "Drama"),
        description="Fish & Chips",
        directors=("Léon",),
        actors=('"Bob" B', "Zoë"),
        repairs=row.repairs,
    )
    assert repairs_of(row) == [
        ("Genre", HTML),
        ("Description", HTML),
        ("Director", DECODED),
        ("Actors", f"{BACKSLASHES}; {DECODED}"),
    ]


def test_it_reads_a_movie_however_many_of_its_texts_are_mended(read_csv):
    row = movie_of(
        read_csv, title="A&amp;B", genre="A&amp;B", description="A&amp;B", director="A&amp;B", actors="A&amp;B"
    )
    assert len(row.repairs) == 5


@pytest.mark.parametrize("absent", ["nan", "NaN", "N/A", "NULL", "None", "NA", "-", " n/a "])
def test_it_takes_no_word_for_a_missing_description(read_csv, absent):
    row = movie_of(read_csv, description=absent)
    assert (row.description, row.repairs) == ("", ())


@pytest.mark.parametrize("description", ["None of them knows.", "NA, a ghost.", "Nan bakes."])
def test_it_keeps_a_description_that_begins_so(read_csv, description):
    assert movie_of(read_csv, description=description).description == description


LISTS = [
    "Action|Drama", "Action/Drama", "Action; Drama", "Action / Drama", "['Action', 'Drama']", '["Action", "Drama"]',
    "[Action, Drama]", "Action, Drama|", "Action; Drama; N/A", "Action;;Drama",
]  # fmt: skip


@pytest.mark.parametrize("cell", LISTS)
def test_it_splits_genres_however_they_are_separated_and_says_so(read_csv, cell):
    row = movie_of(read_csv, genre=cell)
    assert row.genres == ("Action", "Drama")
    assert repairs_of(row) == [("Genre", "split into 2: this data set separates names by ','")]
    assert row.repairs[0].value == cell


@pytest.mark.parametrize("cell", ["Action,Drama", "Action, Drama", "Action , Drama,"])
def test_it_reports_no_genres_that_are_written_as_they_should_be(read_csv, cell):
    row = movie_of(read_csv, genre=cell)
    assert (row.genres, row.repairs) == (("Action", "Drama"), ())


@pytest.mark.parametrize("cell", ["N/A", "nan", "", "NULL"])
def test_it_makes_no_genre_of_a_missing_one(read_csv, cell):
    row = movie_of(read_csv, genre=cell)
    assert (row.genres, row.repairs) == ((), ())


def test_it_reads_an_empty_list_as_no_genre(read_csv):
    assert movie_of(read_csv, genre="[]").genres == ()


def test_it_leaves_out_a_list_of_something_else(read_csv):
    row = movie_of(read_csv, genre="[1, 2]")
    assert row.genres == ()
    assert repairs_of(row) == [("Genre", "left out: not a list of names")]


@pytest.mark.parametrize(
    "cell", ["Al Pacino|Robert De Niro", "Al Pacino; Robert De Niro", "['Al Pacino', 'Robert De Niro']"]
)
def test_it_splits_people_alike_but_not_at_a_slash(read_csv, cell):
    row = movie_of(read_csv, actors=cell, director="AC/DC")
    assert (row.actors, row.directors) == (("Al Pacino", "Robert De Niro"), ("AC/DC",))
    assert [field for field, _ in repairs_of(row)] == ["Actors"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"Imp Bs \"Title\" here", 'Imp Bs "Title" here'),
        (r"Say \"Hi, you; there|all\" now", 'Say "Hi, you; there|all" now'),
        (r"\"Up\"", '"Up"'),
        (r"Open \"", 'Open "'),
        ('First\n\\"second\\" third', 'First "second" third'),
        ('First \\"and\nsecond\\" third', 'First "and second" third'),
    ],
)
def test_it_reads_quotes_behind_a_backslash(read_csv, separator, written, meant):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(HEADER.split(","))
    for cells in csv.reader([HEAT, HEAT, HEAT]):
        writer.writerow(cells)
    first, second, last = text.getvalue().split("\r\n")[1:4]
    second = second.replace("A detective hunts thieves.", f'"{written}"')
    rows = read_csv("\n".join([*text.getvalue().split("\r\n")[:1], first, second, last]))
    assert rows[0] == HEAT_ROW
    assert rows[1] == replace(HEAT_ROW, line=3, description=meant, repairs=rows[1].repairs)
    assert repairs_of(rows[1]) == [("Description", BACKSLASHES)]
    assert rows[2] == replace(HEAT_ROW, line=4 + written.count("\n"))


@pytest.mark.parametrize(
    ("written", "meant"), [(r'"C:\"', "C:\\"), (r'"C:\\"', r"C:\\"), (r'"a ""b"" c\"', 'a "b" c\\')]
)
def test_it_takes_no_backslash_at_the_end_of_a_cell_for_more(read_csv, written, meant):
    first, last = read_csv(f"{HEADER}\n{HEAT.replace('Heat', written, 1)}\n{HEAT}")
    assert (first.title, first.repairs) == (meant, ())
    assert last == replace(HEAT_ROW, line=3)


@pytest.mark.parametrize("title", [r'"Half \"open', r'"Half \"open\"', r'"Half \" open" and more"'])
def test_it_loses_no_row_behind_a_backslash_that_makes_no_sense(read_csv, title):
    broken, last = read_csv(f"{HEADER}\n{HEAT.replace('Heat', title, 1)}\n{HEAT}")
    assert broken.line == 2
    assert last == replace(HEAT_ROW, line=3)


@pytest.mark.parametrize(
    "text", ["&" * 200_000, "&#" * 100_000, "\\" * 200_000, "Ã©" * 100_000, "[" * 200_000, "Ã" * 200_000]
)
def test_it_reads_endless_signs_without_an_end_of_patience(read_csv, text):
    row = movie_of(read_csv, description=text, genre=text)
    assert (row.title, row.description, row.genres) == ("Heat", "", ())


@pytest.mark.parametrize(
    "name", ["IMDB-Movie-Data.kaggle-crlf.csv", "imdb_top_1000.csv", "netflix_titles.csv", "ml-latest-small"]
)
def test_it_changes_no_text_of_the_real_files(name, real_files):
    reasons = {BACKSLASHES, HTML, DECODED}
    rows = open_dataset(real_files / name).rows()
    assert not [
        row for row in rows if isinstance(row, MovieRow) and reasons & {repair.reason for repair in row.repairs}
    ]


def test_it_mends_once_and_for_all():
    assert repaired("Fish &amp; Chips") == ("Fish & Chips", HTML)
    assert repaired("Fish & Chips") == ("Fish & Chips", "")
