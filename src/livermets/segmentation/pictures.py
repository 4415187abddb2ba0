"""Pictures of a training and of its masks: curves, examples, overlays."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

MANUAL_COLOUR, AUTOMATIC_COLOUR, LIVER_COLOUR = "#0072b2", "#d55e00", "#999999"
PORTAL_WINDOW_HU = (-60.0, 200.0)


def training_curves(log: pd.DataFrame, kept_epoch: int) -> Figure:
    """Loss and validation Dice over epochs; a line marks the epoch whose weights were kept."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(log["epoch"], log["training_loss"], label="training")
    if log["validation_loss"].notna().any():
        left.plot(log["epoch"], log["validation_loss"], label="validation")
    right.plot(log["epoch"], log["validation_dice"], color=AUTOMATIC_COLOUR, label="validation")
    for axes, name in ((left, "loss"), (right, "Dice of all validation pixels")):
        axes.axvline(kept_epoch, color="0.6", linewidth=0.8, linestyle="--")
        axes.set(xlabel="epoch", ylabel=name)
        axes.grid(alpha=0.3)
    left.legend(frameon=False)
    right.set_ylim(0, 1)
    return figure


def overlay(
    image: NDArray,
    manual: NDArray | None,
    automatic: NDArray,
    liver: NDArray | None,
    spacing_zyx_mm: tuple[float, float, float],
    window: tuple[float, float] = PORTAL_WINDOW_HU,
    panels: int = 6,
) -> Figure:
    """Axial slices (``zyx``, canonical axes) with the contours of both masks and of the liver.

    Shown are the slices with the largest lesion areas, spread over the scan; head is not up: the patient's right is
    on the left, the front on top."""
    either = automatic.astype(bool) if manual is None else automatic.astype(bool) | manual.astype(bool)
    rows = shown_slices(either if either.any() or liver is None else liver.astype(bool), panels)
    columns = min(3, len(rows))
    height = -(-len(rows) // columns)
    figure = Figure(figsize=(3.2 * columns, 3.2 * height + 0.4), layout="constrained")
    grid = np.atleast_1d(figure.subplots(height, columns, squeeze=False)).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, row in zip(grid, rows, strict=False):
        aspect = spacing_zyx_mm[1] / spacing_zyx_mm[2]
        axes.imshow(image[row], cmap="gray", vmin=window[0], vmax=window[1], aspect=aspect, interpolation="nearest")
        for mask, colour in ((liver, LIVER_COLOUR), (manual, MANUAL_COLOUR), (automatic, AUTOMATIC_COLOUR)):
            if mask is not None and mask[row].any():
                axes.contour(mask[row] > 0, levels=[0.5], colors=[colour], linewidths=0.9)
        axes.set_title(f"slice {row}", fontsize=8)
    named = {
        "manual": (manual, MANUAL_COLOUR),
        "automatic": (automatic, AUTOMATIC_COLOUR),
        "liver": (liver, LIVER_COLOUR),
    }
    lines = [Line2D([], [], color=colour, label=name) for name, (mask, colour) in named.items() if mask is not None]
    figure.legend(handles=lines, loc="outside lower left", ncols=len(lines), frameon=False, fontsize=9)
    return figure


def shown_slices(mask: NDArray, panels: int) -> list[int]:
    """The slice with the largest area in each of ``panels`` equal parts of the mask's extent; the middle slice if the
    mask is empty."""
    areas = mask.reshape(len(mask), -1).sum(axis=1)
    rows = np.flatnonzero(areas)
    if len(rows) == 0:
        return [len(mask) // 2]
    parts = np.array_split(np.arange(rows[0], rows[-1] + 1), min(panels, len(rows)))
    return [int(part[np.argmax(areas[part])]) for part in parts if areas[part].any()]
