"""Everything that documents mention in code style exists: files, commands, options, and names of the source."""

import os
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from movies.importing.readers import READERS

ROOT = Path(settings.BASE_DIR)
ELSEWHERE = {".git", ".venv", "var", "node_modules", "__pycache__"}  # folders that are not of the repository


def _files() -> Iterator[str]:
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if name not in ELSEWHERE]
        yield from (str(Path(folder, name).relative_to(ROOT)) for name in names)


FILES = list(_files())
DOCUMENTS = [file for file in FILES if file.startswith("docs/") and file.endswith(".md")] + [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
]

ENDINGS = "conf|csv|html|js|lock|lua|md|py|sh|sql|toml|txt|yml"
# Names of other projects, and files that readers create.
FOREIGN = {
    "credits.csv", "links.csv", "movies_metadata.csv", "tmdb_5000_credits.csv",  # files of data sets
    "title.basics", "title.ratings", "title.crew", "name.basics", "movies.example.com", "typing.cast",
    "utils.py",  # which there is not
    "PR_SET_PDEATHSIG", "TRUNCATE", "WsgiToAsgi", "consumer_timeout", "pg_dump", "psql", "send_robust", "ts_rank",
    "W/", "--backpressure", "scheduler.log",
    "parse_error", "method_not_allowed", "not_acceptable",  # codes of REST framework
}  # fmt: skip


def _sources() -> Iterator[tuple[str, str]]:
    endings = (".conf", ".html", ".js", ".py", ".sh", ".sql", ".toml", ".txt", ".yml", ".example", "Makefile", "run")
    for file in FILES:
        if file.endswith(endings) and file != "netflix/tests/test_documents.py":
            yield file, (ROOT / file).read_text()


SOURCES = dict(_sources())
STEMS = {Path(file).stem for file in FILES}
WORDS = STEMS.union(*(re.findall(r"\w+", text) for text in SOURCES.values()))
TARGETS = set(re.findall(r"^([a-z]+):", SOURCES.get("Makefile", ""), re.MULTILINE))


def test_it_mentions_files_and_folders_that_exist():
    assert _wrong(rf"(?:\./)?([\w./-]+\.(?:{ENDINGS}))", _is_file) == []
    assert _wrong(r"(?:[A-Z]+ )?/?(\w[\w{}./-]*/)", lambda folder: _is_folder(folder) or _is_address(folder)) == []


def test_it_links_to_files_and_headings_that_exist():
    wrong = []
    for document in DOCUMENTS:
        for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", (ROOT / document).read_text()):
            path, _, heading = link.partition("#")
            target = (ROOT / document).parent / path if path else ROOT / document
            if not target.exists() or (heading and heading not in _headings(target.read_text())):
                wrong.append((document, link))
    assert wrong == []


def test_it_mentions_commands_and_options_that_exist():
    assert _wrong(r"^(?:\w+=\S+ )*make ([a-z]+)", TARGETS.__contains__, whole=False) == []
    assert _wrong(r"manage\.py ([a-z_]+)", get_commands().__contains__, whole=False) == []
    assert _wrong(r"python3? -m ([\w.]+)", lambda module: find_spec(module) is not None, whole=False) == []
    assert _wrong(r"(--[a-z][\w-]+)", lambda option: any(option in text for text in SOURCES.values())) == []


def test_it_mentions_names_that_the_source_has():
    assert _wrong(r"([A-Za-z_]\w+)(?:\(\))?", WORDS.__contains__) == []
    assert _wrong(r"([A-Za-z_]\w*(?:\.\w+)+)(?:\(\))?", lambda name: _is_dotted_name(name) or _is_file(name)) == []


def test_it_mentions_every_format_of_data_sets():
    page = (ROOT / "docs" / "data-sets.md").read_text()
    assert [name for name in READERS if f"| `{name}` |" not in page] == []


def test_it_finds_what_does_not_exist():
    assert not _is_file("movies/nothing.py")
    assert not _is_folder("movies/nothing/")
    assert not _is_address("movies/nothing/")
    assert not _is_dotted_name("selectors.nothing")
    assert not _is_dotted_name("SourceRow.nothing")
    assert _is_dotted_name("movies.selectors.lock_against_removal")


def _wrong(pattern: str, exists: Callable[[str], bool], *, whole: bool = True) -> list[tuple[str, str]]:
    """Code spans that match the pattern but do not exist, each with its document."""
    found = re.fullmatch if whole else re.search
    matches = [(document, found(pattern, code)) for document in DOCUMENTS for code in _code(document)]
    mentioned = [(document, match[1]) for document, match in matches if match]
    assert mentioned
    return [(document, name) for document, name in mentioned if name not in FOREIGN and not exists(name)]


def _code(document: str) -> list[str]:
    """Each line of a code block, and each span outside of one."""
    text = (ROOT / document).read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return [*spans, *(line for block in blocks for line in block.splitlines())]


def _is_file(path: str) -> bool:
    return any(f"/{file}".endswith(f"/{path}") for file in FILES)


def _is_folder(path: str) -> bool:
    return path.startswith(("var/", "DATA_DIR/")) or any(f"/{path}" in f"/{file}" for file in FILES)


def _is_address(path: str) -> bool:
    path = path.replace("{number}", "7KQ-M2X-9RP")
    filled = re.sub(r"\{\w+\}", "1", path)
    for address in (f"/{filled}", f"/api/v1/{filled}"):
        try:
            resolve(address)
        except Resolver404:
            continue
        return True
    return False


def _is_dotted_name(name: str) -> bool:
    """A module, or a name in one, or a member of a class."""
    owner, _, member = name.rpartition(".")
    if _is_file(f"{name.replace('.', '/')}.py") or _is_file(f"{name.replace('.', '/')}/__init__.py"):
        return True
    module = owner.replace(".", "/")
    defined = re.compile(rf"^ *(?:(?:def|class) )?{member}\b *[(:=,]|^from .* import .*\b{member}\b", re.MULTILINE)
    return any(
        defined.search(text)
        for file, text in SOURCES.items()
        if f"/{file}".endswith((f"/{module}.py", f"/{module}/__init__.py")) or f"class {owner}(" in text
    )


def _headings(text: str) -> set[str]:
    """As GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
