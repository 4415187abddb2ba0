"""One scan read from whatever the hospital gave: CT in HU, liver mask and numbered lesions on one grid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from livermets.cohort.missing import missing_liver, missing_masks
from livermets.cohort.scan import Scan
from livermets.config.cohorts import CohortSettings, SeriesChoice
from livermets.errors import InputError, Problem, ProblemList
from livermets.imaging.geometry import Volume
from livermets.intake.lesion_ids import lesion_numbers, with_lesion_ids
from livermets.io.ct import open_ct
from livermets.io.dicom.folder import LEFT_OUT_FIX, left_out
from livermets.io.dicom.headers import images_drawn_on
from livermets.io.labels import LabelMap, label_map
from livermets.io.masks import read_mask
from livermets.masks.identity import LARGEST_LESION_ID


@dataclass
class ScanData:
    """A scan as read: all arrays ``zyx`` on the CT's grid."""

    ct: Volume
    """HU, int16 where the values allow it, else float32; padding raised to -1024."""
    kind: str
    """What it was read from: DICOM, NIfTI, NRRD, MHA."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Acquisition facts that identify nobody."""
    padding_voxels: int = 0
    liver: NDArray[np.bool_] | None = None
    lesions: NDArray[np.uint16] | None = None
    swallowed: dict[int, str] = field(default_factory=dict)
    """Lesions without a voxel of their own, and what is said of each."""
    warnings: list[Problem] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    """Of a DICOM folder: how many slices were used, and how many files are something else, by what they are."""

    @cached_property
    def lowest_hu(self) -> float:
        """The lowest value of the CT, 0 at most."""
        return float(self.ct.array.min(initial=0))

    @cached_property
    def lesion_boxes(self) -> dict[int, tuple[slice, ...]]:
        """Bounding box of every lesion: scans are mostly empty, so look only there."""
        if self.lesions is None:
            return {}
        boxes = ndimage.find_objects(self.lesions)
        return {number: box for number, box in enumerate(boxes, start=1) if box is not None}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the values and the grid size: equal for the same CT in any format, because the type of the values
        depends on the values alone."""
        content = hashlib.sha256(f"{self.ct.array.shape} {self.ct.array.dtype}".encode())
        content.update(np.ascontiguousarray(self.ct.array).data)
        return content.hexdigest()


def read_scan(scan: Scan, settings: CohortSettings) -> ScanData:
    """CT and masks of one scan; raises `InputError` with everything that is wrong with its files."""
    problems = ProblemList()
    try:
        data = read_ct(scan.image_path, settings.series, lambda: _drawn_on(scan))
    except (InputError, OSError) as error:
        problems.extend(scan.named(_as_problems(error, scan.image_path)))
        problems.extend(missing_masks(scan))
        raise InputError(problems.errors) from error
    problems.extend(scan.named(data.warnings))
    for reader in (_read_liver, _read_lesions):
        try:
            reader(scan, settings, data, problems)
        except (InputError, OSError) as error:
            problems.extend(scan.named(_as_problems(error, scan.image_path.parent)))
    problems.raise_if_errors()
    data.warnings = problems.warnings
    return data


def read_lesions_on(ct: Volume, scan: Scan, settings: CohortSettings) -> NDArray[np.uint16]:
    """The lesion masks of a scan, by number, on the grid of a CT that is already read; raises `InputError` with
    everything that is wrong with them."""
    problems, data = ProblemList(), ScanData(ct, "")
    try:
        _read_lesions(scan, settings, data, problems)
    except (InputError, OSError) as error:
        problems.extend(scan.named(_as_problems(error, scan.image_path.parent)))
    problems.raise_if_errors()
    assert data.lesions is not None
    return data.lesions


def read_ct(
    path: Path, series: SeriesChoice | None = None, drawn_on: Callable[[], frozenset[str]] = frozenset
) -> ScanData:
    """A CT in HU from a DICOM folder (see `read_series_folder`) or an image file."""
    found = open_ct(path, series, drawn_on)
    remark = left_out(found.files)
    warnings = [Problem(str(path), remark, LEFT_OUT_FIX, "warning")] if remark else []
    return ScanData(found.volume, found.kind, found.facts, found.padding_voxels, files=found.files, warnings=warnings)


def _drawn_on(scan: Scan) -> frozenset[str]:
    masks = {path for path in (scan.liver_path, *scan.lesion_paths) if path is not None and path.exists()}
    return frozenset().union(*(images_drawn_on(path) for path in masks))


def _as_problems(error: InputError | OSError, where: Path) -> list[Problem]:
    """The problems of a file; one that the system will not open is the user's to look at too."""
    if isinstance(error, InputError):
        return error.problems
    return [Problem(str(error.filename or where), f"the system cannot read it ({error.strerror})", "Check its rights")]


def _read_liver(scan: Scan, settings: CohortSettings, data: ScanData, problems: ProblemList) -> None:
    if scan.liver_path is None:
        return
    if absent := missing_liver(scan):
        raise InputError(absent)
    mask = read_mask(scan.liver_path, data.ct.grid, settings.liver_labels, settings.resample_masks)
    _remark(mask, f"{scan.label}, {scan.liver_path}", problems)
    data.liver = mask.labels > 0
    if not data.liver.any():
        where = f"{scan.label}, {scan.liver_path}"
        problems.error(where, _empty("the liver mask is empty", mask), "Correct the mask, or leave out `liver`")


def _read_lesions(scan: Scan, settings: CohortSettings, data: ScanData, problems: ProblemList) -> None:
    if scan.lesion_pattern is None:
        return
    files = scan.numbered_lesion_paths
    if not files:
        where = f"{scan.label}, {scan.lesion_pattern}"
        problems.error(where, "no lesion mask has this name", "Check `lesions`: {lesion} stands for a number")
        return
    where = f"{scan.label}, {scan.lesion_pattern}"
    if files[0][0] is None:
        mask = read_mask(files[0][1], data.ct.grid, settings.lesion_labels, settings.resample_masks)
        labels = with_lesion_ids(mask, settings, scan)
    else:
        mask = _one_file_per_lesion([(int(n or 0), path) for n, path in files], scan, settings, data, problems)
        labels = mask.labels.astype(np.uint16)
    _remark(mask, where, problems)
    if files[0][0] is not None or settings.lesion_ids != "components":  # pieces of the union share nothing
        _overlaps(mask, scan, data, problems)
    if not labels.any() and not problems.errors:
        problems.error(
            where, _empty("the lesion mask holds no lesion", mask), "Correct the mask, or exclude the patient"
        )
    data.lesions = labels


def _remark(mask: LabelMap, where: str, problems: ProblemList) -> None:
    for remark in mask.remarks:
        problems.warning(where, remark)


def _empty(what: str, mask: LabelMap) -> str:
    """That a mask is empty, with what was left out of it: errors are shown without the warnings."""
    return f"{what} ({'; '.join(mask.remarks)})" if mask.remarks else what


def _overlaps(mask: LabelMap, scan: Scan, data: ScanData, problems: ProblemList) -> None:
    """Lesions that share voxels; those that have none of their own are left to `checks.checked_scan`."""
    for overlap in mask.overlaps:
        problems.warning(f"{scan.label}, {scan.lesion_pattern}", overlap)
    numbers = lesion_numbers(mask.names)
    data.swallowed = {numbers[label]: lost for label, lost in mask.swallowed.items()}


def _one_file_per_lesion(
    files: list[tuple[int, Path]], scan: Scan, settings: CohortSettings, data: ScanData, problems: ProblemList
) -> LabelMap:
    layers: dict[int, NDArray[np.bool_]] = {}
    first: dict[int, Path] = {}
    for number, path in files:
        where = f"{scan.label}, {path}"
        if not 1 <= number <= LARGEST_LESION_ID:
            problems.error(where, f"{number} cannot be a lesion id", f"Number the files from 1 to {LARGEST_LESION_ID}")
        elif first.setdefault(number, path) is not path:
            problems.error(where, f"{first[number].name} is lesion {number} too", "Keep one of the two files")
        else:
            try:
                mask = read_mask(path, data.ct.grid, settings.lesion_labels, settings.resample_masks)
            except InputError as error:
                problems.extend(scan.named(error.problems))
                continue
            _remark(mask, where, problems)
            layers[number] = mask.labels > 0
            if not layers[number].any():
                what = _empty("the lesion mask holds no lesion", mask)
                problems.error(where, what, "Correct the mask or remove the file")
    return label_map(
        layers.items(), dict.fromkeys(sorted(layers), ""), data.ct.grid, "one file per lesion", shown="lesion {number}"
    )
