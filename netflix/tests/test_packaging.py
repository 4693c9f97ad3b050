"""What has to agree between files that no program reads together."""

import re
import tomllib

import pytest
import yaml


@pytest.fixture
def root(settings):
    return settings.BASE_DIR


@pytest.fixture
def compose(root):
    return yaml.safe_load((root / "docker-compose.yml").read_text())


@pytest.fixture
def packages(root):
    """Those that the service is made of: the benchmarks run beside it."""
    return {init.parent.name for init in root.glob("*/__init__.py")} - {"benchmarks"}


def pins(text):
    return dict(re.findall(r"^([\w-]+)(?:\[.+?\])?==([\w.]+)", text.lower(), re.MULTILINE))


def explained_variables(root):
    return set(re.findall(r"^#?([A-Z_]+)=", (root / ".env.example").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements", "requirements-s3", "requirements-dev"])
def test_it_locks_what_it_lists(root, name):
    listed = pins((root / "requirements.txt").read_text()) | pins((root / f"{name}.txt").read_text())
    locked = pins((root / f"{name}.lock").read_text())
    assert len(listed) > 10
    assert {package: locked.get(package) for package in listed} == listed


def test_it_develops_with_what_it_runs(root):
    runs = pins((root / "requirements.lock").read_text())
    runs |= pins((root / "requirements-s3.lock").read_text())
    develops = pins((root / "requirements-dev.lock").read_text())
    assert {package: develops.get(package) for package in runs} == runs


@pytest.mark.parametrize("name", ["requirements", "requirements-s3", "requirements-dev", "requirements-embedded"])
def test_it_says_why_it_needs_each_dependency(root, name):
    lines = (root / f"{name}.txt").read_text().splitlines()
    listed = [line for line in lines if "==" in line]
    assert listed
    assert [line for line in listed if not re.search(r"  # \S", line)] == []


def test_it_checks_the_health_of_every_container_that_stays(compose):
    stays = {name: service for name, service in compose["services"].items() if service["restart"] != "no"}
    assert stays.keys() == {"db", "redis", "web", "worker", "imports", "technical-support", "beat", "nginx"}
    assert [name for name, service in stays.items() if "healthcheck" not in service] == []


def test_it_puts_every_context_into_the_image(root, packages):
    assert {"movies", "netflix"} <= packages
    copied = {line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert packages - copied == set()


def test_it_tests_every_context(root, packages):
    assert (
        set(tomllib.loads((root / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["testpaths"])
        == packages
    )


def test_it_opens_one_door(compose):
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["nginx"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert [name for name, service in compose["services"].items() if "outside" in service.get("networks", [])] == [
        "worker",  # which sends e-mails
        "nginx",
    ]


def test_it_explains_every_variable_of_the_compose_file(root):
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", (root / "docker-compose.yml").read_text()))
    assert "POSTGRES_PASSWORD" in used
    assert used - explained_variables(root) == set()


def read_variables(root):
    """Those that the code reads from the environment, whoever names them."""
    helpers = (
        r"""(?:environment\.\w+|text|required|rate|boolean|integer|parse_url|os\.environ\.get)\(\s*['"]([A-Z_]+)['"]"""
    )
    folders = ("netflix", "movies", "ranking", "reminder", "support")
    files = [path for folder in folders for path in (root / folder).rglob("*.py") if "tests" not in path.parts]
    return {name for path in files for name in re.findall(helpers, path.read_text())}


def test_it_says_the_same_of_variables_in_the_code_the_docs_and_the_example(root):
    table = (root / "docs" / "settings.md").read_text()
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    shown = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} | {"THROTTLES"}  # beside the others
    assert "THROTTLES=off" in table
    used = read_variables(root)
    assert {"DATABASE_URL", "THROTTLE_WRITES", "DEBUG", "EMBEDDED_BINARIES", "MAX_MOVIES", "PORT"} <= used
    assert used == shown
    assert used == explained_variables(root) - {
        "POSTGRES_PASSWORD",
        "POSTGRES_BUFFERS",
        "CSV",
    }  # docker compose alone reads these
