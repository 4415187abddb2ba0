"""A lesion on its CT slice: the contours of both masks, and what the model makes of the ROIs inside them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from livermets.figures.style import ORANGE, SKY, figure, panels

LIVER_WINDOW_HU = (-60.0, 200.0)
_SCALE_BAR_MM = 20.0
# Lighter members of the palette than elsewhere: blue and vermilion drown in the grey of a liver.
CONTOURS = {"manual": (SKY, "solid"), "automatic": (ORANGE, "dashed")}


def lesion_overlay(
    slice_hu: NDArray, manual: NDArray[np.bool_], automatic: NDArray[np.bool_], spacing_yx_mm: tuple[float, float]
) -> Figure:
    """One axial slice (HU, rows run front to back) with the manual contour solid and the automatic one dashed."""
    height_mm, width_mm = _size_mm(slice_hu, spacing_yx_mm)
    with figure(80, 80 * height_mm / width_mm) as (drawn, axes):
        _draw_slice(axes, slice_hu, spacing_yx_mm)
        for source, mask in (("manual", manual), ("automatic", automatic)):
            _draw_contour(axes, mask, source, spacing_yx_mm)
    return drawn


def networks_overlay(
    slice_hu: NDArray,
    manual: NDArray[np.bool_],
    automatic: Mapping[str, NDArray[np.bool_]],
    spacing_yx_mm: tuple[float, float],
) -> Figure:
    """One axial slice per network, two beside each other, with the manual contour solid and the network's dashed."""
    height_mm, width_mm = _size_mm(slice_hu, spacing_yx_mm)
    rows = -(-len(automatic) // 2)
    with panels(len(automatic), 120, rows * (60 * height_mm / width_mm + 6), rows) as (drawn, places):
        for axes, (name, mask) in zip(places, automatic.items(), strict=True):
            _draw_slice(axes, slice_hu, spacing_yx_mm)
            _draw_contour(axes, manual, "manual", spacing_yx_mm)
            _draw_contour(axes, mask, "automatic", spacing_yx_mm)
            axes.set_title(name, fontsize=8)
    return drawn


def map_overlay(
    slice_hu: NDArray,
    masks: Mapping[str, NDArray[np.bool_]],
    maps: Mapping[str, NDArray[np.float32]],
    spacing_yx_mm: tuple[float, float],
    label: str,
    limits: tuple[float, float],
) -> Figure:
    """One axial slice per mask source with a map of its ROIs over it (NaN where no ROI fits), on one colour scale."""
    height_mm, width_mm = _size_mm(slice_hu, spacing_yx_mm)
    with panels(len(masks), 60 * len(masks) + 18, 60 * height_mm / width_mm + 8) as (drawn, row):
        for axes, (source, mask) in zip(row, masks.items(), strict=True):
            _draw_slice(axes, slice_hu, spacing_yx_mm)
            coloured = axes.imshow(
                np.ma.masked_invalid(maps[source]), cmap="cividis", vmin=limits[0], vmax=limits[1], alpha=0.8,
                extent=(0.0, width_mm, height_mm, 0.0), interpolation="nearest",
            )  # fmt: skip
            _draw_contour(axes, mask, source, spacing_yx_mm)
            axes.set_title(f"{source} mask", fontsize=8)
        drawn.colorbar(coloured, ax=row, label=label, shrink=0.8)
    return drawn


def _size_mm(slice_hu: NDArray, spacing_yx_mm: tuple[float, float]) -> tuple[float, float]:
    return slice_hu.shape[0] * spacing_yx_mm[0], slice_hu.shape[1] * spacing_yx_mm[1]


def _draw_slice(axes: Axes, slice_hu: NDArray, spacing_yx_mm: tuple[float, float]) -> None:
    height_mm, width_mm = _size_mm(slice_hu, spacing_yx_mm)
    low, high = LIVER_WINDOW_HU
    extent = (0.0, width_mm, height_mm, 0.0)
    axes.imshow(slice_hu, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="nearest")
    bar = Line2D([4, 4 + _SCALE_BAR_MM], [height_mm - 4] * 2, color="white", linewidth=2.5, solid_capstyle="butt")
    axes.add_line(bar)
    label = axes.text(
        4 + _SCALE_BAR_MM / 2, height_mm - 6, f"{_SCALE_BAR_MM:g} mm", color="white", ha="center", fontsize=7
    )
    label.set_path_effects([withStroke(linewidth=2, foreground="black")])
    axes.set_axis_off()


def _draw_contour(axes: Axes, mask: NDArray[np.bool_], source: str, spacing_yx_mm: tuple[float, float]) -> None:
    if not mask.any():
        return
    colour, line = CONTOURS[source]
    y, x = ((np.arange(n) + 0.5) * step for n, step in zip(mask.shape, spacing_yx_mm, strict=True))
    axes.contour(x, y, mask.astype(float), levels=[0.5], colors=[colour], linewidths=1.6, linestyles=line)
