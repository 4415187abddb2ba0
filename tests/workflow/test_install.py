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
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))

    def run(**environment):
        return subprocess.run(
            [shutil.which("bash"), str(checkout / "envs/install.sh")],
            env={"PATH": str(tools), "HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    run.tools, run.checkout = tools, checkout
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
