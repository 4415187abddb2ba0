"""Files of a scan that are not there: said in the same words before anything is read and while it is."""

from __future__ import annotations

from pathlib import Path

from livermets.cohort.scan import Scan
from livermets.errors import InputError, Problem, ProblemList
from livermets.io.presence import CHECK_PATH, require

LIVER_FIX = f"{CHECK_PATH}; if such scans come without one, set `liver_optional: true` in the cohort"


def missing_files(scan: Scan) -> list[Problem]:
    """The CT and the masks of one scan that do not exist."""
    return [*_absent(scan, scan.image_path, "this CT"), *missing_masks(scan)]


def missing_masks(scan: Scan) -> list[Problem]:
    """The masks of one scan that do not exist, or that no file's name matches."""
    try:
        files = scan.lesion_paths
    except InputError as error:
        return error.problems
    found = [*missing_liver(scan), *(problem for path in files for problem in _absent(scan, path, "this mask"))]
    if scan.has_lesions and not files:
        where = f"{scan.label}, {scan.lesion_pattern}"
        fix = "Check `lesions`: {lesion} stands for a number"
        found.append(Problem(where, "no lesion mask has this name", fix))
    return found


def missing_liver(scan: Scan) -> list[Problem]:
    """The liver mask that a scan is said to come with, if it does not exist."""
    return [] if scan.liver_path is None else _absent(scan, scan.liver_path, "this mask", LIVER_FIX)


def _absent(scan: Scan, path: Path, subject: str, fix: str = CHECK_PATH) -> list[Problem]:
    found = ProblemList()
    if not path.exists():
        with found.collected():
            require(path, subject, fix)
    return scan.named(found)
