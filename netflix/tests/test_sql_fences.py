"""SQL keeps to the contexts as imports do (.importlinter): a table is named in the SQL of its own context alone.

Others take fragments and prepared statements from that context's `statements` module.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.django_db

# By context: which tables and functions of others its SQL names, and why.
EXCEPTIONS = {
    ("netflix/accounts", "knox_authtoken"): "django-rest-knox has no statement that finds a token's owner",
    ("ranking", "movies_lock_against_removal"): "a function that locks a movie, for functions of other contexts",
    ("ranking", "movies_lock_all_against_removal"): "the same for many movies",
    ("ranking", "movies_count_likes"): "a function that counts likes of many movies, for functions of other contexts",
    ("ranking", "movies_count_like"): "a function that counts a like, for functions of other contexts",
    ("ranking", "accounts_lock_user"): "a function that locks a person, for functions of other contexts",
}


def test_it_names_tables_and_functions_of_other_contexts_only_with_a_reason():
    owners = _owners()
    named = {(context, name) for context, text in _texts() for name in _names(text, owners) if owners[name] != context}
    assert named == EXCEPTIONS.keys()


@pytest.mark.parametrize(
    "source",
    ['SQL = "SELECT name FROM movies_genre"', 'SQL = f"SELECT 1 FROM {TABLE}, movies_genre AS genre"'],
)
def test_it_finds_a_table_in_a_string(source):
    owners = _owners()
    assert [owners[name] for text in _strings(source) for name in _names(text, owners)] == ["movies"]


def test_it_reads_the_files_and_the_functions():
    owners = _owners()
    assert {context for context, text in _texts() if _names(text, owners)} >= {"movies", "ranking", "reminder"}
    assert {context for _, context, _ in _functions()} >= {"movies", "ranking", "netflix/accounts"}


def _owners() -> dict[str, str]:
    """By the name of each table and function its context; of what a package has brought, the package."""
    tables = {model._meta.db_table: model._meta.app_config for model in apps.get_models(include_auto_created=True)}
    owners = {table: _folder(config.path) for table, config in tables.items()}
    return owners | {name: context for name, context, _ in _functions()}


def _functions() -> list[tuple[str, str, str]]:
    """The functions of the database: name, context and text."""
    contexts = {config.label: _folder(config.path) for config in apps.get_app_configs()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        return [(name, contexts[name.partition("_")[0]], text) for name, text in cursor.fetchall()]


def _texts() -> Iterator[tuple[str, str]]:
    """Every text of the product that may be SQL, after its context."""
    folders = [_folder(config.path) for config in apps.get_app_configs()]
    contexts = sorted((folder for folder in folders if not Path(folder).is_absolute()), key=len, reverse=True)
    for context in contexts:
        for path in Path(settings.BASE_DIR, context).rglob("*.*"):
            file = path.relative_to(settings.BASE_DIR)
            nearest = next(each for each in contexts if file.is_relative_to(each))
            if nearest != context or {"tests", "migrations"} & {*file.parts}:
                continue
            if path.suffix == ".sql":
                yield context, path.read_text()
            elif path.suffix == ".py":
                yield from ((context, text) for text in _strings(path.read_text()))
    yield from ((context, text) for _, context, text in _functions())


def _strings(source: str) -> list[str]:
    nodes = ast.walk(ast.parse(source))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _names(text: str, owners: dict[str, str]) -> set[str]:
    return {*re.findall(r"\w+_\w+", text)} & owners.keys()


def _folder(path: str) -> str:
    """Relative to the project, for an app of the project."""
    folder, base = Path(path), Path(settings.BASE_DIR)
    in_project = folder.is_relative_to(base) and "site-packages" not in folder.parts
    return str(folder.relative_to(base)) if in_project else path
