"""Compiled functions whose machine code is kept on disk, in a folder that names the code it was made from.

Numba keeps a function's machine code beside its source and throws it away when *that* file changes. Two things are
wrong with that here: an installed package may be read-only, and a change in a function that is called (another file)
would go unnoticed. So the cache lies in the user's cache folder (or under ``NUMBA_CACHE_DIR``), in a subfolder named
by the digest of all modules of the function's package: any change of any of them starts a new cache. Every file of it
ends with the digest of its bytes, because machine code that a full disk or a lost connection has damaged would be run
as it is."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import IndexDataCacheFile

from livermets.provenance import code_digest
from livermets.surroundings import cache_home, own_folder

logger = logging.getLogger(__name__)
DIGEST_BYTES = 32

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compiles ``function`` on its first call, without Python's lock (so that threads run side by side).

    Division by zero gives infinity or NaN as in C and NumPy; nothing is reordered (no ``fastmath``), because equality
    with PyRadiomics includes its exact zeros."""
    config: Any = numba.config
    previous = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder(_package(function)))
    try:
        dispatcher: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = previous
    plain = dispatcher._cache._cache_file
    dispatcher._cache._cache_file = CheckedCacheFile.like(plain)
    return cast(Function, dispatcher)


class CheckedCacheFile(IndexDataCacheFile):
    """Numba's cache of one function; a file that is not as it was written counts as absent: it is compiled again."""

    @classmethod
    def like(cls, plain: IndexDataCacheFile) -> CheckedCacheFile:
        """The same files as those of a cache that numba has made."""
        checked = cls.__new__(cls)
        checked.__dict__.update(plain.__dict__)
        return checked

    def save(self, key: object, data: object) -> None:
        # Without room for the cache the function, which is compiled by now, works as well.
        with contextlib.suppress(OSError):
            super().save(key, data)

    def _load_index(self) -> dict[Any, str]:
        found: dict[Any, str] = super()._load_index() if _intact(Path(self._index_path)) else {}
        return found

    def _load_data(self, name: str) -> object:
        return super()._load_data(name) if _intact(Path(self._data_path(name))) else None

    @contextlib.contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        with super()._open_for_write(filepath) as file:
            content = io.BytesIO()
            yield content
            file.write(content.getvalue() + hashlib.sha256(content.getvalue()).digest())


def _intact(path: Path) -> bool:
    """Whether a cache file is as it was written; one that is not there is left to numba."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return True
    except OSError:
        content = b""
    intact = hashlib.sha256(content[:-DIGEST_BYTES]).digest() == content[-DIGEST_BYTES:]
    if not intact:
        _say_damaged(path.parent)
    return intact


@cache
def _say_damaged(folder: Path) -> None:
    logger.warning("compiled code in %s was damaged; it is compiled again", folder)


def _package(function: Callable[..., object]) -> str:
    """The folder of a function's module within this package; "" for a function of somebody else's."""
    root, *inner, _ = function.__module__.split(".")
    return "/".join(inner) if root == __name__.partition(".")[0] else ""


@cache
def cache_folder(package: str) -> Path:
    """Where the compiled code of a package (``"radiomics/engine"``) is kept: the first of these that can be written to,
    else a temporary folder."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    # A job without a home folder of its own still shares compiled code with the other jobs of this user.
    for base in [*([Path(named)] if named else []), cache_home() / "livermets", own_folder()]:
        folder = base / f"{package.replace('/', '-') or 'functions'}-{code_digest(package)}"
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
