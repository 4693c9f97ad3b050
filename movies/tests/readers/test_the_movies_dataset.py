import zipfile
from dataclasses import replace
from datetime import date

import pytest

from movies.importing.readers import open_dataset
from movies.importing.readers.repairing import HTML
from movies.importing.readers.rows import MovieRow, Repair, RowError
from movies.tests.readers.tables import table

HEADER = (
    "adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,"
    "popularity,poster_path,production_companies,production_countries,release_date,revenue,runtime,spoken_languages,"
    "status,tagline,title,video,vote_average,vote_count"
)
MOVIE = dict.fromkeys(HEADER.split(","), "") | {
    "adult": "False",
    "belongs_to_collection": "{'id': 1, 'name': 'Lantern Collection', 'poster_path': None}",
    "budget": "30000000",
    "genres": "[{'id': 878, 'name': 'Science Fiction'}, {'id': 10751, 'name': 'Family'}]",
    "id": "9962",
    "imdb_id": "tt0099100",
    "overview": "A lamp that talks, and nobody listens.",
    "release_date": "1995-10-30",
    "revenue": "373554033.0",
    "runtime": "81.0",
    "spoken_languages": "[{'iso_639_1': 'en', 'name': 'English'}]",
    "title": "The Lantern",
    "video": "False",
    "vote_average": "7.7",
    "vote_count": "5415.0",
}
MOVIE_ROW = MovieRow(
    line=2,
    title="The Lantern",
    year=1995,
    ids=("tmdb:9962", "imdb:tt0099100"),
    genres=("Sci-Fi", "Family"),
    description="A lamp that talks, and nobody listens.",
    runtime_minutes=81,
    revenue_usd=373_554_033,
    release_date=date(1995, 10, 30),
)
CAST = [
    {"cast_id": 15, "character": "Lamp (voice)", "name": "Zed Quill", "order": 1, "profile_path": None},
    {"cast_id": 14, "character": "The 'Boss'", "name": "Ann O'Dell", "order": 0, "profile_path": "/a.jpg"},
]
CREW = [{"name": "Dora Wick", "job": "Director"}, {"name": "Else Body", "job": "Writer"}]
CREDITS = [("cast", "crew", "id"), (CAST, CREW, 9962)]
CREDITED_ROW = replace(MOVIE_ROW, actors=("Ann O'Dell", "Zed Quill"), directors=("Dora Wick",))
LINKS = [("movieId", "imdbId", "tmdbId"), ("77", "0099100", "9962"), ("78", "0099101", "")]


def metadata(*movies):
    return table([MOVIE, *((MOVIE | movie).values() for movie in movies)])


@pytest.fixture
def read(tmp_path):
    def read(*movies, credits=None, links=None):
        for name, rows in (("credits.csv", credits), ("links.csv", links)):
            if rows is not None:
                (tmp_path / name).write_text(table(rows), newline="")
        path = tmp_path / "movies_metadata.csv"
        path.write_text(metadata(*movies), newline="")
        dataset = open_dataset(path)
        assert dataset.source == "the-movies-dataset"
        return list(dataset.rows())

    return read


def test_it_reads_a_movie_whole(read):
    assert read({}) == [MOVIE_ROW]


@pytest.mark.parametrize(
    ("column", "cell", "facts"),
    [
        ("genres", "[]", {"genres": ()}),
        ("genres", "", {"genres": ()}),
        ("genres", '[{"id": 18, "name": "Drama"}]', {"genres": ("Drama",)}),
        ("genres", "[{'id': 1, 'name': \"Rock 'n' Roll\"}]", {"genres": ("Rock 'n' Roll",)}),
        ("genres", r"[{'id': 1, 'name': 'Rock \'n\' \"Roll\"'}]", {"genres": ("Rock 'n' \"Roll\"",)}),
        ("genres", r"[{'id': 1, 'name': '\xc9popee'}]", {"genres": ("Épopee",)}),
        ("genres", "[{'id': 1, 'name': None}, {'id': 18, 'name': 'Drama'}]", {"genres": ("Drama",)}),
        ("imdb_id", "", {"ids": ("tmdb:9962",)}),
        ("imdb_id", "0", {"ids": ("tmdb:9962",)}),
        ("overview", "No overview found.", {"description": ""}),
        ("release_date", "", {"year": None, "release_date": None}),
        ("runtime", "0.0", {"runtime_minutes": None}),
        ("revenue", "0.0", {"revenue_usd": None}),
        ("title", "None", {"title": "None"}),
    ],
)
def test_it_reads_cells_as_the_file_writes_them(read, column, cell, facts):
    assert read({column: cell}) == [replace(MOVIE_ROW, **facts)]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("[{'id': 18, 'name': 'Dra", "neither JSON nor a Python list"),
        ("[{'id': 18, 'name': open('/etc/passwd')}]", "neither JSON nor a Python list"),
        ("__import__('os').getcwd()", "neither JSON nor a Python list"),
        ("{'id': 18, 'name': 'Drama'}", "not a list of objects"),
        ("['Drama']", "not a list of objects"),
        ("[" * 5000 + "]" * 5000, "neither JSON nor a Python list"),
        ("-" * 100_000 + "1", "neither JSON nor a Python list"),
        ("[{'name': 'Drama', 'id': " + "9" * 5000 + "}]", "neither JSON nor a Python list"),
        ("[{[]: 1}]", "neither JSON nor a Python list"),
        ("[" + "{'id': 18}, " * 25_000 + "]", "not JSON, and too long for a Python list"),
    ],
)
def test_it_leaves_out_what_is_no_list_and_reads_on(read, cell, reason):
    first, last = read({"genres": cell}, {})
    (repair,) = first.repairs
    assert (repair.field, repair.reason) == ("genres", f"left out: {reason}")
    assert first == replace(MOVIE_ROW, genres=(), repairs=(repair,))
    assert last == replace(MOVIE_ROW, line=3)


def test_it_mends_names_within_a_list(read):
    cell = "[{'id': 18, 'name': 'Tea &amp; Cake'}]"
    repair = Repair(field="genres", value=cell, reason=HTML)
    assert read({"genres": cell}) == [replace(MOVIE_ROW, genres=("Tea & Cake",), repairs=(repair,))]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("id", "1997-08-20", "not a whole number"),
        ("title", "", "a film needs a title"),
        ("release_date", "1", "not from 1888 to 2100"),
    ],
)
def test_it_skips_a_row_of_which_nobody_can_say_what_movie_it_is(read, column, cell, reason):
    error = RowError(line=3, field=column, value=cell, reason=reason)
    assert read({}, {column: cell}, {}) == [MOVIE_ROW, error, replace(MOVIE_ROW, line=4)]


def test_it_skips_both_halves_of_a_row_that_a_line_break_took_apart(read, tmp_path):
    whole = metadata({}).splitlines()[1]
    path = tmp_path / "broken.csv"
    path.write_text(f"{HEADER}\n{whole}\n{','.join(whole.split(',')[:9])}\n - words,0.1\n{whole}\n")
    assert [type(row) for row in open_dataset(path).rows()] == [MovieRow, RowError, RowError, MovieRow]


def test_it_reads_the_credits_and_the_links_beside_the_file(read):
    ids = ("tmdb:9962", "movielens:77", "imdb:tt0099100")
    assert read({}, {"imdb_id": ""}, credits=CREDITS, links=LINKS) == [
        replace(CREDITED_ROW, ids=ids),
        replace(CREDITED_ROW, line=3, ids=ids),
    ]


def test_it_says_of_which_movie_the_credits_know_nothing(read):
    repair = Repair(field="id", value="7", reason="credits.csv has no valid row for it")
    assert read({"id": "7", "imdb_id": ""}, {}, credits=CREDITS, links=LINKS[:1]) == [
        replace(MOVIE_ROW, ids=("tmdb:7",), repairs=(repair,)),
        replace(CREDITED_ROW, line=3),
    ]


def test_it_reads_the_whole_archive(tmp_path):
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("movies_metadata.csv", metadata({}))
        archive.writestr("credits.csv", table(CREDITS))
        archive.writestr("links.csv", table(LINKS))
        archive.writestr("links_small.csv", table(LINKS[:2]))
        archive.writestr("keywords.csv", table([("id", "keywords"), ("9962", "[{'id': 1, 'name': 'lamp'}]")]))
        archive.writestr("ratings_small.csv", table([("userId", "movieId", "rating", "timestamp"), (1, 77, 2.5, 1)]))
    dataset = open_dataset(path)
    assert (dataset.source, dataset.file.name) == ("the-movies-dataset", "movies_metadata.csv")
    assert sorted(file.name for file in dataset.companions) == ["credits.csv", "links.csv"]
    assert [row.directors for row in dataset.rows()] == [("Dora Wick",)]


def test_it_can_be_named(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text(metadata({}), newline="")
    assert list(open_dataset(path, source="the-movies-dataset").rows()) == [MOVIE_ROW]
