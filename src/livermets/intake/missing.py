"""Files of a scan that are not there: said in the same words before anything is read and while it is."""

from __future__ import annotations

from livermets.cohort import Scan
from livermets.errors import Problem

CHECK_THE_PATH = "Check the path in the configuration or the table"


def missing_files(scan: Scan) -> list[Problem]:
    """The CT and the masks of one scan that do not exist."""
    if scan.image_path.exists():
        return missing_masks(scan)
    where = f"{scan.label}, {scan.image_path}"
    return [Problem(where, "this CT does not exist", CHECK_THE_PATH), *missing_masks(scan)]


def missing_masks(scan: Scan) -> list[Problem]:
    """The masks of one scan that do not exist, or that no file's name matches."""
    files = scan.lesion_paths
    paths = [path for path in (scan.liver_path, *files) if path is not None and not path.exists()]
    found = [Problem(f"{scan.label}, {path}", "this mask does not exist", CHECK_THE_PATH) for path in paths]
    if scan.has_lesions and not files:
        where = f"{scan.label}, {scan.lesion_pattern}"
        fix = "Check `lesions`: {lesion} stands for a number"
        found.append(Problem(where, "no lesion mask has this name", fix))
    return found
