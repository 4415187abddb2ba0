"""Whatever environment a program is started in, it runs its own packages and has a folder for its caches."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.utils import format as filled_in

from livermets import surroundings
from livermets.surroundings import SOURCE, job_prefix, own_folder

FILE = Path(surroundings.__file__)
TELL = "import livermets, numpy, os; print(livermets.WHO, numpy.WHO, os.environ.get('PYTHONPATH'))"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A checkout whose .venv has what the installer puts there, with packages that tell whose they are."""
    checkout = tmp_path_factory.mktemp("checkout")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    (packages,) = (checkout / ".venv/lib").glob("python*/site-packages")
    shutil.copy(FILE, packages / "livermets_surroundings.py")
    # In this order, in which Python reads them.
    (packages / "__editable__.livermets.pth").write_text(f"{checkout}/src\n")
    (packages / "livermets_surroundings.pth").write_text("import livermets_surroundings as s; s.settle()\n")
    _package(packages, "numpy", "own")
    _package(checkout / "src", "livermets", "own")
    return checkout


def _package(folder: Path, name: str, who: str) -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(f"WHO = {who!r}\n")
    return folder


def _run(checkout: Path, code: str = TELL, **changes: str) -> subprocess.CompletedProcess[str]:
    values = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | changes
    python = checkout / ".venv/bin/python"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, env=values, cwd=checkout)


def test_packages_in_pythonpath_are_not_taken_and_the_variable_stays(environment, tmp_path):
    _package(_package(tmp_path, "numpy", "foreign"), "livermets", "foreign")
    _package(tmp_path, "random", "foreign")
    done = _run(environment, PYTHONPATH=str(tmp_path))
    assert done.stdout == f"own own {tmp_path}\n", done.stderr


def test_own_folders_in_pythonpath_change_nothing(environment):
    (packages,) = (environment / ".venv/lib").glob("python*/site-packages")
    for path in (f"{environment}/src", f"{packages}:{environment}/src", ""):
        assert _run(environment, PYTHONPATH=path).stdout == f"own own {path}\n"


def test_a_job_runs_the_code_of_its_own_checkout(environment, tmp_path):
    other = _package(tmp_path, "livermets", "another checkout's")
    values = {"PYTHONPATH": str(other), SOURCE: str(other)}
    assert _run(environment, **values).stdout.startswith("another checkout's own")


NAMES = ["plain", "my study", "d'Azur", "a&b", "a{b}c", 'x"$HOME`ls`\\', "(x);*?[y]#~"]


@pytest.mark.parametrize("name", NAMES)
def test_a_job_finds_code_and_python_whatever_their_folder_is_called(tmp_path, name):
    source, programs = _package(tmp_path / name / "src", "livermets", "own"), tmp_path / name / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    study = _package(tmp_path / "study", "numpy", "a folder of the study's")
    prefix = filled_in(job_prefix(source, programs))  # as Snakemake does with it
    code = f"import livermets, numpy; print(livermets.__file__, 'study' in numpy.__file__); {LISTED}"
    done = subprocess.run(
        ["bash", "-c", f'{prefix} python -c "{code}"; which python'],
        capture_output=True,
        text=True,
        cwd=study,
        env={**os.environ, "PYTHONPATH": "/another's", "PYTHONHOME": "/nowhere"},
    )
    assert done.stdout.splitlines() == [
        f"{source}/livermets/__init__.py False",
        "/another's None",
        str(programs / "python"),
    ], done.stderr


LISTED = (
    "from importlib.util import spec_from_file_location as s, module_from_spec as m;"
    f" p=s('x', '{FILE}'); x=m(p); p.loader.exec_module(x); e=x.outer_environment();"
    " print(e['PYTHONPATH'], e.get('PYTHONSAFEPATH'))"
)


def _places(environment: Path, **changes: str) -> list[str]:
    code = "import os; print(*(os.environ.get(n) for n in ('XDG_CACHE_HOME', 'MPLCONFIGDIR', 'XDG_CONFIG_HOME')))"
    unset = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR")
    values = {name: value for name, value in os.environ.items() if name not in unset} | changes
    done = subprocess.run(
        [environment / ".venv/bin/python", "-c", code], capture_output=True, text=True, check=True, env=values
    )
    return done.stdout.split()


def test_a_home_that_can_be_written_to_is_left_as_it_is(environment, tmp_path):
    assert _places(environment, HOME=str(tmp_path)) == ["None"] * 3


def test_without_a_home_to_write_to_caches_have_a_folder_of_their_own(environment, tmp_path):
    (tmp_path / "file").touch()
    own = f"{tmp_path}/livermets-{os.getuid()}"
    for home in (str(tmp_path / "file"), "/proc/1"):
        places = _places(environment, HOME=home, TMPDIR=str(tmp_path))
        assert places == [f"{own}/cache", f"{own}/matplotlib", "None"], home
    # Matplotlib follows XDG_CONFIG_HOME.
    assert _places(environment, HOME="", TMPDIR=str(tmp_path)) == [f"{own}/cache", "None", f"{own}/config"]


def test_a_folder_that_somebody_else_could_fill_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    expected = tmp_path / f"livermets-{os.getuid()}"
    own_folder.cache_clear()
    assert own_folder() == expected
    expected.chmod(0o777)
    own_folder.cache_clear()
    assert own_folder() != expected
    expected.rmdir()
    expected.symlink_to(tmp_path)
    own_folder.cache_clear()
    assert own_folder() != expected
    own_folder.cache_clear()


def test_an_unnamed_user_gets_a_name(environment):
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    unnamed = ["unshare", "--user", "--map-user=54321", "--map-group=54321"]
    tried = subprocess.run([*unnamed, "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip(f"no namespaces of one's own here: {tried.stderr.strip()}")
    names = ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR")
    values = {name: value for name, value in os.environ.items() if name not in names}
    code = "import getpass, platformdirs as p; print(getpass.getuser(), p.user_cache_dir(), p.user_config_dir())"
    python = [environment / ".venv/bin/python", "-c", f"import sys; sys.path += {sys.path!r}; {code}"]
    done = subprocess.run([*unnamed, *python], capture_output=True, text=True, env=values)
    assert done.stdout.startswith("uid54321 /tmp/livermets-54321/cache"), done.stderr
