"""A lesion on its CT slice with the contours of both masks."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from livermets.figures.style import ORANGE, SKY, figure

LIVER_WINDOW_HU = (-60.0, 200.0)
_SCALE_BAR_MM = 20.0
# Lighter members of the palette than elsewhere: blue and vermilion drown in the grey of a liver.
CONTOURS = {"manual": (SKY, "solid"), "automatic": (ORANGE, "dashed")}


def lesion_overlay(
    slice_hu: NDArray, manual: NDArray[np.bool_], automatic: NDArray[np.bool_], spacing_yx_mm: tuple[float, float]
) -> Figure:
    """One axial slice (HU, rows run front to back) with the manual contour solid and the automatic one dashed."""
    height_mm, width_mm = (n * s for n, s in zip(slice_hu.shape, spacing_yx_mm, strict=True))
    extent = (0.0, width_mm, height_mm, 0.0)
    with figure(80, 80 * height_mm / width_mm) as (drawn, axes):
        low, high = LIVER_WINDOW_HU
        axes.imshow(slice_hu, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="nearest")
        x = (np.arange(slice_hu.shape[1]) + 0.5) * spacing_yx_mm[1]
        y = (np.arange(slice_hu.shape[0]) + 0.5) * spacing_yx_mm[0]
        for (colour, line), mask in zip(CONTOURS.values(), (manual, automatic), strict=True):
            if mask.any():
                axes.contour(x, y, mask.astype(float), levels=[0.5], colors=[colour], linewidths=1.6, linestyles=line)
        axes.add_line(
            Line2D([4, 4 + _SCALE_BAR_MM], [height_mm - 4] * 2, color="white", linewidth=2.5, solid_capstyle="butt")
        )
        label = axes.text(
            4 + _SCALE_BAR_MM / 2, height_mm - 6, f"{_SCALE_BAR_MM:g} mm", color="white", ha="center", fontsize=7
        )
        label.set_path_effects([withStroke(linewidth=2, foreground="black")])
        axes.set_axis_off()
    return drawn
