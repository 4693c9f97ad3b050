"""Reads the environment for netflix/settings.py; what it does not understand stops the start with a sentence."""

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from netflix import dotenv

BASE_DIR = Path(__file__).resolve().parent.parent

answers_requests = False  # whether this process does, and people wait for it

env = environ.Env()
try:
    dotenv.load(BASE_DIR / ".env")
except dotenv.DotenvError as error:
    raise ImproperlyConfigured(str(error)) from error

_PERIODS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
_MOST_DIGITS = 7
_LIKE = {
    "DATABASE_URL": "postgres://user:password@host:5432/name",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}


def required(name: str, hint: str) -> str:
    """The variable's value; a missing one stops the start with a hint what to set."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def understood(name: str, read: Callable[..., dict[str, Any]], **options: Any) -> dict[str, Any]:
    """What a URL says. It may hold a password, so that it is not quoted when it says nothing."""
    try:
        with warnings.catch_warnings(action="error"):
            found: dict[str, Any] = read(name, **options)
    except (ImproperlyConfigured, KeyError, ValueError, UserWarning) as error:
        raise ImproperlyConfigured(f"{name} cannot be understood. Write it like {_LIKE[name]}") from error
    return found


def rate(name: str, default: str) -> tuple[int, int]:
    """How often in how many seconds, from a text such as `60/min`."""
    value: str = env.str(name, default=default)
    number, _, period = value.partition("/")
    if not number.isdecimal() or not int(number) or period not in _PERIODS:
        raise ImproperlyConfigured(f"{name}={value!r} is not a rate. Write it like 60/min, 1000/hour or 5/s.")
    return int(number), _PERIODS[period]


def switch(name: str, *, default: bool) -> bool:
    """Whether something is on."""
    value = env.str(name, default="on" if default else "off").lower()
    if value not in ("on", "off", "true", "false", "1", "0", "yes", "no"):
        raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off.")
    return value in ("on", "true", "1", "yes")


def whole_number(name: str, *, default: int) -> int:
    """A number from 0 up; what is larger than anybody can mean, such as hours beyond the calendar, is none."""
    value = env.str(name, default=str(default))
    if not value.isdecimal() or len(value) > _MOST_DIGITS:
        raise ImproperlyConfigured(f"{name}={value!r:.40} is not a whole number.")
    return int(value)


def web_address(name: str, *, default: str) -> str:
    """Where something is reached by browsers, without a slash at the end."""
    value: str = env.str(name, default=default).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ImproperlyConfigured(f"{name}={value!r} is not an address. Write it like https://movies.example.com")
    return value
