"""Slices of a scan with the contours of masks, and with a map of what the model makes of the ROIs inside them.

Slices are shown as radiologists look at them: the patient's right on the left, the front on top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from livermets.figures.slices import Pane
from livermets.figures.style import CONTOUR_LOOK, empty_figure, panels, styled
from livermets.figures.window import LIVER, Window
from livermets.masks.identity import MANUAL

_SCALE_BAR_MM = 20.0
_BORDER_MM = 1.5
_LINE_MM = 5.0
_POINTS, _CLOSE_UP_POINTS = 1.1, 1.6
SLICE_DOTS_PER_INCH = 100
"""For figures of whole slices: about as many pixels as a slice has, at two or three slices beside each other."""


def slices_figure(
    panes: Sequence[Pane],
    columns: int,
    pane_mm: tuple[float, float],
    window: Window = LIVER,
    title: str = "",
    legend: bool = False,
    close_up: bool = False,
) -> Figure:
    """Slices row by row, each in a place of this height and width; the legend names the contours that are drawn.

    Close-ups of a lesion have a scale bar and broader contours."""
    named = [name for name in CONTOUR_LOOK if any(name in _names(pane) for pane in panes)] if legend else []
    heading_mm = _LINE_MM if any(pane.title for pane in panes) else 0.0
    above_mm, below_mm = (1.5 * _LINE_MM if title else 0.0), (1.5 * _LINE_MM if named else 0.0)
    (width_mm, height_mm), places = _places(len(panes), columns, pane_mm, heading_mm, above_mm, below_mm)
    with styled():
        drawn = empty_figure(width_mm, height_mm, layout=None)  # places are known: no layout has to be searched
        for pane, place in zip(panes, places, strict=True):
            axes = drawn.add_axes(place)
            _draw_image(axes, pane, window)
            _draw_contours(axes, pane, _CLOSE_UP_POINTS if close_up else _POINTS)
            if close_up:
                _draw_scale_bar(axes, pane)
        if title:
            drawn.suptitle(title, y=1 - _BORDER_MM / height_mm, va="top")
        if named:
            drawn.legend(handles=[_handle(name) for name in named], loc="lower left", ncols=len(named))
    return drawn


def close_ups(panes: Sequence[Pane]) -> Figure:
    """Slices cut out around one lesion, all of one size: a single one, or two beside each other."""
    columns, width_mm = (1, 80.0) if len(panes) == 1 else (2, 60.0)
    height, width = panes[0].size_mm
    return slices_figure(panes, columns, (width_mm * height / width, width_mm), close_up=True)


def map_overlay(
    panes: Sequence[Pane], maps: Sequence[NDArray[np.float32]], label: str, limits: tuple[float, float]
) -> Figure:
    """Panes of one size beside each other, each with a map of its ROIs over it (NaN where no ROI fits), on one colour
    scale."""
    height_mm, width_mm = panes[0].size_mm
    with panels(len(panes), 60 * len(panes) + 18, 60 * height_mm / width_mm + 8) as (drawn, row):
        for axes, pane, values in zip(row, panes, maps, strict=True):
            _draw_image(axes, pane, LIVER)
            coloured = axes.imshow(
                np.ma.masked_invalid(values),
                cmap="cividis",
                vmin=limits[0],
                vmax=limits[1],
                alpha=0.8,
                extent=(0.0, width_mm, height_mm, 0.0),
                interpolation="nearest",
            )
            _draw_contours(axes, pane, _CLOSE_UP_POINTS)
            _draw_scale_bar(axes, pane)
        drawn.colorbar(coloured, ax=row, label=label, shrink=0.8)
    return drawn


def _places(
    number: int, columns: int, pane_mm: tuple[float, float], heading_mm: float, above_mm: float, below_mm: float
) -> tuple[tuple[float, float], list[tuple[float, float, float, float]]]:
    """Width and height of a figure in mm, and, as shares of them, left, bottom, width and height of its panes."""
    rows = -(-number // columns)
    step_y_mm, step_x_mm = pane_mm[0] + heading_mm + _BORDER_MM, pane_mm[1] + 2 * _BORDER_MM
    height_mm, width_mm = above_mm + rows * step_y_mm + _BORDER_MM + below_mm, columns * step_x_mm
    places = []
    for index in range(number):
        row, column = divmod(index, columns)
        left_mm, bottom_mm = column * step_x_mm + _BORDER_MM, height_mm - above_mm - (row + 1) * step_y_mm
        places.append((left_mm / width_mm, bottom_mm / height_mm, pane_mm[1] / width_mm, pane_mm[0] / height_mm))
    return (width_mm, height_mm), places


def _names(pane: Pane) -> set[str]:
    return {*pane.contours, *([MANUAL] if pane.numbered is not None else [])}


def _handle(name: str) -> Line2D:
    look = CONTOUR_LOOK[name]
    return Line2D([], [], color=look.colour, ls=look.line, label=name)


def _draw_image(axes: Axes, pane: Pane, window: Window) -> None:
    height_mm, width_mm = pane.size_mm
    low, high = window.limits
    axes.imshow(pane.image, cmap="gray", vmin=low, vmax=high, extent=(0.0, width_mm, height_mm, 0.0))
    axes.set_title(
        pane.title, fontsize=8, fontweight="normal", y=1.0
    )  # placed without measuring ticks that are not drawn
    axes.set_axis_off()


def _draw_contours(axes: Axes, pane: Pane, points: float) -> None:
    for name, mask in pane.contours.items():
        _draw_contour(axes, pane, mask, name, points)
    if pane.numbered is None:
        return
    for lesion in np.unique(pane.numbered[pane.numbered > 0]):
        mask = pane.numbered == lesion
        _draw_contour(axes, pane, mask, MANUAL, points)
        y, x = (np.argwhere(mask).mean(axis=0) + 0.5) * pane.spacing_mm
        axes.text(x, y, str(lesion), color=CONTOUR_LOOK[MANUAL].colour, ha="center", va="center", fontsize=8)


def _draw_contour(axes: Axes, pane: Pane, mask: NDArray, name: str, points: float) -> None:
    where = np.argwhere(mask)
    if not len(where):
        return
    look = CONTOUR_LOOK[name]
    # A contour keeps every pixel that it is given, at 24 bytes each: only the mask and one pixel around.
    low, high = np.maximum(where.min(axis=0) - 1, 0), where.max(axis=0) + 2
    rows, columns = slice(low[0], high[0]), slice(low[1], high[1])
    y, x = ((np.arange(n) + 0.5) * step for n, step in zip(mask.shape, pane.spacing_mm, strict=True))
    axes.contour(
        x[columns],
        y[rows],
        mask[rows, columns] > 0,
        levels=[0.5],
        colors=[look.colour],
        linewidths=points,
        linestyles=[look.line],
    )


def _draw_scale_bar(axes: Axes, pane: Pane) -> None:
    bottom = pane.size_mm[0] - 4
    ends, middle = [4, 4 + _SCALE_BAR_MM], 4 + _SCALE_BAR_MM / 2
    axes.add_line(Line2D(ends, [bottom, bottom], color="white", linewidth=2.5, solid_capstyle="butt"))
    label = axes.text(middle, bottom - 2, f"{_SCALE_BAR_MM:g} mm", color="white", ha="center", fontsize=7)
    label.set_path_effects([withStroke(linewidth=2, foreground="black")])
