"""Files of a scan that are not there: said in the same words before anything is read and while it is."""

from __future__ import annotations

from pathlib import Path

from livermets.cohort.scan import Scan
from livermets.errors import InputError, Problem, ProblemList
from livermets.io.presence import require


def missing_files(scan: Scan) -> list[Problem]:
    """The CT and the masks of one scan that do not exist."""
    drawn = [scan, *(scan.of_source(source) for source in scan.further_sources)]
    return [*_absent(scan, scan.image_path, "this CT"), *(problem for one in drawn for problem in missing_masks(one))]


def missing_masks(scan: Scan) -> list[Problem]:
    """The masks of one scan that do not exist, or that no file's name matches."""
    try:
        files = scan.lesion_paths
    except InputError as error:
        return error.problems
    paths = [path for path in (scan.liver_path, *files) if path is not None]
    found = [problem for path in paths for problem in _absent(scan, path, "this mask")]
    if scan.has_lesions and not files:
        where = f"{scan.label}, {scan.lesion_pattern}"
        fix = "Check `lesions`: {lesion} stands for a number"
        found.append(Problem(where, "no lesion mask has this name", fix))
    return found


def _absent(scan: Scan, path: Path, subject: str) -> list[Problem]:
    found = ProblemList()
    if not path.exists():
        with found.collected():
            require(path, subject)
    return scan.named(found)
