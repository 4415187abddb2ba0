"""Write aside, then rename: nobody ever sees half a file."""

from __future__ import annotations

import errno
import glob
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from livermets.errors import InputError, input_error

logger = logging.getLogger(__name__)


# Less than this left on a disk, when writing has failed, is why it failed.
FULL_DISK_BYTES = 64 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
_NO_FOLDER = (errno.EEXIST, errno.ENOTDIR)


@contextmanager
def written_aside(path: Path | str) -> Iterator[Path]:
    """Yields a temporary path beside ``path`` (same suffixes); on success it is renamed, on any error removed.

    What a killed process has left beside the same path is removed. Raises `InputError` where the disk is full or the
    folder cannot be written to."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".writing-????????{glob.escape(path.name)}"):
            left.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.name)
    except OSError as error:
        raise _unwritable(path, error) or error from error
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o666 & ~umask)  # mkstemp makes private files; results are as readable as any other
        os.replace(aside, path)
    except Exception as error:
        raise _unwritable(path, error) or error from error
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def folder_aside(out: Path) -> Iterator[Path]:
    """Yields an empty folder beside ``out``; on success its files are moved into ``out``, on any error none is."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=out.parent, prefix=".writing-"))
    try:
        yield aside
        out.mkdir(exist_ok=True)
        for file in sorted(aside.iterdir()):
            file.replace(out / file.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _unwritable(path: Path, error: Exception) -> InputError | None:
    """The user's side of a failed write, if it is that; libraries that write volumes do not tell the reason."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _FORBIDDEN:
        return input_error(path.parent, "this folder cannot be written to", "Make it writable, or work in another one")
    if number in _NO_FOLDER and not path.parent.is_dir():
        return input_error(path.parent, "a folder is needed here, and there is a file", "Name another place")
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return None
    if number in _FULL or free < FULL_DISK_BYTES:
        return input_error(path, "the disk (or your share of it) is full", "Free some space and start again")
    return None


def write_text(path: Path | str, text: str) -> None:
    """Writes a text file in one step."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any) -> None:
    """Writes readable JSON in one step."""
    write_text(path, json.dumps(value, indent=2, default=str) + "\n")


def set_aside(path: Path, reason: str, consequence: str) -> None:
    """Keeps a file that cannot be used as ``*.stale``, with a warning that says why and what happens now."""
    stale = path.with_name(f"{path.name}.stale")
    path.replace(stale)
    logger.warning("%s %s; it is kept as %s and %s", path, reason, stale.name, consequence)
