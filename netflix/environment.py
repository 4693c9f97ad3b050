"""Reads and checks environment variables for netflix/settings.py; an invalid one stops the start with a message."""

import os
import re
import warnings
from collections.abc import Callable, Collection
from email.utils import parseaddr
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from netflix import dotenv

BASE_DIR = Path(__file__).resolve().parent.parent

is_web_process = False  # netflix/wsgi.py sets it in processes that do

try:
    dotenv.load(BASE_DIR / ".env")
except dotenv.DotenvError as error:
    raise ImproperlyConfigured(str(error)) from error

_PERIODS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
_MAX_INTEGER = 9_999_999
_MAX_DIGITS = 10
_EXAMPLES = {
    "DATABASE_URL": "postgres://user:password@host:5432/name",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}
_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_IPV6 = r"\[[0-9a-f.]*:[0-9a-f:.]*\]"
_HOST = rf"(?:{_NAME}(?:\.{_NAME})*|{_IPV6})"
_PORT = r"(?::[0-9]{1,5})?"
_STANDARD_PORTS = {"http": ":80", "https": ":443"}


def text(name: str, *, default: str = "") -> str:
    """The variable's value, or the default if it is unset or empty, as docker compose's `${NAME:-default}`."""
    return os.environ.get(name) or default


def required(name: str, hint: str) -> str:
    """The variable's value. Without one the error shows the hint."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def require_package(package: str, name: str, requirements: str) -> None:
    """Stop the start if the variable needs a package that is not installed."""
    if find_spec(package) is None:
        raise ImproperlyConfigured(f"{name} needs packages that are not installed: pip install -r {requirements}")


def parse_url(name: str, read: Callable[[str], dict[str, Any]], *, default: str = "") -> dict[str, Any]:
    """Parse a URL with `read`. Errors do not quote it, because it may contain a password."""
    try:
        with warnings.catch_warnings(action="error"):
            return read(text(name, default=default))
    except (ImproperlyConfigured, KeyError, ValueError, UserWarning) as error:
        raise ImproperlyConfigured(f"{name} cannot be understood. Write it like {_EXAMPLES[name]}") from error


def redis_url(name: str, hint: str) -> str:
    """The URL of a database of a Redis server. Errors do not quote it, because it may contain a password."""
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
    """A rate such as `60/min`, as a count and a number of seconds."""
    value = text(name, default=default)
    number, _, period = value.partition("/")
    if not number.isdecimal() or not int(number) or period not in _PERIODS:
        raise ImproperlyConfigured(f"{name}={value!r} is not a rate. Write it like 60/min, 1000/hour or 5/s.")
    return int(number), _PERIODS[period]


def boolean(name: str, *, default: bool) -> bool:
    """On or off."""
    value = text(name, default="on" if default else "off").lower()
    if value not in ("on", "off", "true", "false", "1", "0", "yes", "no"):
        raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off.")
    return value in ("on", "true", "1", "yes")


def choice(name: str, options: Collection[str], *, default: str) -> str:
    """One of the options, which may be written in another case."""
    value = text(name, default=default)
    chosen = next((option for option in options if option.lower() == value.lower()), None)
    if chosen is None:
        raise ImproperlyConfigured(f"{name}={value!r} is not one of {', '.join(options)}.")
    return chosen


def integer(name: str, *, default: int, minimum: int = 0, maximum: int = _MAX_INTEGER) -> int:
    """An integer. The limits also refuse values that later code cannot use, such as hours beyond the calendar."""
    value = text(name, default=str(default))
    if not value.isdecimal() or len(value) > _MAX_DIGITS or not minimum <= int(value) <= maximum:
        raise ImproperlyConfigured(f"{name}={value!r:.40} is not a whole number from {minimum} to {maximum}.")
    return int(value)


def folder(name: str, *, default: Path) -> Path:
    """A folder, which need not exist yet."""
    path = Path(text(name, default=str(default))).resolve()
    try:
        is_folder = all(each.is_dir() or not each.exists() for each in (path, *path.parents))
    except PermissionError:  # in one of the parents
        is_folder = False
    if not is_folder:
        raise ImproperlyConfigured(f"{name}='{path}' is not a folder that can be used.")
    return path


def path_prefix(name: str) -> str:
    """The path that all URLs of the service begin with, such as `/netflix`; "" for none."""
    value = text(name).rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*", value):
        raise ImproperlyConfigured(f"{name}={value!r} is not a path. Write it like /netflix")
    return value


def listening_address(name: str, *, default: str) -> str:
    """The address of one or all network interfaces. No host name: some shells export the machine's as HOST."""
    value = text(name, default=default)
    try:
        return str(ip_address("127.0.0.1" if value == "localhost" else value.removeprefix("[").removesuffix("]")))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not an address to listen on. Write 127.0.0.1 or [::1] for this machine alone, "
            "0.0.0.0 or [::] for all its addresses, or one of them, such as 192.0.2.7."
        ) from error


def is_wildcard_address(listening: str) -> bool:
    """Whether the address stands for all addresses of the machine: 0.0.0.0 or ::."""
    return ip_address(listening).is_unspecified


def host_for_url(listening: str) -> str:
    """The host in URLs of a server that listens on this address."""
    if is_wildcard_address(listening) or listening == "127.0.0.1":
        return "localhost"
    return f"[{listening}]" if ":" in listening else listening


def base_url(name: str, *, default: str) -> str:
    """An http or https URL, without a slash at the end."""
    return _checked_url(name, text(name, default=default).rstrip("/"), example="https://movies.example.com")


def optional_url(name: str) -> str:
    """An http or https URL without a slash at the end; "" if it is not set."""
    return base_url(name, default="") if text(name) else ""


def origins_of(url: str) -> list[str]:
    """The origin of a URL, alone; nothing for ""."""
    scheme, host, *_ = urlsplit(url)
    return [f"{scheme}://{host}"] if url else []


def page_url(name: str, *, default: str) -> str:
    """An http or https URL of a page, as it is written: some servers mind a slash at the end."""
    return _checked_url(name, text(name, default=default), example="https://app.example.com/new-password")


def _checked_url(name: str, value: str, *, example: str) -> str:
    if not re.fullmatch(rf"https?://{_HOST}{_PORT}(/[^\s?#]*)?", value, re.IGNORECASE):
        raise ImproperlyConfigured(f"{name}={value!r} is not a URL. Write it like {example}")
    return value


def public_url(name: str, *, default: str, path_prefix: str) -> str:
    """The URL at which browsers reach the service. It must end in the path prefix, which links need."""
    value = base_url(name, default=f"{default}{path_prefix}")
    if not value.endswith(path_prefix):
        raise ImproperlyConfigured(f"{name}={value!r} does not end in {path_prefix}, which is PATH_PREFIX.")
    return value


def mail_sender(name: str, *, default: str) -> str:
    """An e-mail address, with or without a name before it."""
    value = text(name, default=default)
    try:
        validate_email(parseaddr(value)[1])
    except ValidationError as error:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not an e-mail address. Write it like films@example.com or Films <films@example.com>"
        ) from error
    return value


def hosts(name: str) -> list[str]:
    """Host names as in Django's ALLOWED_HOSTS: `.example.com` includes all subdomains, `*` is any host."""
    entries = _entries(name)
    for entry in entries:
        if entry != "*" and not re.fullmatch(rf"\.?{_HOST}", entry, re.IGNORECASE):
            raise ImproperlyConfigured(
                f"{name} has {entry!r}, which is not a host name. Write names without scheme, port and path, separated "
                "by commas, such as movies.example.com,.example.org,192.0.2.7,[2001:db8::1]"
            )
    return entries


def origins(name: str) -> list[str]:
    """Origins, spelled as browsers do: in lower case, and without the scheme's standard port."""
    return [_origin(name, entry) for entry in _entries(name)]


def cors_origins(name: str) -> list[str]:
    """Origins as `origins` returns them; `*` alone stands for all origins."""
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
