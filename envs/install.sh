#!/usr/bin/env bash
# Creates .venv from the lock files: `envs/install.sh` what running needs, `envs/install.sh dev` what testing needs too.
# Every way in which a new machine can be unfit is said in one sentence.
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-run}
venv=.venv
log=$venv/install.log
errors=$venv/install.err
stamp() { echo "$venv/.installed-$1-$(cat envs/lock.txt envs/lock-dev.txt pyproject.toml envs/install.sh | sha256sum | cut -c1-16)"; }
fail() { echo "error: $*" >&2; exit 2; }

[ -e "$(stamp run)" ] && { [ "$what" = run ] || [ -e "$(stamp dev)" ]; } && exit 0

python=${PYTHON:-}
if [ -z "$python" ]; then
  for candidate in python3.11 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then python=$candidate; break; fi
  done
fi
[ -n "$python" ] || fail "Python 3.11 is needed and was not found (this machine's python3 is $(python3 -V 2>/dev/null || echo absent)): install it, or name it with PYTHON=/path/to/python3.11."
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null ||
  fail "Python 3.11 is needed and $python is $("$python" -V 2>/dev/null || echo absent): PyRadiomics 3.0.1 does not build on other versions."
command -v "${CC:-cc}" >/dev/null || command -v gcc >/dev/null ||
  fail "a C compiler is needed to build PyRadiomics and none was found: install gcc (Debian: apt install build-essential)."
headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
[ -e "$headers/Python.h" ] || fail "the Python headers are missing ($headers/Python.h): install python3.11-dev."

if [ ! -x "$venv/bin/python" ]; then
  "$python" -m venv "$venv" || fail "$python cannot create a virtual environment: install python3.11-venv."
fi

install() {
  local step=$1; shift
  echo "installing $step ..." >&2
  # pip's own log has the connection attempts that --quiet hides.
  if ! "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-input --log "$log" "$@" 2>"$errors" >&2; then
    if grep -qiE 'name resolution|connection (refused|broken|error)|timed out|network is unreachable|max retries' "$log"; then
      fail "the package index cannot be reached while installing $step: connect this machine, or set PIP_INDEX_URL to a mirror (details: $log)."
    fi
    cat "$errors" >&2
    fail "installing $step failed (details: $log)."
  fi
}
pins() { grep -E "^($1)==" envs/lock.txt; }

: >"$log"
if [ ! -e "$(stamp run)" ]; then
  # shellcheck disable=SC2046
  install "build tools" $(pins 'setuptools|wheel|versioneer|cython|numpy')
  # shellcheck disable=SC2046
  install "PyTorch" --constraint envs/lock.txt $(pins torch)
  install "the other packages" --no-deps --no-build-isolation --requirement envs/lock.txt
  install "livermets" --no-deps --no-build-isolation --editable .
  touch "$(stamp run)"
fi
if [ "$what" = dev ]; then
  install "the test tools" --no-deps --requirement envs/lock-dev.txt
  touch "$(stamp dev)"
fi
