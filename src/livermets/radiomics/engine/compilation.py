"""Compiled functions whose machine code is kept on disk, in a folder that names the code it was made from.

Numba keeps a function's machine code beside its source and throws it away when *that* file changes. Two things are
wrong with that here: an installed package may be read-only, and a change in a function that is called (another file)
would go unnoticed. So the cache lies in the user's cache folder (or under ``NUMBA_CACHE_DIR``), in a subfolder named
by the digest of all the engine's modules: any change of any of them starts a new cache."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

from livermets.provenance import code_digest

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compiles ``function`` on its first call, without Python's lock (so that threads run side by side).

    Division by zero gives infinity or NaN as in C and NumPy; nothing is reordered (no ``fastmath``), because equality
    with PyRadiomics includes its exact zeros."""
    config: Any = numba.config
    previous = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    finally:
        config.CACHE_DIR = previous


@cache
def cache_folder() -> Path:
    """Where compiled code is kept: the first of these that can be written to, else a temporary folder."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    user = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    # A job without a home folder of its own still shares compiled code with the other jobs of this user.
    shared = Path(tempfile.gettempdir()) / f"livermets-{os.getuid()}"
    for base in ([Path(named)] if named else []) + [Path(user) / "livermets", shared]:
        folder = base / f"radiomics-{code_digest('radiomics/engine')}"
        if _is_writable(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="livermets-"))


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
