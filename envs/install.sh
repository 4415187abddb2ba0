#!/usr/bin/env bash
# Creates .venv from the lock files: `envs/install.sh` what running needs, `envs/install.sh dev` what testing needs too,
# `envs/install.sh wheels` with all packages as files in wheels/.
# Every way in which a new machine can be unfit is said in one sentence.
set -euo pipefail
cd "$(dirname "$0")/.."

# Other packages than the lock's, put before them in the import path, would be taken without a word.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONOPTIMIZE
what=${1:-run}
venv=.venv
log=$venv/install.log
errors=$venv/install.err
surroundings=src/livermets/surroundings.py
decisive="envs/lock.txt envs/lock-dev.txt pyproject.toml envs/install.sh envs/index_settings.py $surroundings"
# shellcheck disable=SC2086
stamp() { echo "$venv/.installed-$1-$(cat $decisive | sha256sum | cut -c1-16)"; }
fail() { echo "error: $*" >&2; exit 2; }

case $(pwd -P) in
  *[:{}]*) fail "the path of this checkout, $(pwd -P), holds a colon or a brace, with which it cannot run: rename the folder." ;;
esac
if [ -e "$venv/bin/livermets" ]; then
  # A program names its Python in its first line, or in its second where the path holds a blank or is long.
  { read -r named; read -r second; } <"$venv/bin/livermets"
  case $second in "'''exec' "*) named=${second#*exec\' }; named=${named% \"\$0\"*}; named=${named#\"}; named=${named%\"} ;; esac
  named=${named#\#!}
  [ "$(dirname "$named")" -ef "$venv/bin" ] ||
    fail "this checkout was moved or copied after its installation (its programs start $named): make clean, then the same again."
fi

[ -e "$(stamp run)" ] && { [ "$what" = run ] || { [ "$what" = dev ] && [ -e "$(stamp dev)" ]; }; } && exit 0

python=${PYTHON:-}
if [ -z "$python" ]; then
  for candidate in python3.11 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then python=$candidate; break; fi
  done
fi
[ -n "$python" ] || fail "Python 3.11 is needed and was not found (this machine's python3 is $(python3 -V 2>/dev/null || echo absent)): install it, or name it with PYTHON=/path/to/python3.11."
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null ||
  fail "Python 3.11 is needed and $python is $("$python" -V 2>/dev/null || echo absent): PyRadiomics 3.0.1 does not build on other versions."
[ -z "${CC:-}" ] || command -v "${CC%% *}" >/dev/null ||
  fail "CC names $CC as the C compiler, which is not there: correct it, or unset it."
[ -n "${CC:-}" ] || command -v cc >/dev/null || command -v gcc >/dev/null ||
  fail "a C compiler is needed to build PyRadiomics and none was found: install gcc (Debian: apt install build-essential)."
headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
[ -e "$headers/Python.h" ] || fail "the Python headers are missing ($headers/Python.h): install python3.11-dev."

if [ ! -x "$venv/bin/python" ]; then
  "$python" -m venv "$venv" || fail "$python cannot create a virtual environment: install python3.11-venv."
fi

# Index, proxy and certificates stay as pip is told; the rest would send packages elsewhere or refuse those of the lock.
index_settings=$("$venv/bin/python" envs/index_settings.py 2>"$errors") ||
  fail "pip's configuration cannot be read: $(tail -n 1 "$errors")"
for variable in $(compgen -e); do
  case $variable in PIP_*) unset "$variable" ;; esac
done
eval "$index_settings"
export PIP_CONFIG_FILE=/dev/null

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
  # Every start of this Python runs it before anything else is imported.
  cat $surroundings >"$venv/lib/python3.11/site-packages/livermets_surroundings.py"
  echo 'import livermets_surroundings; livermets_surroundings.settle()' >"$venv/lib/python3.11/site-packages/livermets_surroundings.pth"
  touch "$(stamp run)"
fi
if [ "$what" = dev ]; then
  install "the test tools" --no-deps --requirement envs/lock-dev.txt
  touch "$(stamp dev)"
fi
if [ "$what" = wheels ]; then
  # Whatever the lock holds without a wheel of its own is built here.
  # shellcheck disable=SC2046
  "$venv/bin/python" -m pip wheel --wheel-dir wheels --constraint envs/lock.txt $(pins torch)
  "$venv/bin/python" -m pip wheel --wheel-dir wheels --no-deps --no-build-isolation --requirement envs/lock.txt
fi
