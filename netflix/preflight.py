"""Checks what people may have mistyped, before anything is installed or started. Needs nothing but Python.

python -m netflix.preflight [CSV] [--port PORT]
"""

import errno
import os
import socket
import sys
from argparse import ArgumentParser
from ipaddress import ip_address
from pathlib import Path

from netflix import dotenv

_DOTENV = Path(__file__).resolve().parents[1] / ".env"
_MAX_MOVIES, _MAX_PORTS, _MAX_DIGITS = 9_999_999, 65_535, 10


class PreflightError(Exception):
    """Something is not as it has to be. The message is a sentence for people."""


def check(arguments: list[str]) -> None:
    """Check the arguments of `start`, and the settings that it cannot do without. Raises PreflightError."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("csv", nargs="?", type=Path)
    parser.add_argument("--port")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("-v", "--verbosity", "--settings", "--pythonpath")  # Django's own that have a value
    options, _ = parser.parse_known_args(arguments)
    if options.help:
        return
    try:
        dotenv.load(_DOTENV)
    except dotenv.DotenvError as error:
        raise PreflightError(str(error)) from error
    if options.csv and not os.access(options.csv, os.R_OK):
        raise PreflightError(f"There is no file {options.csv} that can be read. Give the path of a file of films.")
    _integer("MAX_MOVIES", os.environ.get("MAX_MOVIES") or "1", maximum=_MAX_MOVIES)
    port = _integer("PORT", options.port or os.environ.get("PORT") or "8000", maximum=_MAX_PORTS)
    _check_address(os.environ.get("HOST") or "127.0.0.1", port)


def _integer(name: str, value: str, *, maximum: int) -> int:
    """The same rule, and the same sentence, as in the settings."""
    if not value.isdecimal() or len(value) > _MAX_DIGITS or not 1 <= int(value) <= maximum:
        raise PreflightError(f"{name}={value!r:.40} is not a whole number from 1 to {maximum}.")
    return int(value)


def _check_address(host: str, port: int) -> None:
    address = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    try:
        family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    except ValueError as error:
        raise PreflightError(
            f"HOST={host!r} is not an address to listen on. Write 127.0.0.1 or [::1] for this machine alone, "
            "0.0.0.0 or [::] for all its addresses."
        ) from error
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise PreflightError(f"HOST={host} is no address of this machine ({error.strerror}).") from error
        raise PreflightError(
            f"Port {port} cannot be used ({error.strerror}). Try another one: PORT=8001 ./bootstrap.sh"
        ) from error


if __name__ == "__main__":
    try:
        check(sys.argv[1:])
    except PreflightError as error:
        sys.exit(str(error))
