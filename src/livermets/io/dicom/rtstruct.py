"""RTSTRUCT: contours of the chosen ROIs, filled in the plane of each slice of the CT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from livermets.errors import InputError, input_error
from livermets.imaging.contours import Contour, ContourError, Fate, Filled, filled
from livermets.imaging.geometry import Grid
from livermets.io.dicom.headers import shown_name
from livermets.io.dicom.leniency import read_leniently
from livermets.io.labels import LabelMap, chosen_labels, label_map, numbered

_XOR = "CLOSEDPLANAR_XOR"
_CLOSED = ("CLOSED_PLANAR", _XOR)
_LEFT_OUT: dict[Fate, str] = {
    "short": "of fewer than 3 points",
    "repeated": "with the outline of another one, which counts once",
    "cancelled": "of type CLOSEDPLANAR_XOR with the outline of another one, which cancel it",
    "farther": "in a plane farther from the slice than another plane of the same body",
    "empty": "without a voxel centre inside",
}


@dataclass
class Structure:
    """One ROI: its closed contours, and how many others (points, open lines) it has."""

    closed: list[Contour] = field(default_factory=list)
    not_closed: int = 0

    @property
    def total(self) -> int:
        return len(self.closed) + self.not_closed


def read_structures(file: Path, grid: Grid, wanted: Sequence[int | str] = (), optional: bool = False) -> LabelMap:
    """The chosen ROIs (by name, pattern or number) as a label map on the CT's grid, by ROI number, with a remark on
    every contour that does not count.

    Raises `InputError` when an ROI is missing (unless they are ``optional``) or its contours do not lie in the CT's
    slices."""
    where = file.parent / shown_name(file)
    try:
        with read_leniently():
            names, structures = _structures(file, where)
    except InputError:
        raise
    except Exception as error:  # damaged objects raise errors of any kind, and their texts may quote the header
        raise input_error(where, "this RTSTRUCT cannot be read", "Export it again") from error
    chosen = {number: names[number] for number in chosen_labels(names, wanted, where, optional)}
    unnamed = [str(number) for number, structure in structures.items() if number not in names and structure.total]
    remarks = [f"contours of ROI {', '.join(unnamed)}, which the file does not name, are left out"] if unnamed else []
    try:
        return label_map(_layers(chosen, structures, grid, remarks), chosen, grid, "RTSTRUCT", remarks)
    except ContourError as error:
        raise InputError(input_error(where, str(error), "Give the RTSTRUCT of this CT").problems) from error


def _layers(
    chosen: dict[int, str], structures: dict[int, Structure], grid: Grid, remarks: list[str]
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    for number, name in chosen.items():
        structure = structures.get(number, Structure())
        drawn = filled(structure.closed, grid)
        remarks += [f'{number} "{name}": {remark}' for remark in contour_remarks(structure, drawn)]
        yield number, drawn.mask


def contour_remarks(structure: Structure, drawn: Filled) -> list[str]:
    """What there is to say about the contours of one ROI: every one that does not count is in a number."""
    total = structure.total
    left_out = [f"{drawn.fates[fate]} {what}" for fate, what in _LEFT_OUT.items() if drawn.fates[fate]]
    if structure.not_closed:
        left_out.insert(0, f"{structure.not_closed} not closed (points or open lines)")
    said = []
    if left_out:
        said.append(f"{drawn.fates['used']} of {total} contours are used; left out: {', '.join(left_out)}")
    if drawn.cut:
        said.append(f"{drawn.cut} of {total} contours reach beyond the picture and are cut at its border")
    if drawn.gaps:
        first = f"slice {drawn.gaps[0] + 1} from the feet"
        said.append(f"{len(drawn.gaps)} slice(s) between drawn ones have no contour, the first is {first}")
    return said


def _structures(file: Path, where: Path) -> tuple[dict[int, str], dict[int, Structure]]:
    """ROI names, and what is drawn, by ROI number."""
    dataset = pydicom.dcmread(file, force=True)
    rois = ((int(roi.ROINumber), str(roi.get("ROIName", ""))) for roi in dataset.StructureSetROISequence)
    names = numbered(rois, where)
    structures: dict[int, Structure] = {}
    for roi in dataset.get("ROIContourSequence") or []:
        structure = structures.setdefault(int(roi.ReferencedROINumber), Structure())
        for contour in roi.get("ContourSequence") or []:
            kind = str(contour.get("ContourGeometricType", ""))
            if kind in _CLOSED:
                points = np.array([float(v) for v in contour.get("ContourData") or []]).reshape(-1, 3)
                structure.closed.append(Contour(points, kind == _XOR))
            else:
                structure.not_closed += 1
    return names, structures
