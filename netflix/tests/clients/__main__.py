"""Makes clients of a running stack's schema, checks their types, and calls every operation through the Python one.

    python -m netflix.tests.clients http://localhost:8000 \
        --password="$(cat var/secrets/admin_password)" --mails var/log/worker.log

What a front-end team does on its first day has to work: openapi-python-client and openapi-typescript make the clients,
mypy and tsc check them and what is written with them, `calls.py` and `usage.ts`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent
PACKAGE = "netflix_client"
OPENAPI_TYPESCRIPT, TYPESCRIPT = "openapi-typescript@7.13.0", "typescript@5.9.3"
# What is made has one file with faults of the generator's own: it passes *args on to httpx.
MYPY = f"[mypy]\nstrict = true\n[mypy-{PACKAGE}.client]\ndisable_error_code = arg-type\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="where the stack answers")
    parser.add_argument("--password", required=True, help="of its login `admin`")
    parser.add_argument("--mails", type=Path, required=True, help="the file that its e-mails are written to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with urlopen(f"{options.url}/api/schema/", timeout=30) as answer:
            (work / "schema.yml").write_bytes(answer.read())
        shutil.copy(HERE / "calls.py", work)
        shutil.copy(HERE / "usage.ts", work)
        typescript(work)
        python(work, options.url, options.password, options.mails.resolve())


def typescript(work: Path) -> None:
    step("TypeScript")
    run(work, "npx", "--yes", OPENAPI_TYPESCRIPT, "schema.yml", "-o", "schema.d.ts")
    run(work, "npx", "--yes", "-p", TYPESCRIPT, "tsc", "--noEmit", "--strict", "usage.ts")


def python(work: Path, url: str, password: str, mails: Path) -> None:
    step("Python")
    programs = Path(sys.executable).parent
    options = ["--path", "schema.yml", "--meta", "none", "--output-path", PACKAGE, "--fail-on-warning"]
    run(work, str(programs / "openapi-python-client"), "generate", *options)
    (work / "mypy.ini").write_text(MYPY)
    run(work, sys.executable, "-m", "mypy", "--config-file", "mypy.ini", PACKAGE, "calls.py")
    run(work, sys.executable, "calls.py", url, password, str(mails))


def step(text: str) -> None:
    print(f"--- {text}", flush=True)


def run(work: Path, *command: str) -> None:
    # The generator calls ruff, which is beside Python.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=work, env=os.environ | {"PATH": path}, check=True, timeout=300)


if __name__ == "__main__":
    main()
