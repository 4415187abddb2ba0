"""What the environment that a program starts in may not change: which packages it runs, and that it finds a place of
its own. Only the standard library is used: the installer copies this file into `.venv`, where every Python start runs
it before anything else is imported."""

from __future__ import annotations

import os
import pwd
import stat
import sys
from functools import cache
from pathlib import Path

SOURCE = "LIVERMETS_SOURCE"
"""The folder of the code that the workflow's jobs run: the one entry of PYTHONPATH that is not another's."""
OUTER_PATH = "LIVERMETS_OUTER_PYTHONPATH"
"""What PYTHONPATH was before a job put its own in place: somebody else's program gets it back."""


def settle() -> None:
    """Makes this process, and those that it starts, independent of packages and folders that others set up."""
    leave_foreign_packages()
    ensure_places()


def leave_foreign_packages() -> None:
    """Takes out of the import path what PYTHONPATH has put before the packages of the lock: other versions of them
    would be taken without a word. The variable itself stays, for other programs."""
    named = [Path(entry or ".") for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    checkout = Path(sys.prefix).parent / "src"  # .venv lies inside the checkout
    own = [Path(os.environ[SOURCE])] if os.environ.get(SOURCE) else []
    kept = {os.path.abspath(path) for path in [*own, checkout]}
    inside = tuple(os.path.abspath(prefix) + os.sep for prefix in (sys.prefix, sys.base_prefix))
    foreign = {os.path.abspath(path) for path in named} - kept
    foreign = {path for path in foreign if not (path + os.sep).startswith(inside)}
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.abspath(entry) not in foreign]


def ensure_places() -> None:
    """Gives caches of all libraries a folder where the user has none that can be written to, and names a user without
    a name (a job container's): Snakemake, matplotlib and torch end in a traceback or complain otherwise."""
    if not any(os.environ.get(name) for name in ("LOGNAME", "USER", "LNAME", "USERNAME")) and not _entry():
        os.environ["LOGNAME"] = f"uid{os.getuid()}"
    if not _usable(_folder("XDG_CACHE_HOME", ".cache")):
        os.environ["XDG_CACHE_HOME"] = str(own_folder() / "cache")
    if not _home():
        os.environ.setdefault("XDG_CONFIG_HOME", str(own_folder() / "config"))
    if not os.environ.get("MPLCONFIGDIR") and not _usable(_folder("XDG_CONFIG_HOME", ".config")):
        os.environ["MPLCONFIGDIR"] = str(own_folder() / "matplotlib")


def cache_home() -> Path:
    """The folder under which caches are kept; it can be written to."""
    ensure_places()
    folder = _folder("XDG_CACHE_HOME", ".cache")
    assert folder is not None
    return folder


@cache
def own_folder() -> Path:
    """A folder for this user's caches in the temporary folder, the same one for all processes of this machine.

    Code is loaded from caches, so one that somebody else has made under the expected name is not used."""
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"livermets-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="livermets-"))


def job_prefix(source: Path, programs: Path) -> str:
    """What goes before the command of every job, as Snakemake wants it: that formats it once more.

    Jobs run the code in ``source`` with the Python in the folder ``programs``. Threads that wait must not spin: two
    jobs on one machine would otherwise slow each other down many times over."""
    from shlex import quote

    settings = {
        OUTER_PATH: '"${PYTHONPATH-}"',
        SOURCE: quote(str(source)),
        "PYTHONPATH": quote(str(source)),
        "PYTHONSAFEPATH": "1",  # a numpy.py in the study's folder is not numpy
        "PYTHONNOUSERSITE": "1",
        "PATH": f"{quote(str(programs))}:$PATH",
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
    }
    words = " ".join(f"{name}={value}" for name, value in settings.items())
    return f"set -euo pipefail; unset PYTHONHOME; export {words}; ".replace("{", "{{").replace("}", "}}")


def outer_environment() -> dict[str, str]:
    """The environment for somebody else's program: without what is set for this one's jobs."""
    environment = dict(os.environ)
    if environment.pop(SOURCE, None) is None:
        return environment
    for name in ("PYTHONPATH", "PYTHONSAFEPATH", "PYTHONNOUSERSITE"):
        environment.pop(name, None)
    if outer := environment.pop(OUTER_PATH, ""):
        environment["PYTHONPATH"] = outer
    return environment


def _folder(variable: str, name: str) -> Path | None:
    """Where the XDG variable points to, or the folder of this name in the home folder; None without either."""
    if named := os.environ.get(variable):
        return Path(named)
    home = _home()
    return Path(home) / name if home else None


def _home() -> str:
    """The home folder; empty where neither HOME nor the list of users knows one."""
    entry = _entry()
    return os.environ.get("HOME", entry.pw_dir if entry else "")


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(os.getuid())
    except KeyError:
        return None


def _usable(folder: Path | None) -> bool:
    """Whether files can be made in a folder, which is made if it is not there."""
    if folder is None:
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)
