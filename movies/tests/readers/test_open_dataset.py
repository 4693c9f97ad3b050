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
        (HEADER.encode("utf-16"), "UTF-16"),
        (HEADER.encode("utf-16-le"), "UTF-16"),
        (HEADER.encode("utf-32"), "UTF-16 or UTF-32"),
        (b"PK\x03\x04" + b"zip" * 100, "binary"),
        (b"\x1f\x8b\x08\x00" + b"gz" * 100, "binary"),
        (bytes(range(256)) * 10, "binary"),
        (b"\0" * 1000, "UTF-16|binary"),
        (
            b"movieId,title,genres\n1,Toy Story (1995),Animation\n",
            "It lacks .* Description, .*names 'movieId', 'title', 'genres'",
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


def test_it_says_that_a_folder_is_no_file(tmp_path):
    with pytest.raises(DatasetError, match="is a folder"):
        open_dataset(tmp_path)


def test_it_says_why_it_may_not_read(tmp_path, monkeypatch):
    path = tmp_path / "films.csv"
    path.write_text(HEADER)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DatasetError, match="Permission denied"):
        open_dataset(path)
