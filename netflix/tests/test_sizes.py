"""No function is longer than a screen, and none has more branches than a reader keeps in mind."""

import ast

import pytest
from django.conf import settings

FOLDERS = ("movies", "netflix", "ranking", "reminder", "support")
MAX_LINES, MAX_BRANCHES = 40, 10

BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert)


def functions():
    for folder in FOLDERS:
        for file in (settings.BASE_DIR / folder).rglob("*.py"):
            if {"tests", "migrations"} & set(file.parts):
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{file.relative_to(settings.BASE_DIR)}:{node.name}", node


def complexity(function):
    """McCabe's, with boolean operators and comprehensions, which ruff does not count."""
    nodes = list(ast.walk(function))
    return (
        1
        + sum(isinstance(node, BRANCHES) for node in nodes)
        + sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
        + sum(1 + len(node.ifs) for node in nodes if isinstance(node, ast.comprehension))
    )


def test_it_has_no_long_function():
    assert [name for name, node in functions() if node.end_lineno - node.lineno >= MAX_LINES] == []


def test_it_has_no_function_of_many_branches():
    assert [name for name, node in functions() if complexity(node) > MAX_BRANCHES] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(): pass", 1),
        ("def f(a, b):\n if a and b or a:\n  return [x for x in a if x]\n return 1 if b else 2", 7),
        ("def f():\n try:\n  pass\n except ValueError:\n  pass", 2),
    ],
)
def test_it_counts_every_branch(source, expected):
    assert complexity(ast.parse(source).body[0]) == expected
