"""The commands of the README and of the guides do what the pages say, on a stack that has just been started.

A block of `sh` is run by bash, in one session for each page, and for all guides together. The `json` or `text` that
follows it is what it has to print: `...` stands for anything, and JSON may have more members than are shown.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings

from netflix.documentation import ADDRESS
from netflix.documentation.guides import FOLDER, ORDER
from netflix.tests.servers import free_port

pytestmark = pytest.mark.slow
README = settings.BASE_DIR / "README.md"
# What .ci/run does, and what needs a file or programs of others.
NOT_HERE = ("./bootstrap.sh ", "cp .env.example")
SETTINGS_OF_TESTS = {"DATABASE_URL", "REDIS_URL", "MAX_MOVIES", "THROTTLES"}
END = "--- end of block"
BLOCKS = re.compile(r"^```sh\n(.*?)^```$(?:\s*^```(json|text)\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    commands: str
    language: str  # of what it prints; "" if the page does not show that
    printed: str


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[tuple[Any, str]]:
    """The folder that the commands are run in, and the address of the stack whose data is in its `var`."""
    folder, port = tmp_path_factory.mktemp("stack"), str(free_port())
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_TESTS}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "start"], cwd=settings.BASE_DIR, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=environment | {"DATA_DIR": str(folder / "var"), "PORT": port},
    )  # fmt: skip
    try:
        lines = []
        while "Press Ctrl-C" not in (line := process.stdout.readline()):
            lines.append(line)
            assert line, "".join(lines)
        yield folder, f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def blocks(text: str, address: str) -> list[Block]:
    found = [Block(*match.groups(default="")) for match in BLOCKS.finditer(text.replace(ADDRESS, address))]
    return [block for block in found if not block.commands.startswith(NOT_HERE)]


@pytest.mark.parametrize("pages", [[README], [FOLDER / f"{name}.md" for name in ORDER]], ids=["readme", "guides"])
def test_it_does_what_the_page_says(stack, pages):
    folder, address = stack
    found = [block for page in pages for block in blocks(page.read_text(), address)]
    assert found
    script = "".join(f"{block.commands}\necho; echo '{END}'\n" for block in found)
    command = ["bash", "-euo", "pipefail", "-c", script]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    outputs = ran.stdout.split(f"{END}\n")
    assert ran.returncode == 0, (outputs[-1], ran.stderr)
    for block, output in zip(found, outputs, strict=False):
        assert is_shown(block, output), f"{block.commands}printed\n{output}"


def is_shown(block: Block, output: str) -> bool:
    if block.language == "json":
        return matches(json.loads(block.printed), last_json(output))
    lines = output.replace("\r", "").splitlines()
    return all(any(matches(line, printed) for printed in lines) for line in block.printed.splitlines())


def last_json(text: str) -> Any:
    """Answers have no newline at their end, so the last one may follow another."""
    decoder, value, text = json.JSONDecoder(), None, text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        text = text[end:].strip()
    return value


def matches(shown: Any, printed: Any) -> bool:
    if isinstance(shown, dict):
        return isinstance(printed, dict) and all(
            name in printed and matches(value, printed[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        return isinstance(printed, list) and len(shown) <= len(printed) and all(map(matches, shown, printed))
    if isinstance(shown, str) and isinstance(printed, str):
        return re.fullmatch(".*".join(map(re.escape, shown.split("..."))), printed, re.DOTALL) is not None
    return shown == printed


def test_it_runs_every_command_of_the_guides():
    for name in ORDER:
        page = (FOLDER / f"{name}.md").read_text()
        assert len(blocks(page, ADDRESS)) == len(re.findall(r"^```sh$", page, re.MULTILINE)) > 0, name


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {}, False),
        ([{"a": "x..."}], [{"a": "xyz"}, {}], True),
        ([{"a": "x..."}], [{"a": "yxz"}], False),
        ([1, 2], [1], False),
    ],
)
def test_it_notices_what_is_not_printed(shown, printed, expected):
    assert matches(shown, printed) is expected
