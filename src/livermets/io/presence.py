"""Whether a path leads to something: what is missing, a link to nothing or a stand-in is said in words."""

from __future__ import annotations

from pathlib import Path

from livermets.errors import input_error
from livermets.io.patterns import without_uids

_POINTERS = {
    b"/annex/objects/": "git annex get (or datalad get)",
    b"version https://git-lfs.github.com/": "git lfs pull",
}
"""What files hold whose content was not fetched, and what fetches it."""
FETCH_FIX = "Fetch what is missing (git annex get, datalad get), mount the disk it is on, or remove the link"


CHECK_PATH = "Check the path in the configuration or the table"


def require(path: Path, noun: str, fix: str = CHECK_PATH) -> None:
    """Raises `InputError` unless the path leads to something: "this CT does not exist", or that a part of it is a link
    that leads nowhere, or that the file only stands for one whose content was not fetched."""
    if not path.exists():
        lost = lost_link(path)
        raise input_error(path, f"{noun} {absence(path)}", fix if lost is None else FETCH_FIX)
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
