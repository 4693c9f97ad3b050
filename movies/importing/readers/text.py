"""From bytes to lines of text: encodings, separators, and what is not text at all."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from movies.importing.readers.rows import DatasetError

_CHUNK = 1024 * 1024
_LONGEST_LINE = 1024 * 1024  # characters; far beyond any film, and a bound on memory
_SEPARATORS = ",;\t|"
_UTF16_OR_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_NO_TEXT = (b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"\x89PNG", b"\xd0\xcf\x11\xe0", b"BZh", b"\xfd7zXZ")


@dataclass(frozen=True, slots=True)
class Layout:
    encoding: str
    separator: str
    header_line: int  # the first line with anything in it; 1 is the first of the file


def layout_of(path: Path) -> Layout:
    """How a text file is written. Raises DatasetError when it cannot be read, is empty or is no text."""
    try:
        with path.open("rb") as file:
            encoding = _encoding_of(file, path.name)
        with path.open(encoding=encoding, newline="") as text:
            return _layout(text, encoding, path.name)
    except FileNotFoundError:
        raise DatasetError(f"There is no file {path}. Give the path of a CSV file.") from None
    except IsADirectoryError:
        raise DatasetError(f"{path} is a folder. Give the path of a CSV file.") from None
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error


def lines_of(text: TextIO) -> Iterator[str]:
    """The lines with their ends as they are. Raises DatasetError at a line of absurd length."""
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise DatasetError(f"Line {number} has more than {_LONGEST_LINE:,} characters: this is no list of films.")
        yield line


def _encoding_of(file: BinaryIO, name: str) -> str:
    """UTF-8 if every byte of the file says so, else the Western encoding that Excel writes."""
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = is_cp1252 = True
    start = True
    while chunk := file.read(_CHUNK):
        if start:
            _refuse_what_is_no_text(chunk[:4096], name)
        start = False
        try:
            utf8.decode(chunk)
        except UnicodeDecodeError:
            is_utf8 = False
        is_cp1252 = is_cp1252 and not any(undefined in chunk for undefined in b"\x81\x8d\x8f\x90\x9d")
    if start:
        raise DatasetError(f"{name} is empty.")
    try:
        utf8.decode(b"", final=True)
    except UnicodeDecodeError:
        is_utf8 = False
    if is_utf8:
        return "utf-8-sig"
    return "cp1252" if is_cp1252 else "latin-1"


def _refuse_what_is_no_text(start: bytes, name: str) -> None:
    nuls = start.count(0)
    if start.startswith(_UTF16_OR_32) or (nuls > len(start) // 4 and start[:40].isascii()):
        raise DatasetError(f"{name} is UTF-16 or UTF-32 text. Save it as UTF-8 and try again.")
    control = sum(byte < 9 or 13 < byte < 32 for byte in start)
    if start.startswith(_NO_TEXT) or control > len(start) // 50:
        raise DatasetError(f"{name} is a binary file. A CSV text file is expected.")


def _layout(text: TextIO, encoding: str, name: str) -> Layout:
    for number, line in enumerate(lines_of(text), start=1):
        if line.strip():
            return Layout(encoding, max(_SEPARATORS, key=line.count), number)
    raise DatasetError(f"{name} has nothing but blank lines.")
