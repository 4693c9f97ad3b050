"""Detects encoding, separator and header of a text file, and reads its lines."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TextIO

from movies.importing.readers.files import DataFile, Stream
from movies.importing.readers.rows import DatasetError

_CHUNK = 1024 * 1024
_MAX_LINE_LENGTH = 1024 * 1024  # characters; far longer than any row, bounds memory
_SEPARATORS = ",;\t|"
_MOVIELENS_SEPARATOR = "::"
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?[,;|]* *', re.IGNORECASE)  # Excel's separator declaration
_COMMENT_MARKS = ("#", "//")
_QUOTE, _LINE_ENDS = '"', "\r\n"
_OPEN_QUOTE = re.compile(r'(?:^|[,;\t|])"(?:[^"]|"")*$')  # a quoted cell that continues on the next line
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_BINARY_SIGNATURES = (b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"\x89PNG", b"\xd0\xcf\x11\xe0", b"BZh", b"\xfd7zXZ")
_REPLACEMENT = "\ufffd".encode()  # U+FFFD in UTF-8: valid, written by a program that had lost a letter
_SAMPLE_LINES = 50
_MAX_SAMPLE_LINE_LENGTH = 64 * 1024  # characters
_DECIMAL_COMMA = re.compile(r"[0-9]{1,2},[0-9]")
_DECIMAL_POINT = re.compile(r"[0-9]+\.[0-9]{1,2}")  # with three decimals the point may separate thousands


@dataclass(frozen=True, slots=True)
class Layout:
    encoding: str
    separator: str
    header_line: int  # where the header begins; the first line of the file is 1
    header_lines: int
    header: str  # joined to one line, with its line end
    decimal_comma: bool  # whether 8,1 means 8.1


def layout_of(file: DataFile) -> Layout:
    """Detect the layout. Raises DatasetError if the file is unreadable, empty or not text."""
    with file.open() as stream:
        encoding = _encoding_of(stream, file.name)
    with file.open() as stream:
        return _layout(lines_of(stream.text(encoding)), encoding, file.name)


def lines_of(text: TextIO) -> Iterator[str]:
    """Yield lines with their line ends. Raises DatasetError for an overlong line."""
    number = 0
    while line := text.readline(_MAX_LINE_LENGTH):
        number += 1
        if len(line) == _MAX_LINE_LENGTH:
            raise DatasetError(f"Line {number} has more than {_MAX_LINE_LENGTH:,} characters: not a list of films.")
        yield line


def _encoding_of(stream: Stream, name: str) -> str:
    """Return UTF-16 or UTF-8 if the bytes are (nearly) valid as such, else a Western encoding: cp1252 or Latin-1."""
    utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")
    right = wrong = 0  # non-ASCII characters valid in UTF-8, and decoding errors
    is_cp1252 = start = True
    while chunk := stream.read(_CHUNK):
        if start and (utf16 := _utf16(chunk[:4096], name)):
            return utf16
        start = False
        if chunk.isascii():
            continue
        text = utf8.decode(chunk)
        wrong += text.count("\ufffd") - chunk.count(_REPLACEMENT)
        right += len(text) - len(text.encode("ascii", "ignore"))
        is_cp1252 = is_cp1252 and not any(undefined in chunk for undefined in b"\x81\x8d\x8f\x90\x9d")
    if start:
        raise DatasetError(f"{name} is empty.")
    wrong += len(utf8.decode(b"", final=True))
    if right - wrong >= 2 * wrong:
        return "utf-8-sig"
    return "cp1252" if is_cp1252 else "latin-1"


def _utf16(start: bytes, name: str) -> str | None:
    """Return the UTF-16 variant, or None if it is not UTF-16. Raises DatasetError for binary files and UTF-32."""
    if start.startswith(_UTF32) or start.count(0) > len(start) * 0.7:
        raise DatasetError(f"{name} is UTF-32 text or no text at all. Save it as UTF-8 and try again.")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    nuls = start.count(0)
    if nuls > len(start) // 4 and start[:40].isascii():
        return "utf-16-le" if start[1::2].count(0) > nuls / 2 else "utf-16-be"
    if start.startswith(_BINARY_SIGNATURES) or _control_characters(start) > len(start) // 50:
        raise DatasetError(f"{name} is a binary file. A text file of films is expected.")
    return None


def _control_characters(start: bytes) -> int:
    return sum(byte < 9 or 13 < byte < 32 for byte in start)


def _layout(lines: Iterator[str], encoding: str, name: str) -> Layout:
    """Find the header: the first line that is not blank, a comment or a separator declaration."""
    declared, number = "", 0
    while line := next(lines, ""):
        number += 1
        if separator := _declared_separator(line):
            declared = separator
        elif line.strip():
            below = [row[:_MAX_SAMPLE_LINE_LENGTH] for row in islice(lines, _SAMPLE_LINES)]
            if not _is_comment(line, below):
                return _header(line, number, below, encoding, declared)
            lines = chain(below, lines)
    raise DatasetError(f"{name} has nothing but blank lines.")


def _is_comment(line: str, below: Sequence[str]) -> bool:
    """A comment has a mark and at most half the cells of the next row: the first column may be called "#"."""
    if not _is_marked(line):
        return False
    rows = (row for row in below if row.strip() and not _is_marked(row) and not _declared_separator(row))
    return 2 * _cell_count(line) <= _cell_count(next(rows, ""))


def _is_marked(line: str) -> bool:
    return line.lstrip(_QUOTE).startswith(_COMMENT_MARKS)


def _declared_separator(line: str) -> str:
    """Return the separator of an Excel declaration such as sep=; or "" if the line is none."""
    declared = _SEPARATOR_LINE.fullmatch(line.strip(_LINE_ENDS))
    return declared[1] if declared else ""


def _cell_count(line: str) -> int:
    """Return the number of cells that are not blank."""
    start = line[:_MAX_SAMPLE_LINE_LENGTH].strip()
    return max(sum(bool(cell.strip()) for cell in start.split(separator)) for separator in _SEPARATORS)


def _header(first: str, number: int, below: Sequence[str], encoding: str, declared: str) -> Layout:
    header, count = _in_one_line(first, below)
    separator = declared or max(_SEPARATORS, key=header.count)
    if not declared and header.count(_MOVIELENS_SEPARATOR) > 1:
        separator = _MOVIELENS_SEPARATOR
    cells = [cell for row in below[count - 1 :] for cell in row.strip().split(separator)]
    decimal_comma = (
        separator != "," and any(map(_DECIMAL_COMMA.fullmatch, cells)) and not any(map(_DECIMAL_POINT.fullmatch, cells))
    )
    return Layout(encoding, separator, number, count, header, decimal_comma)


def _in_one_line(first: str, below: Sequence[str]) -> tuple[str, int]:
    """Join a header whose quoted cells contain line breaks; return it and its number of lines."""
    header, count = first, 1
    while _is_open(header) and count <= len(below):
        header = f"{header.rstrip()} {below[count - 1]}"
        count += 1
    return (first, 1) if _is_open(header) else (header, count)


def _is_open(header: str) -> bool:
    return header.count(_QUOTE) % 2 == 1 and _OPEN_QUOTE.search(header) is not None
