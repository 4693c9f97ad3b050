"""How contexts that may not import each other work together: by functions that settings.HOOKS names.

Only the settings know everybody. Who calls a hook knows what has happened, and who is called knows what that means
for its own rows; both are part of one transaction.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


def call(moment: str, *arguments: Any) -> list[Any]:
    """Call every function that is named for this moment, in order, and return what they return."""
    return [function(*arguments) for function in _functions(tuple(settings.HOOKS[moment]))]


@cache
def _functions(paths: tuple[str, ...]) -> tuple[Callable[..., Any], ...]:
    return tuple(map(import_string, paths))
