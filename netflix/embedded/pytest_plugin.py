"""Starts the tests' servers before pytest-django reads the settings: `-p netflix.embedded.pytest_plugin`."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from netflix.embedded import EmbeddedError, servers

_servers = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    os.environ.setdefault("THROTTLES", "off")
    try:
        _servers.enter_context(servers())
    except EmbeddedError as error:
        raise pytest.UsageError(str(error)) from error
    yield


def pytest_unconfigure() -> None:
    _servers.close()
