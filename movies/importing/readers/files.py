"""Opens the files of a data set as streams: plain, gzipped, in a folder or in a zip archive."""

import gzip
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from movies.importing.readers.rows import DamagedFile, DatasetError

_TEXT_SUFFIXES = {".csv", ".tsv", ".dat", ".txt", ".gz"}
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_MAX_MEMBERS = 1000
_MAX_DIRECTORY_SIZE = 1024 * 1024  # bytes; ten times what 1,000 members need
_DIRECTORY_END, _DIRECTORY_END_64 = b"PK\x05\x06", b"PK\x06\x06"
_MAX_END_SIZE = 128 * 1024  # bytes after the zip's central directory, including a comment of at most 64 kB
# Protection from zip bombs: film lists compress about 5:1, so refuse 100:1, but only beyond this many bytes.
UNCHECKED_BYTES = 256 * 1024 * 1024
MAX_EXPANSION_RATIO = 100
_BUFFER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DataFile:
    path: Path
    member: str = ""  # its name in the zip archive at `path`; empty for a plain file

    @property
    def name(self) -> str:
        """File name without folder or .gz. Undecodable characters become question marks."""
        name = PurePosixPath(self.member).name if self.member else self.path.name
        return name.removesuffix(".gz").encode(errors="replace").decode()

    @property
    def size(self) -> int:
        """Size on disk in bytes, the maximum of `Stream.position`."""
        return self.path.stat().st_size

    def open(self) -> "Stream":
        """Open as a stream of uncompressed bytes. Raises DatasetError."""
        raw = _opened(self.path)
        try:
            return Stream(self.name, raw, self._inside(raw))
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raw.close()
            raise DamagedFile(f"{self.name} cannot be unpacked: {error}.") from error
        except BaseException:
            raw.close()
            raise

    def _inside(self, raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
        if self.member:
            return _archive(raw, self.path.name).open(self.member)
        start = raw.read(4)
        raw.seek(0)
        return gzip.GzipFile(fileobj=raw) if start.startswith(_GZIP) else raw


class Stream(io.RawIOBase):
    """Uncompressed bytes of a file. Reading raises DamagedFile for corrupt archives and zip bombs."""

    def __init__(self, name: str, raw: IO[bytes], inside: IO[bytes] | gzip.GzipFile) -> None:
        self._name, self._raw, self._inside = name, raw, inside
        self._read = 0
        self._start = self._position = raw.tell()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview[int]") -> int:  # type: ignore[override]
        try:
            data = self._inside.read(len(buffer))
        except (zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, EOFError) as error:
            raise DamagedFile(f"{self._name} is damaged, or was cut off: {error}.") from error
        except OSError as error:
            raise DamagedFile(f"{self._name} cannot be read: {error.strerror or error}.") from error
        buffer[: len(data)] = data
        self._read += len(data)
        self._position = self._raw.tell()
        packed = self._position - self._start
        if self._inside is not self._raw and self._read > max(UNCHECKED_BYTES, MAX_EXPANSION_RATIO * packed):
            raise DamagedFile(f"{self._name} unpacks to far more than any list of films. It is not read further.")
        return len(data)

    def position(self) -> int:
        """Return the number of bytes read from the file on disk, before decompression."""
        return self._position

    def text(self, encoding: str, newline: str = "") -> io.TextIOWrapper:
        """Decode as text, keeping line ends. Invalid bytes become U+FFFD, which the cell parsers reject."""
        return io.TextIOWrapper(io.BufferedReader(self, _BUFFER), encoding, errors="replace", newline=newline)

    def close(self) -> None:
        if not self.closed:
            self._inside.close()
            self._raw.close()
        super().close()


def files_of(path: Path) -> Sequence[DataFile]:
    """Return the file itself, or the text files in a folder or zip archive. Raises DatasetError."""
    if _is_folder(path):
        files = _within(path)
    elif _is_zip(path):
        files = _members(path)
    else:
        return [DataFile(path)]
    if not files:
        raise DatasetError(f"{path} holds no CSV, TSV or DAT files.")
    return files


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # opening it later reports the error


def _within(folder: Path) -> list[DataFile]:
    try:
        return [DataFile(file) for file in sorted(folder.iterdir()) if _may_be_text(file.name) and not file.is_dir()]
    except OSError as error:
        raise DatasetError(f"{folder} cannot be read: {error.strerror}.") from error


def _members(path: Path) -> list[DataFile]:
    with path.open("rb") as raw, _archive(raw, path.name) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    _refuse_unsafe(infos, path.name)
    return [DataFile(path, name) for name in sorted(info.filename for info in infos) if _may_be_data(name)]


def _refuse_unsafe(infos: Sequence[zipfile.ZipInfo], name: str) -> None:
    """Raises DatasetError for an archive that no data set comes in."""
    if len(infos) > _MAX_MEMBERS:
        raise DatasetError(f"{name} holds {len(infos)} files: that is not an archive of a data set.")
    for info in infos:
        if ".." in PurePosixPath(info.filename.replace("\\", "/")).parts or info.filename[:1] in "/\\":
            raise DatasetError(f"{name} holds {info.filename!r}, a path outside the archive. It is not read.")
        if info.flag_bits & 1:
            raise DatasetError(f"{name} is locked with a password. Unpack it first.")


def _may_be_data(member: str) -> bool:
    return _may_be_text(member) and not member.startswith("__MACOSX/") and not member.endswith(".gz")


def _may_be_text(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _TEXT_SUFFIXES and not name.startswith(".")


def _archive(raw: IO[bytes], name: str) -> zipfile.ZipFile:
    try:
        if _directory_bytes(raw) > _MAX_DIRECTORY_SIZE:
            raise DatasetError(f"{name} lists far more files than a data set has. It is not read.")
        return zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise DatasetError(f"{name} is a damaged zip archive: {error}.") from error


def _directory_bytes(raw: IO[bytes]) -> int:
    """Return the length of the zip's central directory in bytes. zipfile reads all of it into memory."""
    raw.seek(max(raw.seek(0, io.SEEK_END) - _MAX_END_SIZE, 0))
    end = raw.read() + bytes(64)  # padding, so that unpacking after a truncated signature cannot fail
    at, at_64 = end.rfind(_DIRECTORY_END), end.rfind(_DIRECTORY_END_64)
    size = struct.unpack_from("<I", end, at + 12)[0] if at >= 0 else 0
    if size == 0xFFFFFFFF and at_64 >= 0:  # zip64: read the size from the zip64 record
        size = struct.unpack_from("<Q", end, at_64 + 40)[0]
    return int(size)


def _is_zip(path: Path) -> bool:
    """Raises DatasetError."""
    with _opened(path) as file:
        return file.read(len(_ZIP)) == _ZIP


def _opened(path: Path) -> IO[bytes]:
    """Raises DatasetError if it is missing, unreadable or not a regular file: pipes block, and devices never end."""
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            kind = _kind(mode)
            raise DamagedFile(f"{path} is {kind}, not a regular file. Save the films to a file and give its path.")
        return path.open("rb")
    except FileNotFoundError:
        raise DatasetError(f"There is no file {path}. Give the path of a file of films.") from None
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"
