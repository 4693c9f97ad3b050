"""Reads the environment for netflix/settings.py; what it does not understand stops the start with a sentence."""

import os
import re
import warnings
from collections.abc import Callable, Collection
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from netflix import dotenv

BASE_DIR = Path(__file__).resolve().parent.parent

answers_requests = False  # whether this process does, and people wait for it

try:
    dotenv.load(BASE_DIR / ".env")
except dotenv.DotenvError as error:
    raise ImproperlyConfigured(str(error)) from error

_PERIODS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
_MOST = 9_999_999
_MOST_DIGITS = 10
_LIKE = {
    "DATABASE_URL": "postgres://user:password@host:5432/name",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}
_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_IPV6 = r"\[[0-9a-f.]*:[0-9a-f:.]*\]"
_HOST = rf"(?:{_NAME}(?:\.{_NAME})*|{_IPV6})"
_PORT = r"(?::[0-9]{1,5})?"
_STANDARD_PORTS = {"http": ":80", "https": ":443"}


def text(name: str, *, default: str = "") -> str:
    """The variable's value. An empty one is as none, as in docker compose's `${NAME:-default}`."""
    return os.environ.get(name) or default


def required(name: str, hint: str) -> str:
    """The variable's value; a missing one stops the start with a hint what to set."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def understood(name: str, read: Callable[[str], dict[str, Any]], *, default: str = "") -> dict[str, Any]:
    """What a URL says. It may hold a password, so that it is not quoted when it says nothing."""
    try:
        with warnings.catch_warnings(action="error"):
            return read(text(name, default=default))
    except (ImproperlyConfigured, KeyError, ValueError, UserWarning) as error:
        raise ImproperlyConfigured(f"{name} cannot be understood. Write it like {_LIKE[name]}") from error


def redis_url(name: str, hint: str) -> str:
    """A Redis server and the number of its database. Like every URL that may hold a password it is not quoted."""
    value = required(name, hint)
    try:
        url = urlsplit(value)
        is_redis = url.scheme == "unix" or (
            url.scheme in ("redis", "rediss") and url.port != 0 and re.fullmatch(r"/?[0-9]*", url.path)
        )
    except ValueError:  # the port is no number
        is_redis = False
    if not is_redis:
        raise ImproperlyConfigured(f"{name} must name a Redis server: redis://host:6379/0")
    return value


def rate(name: str, default: str) -> tuple[int, int]:
    """How often in how many seconds, from a text such as `60/min`."""
    value = text(name, default=default)
    number, _, period = value.partition("/")
    if not number.isdecimal() or not int(number) or period not in _PERIODS:
        raise ImproperlyConfigured(f"{name}={value!r} is not a rate. Write it like 60/min, 1000/hour or 5/s.")
    return int(number), _PERIODS[period]


def switch(name: str, *, default: bool) -> bool:
    """Whether something is on."""
    value = text(name, default="on" if default else "off").lower()
    if value not in ("on", "off", "true", "false", "1", "0", "yes", "no"):
        raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off.")
    return value in ("on", "true", "1", "yes")


def choice(name: str, options: Collection[str], *, default: str) -> str:
    """One of several words, in capitals or not."""
    value = text(name, default=default)
    chosen = next((option for option in options if option.lower() == value.lower()), None)
    if chosen is None:
        raise ImproperlyConfigured(f"{name}={value!r} is not one of {', '.join(options)}.")
    return chosen


def whole_number(name: str, *, default: int, least: int = 0, most: int = _MOST) -> int:
    """A number; what is larger than anybody can mean, such as hours beyond the calendar, is refused too."""
    value = text(name, default=str(default))
    if not value.isdecimal() or len(value) > _MOST_DIGITS or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name}={value!r:.40} is not a whole number from {least} to {most}.")
    return int(value)


def limit(name: str) -> int | None:
    """A number from 1 up; None, which is without a limit, if it is not set."""
    return whole_number(name, default=1, least=1) if text(name) else None


def folder(name: str, *, default: Path) -> Path:
    """A folder, which need not be there yet."""
    path = Path(text(name, default=str(default))).resolve()
    try:
        is_folder = all(there.is_dir() or not there.exists() for there in (path, *path.parents))
    except PermissionError:  # to look into one of the parents
        is_folder = False
    if not is_folder:
        raise ImproperlyConfigured(f"{name}='{path}' is not a folder that can be used.")
    return path


def path_prefix(name: str) -> str:
    """Below which path browsers reach the service: `/netflix`, or "" for a host name of its own."""
    value = text(name).rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*", value):
        raise ImproperlyConfigured(f"{name}={value!r} is not a path. Write it like /netflix")
    return value


def listening_address(name: str, *, default: str) -> str:
    """The address of a network interface, or of all of them. No host name: some shells export the machine's as HOST."""
    value = text(name, default=default)
    try:
        return str(ip_address("127.0.0.1" if value == "localhost" else value.removeprefix("[").removesuffix("]")))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not an address to listen on. Write 127.0.0.1 or [::1] for this machine alone, "
            "0.0.0.0 or [::] for all its addresses, or one of them, such as 192.0.2.7."
        ) from error


def is_loopback(listening: str) -> bool:
    """Whether nothing but this machine can reach it."""
    return ip_address(listening).is_loopback


def is_everywhere(listening: str) -> bool:
    """Whether it stands for all addresses of the machine."""
    return ip_address(listening).is_unspecified


def host_in_address(listening: str) -> str:
    """What stands for the host in an address of the web that leads to what listens there."""
    if is_everywhere(listening) or listening == "127.0.0.1":
        return "localhost"
    return f"[{listening}]" if ":" in listening else listening


def web_address(name: str, *, default: str) -> str:
    """Where something is reached by browsers, without a slash at the end."""
    value = text(name, default=default).rstrip("/")
    if not re.fullmatch(rf"https?://{_HOST}{_PORT}(/[^\s?#]*)?", value, re.IGNORECASE):
        raise ImproperlyConfigured(f"{name}={value!r} is not an address. Write it like https://movies.example.com")
    return value


def public_url(name: str, *, default: str, path_prefix: str) -> str:
    """Where browsers reach the service, with its path; without the path links would lead out of it."""
    value = web_address(name, default=f"{default}{path_prefix}")
    if not value.endswith(path_prefix):
        raise ImproperlyConfigured(f"{name}={value!r} does not end in {path_prefix}, which is PATH_PREFIX.")
    return value


def mail_sender(name: str, *, default: str) -> str:
    """An e-mail address, with a name before it or without."""
    value = text(name, default=default)
    try:
        validate_email(parseaddr(value)[1])
    except ValidationError as error:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not an e-mail address. Write it like films@example.com or Films <films@example.com>"
        ) from error
    return value


def hosts(name: str) -> list[str]:
    """Names of hosts, as Django's ALLOWED_HOSTS has them: `.example.com` is a domain with all below it, `*` is any."""
    entries = _entries(name)
    for entry in entries:
        if entry != "*" and not re.fullmatch(rf"\.?{_HOST}", entry, re.IGNORECASE):
            raise ImproperlyConfigured(
                f"{name} has {entry!r}, which is not a host name. Write names without scheme, port and path, separated "
                "by commas, such as movies.example.com,.example.org,192.0.2.7,[2001:db8::1]"
            )
    return entries


def origins(name: str) -> list[str]:
    """Where pages come from, spelled as browsers do: in small letters, and without a port that the scheme implies."""
    return [_origin(name, entry) for entry in _entries(name)]


def cors_origins(name: str) -> list[str]:
    """The same; or `*` alone, for all origins."""
    return ["*"] if text(name).strip() == "*" else origins(name)


def _origin(name: str, entry: str) -> str:
    parts = re.fullmatch(rf"(https?)(://(?:\*\.)?{_HOST})({_PORT})", entry.lower())
    if parts is None:
        raise ImproperlyConfigured(
            f"{name} has {entry!r}, which is not an origin. Write scheme and host, and a port if it has one, separated "
            "by commas, such as https://movies.example.com,https://example.org:8443"
        )
    scheme, host, port = parts.groups()
    return f"{scheme}{host}{port if port != _STANDARD_PORTS[scheme] else ''}"


def _entries(name: str) -> list[str]:
    return [entry for part in text(name).split(",") if (entry := part.strip())]
