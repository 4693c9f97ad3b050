"""How contexts that may not import each other work together: what happens in one is an event, and settings.HOOKS names
the functions that follow it.

Only the settings know everybody. Who calls a hook knows what has happened, and who is called knows what that means
for its own rows; both are part of one transaction. Nothing is returned; where a change is to be taken back, followers
note what they did. Where an import downwards would do there is no
hook.
"""

import inspect
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


class MoviesChanged(Protocol):
    def __call__(self, movie_ids: Collection[int]) -> object:
        """Facts, genres or people of these movies have changed, or somebody has added them; imports add in silence."""


class CatalogueLoaded(Protocol):
    def __call__(self) -> object:
        """An import has ended, and there may be new movies. Called after its last transaction, also when nothing has
        changed, and at the start."""


class MoviesMerged(Protocol):
    def __call__(self, kept: int, merged: int, moved: dict[str, list[int]]) -> object:
        """Two movies are one: what refers to `merged` now refers to `kept`, and the first is about to go. Both are
        locked. Followers note in `moved`, under a name of their own, the ids of the rows that they moved."""


class MovieSplit(Protocol):
    def __call__(self, kept: int, merged: int, moved: dict[str, list[int]]) -> object:
        """The merge is taken back: of the rows that were moved, those that are still there return to `merged`."""


class AccountLeaving(Protocol):
    def __call__(self, user_id: int) -> object:
        """A person wants to be erased. What takes long may be done now, in steps: nobody is locked yet."""


class AccountErased(Protocol):
    def __call__(self, user_id: int) -> object:
        """A person is about to be erased, and is locked."""


class AddressVerified(Protocol):
    def __call__(self, user_id: int) -> object:
        """A person has shown that their e-mail address is theirs."""


_MOMENTS: dict[str, type] = {
    "movies_changed": MoviesChanged,
    "catalogue_loaded": CatalogueLoaded,
    "movies_merged": MoviesMerged,
    "movie_split": MovieSplit,
    "account_leaving": AccountLeaving,
    "account_erased": AccountErased,
    "address_verified": AddressVerified,
}


def movies_changed(movie_ids: Collection[int]) -> None:
    followers: tuple[MoviesChanged, ...] = _followers("movies_changed")
    for follow in followers:
        follow(movie_ids)


def catalogue_loaded() -> None:
    followers: tuple[CatalogueLoaded, ...] = _followers("catalogue_loaded")
    for follow in followers:
        follow()


def movies_merged(kept: int, merged: int, moved: dict[str, list[int]]) -> None:
    followers: tuple[MoviesMerged, ...] = _followers("movies_merged")
    for follow in followers:
        follow(kept, merged, moved)


def movie_split(kept: int, merged: int, moved: dict[str, list[int]]) -> None:
    followers: tuple[MovieSplit, ...] = _followers("movie_split")
    for follow in followers:
        follow(kept, merged, moved)


def account_leaving(user_id: int) -> None:
    followers: tuple[AccountLeaving, ...] = _followers("account_leaving")
    for follow in followers:
        follow(user_id)


def account_erased(user_id: int) -> None:
    followers: tuple[AccountErased, ...] = _followers("account_erased")
    for follow in followers:
        follow(user_id)


def address_verified(user_id: int) -> None:
    followers: tuple[AddressVerified, ...] = _followers("address_verified")
    for follow in followers:
        follow(user_id)


def check() -> None:
    """At start: every moment is known, every function that follows it is there and takes what it is told.

    Raises ImproperlyConfigured.
    """
    for moment, paths in settings.HOOKS.items():
        if moment not in _MOMENTS:
            raise ImproperlyConfigured(f"HOOKS has {moment!r}, which is none of {', '.join(_MOMENTS)}.")
        told = list(inspect.signature(_MOMENTS[moment].__call__).parameters)[1:]
        for path in paths:
            taken = _parameters(moment, path)
            if taken != told:
                raise ImproperlyConfigured(
                    f"HOOKS[{moment!r}] names {path}, which takes ({', '.join(taken)}) and not ({', '.join(told)})."
                )


def _parameters(moment: str, path: str) -> list[str]:
    try:
        return list(inspect.signature(import_string(path)).parameters)
    except (ImportError, TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"HOOKS[{moment!r}] names {path}, which is no function: {error}") from error


def _followers(moment: str) -> tuple[Any, ...]:
    return _functions(tuple(settings.HOOKS.get(moment, ())))


@cache
def _functions(paths: tuple[str, ...]) -> tuple[Callable[..., object], ...]:
    return tuple(map(import_string, paths))
