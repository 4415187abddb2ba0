"""Pictures for a human eye: do image, liver and lesions belong together?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from livermets.figures.slices import Pane, largest_slice, slices_at, slices_through_lesions
from livermets.figures.writing import write_png
from livermets.intake.scan_data import ScanData

_MOST_SLICES = 7
_MOST_LESIONS = 6
_SHARES = (0.5, 0.25, 0.75, 0.1, 0.9, 0.4, 0.6)
_COLUMNS = 4
_PANE_MM = (60.0, 60.0)


def qc_picture(path: Path, data: ScanData, title: str) -> None:
    """Seven axial slices (through the lesions, else spread over the volume) and a coronal one, with the contours of
    liver and lesions, and the lesions' ids."""
    from livermets.figures.overlay import SLICE_DOTS_PER_INCH, slices_figure

    z_mm, y_mm, x_mm = data.ct.grid.spacing_zyx_mm
    coronal = _coronal_row(data)
    panes = [_pane(data, f"slice {z}", np.s_[z], (y_mm, x_mm)) for z in shown_slices(data)]
    panes.append(_pane(data, f"coronal, row {coronal}", np.s_[::-1, coronal], (z_mm, x_mm)))  # head up
    drawn = slices_figure(panes, _COLUMNS, _PANE_MM, title=f"{title}   {_facts(data)}", legend=True)
    write_png(path, drawn, SLICE_DOTS_PER_INCH)


def _pane(data: ScanData, title: str, index: Any, spacing_mm: tuple[float, float]) -> Pane:
    contours = {} if data.liver is None else {"liver": data.liver[index]}
    lesions = None if data.lesions is None else data.lesions[index]
    return Pane(title, data.ct.array[index], spacing_mm, contours, lesions)


def shown_slices(data: ScanData) -> list[int]:
    """Up to seven slices: the largest one of each of the largest lesions, filled up evenly over the liver or volume."""
    chosen: list[int] = []
    if data.lesions is not None:
        chosen = slices_through_lesions(data.lesions, data.lesion_boxes, _MOST_LESIONS)
    chosen += slices_at(_SHARES, data.liver, len(data.ct.array))
    return sorted(list(dict.fromkeys(chosen))[:_MOST_SLICES])


def _coronal_row(data: ScanData) -> int:
    for mask in (data.lesions, data.liver):
        if mask is not None and mask.any():
            return largest_slice(mask > 0, axis=1)
    return data.ct.array.shape[1] // 2


def _facts(data: ScanData) -> str:
    low, high = int(np.min(data.ct.array)), int(np.max(data.ct.array))
    size = " × ".join(map(str, data.ct.grid.size_xyz))
    steps = " × ".join(f"{value:.3g}" for value in data.ct.grid.spacing_xyz_mm)
    return f"{size} voxels of {steps} mm, {low} to {high} HU, from {data.kind}"
