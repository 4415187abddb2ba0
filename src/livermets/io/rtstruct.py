"""RTSTRUCT: contours of the chosen ROIs, filled in the plane of each slice of the CT."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from livermets.errors import InputError, input_error
from livermets.imaging.contours import ContourError, filled
from livermets.imaging.geometry import Grid
from livermets.io.dicom import shown_name
from livermets.io.masks import LabelMap, chosen_labels, merged

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")


def read_structures(file: Path, grid: Grid, wanted: Sequence[int | str] = ()) -> LabelMap:
    """The chosen ROIs (by name, pattern or number) as a label map on the CT's grid, by ROI number.

    Raises `InputError` when an ROI is missing or its contours do not lie in the CT's slices."""
    where = file.parent / shown_name(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names, contours = _contours(file)
    except Exception as error:  # damaged objects raise errors of any kind, and their texts may quote the header
        raise input_error(where, "this RTSTRUCT cannot be read", "Export it again") from error
    chosen = chosen_labels(names, wanted, where)
    try:
        labels, overlap = merged(_layers(chosen, contours, grid), grid)
    except ContourError as error:
        raise InputError(input_error(where, str(error), "Give the RTSTRUCT of this CT").problems) from error
    return LabelMap(labels, {number: names[number] for number in chosen}, overlap, "RTSTRUCT")


def _layers(
    chosen: list[int], contours: dict[int, list[NDArray[np.float64]]], grid: Grid
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    for number in chosen:
        yield number, filled(contours.get(number, []), grid)


def _contours(file: Path) -> tuple[dict[int, str], dict[int, list[NDArray[np.float64]]]]:
    """ROI names, and closed contours as points in millimetres (``xyz``), by ROI number."""
    dataset = pydicom.dcmread(file, force=True)
    names = {int(roi.ROINumber): str(roi.get("ROIName", "")) for roi in dataset.StructureSetROISequence}
    contours: dict[int, list[NDArray[np.float64]]] = {}
    for roi in dataset.get("ROIContourSequence") or []:
        closed: list[NDArray[np.float64]] = []
        for contour in roi.get("ContourSequence") or []:
            if str(contour.get("ContourGeometricType", "")) in _CLOSED:
                closed.append(np.array([float(v) for v in contour.ContourData]).reshape(-1, 3))
        contours[int(roi.ReferencedROINumber)] = closed
    return names, contours
