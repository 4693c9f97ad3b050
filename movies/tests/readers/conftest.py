from collections.abc import Callable
from pathlib import Path

import pytest

from movies.importing.readers import open_dataset
from movies.importing.readers.rows import Row


@pytest.fixture
def read_csv(tmp_path: Path) -> Callable[..., list[Row]]:
    """The rows of a file with this content, whatever its format."""

    def read_csv(content: str | bytes, encoding: str = "utf-8") -> list[Row]:
        path = tmp_path / "films.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return list(open_dataset(path).rows())

    return read_csv
