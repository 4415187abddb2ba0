"""Files in one file: a ZIP archive whose bytes depend on what it holds and on nothing else."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from livermets.errors import InputError, input_error
from livermets.io.atomic import written_aside

_NO_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX, _READABLE = 3, 0o644 << 16
_AGAIN = "Copy it again from where it was written"


def write_archive(path: Path, members: Mapping[str, bytes]) -> None:
    """Writes the members in the order of their names, uncompressed (weights do not shrink), without dates and users."""
    with written_aside(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            archive.writestr(entry, members[name])


def read_member(path: Path, name: str, sha256: str | None = None) -> bytes:
    """One member; raises `InputError` if it is not there, damaged, or not the one with this digest."""
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(name)
    except KeyError as error:
        raise input_error(f"{path}, {name}", "this part is missing", _AGAIN) from error
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise _damaged(path, name) from error
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise _damaged(path, name)
    return content


def _damaged(path: Path, name: str) -> InputError:
    return input_error(f"{path}, {name}", "this part is damaged: its digest is not the one written down", _AGAIN)
