import csv
from dataclasses import replace
from decimal import Decimal

import pytest

from movies.importing.readers import open_dataset
from movies.importing.readers.rows import DatasetError, MovieRow, Repair, RowError
from movies.tests.readers.tables import table

SHAWSHANK = {
    "Poster_Link": "https://example.com/a,b.jpg",
    "Series_Title": "The Shawshank Redemption",
    "Released_Year": "1994",
    "Certificate": "A",
    "Runtime": "142 min",
    "Genre": "Drama",
    "IMDB_Rating": "9.3",
    "Overview": "Two imprisoned men bond, finding solace.",
    "Meta_score": "80",
    "Director": "Frank Darabont",
    "Star1": "Tim Robbins",
    "Star2": "Morgan Freeman",
    "Star3": "Bob Gunton",
    "Star4": "William Sadler",
    "No_of_Votes": "2343110",
    "Gross": "28,341,469",
}
HEADER = list(SHAWSHANK)
SHAWSHANK_ROW = MovieRow(
    line=2,
    title="The Shawshank Redemption",
    year=1994,
    genres=("Drama",),
    directors=("Frank Darabont",),
    actors=("Tim Robbins", "Morgan Freeman", "Bob Gunton", "William Sadler"),
    description="Two imprisoned men bond, finding solace.",
    certificate="A",
    runtime_minutes=142,
    imdb_rating=Decimal("9.3"),
    imdb_votes=2_343_110,
    revenue_usd=28_341_469,
    metascore=80,
    poster="https://example.com/a,b.jpg",
)


@pytest.fixture
def read(tmp_path):
    def read(*movies, without=(), **options):
        header = [name for name in HEADER if name not in without]
        rows = ([(SHAWSHANK | movie).get(name, "") for name in header] for movie in movies)
        path = tmp_path / "imdb_top_1000.csv"
        path.write_text(table([header, *rows], **options), newline="")
        return list(open_dataset(path).rows())

    return read


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_it_reads_a_movie(read, separator, quoting):
    assert read({}, delimiter=separator, quoting=quoting) == [SHAWSHANK_ROW]


def test_it_says_which_data_set_it_is(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text(",".join(HEADER))
    dataset = open_dataset(path)
    assert (dataset.source, dataset.label) == ("imdb-top-1000", "Kaggle's imdb_top_1000.csv")
    assert list(dataset.rows()) == []


@pytest.mark.parametrize(
    ("column", "cell", "facts"),
    [
        ("Runtime", "96 min", {"runtime_minutes": 96}),
        ("Runtime", "96", {"runtime_minutes": 96}),
        ("Runtime", "", {"runtime_minutes": None}),
        ("Gross", "134,966,411", {"revenue_usd": 134_966_411}),
        ("Gross", "936,662,225", {"revenue_usd": 936_662_225}),
        ("Gross", "2,787,965,087", {"revenue_usd": 2_787_965_087}),
        ("Gross", "$3,600", {"revenue_usd": 3_600}),
        ("Gross", "3600", {"revenue_usd": 3_600}),
        ("Gross", "", {"revenue_usd": None}),
        ("Meta_score", "", {"metascore": None}),
        ("Meta_score", "80.0", {"metascore": 80}),
        ("Certificate", "", {"certificate": ""}),
        ("Certificate", "U/A", {"certificate": "U/A"}),
        ("Genre", "Crime, Drama,Film-Noir", {"genres": ("Crime", "Drama", "Film-Noir")}),
        ("No_of_Votes", "2,343,110", {"imdb_votes": 2_343_110}),
        ("Director", "Ethan Coen, Joel Coen", {"directors": ("Ethan Coen", "Joel Coen")}),
        ("Series_Title", 'The "Burbs", again', {"title": 'The "Burbs", again'}),
    ],
)
def test_it_reads_cells_as_the_file_writes_them(read, column, cell, facts):
    assert read({column: cell}) == [replace(SHAWSHANK_ROW, **facts)]


@pytest.mark.parametrize(
    ("stars", "actors"),
    [
        (("A B", "C D", "A B", "C D"), ("A B", "C D")),
        (("A B", "", "E F", "C D"), ("A B", "E F", "C D")),
        (("", "", "", ""), ()),
        ((" A  B ", "A B", "", "G H"), ("A B", "G H")),
    ],
)
def test_it_names_every_star_once_in_billing_order(read, stars, actors):
    movie = {f"Star{number}": star for number, star in enumerate(stars, start=1)}
    assert read(movie) == [replace(SHAWSHANK_ROW, actors=actors)]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("Released_Year", "PG", "not a whole number"),
        ("Released_Year", "", "a film needs a year"),
        ("Released_Year", "1594", "not from 1888 to 2100"),
        ("Series_Title", "", "a film needs a title"),
    ],
)
def test_it_skips_a_row_of_which_nobody_can_say_what_movie_it_is(read, column, cell, reason):
    assert read({}, {column: cell}, {}) == [
        SHAWSHANK_ROW,
        RowError(line=3, field=column, value=cell, reason=reason),
        replace(SHAWSHANK_ROW, line=4),
    ]


@pytest.mark.parametrize(
    ("column", "cell", "left_out", "reason"),
    [
        ("Runtime", "long", {"runtime_minutes": None}, "not a whole number"),
        ("Poster_Link", "http://example.com/a.jpg", {"poster": ""}, "not a URL that begins with https://"),
        ("Poster_Link", "https://example.com/a b.jpg", {"poster": ""}, "not a URL that begins with https://"),
        ("IMDB_Rating", "93", {"imdb_rating": None}, "not a rating from 0 to 10 with one decimal"),
        ("Meta_score", "101", {"metascore": None}, "not from 0 to 100"),
        ("Gross", "28.3M", {"revenue_usd": None}, "not a whole number"),
        ("Gross", "28,34,469", {"revenue_usd": None}, "not a whole number"),
        ("Certificate", "x" * 17, {"certificate": ""}, "longer than 16 characters"),
        ("Star2", "x" * 201, {"actors": ("Tim Robbins", "Bob Gunton", "William Sadler")}, "longer than 200 characters"),
    ],
)
def test_it_leaves_out_an_impossible_cell_and_says_which(read, column, cell, left_out, reason):
    value = cell if len(cell) <= 80 else cell[:77] + "..."
    repair = Repair(field=column, value=value, reason=f"left out: {reason}")
    assert read({column: cell}) == [replace(SHAWSHANK_ROW, repairs=(repair,), **left_out)]


@pytest.mark.parametrize(
    ("column", "facts"),
    [
        ("Certificate", {"certificate": ""}),
        ("Overview", {"description": ""}),
        ("Meta_score", {"metascore": None}),
        ("Gross", {"revenue_usd": None}),
        ("Poster_Link", {"poster": ""}),
    ],
)
def test_it_reads_copies_without_a_column(read, column, facts):
    assert read({}, without=[column]) == [replace(SHAWSHANK_ROW, **facts)]


def test_it_reads_copies_without_all_of_these_columns(read):
    rows = read({}, without=["Certificate", "Overview", "Meta_score", "Gross", "Poster_Link"])
    lacking = {"certificate": "", "description": "", "metascore": None, "revenue_usd": None, "poster": ""}
    assert rows == [replace(SHAWSHANK_ROW, **lacking)]


@pytest.mark.parametrize(
    ("column", "lacking"),
    [
        ("Series_Title", "Series title"),
        ("Released_Year", "Released year"),
        ("Runtime", "Runtime"),
        ("Genre", "Genre"),
        ("IMDB_Rating", "Imdb rating"),
        ("Director", "Director"),
        ("Star1", "Star1"),
        ("Star4", "Star4"),
        ("No_of_Votes", "No of votes"),
    ],
)
def test_it_is_not_taken_for_this_data_set_without_the_others(read, column, lacking):
    with pytest.raises(DatasetError, match=rf"It lacks {lacking} to be Kaggle's imdb_top_1000\.csv"):
        read({}, without=[column])


def test_it_reads_decimal_commas_where_the_file_has_them(read):
    rows = read({"IMDB_Rating": "9,3", "Gross": "28.341.469", "No_of_Votes": "2.343.110"}, delimiter=";")
    assert rows == [SHAWSHANK_ROW]


@pytest.mark.parametrize("title", ["Disk", '5" Disk'])
def test_it_reads_many_commas_behind_any_title(tmp_path, title):
    overview = ", ".join(f"thing {number}" for number in range(20))
    plain = SHAWSHANK | {"Poster_Link": "", "Series_Title": title, "Overview": "It rains.", "Gross": "28341469"}
    lines = [HEADER, plain.values(), (plain | {"Series_Title": "Heat", "Overview": f'"{overview}"'}).values()]
    path = tmp_path / "imdb_top_1000.csv"
    path.write_text("\n".join(map(",".join, lines)))
    assert list(open_dataset(path).rows()) == [
        replace(SHAWSHANK_ROW, title=title, description="It rains.", poster=""),
        replace(SHAWSHANK_ROW, line=3, title="Heat", description=overview, poster=""),
    ]


@pytest.mark.parametrize("cell", ["Crime|Drama", "Crime/Drama", "Crime; Drama", "['Crime', 'Drama']"])
def test_it_splits_genres_however_they_are_separated_and_says_so(read, cell):
    reason = "split into 2: this data set separates names by ','"
    repair = Repair(field="Genre", value=cell, reason=reason)
    assert read({"Genre": cell}) == [replace(SHAWSHANK_ROW, genres=("Crime", "Drama"), repairs=(repair,))]


def test_it_reads_texts_as_they_were_meant(read):
    (row,) = read({"Series_Title": "Fish &amp; Chips", "Star1": "LÃ©on", "Overview": "nan"})
    assert (row.title, row.actors[0], row.description) == ("Fish & Chips", "Léon", "")
    assert [repair.field for repair in row.repairs] == ["Series_Title", "Star1"]


def test_it_reads_the_real_file(real_files):
    rows = list(open_dataset(real_files / "imdb_top_1000.csv").rows())
    movies = [row for row in rows if isinstance(row, MovieRow)]
    assert (len(rows), len(movies)) == (1000, 999)
    assert [row for row in rows if not isinstance(row, MovieRow)] == [
        RowError(line=968, field="Released_Year", value="PG", reason="not a whole number")
    ]
    assert [row for row in movies if row.repairs] == []
    assert sum(row.revenue_usd is None for row in movies) == 169
    assert sum(row.metascore is None for row in movies) == 157
    assert all(row.poster.startswith("https://m.media-amazon.com/") for row in movies)
    assert sum(not row.certificate for row in movies) == 101
    assert sum("Drama" in row.genres for row in movies) == 723
    assert {len(row.actors) for row in movies} <= {3, 4}
