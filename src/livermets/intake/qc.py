"""Pictures for a human eye: do image, liver and lesions belong together?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livermets.intake.scan_data import ScanData
from livermets.io.atomic import written_aside

WINDOW_HU = (-110.0, 190.0)
"""Liver window: level 40, width 300."""
_LARGEST_PICTURE = 6
LIVER_COLOUR, LESION_COLOUR = "#2fb5a0", "#ffb000"


def qc_picture(path: Path, data: ScanData, title: str) -> None:
    """Six axial slices (through the lesions, else spread over the volume) and a coronal one, with contours: liver
    green, lesions amber with their ids. Shown as radiologists look at it: patient's right on the left."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    slices = shown_slices(data)
    figure = Figure(figsize=(14, 7.4), dpi=72)
    figure.subplots_adjust(left=0.005, right=0.995, bottom=0.005, top=0.9, wspace=0.02, hspace=0.1)
    axes = figure.subplots(2, 4, subplot_kw={"xticks": [], "yticks": []}).ravel()
    spacing = data.ct.grid.spacing_zyx_mm
    for axis, z in zip(axes, slices, strict=False):
        _draw(axis, data, (z, slice(None), slice(None)), spacing[1] / spacing[2], f"slice {z}")
    y = _coronal_slice(data)
    _draw(axes[-1], data, (slice(None, None, -1), y, slice(None)), spacing[0] / spacing[2], f"coronal, row {y}")
    for axis in axes:
        axis.set_axis_off()
    low, high = (int(value) for value in (data.ct.array.min(), data.ct.array.max()))
    size = " × ".join(map(str, data.ct.grid.size_xyz))
    steps = " × ".join(f"{value:.3g}" for value in data.ct.grid.spacing_xyz_mm)
    figure.suptitle(f"{title}   {size} voxels of {steps} mm, {low} to {high} HU, from {data.kind}", fontsize=11)
    with written_aside(path) as aside:
        figure.savefig(aside, format="png", metadata={"Software": None})


def shown_slices(data: ScanData) -> list[int]:
    """Up to seven slices: the largest one of each of the largest lesions, filled up evenly over the liver or volume."""
    depth = data.ct.array.shape[0]
    chosen: list[int] = []
    if data.lesions is not None:
        sizes = {lesion: data.lesions[box] == lesion for lesion, box in data.lesion_boxes.items()}
        for lesion in sorted(sizes, key=lambda lesion: -int(sizes[lesion].sum()))[:_LARGEST_PICTURE]:
            chosen.append(data.lesion_boxes[lesion][0].start + int(np.argmax(sizes[lesion].sum(axis=(1, 2)))))
    inside = np.flatnonzero(data.liver.any(axis=(1, 2))) if data.liver is not None else np.arange(depth)
    if not len(inside):
        inside = np.arange(depth)
    for share in (0.5, 0.25, 0.75, 0.1, 0.9, 0.4, 0.6):
        chosen.append(int(inside[int(share * (len(inside) - 1))]))
    return sorted(dict.fromkeys(chosen).keys() if len(set(chosen)) <= 7 else list(dict.fromkeys(chosen))[:7])


def _coronal_slice(data: ScanData) -> int:
    for mask in (data.lesions, data.liver):
        if mask is not None and mask.any():
            return int(np.argmax((mask > 0).sum(axis=(0, 2))))
    return data.ct.array.shape[1] // 2


def _draw(axis: Any, data: ScanData, index: tuple, aspect: float, title: str) -> None:
    axis.imshow(data.ct.array[index], cmap="gray", vmin=WINDOW_HU[0], vmax=WINDOW_HU[1], aspect=aspect)
    axis.set_title(title, fontsize=9, y=1.0)  # placed without measuring ticks that are not drawn
    if data.liver is not None and data.liver[index].any():
        axis.contour(data.liver[index], [0.5], colors=LIVER_COLOUR, linewidths=0.8)
    if data.lesions is not None:
        lesions: NDArray = data.lesions[index]
        for value in np.unique(lesions[lesions > 0]):
            mask = lesions == value
            axis.contour(mask, [0.5], colors=LESION_COLOUR, linewidths=0.9)
            row, column = np.argwhere(mask).mean(axis=0)
            axis.annotate(str(value), (column, row), color=LESION_COLOUR, fontsize=9, ha="center", va="center")
