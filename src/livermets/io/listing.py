"""Files and folders as they lie on disk: links are followed, and what is not there is said, never passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from livermets.errors import input_error
from livermets.io.patterns import without_uids
from livermets.provenance import canonical_json, file_digest, text_digest

_POINTERS = {
    b"/annex/objects/": "git annex get (or datalad get)",
    b"version https://git-lfs.github.com/": "git lfs pull",
}
"""What files hold whose content was not fetched, and what fetches it."""
_SHOWN = 3
_FETCH = "Fetch what is missing (git annex get, datalad get), mount the disk it is on, or remove the link"


def require(path: Path, noun: str, fix: str = "Check the path in the configuration or the table") -> None:
    """Raises `InputError` unless the path leads to something: "this CT does not exist", or that a part of it is a link
    that leads nowhere, or that the file only stands for one whose content was not fetched."""
    if not path.exists():
        lost = lost_link(path)
        raise input_error(path, f"{noun} {absence(path)}", fix if lost is None else _FETCH)
    fetching = stand_in(path)
    if fetching:
        raise input_error(path, "only a stand-in for this file is here, its content was not fetched", fetching)


def absence(path: Path) -> str:
    """In which way a path that leads to nothing does so, as the end of a sentence."""
    lost = lost_link(path)
    if lost is None:
        return "does not exist"
    behind = "" if lost == path else f"behind {lost.name}, "
    return without_uids(f"is {behind}a link that leads nowhere (to {lost.readlink()})")


def lost_link(path: Path) -> Path | None:
    """The part of a path that is a link to something that does not exist; None when there is none."""
    return next((part for part in (path, *path.parents) if part.is_symlink() and not part.exists()), None)


def stand_in(path: Path) -> str:
    """How to fetch the content of a file that git-annex or Git LFS keeps elsewhere; empty for other paths."""
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        start = stream.read(64)
    command = next((command for mark, command in _POINTERS.items() if start.startswith(mark)), "")
    return f"Fetch it: {command}" if command else ""


def is_dicom_file(path: Path) -> bool:
    """Whether a file carries DICOM's magic word."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


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
        raise input_error(folder, what, _FETCH)
    return files


def _shown(file: Path) -> str:
    return without_uids(f"{file.name} (to {file.readlink()})")


def path_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, or of those of all files in a folder with their names."""
    if not path.is_dir():
        return file_digest(path)
    return text_digest(canonical_json({str(file.relative_to(path)): file_digest(file) for file in files_below(path)}))
