"""What lies below a folder: links are followed, and what is not there is said, never passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from livermets.errors import input_error
from livermets.io.patterns import without_uids
from livermets.io.presence import FETCH_FIX
from livermets.provenance import canonical_json, file_digest, text_digest, versions

_SHOWN = 3


def walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Like `os.walk` from above, sorted, through links to folders, each folder once however many links lead to it.

    Raises `InputError` for a folder that the system does not let us look into."""

    def refused(error: OSError) -> None:
        raise input_error(error.filename or folder, f"the system cannot read it ({error.strerror})", "Check its rights")

    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=refused, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield Path(place), folders, sorted(names)


def files_below(folder: Path) -> list[Path]:
    """Every file of a folder and its subfolders, sorted, links followed.

    Raises `InputError` naming the links that lead nowhere: what they stand for would be missing without a word."""
    files = sorted(place / name for place, _, names in walk(folder) for name in names)
    lost = [file for file in files if file.is_symlink() and not file.exists()]
    if lost:
        shown = ", ".join(_shown(file) for file in lost[:_SHOWN]) + (", ..." if len(lost) > _SHOWN else "")
        what = f"{len(lost)} of {len(files)} files here are links that lead nowhere: {shown}"
        raise input_error(folder, what, FETCH_FIX)
    return files


def _shown(file: Path) -> str:
    return without_uids(f"{file.name} (to {file.readlink()})")


def names_below(folder: Path) -> Iterator[str]:
    """The names of all files and folders below a folder, links not followed; none where there is no such folder."""
    for _, folders, files in os.walk(folder):
        yield from (*folders, *files)


def path_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, or of those of all files in a folder with their names."""
    if not path.is_dir():
        return file_digest(path)
    return text_digest(canonical_json({str(file.relative_to(path)): file_digest(file) for file in files_below(path)}))


def made_from(settings: BaseModel, inputs: Mapping[str, Path | None]) -> dict[str, Any]:
    """What a table was made from, for its metadata: ``settings``, ``versions``, and the digests of the ``inputs`` that
    were given."""
    digests = {name: path_digest(path) for name, path in inputs.items() if path is not None}
    return {"settings": settings.model_dump(mode="json"), "versions": versions(), "inputs": digests}
