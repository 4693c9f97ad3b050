import json
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from movies.importing.readers import open_dataset
from movies.importing.readers.repairing import BACKSLASHES, DECODED, HTML
from movies.importing.readers.rows import MovieRow, Repair, RowError
from movies.tests.readers.tables import table

HEADER = (
    "budget,genres,homepage,id,keywords,original_language,original_title,overview,popularity,production_companies,"
    "production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,title,vote_average,vote_count"
)
AVATAR = dict.fromkeys(HEADER.split(","), "") | {
    "budget": "237000000",
    "genres": '[{"id": 28, "name": "Action"}, {"id": 878, "name": "Science Fiction"}]',
    "id": "19995",
    "keywords": '[{"id": 1463, "name": "culture clash"}]',
    "original_title": "Avatar (original)",
    "overview": "A marine is sent to Pandora, and stays.",
    "popularity": "150.437577",
    "release_date": "2009-12-10",
    "revenue": "2787965087",
    "runtime": "162",
    "title": "Avatar",
    "vote_average": "7.2",
    "vote_count": "11800",
}
AVATAR_ROW = MovieRow(
    line=2,
    title="Avatar",
    year=2009,
    ids=("tmdb:19995",),
    genres=("Action", "Sci-Fi"),
    description="A marine is sent to Pandora, and stays.",
    runtime_minutes=162,
    revenue_usd=2_787_965_087,
    original_title="Avatar (original)",
    release_date=date(2009, 12, 10),
)
CREDITS = "movie_id,title,cast,crew"
CAST = [{"name": "Sam Worthington", "order": 0}, {"name": "Zoe Saldana", "order": 1}]
CREW = [{"name": "James Cameron", "job": "Director"}, {"name": "James Horner", "job": "Original Music Composer"}]
CREDITED_ROW = replace(AVATAR_ROW, directors=("James Cameron",), actors=("Sam Worthington", "Zoe Saldana"))


def movies(*films):
    return table([HEADER.split(","), *((AVATAR | movie).values() for movie in films)])


def credits_of(*films):
    """The credits file: for each film its id, cast and crew, as objects or as the text of a cell."""
    as_text = [[part if isinstance(part, str) else json.dumps(part) for part in movie] for movie in films]
    return table([CREDITS.split(","), *((number, "any title", cast, crew) for number, cast, crew in as_text)])


@pytest.fixture
def read(tmp_path):
    def read(*films, beside=None):
        path = tmp_path / "tmdb_5000_movies.csv"
        path.write_text(movies(*films), newline="")
        if beside is not None:
            (tmp_path / "tmdb_5000_credits.csv").write_text(beside, newline="")
        return list(open_dataset(path).rows())

    return read


def left_out(field, value, reason):
    return Repair(field=field, value=value, reason=f"left out: {reason}")


def test_it_reads_a_movie_and_takes_no_votes_of_tmdb_for_imdbs(read):
    (row,) = read({})
    assert row == AVATAR_ROW
    assert (row.imdb_rating, row.imdb_votes) == (None, None)


@pytest.mark.parametrize(
    ("column", "cell", "facts"),
    [
        ("revenue", "0", {"revenue_usd": None}),
        ("revenue", "", {"revenue_usd": None}),
        ("revenue", "2147483648", {"revenue_usd": 2_147_483_648}),
        ("revenue", "7", {"revenue_usd": 7}),
        ("runtime", "0", {"runtime_minutes": None}),
        ("runtime", "0.0", {"runtime_minutes": None}),
        ("runtime", "", {"runtime_minutes": None}),
        ("runtime", "94.0", {"runtime_minutes": 94}),
        ("genres", "[]", {"genres": ()}),
        ("genres", "", {"genres": ()}),
        ("genres", '[{"name": "TV Movie"}, {"name": "Foreign"}, {"name": "War"}]', {"genres": ("War",)}),
        ("genres", '[{"name": "Drama"}, {"id": 3}, {"name": "Drama"}]', {"genres": ("Drama",)}),
        ("genres", "[{'id': 28, 'name': 'Action'}]", {"genres": ("Action",)}),
        ("genres", '[{"name": "\\u00c9pop\\u00e9e"}]', {"genres": ("Épopée",)}),
        ("release_date", "", {"year": None, "release_date": None}),
        ("release_date", "1916-09-04", {"year": 1916, "release_date": date(1916, 9, 4)}),
        ("original_title", "", {"original_title": ""}),
        ("original_language", "en", {"original_language": "en"}),
        ("original_language", "xx", {"original_language": ""}),
        ("production_countries", "[]", {"countries": ()}),
        (
            "production_countries",
            '[{"iso_3166_1": "US", "name": "United States of America"}, {"iso_3166_1": "FR", "name": "France"}]',
            {"countries": ("United States", "France")},
        ),
        ("title", "2012", {"title": "2012"}),
    ],
)
def test_it_reads_cells_as_the_file_writes_them(read, column, cell, facts):
    assert read({column: cell}) == [replace(AVATAR_ROW, **facts)]


@pytest.mark.parametrize(
    ("column", "cell", "facts", "reason"),
    [
        ("genres", '[{"id": 28, "name": "Act', {"genres": ()}, "neither JSON nor a Python list"),
        ("genres", '{"name": "Action"}', {"genres": ()}, "not a list of objects"),
        ("genres", '["Action"]', {"genres": ()}, "not a list of objects"),
        ("genres", "null", {"genres": ()}, "not a list of objects"),
        ("revenue", "lots", {"revenue_usd": None}, "not a whole number"),
        ("revenue", "-1", {"revenue_usd": None}, "not a whole number"),
        ("revenue", "1000000000001", {"revenue_usd": None}, "not from 0 to 1000000000000"),
        ("runtime", "1.5", {"runtime_minutes": None}, "not a whole number"),
        ("original_language", "68.0", {"original_language": ""}, "not a code of a language, such as en"),
        ("production_countries", "France", {"countries": ()}, "neither JSON nor a Python list"),
        ("release_date", "2009-12", {"release_date": None}, "not a date such as 2009-12-10"),
        ("release_date", "2009-02-30", {"release_date": None}, "not a date such as 2009-12-10"),
    ],
)
def test_it_leaves_out_what_it_cannot_read_and_says_which(read, column, cell, facts, reason):
    expected = replace(AVATAR_ROW, repairs=(left_out(column, cell, reason),), **facts)
    assert read({column: cell}, {}) == [expected, replace(AVATAR_ROW, line=3)]


@pytest.mark.parametrize(
    ("cell", "genre", "reason"),
    [
        ('[{"name": "Tea &amp; Cake"}]', "Tea & Cake", HTML),
        ('[{"name": "&quot;Tea&quot;"}]', '"Tea"', HTML),
        ('[{"name": "Ã‰popÃ©e"}]', "Épopée", DECODED),
        ('[{"name": "\\u00c3\\u0089pop\\u00c3\\u00a9e"}]', "Épopée", DECODED),
        (r"[{\"name\": \"Drama\"}]", "Drama", BACKSLASHES),
    ],
)
def test_it_mends_names_within_json(read, cell, genre, reason):
    repair = Repair(field="genres", value=cell, reason=reason)
    assert read({"genres": cell}) == [replace(AVATAR_ROW, genres=(genre,), repairs=(repair,))]


@pytest.mark.parametrize("name", ["Action/Drama", "Action|Drama", "Tea; Cake", "[REC]"])
def test_it_keeps_a_genre_that_json_names_as_it_is(read, name):
    assert read({"genres": json.dumps([{"name": name}])}) == [replace(AVATAR_ROW, genres=(name,))]


@pytest.mark.parametrize("cell", ["No overview found.", "No Overview", "nan", "N/A"])
def test_it_takes_no_overview_for_none(read, cell):
    assert read({"overview": cell}) == [replace(AVATAR_ROW, description="")]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("id", "", "a film needs its id"),
        ("id", "0", "a film needs its id"),
        ("id", "x", "not a whole number"),
        ("title", "", "a film needs a title"),
        ("release_date", "unknown", "not a whole number"),
        ("release_date", "1016-09-04", "not from 1888 to 2100"),
    ],
)
def test_it_skips_a_row_of_which_nobody_can_say_what_movie_it_is(read, column, cell, reason):
    error = RowError(line=3, field=column, value=cell, reason=reason)
    assert read({}, {column: cell}, {}) == [AVATAR_ROW, error, replace(AVATAR_ROW, line=4)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_it_reads_line_breaks_within_quotes(read, end):
    first, last = read({"overview": f"One.{end}{end}Two, three.", "tagline": f"a{end}b"}, {})
    assert first == replace(AVATAR_ROW, description="One. Two, three.")
    assert last == replace(AVATAR_ROW, line=6)


def test_it_reads_json_with_more_commas_than_the_file_has_columns(read):
    genres = [{"id": number, "name": f"Genre {number}"} for number in range(40)]
    expected = replace(AVATAR_ROW, genres=tuple(f"Genre {number}" for number in range(40)))
    assert read({"genres": json.dumps(genres)}, {}) == [expected, replace(AVATAR_ROW, line=3)]


@pytest.mark.parametrize("title", ["Disk", '5" Disk'])
def test_it_reads_much_json_behind_any_title(tmp_path, title):
    genres = [{"id": number, "name": f"Genre {number}"} for number in range(40)]
    plain = AVATAR | {"title": title, "genres": "", "keywords": "", "overview": ""}
    path = tmp_path / "tmdb_5000_movies.csv"
    path.write_text(f"{HEADER}\n{','.join(plain.values())}\n" + movies({"genres": json.dumps(genres)}).split("\n")[1])
    assert list(open_dataset(path).rows()) == [
        replace(AVATAR_ROW, title=title, genres=(), description=""),
        replace(AVATAR_ROW, line=3, genres=tuple(f"Genre {number}" for number in range(40))),
    ]


def test_it_reads_the_credits_beside_the_file(read):
    assert read({}, beside=credits_of(("19995", CAST, CREW))) == [CREDITED_ROW]


@pytest.fixture
def two_files(tmp_path):
    """In folders of their own."""
    movie, others = tmp_path / "a" / "movies.csv", tmp_path / "b" / "credits.csv"
    for path, text in ((movie, movies({})), (others, credits_of(("19995", CAST, CREW)))):
        path.parent.mkdir()
        path.write_text(text, newline="")
    return movie, others


def test_it_reads_the_credits_given_as_another_path(two_files):
    movie, others = two_files
    assert list(open_dataset(movie, others).rows()) == list(open_dataset(others, movie).rows()) == [CREDITED_ROW]
    assert list(open_dataset(movie).rows()) == [AVATAR_ROW]


def test_it_reads_the_credits_in_a_folder_or_an_archive(two_files, tmp_path):
    movie, others = two_files
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(movie, "movies.csv")
        file.write(others, "credits.csv")
    others.rename(movie.with_name("credits.csv"))
    for path in (movie.parent, archive):
        dataset = open_dataset(path)
        assert (dataset.source, dataset.file.name) == ("tmdb-5000", "movies.csv")
        assert [file.name for file in dataset.companions] == ["credits.csv"]
        assert list(dataset.rows()) == [CREDITED_ROW]


def test_it_bills_the_cast_by_its_order_and_no_more_than_fifteen(read):
    cast = [{"name": f"Actor {order}", "order": order} for order in reversed(range(20))]
    (row,) = read({}, beside=credits_of(("19995", cast, CREW)))
    assert row == replace(CREDITED_ROW, actors=tuple(f"Actor {order}" for order in range(15)))


def test_it_names_who_plays_twice_once(read):
    cast = [{"name": "Eddie Murphy", "order": 0}, {"name": "Arsenio Hall", "order": 1}]
    cast += [{"name": "Eddie Murphy", "order": order} for order in range(2, 20)]
    cast += [{"name": "James Earl Jones", "order": 20}]
    (row,) = read({}, beside=credits_of(("19995", cast, CREW)))
    assert row == replace(CREDITED_ROW, actors=("Eddie Murphy", "Arsenio Hall", "James Earl Jones"))


def test_it_takes_directors_by_their_job(read):
    crew = [
        {"name": "Lana Wachowski", "job": "Director"},
        {"name": "Bill Pope", "job": "Director of Photography"},
        {"name": "Lilly Wachowski", "job": "Director"},
        {"name": "James McTeigue", "job": "Assistant Director", "department": "Directing"},
        {"name": "Nobody"},
    ]
    (row,) = read({}, beside=credits_of(("19995", CAST, crew)))
    assert row == replace(CREDITED_ROW, directors=("Lana Wachowski", "Lilly Wachowski"))


def test_it_says_of_which_movie_the_credits_know_nothing(read):
    repair = Repair(field="id", value="7", reason="tmdb_5000_credits.csv has no valid row for it")
    assert read({"id": "7"}, {}, beside=credits_of(("19995", CAST, CREW), ("x", CAST, CREW))) == [
        replace(AVATAR_ROW, ids=("tmdb:7",), repairs=(repair,)),
        replace(CREDITED_ROW, line=3),
    ]


def test_it_leaves_out_broken_json_of_the_credits(read):
    (row,) = read({}, beside=credits_of(("19995", '[{"name": "Sam', CREW)))
    assert row == replace(
        CREDITED_ROW, actors=(), repairs=(left_out("cast", '[{"name": "Sam', "neither JSON nor a Python list"),)
    )


def test_it_passes_over_credits_that_break_off(read):
    (row,) = read({}, beside=f"{CREDITS}\n19995,Avatar,[]\n")
    repair = Repair(field="id", value="19995", reason="tmdb_5000_credits.csv has no valid row for it")
    assert row == replace(AVATAR_ROW, repairs=(repair,))


def test_it_reads_a_cast_without_an_order(read):
    (row,) = read({}, beside=credits_of(("19995", [{"name": "Sam Worthington", "order": None}], CREW)))
    assert row.title == "Avatar"


@pytest.mark.parametrize(
    ("movie", "cast"), [({}, [{"name": None, "order": 0}, *CAST]), ({"genres": '[{"name": null}]'}, CAST)]
)
def test_it_takes_no_null_for_a_name(read, movie, cast):
    (row,) = read(movie, beside=credits_of(("19995", cast, CREW)))
    assert "None" not in row.actors + row.genres


def test_it_reads_the_real_file(real_files):
    rows = list(open_dataset(real_files / "tmdb_5000_movies.csv").rows())
    assert {type(row) for row in rows} == {MovieRow}
    assert len(rows) == len({row.ids for row in rows}) == 4803
    assert {repair.field for row in rows for repair in row.repairs} == {"overview"}
    assert Counter(repair.reason for row in rows for repair in row.repairs) == {HTML: 21, DECODED: 1}
    assert [row.title for row in rows if row.year is None] == ["America Is Still the Place"]
    assert sum(row.revenue_usd is None for row in rows) == 1427
    assert sum(row.runtime_minutes is None for row in rows) == 37
    assert sum(not row.genres for row in rows) == 28
    assert sum("Sci-Fi" in row.genres for row in rows) == 535
    assert max(row.revenue_usd or 0 for row in rows) == 2_787_965_087
