"""The installer says in one sentence what a new machine lacks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TOOLS = ("bash", "cat", "cut", "dirname", "env", "grep", "rm", "sha256sum", "tail", "touch")


@pytest.fixture
def fresh(tmp_path):
    """A checkout without .venv, and a PATH that has only the shell's tools."""
    checkout = tmp_path / "checkout"
    shutil.copytree(REPOSITORY / "envs", checkout / "envs")
    shutil.copy(REPOSITORY / "pyproject.toml", checkout)
    (checkout / "src/livermets").mkdir(parents=True)
    shutil.copy(REPOSITORY / "src/livermets/surroundings.py", checkout / "src/livermets")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))

    def run(**environment):
        return subprocess.run(
            [shutil.which("bash"), str(run.checkout / "envs/install.sh")],
            env={"PATH": str(tools), "HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def move(to):
        run.checkout = run.checkout.rename(to)

    run.tools, run.checkout, run.move = tools, checkout, move
    return run


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!{shutil.which('bash')}\n{text}\n")
    path.chmod(0o755)


def test_no_python_is_one_sentence(fresh):
    done = fresh()
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 is needed and was not found" in done.stderr


def test_a_wrong_python_is_named(fresh):
    _script(fresh.tools / "python3.12", '[ "$1" = -V ] && { echo Python 3.12.1; exit 0; }; exit 1')
    done = fresh(PYTHON="python3.12")
    assert done.returncode == 2
    assert "Python 3.11 is needed and python3.12 is Python 3.12.1" in done.stderr


def test_no_compiler_is_one_sentence(fresh):
    done = fresh(PYTHON=sys.executable)
    assert done.returncode == 2
    assert "a C compiler is needed to build PyRadiomics and none was found" in done.stderr


@pytest.mark.slow
def test_no_network_is_one_sentence(fresh):
    (fresh.tools / "cc").symlink_to(shutil.which("cc") or shutil.which("gcc"))
    base = Path(os.path.realpath(sys.executable))
    done = fresh(
        PYTHON=str(base),
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_RETRIES="0",
        PIP_CONFIG_FILE=os.devnull,
    )
    assert done.returncode == 2
    assert "the package index cannot be reached while installing build tools" in done.stderr
    assert not list((fresh.checkout / ".venv").glob(".installed-*"))


def test_a_named_compiler_that_is_not_there_is_one_sentence(fresh):
    (fresh.tools / "gcc").symlink_to(shutil.which("true"))
    done = fresh(PYTHON=sys.executable, CC="/nonexistent/gcc -std=c99")
    assert done.returncode == 2
    assert done.stderr == (
        "error: CC names /nonexistent/gcc -std=c99 as the C compiler, which is not there: correct it, or unset it.\n"
    )


@pytest.mark.parametrize("name", ["a{b}c", "a:b"])
def test_a_folder_in_which_nothing_can_run_is_one_sentence(fresh, name):
    fresh.move(fresh.checkout.with_name(name))
    done = fresh()
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "rename the folder" in done.stderr


FIRST_LINES = {
    "plain": "#!{venv}/bin/python\n# -*- coding: utf-8 -*-\n",
    "d'Azur, blank": '#!/bin/sh\n\'\'\'exec\' "{venv}/bin/python" "$0" "$@"\n',
}


@pytest.mark.parametrize("name", FIRST_LINES)
def test_a_moved_checkout_is_one_sentence(fresh, name):
    fresh.move(fresh.checkout.with_name(name))
    programs = fresh.checkout / ".venv/bin"
    programs.mkdir(parents=True)
    (programs / "livermets").write_text(FIRST_LINES[name].format(venv=programs.parent))
    assert "moved" not in fresh().stderr
    fresh.move(fresh.checkout.with_name("elsewhere"))
    done = fresh()
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "was moved or copied after its installation" in done.stderr
    assert f"/{name}/.venv/bin/python)" in done.stderr


def _stub(checkout: Path) -> Path:
    """A .venv whose pip notes the settings that it sees instead of installing."""
    (checkout / ".venv/lib/python3.11/site-packages").mkdir(parents=True)
    (checkout / ".venv/bin").mkdir()
    seen = checkout / "seen"
    _script(
        checkout / ".venv/bin/python",
        f"""case "$*" in "-m pip install"*) env | grep -E '^(PIP_|PYTHON[A-Z]|.*\\.example)' >>{seen}; exit 0 ;; esac
exec {sys.executable} "$@" """,
    )
    return seen


@pytest.mark.parametrize(
    "harmful",
    [
        {"PIP_USER": "1"},  # also an option of `pip config`
        {"PIP_TARGET": "/elsewhere", "PIP_PREFIX": "/elsewhere", "PIP_ROOT": "/elsewhere"},
        {"PIP_REQUIRE_HASHES": "1", "PIP_NO_BINARY": ":all:", "PIP_CONSTRAINT": "/other/constraints.txt"},
        {"PYTHONPATH": "/foreign", "PYTHONHOME": "", "PYTHONOPTIMIZE": "2"},
        {"PIP_QUIET": "3"},
        {},
    ],
)
def test_only_how_the_index_is_reached_is_taken_over(fresh, harmful):
    (fresh.tools / "cc").symlink_to(shutil.which("true"))
    seen = _stub(fresh.checkout)
    configuration = fresh.checkout / "pip.conf"
    configuration.write_text(
        "[global]\nuser = true\nindex-url = https://one.example/it's\nretries = 1\n"
        "[install]\nuser = true\nretries = 2\nextra-index-url = https://two.example\n    https://three.example\n"
    )
    told = {"PIP_CONFIG_FILE": str(configuration), "PIP_TRUSTED_HOST": "one.example", **harmful}
    done = fresh(PYTHON=sys.executable, **told)
    assert done.returncode == 0, done.stderr
    lines = sorted(set(seen.read_text().splitlines()))
    expected = {
        "PIP_CONFIG_FILE=/dev/null", "PIP_INDEX_URL=https://one.example/it's", "PIP_RETRIES=2",
        "PIP_TRUSTED_HOST=one.example", "PIP_EXTRA_INDEX_URL=https://two.example", "https://three.example",
    }  # fmt: skip

    machine = ("PIP_CERT", "PIP_FIND_LINKS")  # what this machine's own pip.conf may add
    assert {line for line in lines if not line.startswith(machine)} == expected
    assert (fresh.checkout / ".venv/lib/python3.11/site-packages/livermets_surroundings.pth").exists()


def test_a_configuration_that_pip_cannot_read_is_one_sentence(fresh):
    (fresh.tools / "cc").symlink_to(shutil.which("true"))
    _stub(fresh.checkout)
    (fresh.checkout / "pip.conf").write_text("index-url = no section\n")
    done = fresh(PYTHON=sys.executable, PIP_CONFIG_FILE=str(fresh.checkout / "pip.conf"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: pip's configuration cannot be read:")
    assert done.stderr.count("\n") == 1
