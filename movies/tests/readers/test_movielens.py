import zipfile

import pytest

from movies.importing.readers import open_dataset
from movies.importing.readers.rows import MovieRow, Repair, RowError

HEADER = "movieId,title,genres"
TOY_STORY = "1,Toy Story (1995),Adventure|Animation|Children|Comedy|Fantasy"
TOY_STORY_GENRES = ("Adventure", "Animation", "Family", "Comedy", "Fantasy")
LINKS = "movieId,imdbId,tmdbId\n1,0114709,862\n"
TOY_STORY_ROW = MovieRow(line=2, title="Toy Story", year=1995, ids=("movielens:1",), genres=TOY_STORY_GENRES)
LINKED_ROW = MovieRow(
    line=2, title="Toy Story", year=1995, ids=("movielens:1", "imdb:tt0114709", "tmdb:862"), genres=TOY_STORY_GENRES
)


@pytest.fixture
def read(tmp_path):
    def read(*lines, links=None):
        path = tmp_path / "movies.csv"
        path.write_text("\n".join([HEADER, *lines]))
        if links is not None:
            (tmp_path / "links.csv").write_text(links)
        return list(open_dataset(path).rows())

    return read


def test_it_reads_a_movie(read):
    assert read(TOY_STORY) == [TOY_STORY_ROW]


@pytest.mark.parametrize(
    ("text", "title", "year"),
    [
        ("Heat (1995)", "Heat", 1995),
        ("Heat (1995) ", "Heat", 1995),
        ("1984 (1984)", "1984", 1984),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968),
        ("Babylon 5", "Babylon 5", None),
        ("2012", "2012", None),
        ("Death Note: Desu nôto (2006\u20132007)", "Death Note: Desu nôto", 2006),
        ("Zero-Day (2006-2007)", "Zero-Day", 2006),
        ("Zero-Day (2006-)", "Zero-Day", 2006),
        ("Matrix, The (1999)", "The Matrix", 1999),
        ("Beautiful Mind, A (2001)", "A Beautiful Mind", 2001),
        ("American in Paris, An (1951)", "An American in Paris", 1951),
        ("Boot, Das (Boat, The) (1981)", "Das Boot", 1981),
        ("Avventura, L' (1960)", "L'Avventura", 1960),
        ("Avventura, L' (Adventure, The) (1960)", "L'Avventura", 1960),
        ("Vitelloni, I (1953)", "I Vitelloni", 1953),
        ("Emperor and the Assassin, The (Jing ke ci qin wang) (1999)", "The Emperor and the Assassin", 1999),
        ("Postman, The (Postino, Il) (1994)", "The Postman", 1994),
        ("Léon: The Professional (a.k.a. The Professional) (Léon) (1994)", "Léon: The Professional", 1994),
        ("Gleaners, The (Glaneurs (et) la, Les) (2000)", "The Gleaners", 2000),
        (
            "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)",
            "Birdman: Or (The Unexpected Virtue of Ignorance)",
            2014,
        ),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("Frontière(s) (2007)", "Frontière(s)", 2007),
        ("Evangelion: 3.0 You Can (Not) Redo (2012)", "Evangelion: 3.0 You Can (Not) Redo", 2012),
        ("I, Robot (2004)", "I, Robot", 2004),
        ("Paris, Texas (1984)", "Paris, Texas", 1984),
        ("Love, Simon", "Love, Simon", None),
        ('The ""Burbs"" (1989)', 'The "Burbs"', 1989),
    ],
)
def test_it_takes_titles_apart(read, text, title, year):
    assert read(f'7,"{text}",Drama') == [
        MovieRow(line=2, title=title, year=year, ids=("movielens:7",), genres=("Drama",))
    ]


@pytest.mark.parametrize(
    ("cell", "genres"),
    [
        ("Drama", ("Drama",)),
        ("Crime|Drama|Crime", ("Crime", "Drama")),
        ("Children", ("Family",)),
        ("Children's|Sci-Fi|IMAX|Film-Noir", ("Family", "Sci-Fi", "Film-Noir")),
        ("(no genres listed)", ()),
        ("", ()),
    ],
)
def test_it_says_genres_in_imdbs_words(read, cell, genres):
    assert read(f"7,Heat (1995),{cell}") == [
        MovieRow(line=2, title="Heat", year=1995, ids=("movielens:7",), genres=genres)
    ]


@pytest.mark.parametrize(
    "cell",
    ['"Crime,Children"', "Crime/Children", "Crime; Children", "\"['Crime', 'Children']\"", "Crime|Children;Drama"],
)
def test_it_splits_genres_however_they_are_separated_and_says_so(read, cell):
    (row,) = read(f"7,Heat (1995),{cell}")
    assert row.genres[:2] == ("Crime", "Family")
    (repair,) = row.repairs
    assert (repair.field, repair.value) == ("genres", cell.strip('"'))
    assert repair.reason == f"split into {len(row.genres)}: this data set separates names by '|'"


def test_it_reads_a_title_as_it_was_meant(read):
    (row,) = read("7,Fish &amp; LÃ©on (1995),Drama")
    assert (row.title, row.year, len(row.repairs)) == ("Fish & Léon", 1995, 1)


@pytest.mark.parametrize(
    ("line", "field", "value", "reason"),
    [
        ("x,Heat (1995),Drama", "movieId", "x", "not a whole number"),
        (",Heat (1995),Drama", "movieId", "", "a film needs its id"),
        ("7,,Drama", "title", "", "a film needs a title"),
        ("7,Heat (1500),Drama", "title", "Heat (1500)", "not from 1888 to 2100"),
        ("7,Heat (1995)", "", "7", "it has 2 cells for 3 columns"),
        ("7,Matrix, The (1999),Drama", "", "7", "it has too many cells for 3 columns"),
    ],
)
def test_it_skips_a_row_of_which_nobody_can_say_what_movie_it_is(read, line, field, value, reason):
    first, error, last = read(TOY_STORY, line, TOY_STORY)
    assert error == RowError(line=3, field=field, value=value, reason=reason)
    assert (first, last.line) == (TOY_STORY_ROW, 4)


def test_it_makes_no_movie_without_a_title(read):
    (row,) = read("7,(1995),Drama")
    assert isinstance(row, RowError) or row.title


@pytest.mark.parametrize(
    ("link", "ids"),
    [
        ("7,0113277,949", ("imdb:tt0113277", "tmdb:949")),
        ("7,113277,949.0", ("imdb:tt0113277", "tmdb:949")),
        ("7,tt0113277,949", ("imdb:tt0113277", "tmdb:949")),
        ("7,0000012,949", ("imdb:tt0000012", "tmdb:949")),
        ("7,10113277,949", ("imdb:tt10113277", "tmdb:949")),
        ("7,0113277,", ("imdb:tt0113277",)),
        ("7,,949", ("tmdb:949",)),
        ("7,,", ()),
    ],
)
def test_it_reads_the_ids_of_others(read, link, ids):
    assert read("7,Heat (1995),Drama", TOY_STORY, links=f"{LINKS}{link}\n") == [
        MovieRow(line=2, title="Heat", year=1995, ids=("movielens:7", *ids), genres=("Drama",)),
        MovieRow(line=3, title="Toy Story", year=1995, ids=LINKED_ROW.ids, genres=TOY_STORY_GENRES),
    ]


@pytest.mark.parametrize("link", ["", "7,0113277\n", "x,0113277,949\n"])
def test_it_says_which_movie_has_no_link(read, link):
    repair = Repair(field="movieId", value="7", reason="links.csv has no valid row for it")
    assert read(TOY_STORY, "7,Heat (1995),Drama", links=LINKS + link) == [
        LINKED_ROW,
        MovieRow(line=3, title="Heat", year=1995, ids=("movielens:7",), genres=("Drama",), repairs=(repair,)),
    ]


def test_it_says_which_id_of_others_it_cannot_read(read):
    (row,) = read("7,Heat (1995),Drama", links="movieId,imdbId,tmdbId\n7,unknown,949\n")
    assert row.ids == ("movielens:7", "tmdb:949")
    assert row.repairs


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "ml-latest-small"
    folder.mkdir()
    (folder / "movies.csv").write_text(f"{HEADER}\n{TOY_STORY}\n")
    (folder / "links.csv").write_text(LINKS)
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4.0,964982703\n")
    (folder / "tags.csv").write_text("userId,movieId,tag,timestamp\n2,1,pixar,1445714994\n")
    (folder / "README.txt").write_text("Summary\n=======\n")
    return folder


def test_it_reads_the_edition_in_a_folder_an_archive_or_beside_each_other(folder, tmp_path):
    archive = tmp_path / "ml-latest-small.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.iterdir():
            file.write(path, f"ml-latest-small/{path.name}")
    for paths in ([folder], [archive], [folder / "movies.csv"], [folder / "links.csv", folder / "movies.csv"]):
        dataset = open_dataset(*paths)
        assert (dataset.source, dataset.file.name) == ("movielens", "movies.csv")
        assert [file.name for file in dataset.companions] == ["links.csv"]
        assert list(dataset.rows()) == list(dataset.rows()) == [LINKED_ROW]


def test_it_reads_older_editions(tmp_path):
    path = tmp_path / "movies.dat"
    lines = [
        "1::Toy Story (1995)::Animation|Children's|Comedy",
        "73::Misérables, Les (1995)::Drama|Musical",
        '80::"White" Balloon, The (Badkonake "Sefid") (1995)::(no genres listed)',
        "81::Heat::1995::Crime",
        "82::Heat (1995)",
        "3952::Contender, The (2000)::Drama|Thriller",
    ]
    path.write_bytes("\r\n".join(lines).encode("latin-1"))
    dataset = open_dataset(path)
    assert (dataset.source, dataset.companions) == ("movielens", [])
    assert list(dataset.rows()) == [
        MovieRow(line=1, title="Toy Story", year=1995, ids=("movielens:1",), genres=("Animation", "Family", "Comedy")),
        MovieRow(line=2, title="Les Misérables", year=1995, ids=("movielens:73",), genres=("Drama", "Musical")),
        MovieRow(line=3, title='The "White" Balloon', year=1995, ids=("movielens:80",)),
        RowError(line=4, field="", value="81", reason="it has too many cells for 3 columns"),
        RowError(line=5, field="", value="82", reason="it has 2 cells for 3 columns"),
        MovieRow(line=6, title="The Contender", year=2000, ids=("movielens:3952",), genres=("Drama", "Thriller")),
    ]


def test_it_reads_the_real_files(real_files):
    rows = list(open_dataset(real_files / "ml-latest-small").rows())
    assert {type(row) for row in rows} == {MovieRow}
    assert len(rows) == len({row.ids[0] for row in rows}) == 9742
    assert [row for row in rows if row.repairs] == []
    assert sum(row.year is None for row in rows) == 12
    assert sum(not row.genres for row in rows) == 34
    assert sum("Family" in row.genres for row in rows) == 664
    assert sum(any(other.startswith("imdb:tt") for other in row.ids) for row in rows) == 9742
    assert sum(any(other.startswith("tmdb:") for other in row.ids) for row in rows) == 9734
    assert sum(row.title.startswith("The ") for row in rows) == 1889
    assert [row.title for row in rows if row.title.endswith((", The", ", A", ")"))] == [
        "Frontière(s)",
        "Birdman: Or (The Unexpected Virtue of Ignorance)",
    ]
