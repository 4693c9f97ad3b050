import gzip
import os
import socket
import struct
import zipfile
from pathlib import Path

import pytest

from movies.importing.readers import open_dataset
from movies.importing.readers.rows import DatasetError

HEADER = (
    "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore\n"
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n  \n\n", "nothing but blank lines"),
        (HEADER.encode("utf-32"), "UTF-32"),
        (b"PK\x03\x04" + b"zip" * 100, "damaged zip archive"),
        (b"\x1f\x8b\x08\x00" + b"gz" * 100, "damaged, or was cut off"),
        (bytes(range(256)) * 10, "binary"),
        (b"\0" * 1000, "no text"),
        (
            b"movieId,title,year\n1,Toy Story (1995),1995\n",
            "It lacks Genres to be MovieLens.*names 'movieId', 'title', 'y",
        ),
        (b"just some words\n", "names 'just some words'"),
        (b"x" * 100_000, "names 'xxx"),
    ],
)
def test_it_says_in_a_sentence_what_it_found(tmp_path, content, words):
    path = tmp_path / "films.csv"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=words) as error:
        open_dataset(path)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


def test_it_says_that_there_is_no_such_file(tmp_path):
    with pytest.raises(DatasetError, match="There is no file"):
        open_dataset(tmp_path / "nowhere.csv")


def test_it_says_that_a_folder_holds_no_files(tmp_path):
    with pytest.raises(DatasetError, match="holds no CSV"):
        open_dataset(tmp_path)


def test_it_says_why_it_may_not_read(tmp_path, monkeypatch):
    path = tmp_path / "films.csv"
    path.write_text(HEADER)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DatasetError, match="Permission denied"):
        open_dataset(path)


@pytest.fixture
def device():
    return Path("/dev/zero")


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    return tmp_path / "pipe.csv"


@pytest.fixture
def socket_file(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.csv"))
        yield tmp_path / "socket.csv"


@pytest.mark.parametrize(("what", "kind"), [("pipe", "pipe"), ("socket_file", "socket"), ("device", "device")])
def test_it_opens_nothing_but_regular_files(tmp_path, request, what, kind):
    """Opening a pipe waits for a writer, and reading a device never ends."""
    path, link = request.getfixturevalue(what), tmp_path / "link.csv"
    link.symlink_to(path)
    for refused in (path, link):
        with pytest.raises(DatasetError, match=rf"{refused.name} is a {kind}, not a regular file\. Save the films"):
            open_dataset(refused)


def test_it_refuses_a_folder_with_a_pipe_in_it(tmp_path, pipe):
    (tmp_path / "films.csv").write_text(HEADER + MOVIE)
    with pytest.raises(DatasetError, match=r"pipe\.csv is a pipe"):
        open_dataset(tmp_path)


def test_it_refuses_a_pipe_in_place_of_a_companion(tmp_path):
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,Heat (1995),Drama\n")
    os.mkfifo(tmp_path / "links.csv")
    with pytest.raises(DatasetError, match=r"links\.csv is a pipe"):
        open_dataset(tmp_path / "movies.csv")


def test_it_leaves_alone_pipes_and_folders_that_are_not_named_like_data(tmp_path):
    (tmp_path / "films.csv").write_text(HEADER + MOVIE)
    (tmp_path / "old.csv").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert titles(tmp_path) == ["Amélie"]


MOVIE = '1,Amélie,"Comedy,Romance",She helps.,Jean-Pierre Jeunet,Audrey Tautou,2001,122,8.3,700000,33.23,69\n'


def titles(*paths, **options):
    return [row.title for row in open_dataset(*paths, **options).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_it_reads_every_usual_encoding(tmp_path, encoding):
    path = tmp_path / "films.csv"
    path.write_bytes((HEADER + MOVIE * 50).encode(encoding))
    assert titles(path) == ["Amélie"] * 50


def test_it_keeps_the_encoding_when_a_byte_is_wrong(tmp_path):
    path = tmp_path / "films.csv"
    wrong = MOVIE.replace("She", "Sh\xe9").encode("latin-1").replace("Amélie".encode("latin-1"), "Amélie".encode())
    path.write_bytes(HEADER.encode() + MOVIE.encode() * 10 + wrong)
    *_, last = open_dataset(path).rows()
    assert (last.title, last.description) == ("Amélie", "")
    assert [repair.field for repair in last.repairs] == ["Description"]
    assert "bytes" in last.repairs[0].reason


def test_it_reads_what_is_compressed(tmp_path):
    packed, archive = tmp_path / "films.csv.gz", tmp_path / "films.zip"
    packed.write_bytes(gzip.compress((HEADER + MOVIE).encode()))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("README", "nothing")
        file.writestr("__MACOSX/films.csv", b"\0")
        file.writestr("data/films.csv", HEADER + MOVIE)
    assert titles(packed) == titles(archive) == ["Amélie"]
    dataset = open_dataset(packed)
    list(dataset.rows())
    assert dataset.file.name == "films.csv"
    assert dataset.size == packed.stat().st_size


def test_it_says_where_a_compressed_file_was_cut_off(tmp_path):
    path = tmp_path / "films.csv.gz"
    path.write_bytes(gzip.compress((HEADER + MOVIE * 100_000).encode())[:-200])
    with pytest.raises(DatasetError, match="cut off"):
        titles(path)


def test_it_refuses_an_archive_that_grows_beyond_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("movies.importing.readers.files.UNCHECKED_BYTES", 1_000_000)
    bomb, archive = tmp_path / "films.csv.gz", tmp_path / "films.zip"
    content = (HEADER + MOVIE).encode() + b" " * 20_000_000
    bomb.write_bytes(gzip.compress(content))
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("films.csv", content)
    for path in (bomb, archive):
        with pytest.raises(DatasetError, match="unpacks to far more"):
            open_dataset(path)


def test_it_counts_what_an_archive_has_before_the_file_not_as_packed(tmp_path, monkeypatch):
    monkeypatch.setattr("movies.importing.readers.files.UNCHECKED_BYTES", 1_000_000)
    path = tmp_path / "films.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("noise.bin", os.urandom(300_000))
        file.writestr("films.csv", (HEADER + MOVIE).encode() + b" " * 20_000_000)
    with pytest.raises(DatasetError, match="unpacks to far more"):
        open_dataset(path)


@pytest.mark.parametrize("zip64", [False, True])
def test_it_does_not_read_an_endless_list_of_files(tmp_path, zip64):
    path, size = tmp_path / "films.zip", 30_000_000
    end = struct.pack("<4s4xHHIIH", b"PK\5\6", 1, 1, 2**32 - 1 if zip64 else size, 0, 0)
    end_64 = struct.pack("<4s36xQ8x", b"PK\6\6", size) + struct.pack("<4s4xQI", b"PK\6\7", size, 1)
    path.write_bytes(b"PK\3\4" + bytes(size) + (end_64 if zip64 else b"") + end)
    with pytest.raises(DatasetError, match=r"films\.zip lists far more files than a data set has"):
        open_dataset(path)


@pytest.mark.parametrize("member", ["../../etc/passwd", "/etc/passwd", "..\\films.csv"])
def test_it_refuses_an_archive_with_paths_outside_itself(tmp_path, member):
    path = tmp_path / "films.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("films.csv", HEADER + MOVIE)
        file.writestr(member, HEADER + MOVIE)
    with pytest.raises(DatasetError, match="outside the archive"):
        open_dataset(path)


def test_it_refuses_two_data_sets_at_once(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(HEADER + MOVIE)
    with pytest.raises(DatasetError, match=r"a\.csv and b\.csv both hold films"):
        open_dataset(tmp_path)


def test_it_says_that_a_file_is_there_twice(tmp_path):
    (tmp_path / "films.csv").write_text(HEADER + MOVIE)
    (tmp_path / "films.csv.gz").write_bytes(gzip.compress((HEADER + MOVIE).encode()))
    with pytest.raises(DatasetError, match=r"films\.csv appears twice"):
        open_dataset(tmp_path)


def test_it_leaves_alone_what_is_no_table_beside_the_movies(tmp_path):
    (tmp_path / "films.csv").write_text(HEADER + MOVIE)
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "picture.txt").write_bytes(bytes(range(256)))
    assert titles(tmp_path) == ["Amélie"]


def test_it_does_without_no_file_that_is_damaged(tmp_path):
    """It may be half a download: without an error, the import would lack all its facts."""
    (tmp_path / "films.csv").write_text(HEADER + MOVIE)
    (tmp_path / "ratings.csv.gz").write_bytes(gzip.compress(b"tconst,rating\n" * 10_000)[:-20])
    with pytest.raises(DatasetError, match=r"ratings\.csv is damaged, or was cut off"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("method", ["is_dir", "iterdir"])
def test_it_says_why_it_may_not_look_into_a_folder(tmp_path, monkeypatch, method):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(f"pathlib.Path.{method}", refuse)
    with pytest.raises(DatasetError, match=r"cannot be read: (Permission denied|Is a directory)"):
        open_dataset(tmp_path)


def test_it_names_a_file_whose_name_is_no_text(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_text(HEADER + MOVIE)
    dataset = open_dataset(path)
    assert (dataset.file.name, [row.title for row in dataset.rows()]) == ("caf?.csv", ["Amélie"])


def test_it_reads_as_the_format_it_is_told(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text(HEADER + MOVIE)
    assert titles(path, source="imdb-2006-2016") == ["Amélie"]
    with pytest.raises(DatasetError, match="It lacks Movieid, Genres to be MovieLens"):
        open_dataset(path, source="movielens")
