"""One look for every figure: Okabe and Ito's colours (told apart with any colour vision), and never colour alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, GREY, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#767676", "#000000",
)  # fmt: skip
SOURCE_COLOUR = {"manual": BLUE, "automatic": VERMILION}
SOURCE_LINE = {"manual": "-", "automatic": "--"}
SOURCE_MARKER = {"manual": "o", "automatic": "s"}
SERIES = ((BLUE, "-", "o"), (VERMILION, "--", "s"), (GREEN, "-.", "^"), (ORANGE, ":", "D"), (PURPLE, "-", "v"),
          (SKY, "--", "P"), (BLACK, "-.", "X"))  # fmt: skip
"""Colour, line and marker of the first, second … series of a figure."""

STYLE: Any = {
    "font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold",
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "axes.grid": True,
    "grid.color": "#DDDDDD", "grid.linewidth": 0.6, "legend.frameon": False, "legend.fontsize": 8,
    "lines.linewidth": 1.6, "lines.markersize": 5, "figure.dpi": 150, "savefig.dpi": 150,
}  # fmt: skip
_MM_PER_INCH = 25.4


@contextmanager
def figure(width_mm: float = 120, height_mm: float = 90) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one pair of axes, drawn in the common style; outside pyplot's global state, so nothing leaks."""
    with matplotlib.rc_context(STYLE):
        drawn = Figure(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), layout="constrained")
        yield drawn, drawn.add_subplot()


@contextmanager
def panels(number: int, width_mm: float, height_mm: float, rows: int = 1) -> Iterator[tuple[Figure, list[Axes]]]:
    """Panels with common axes, in the common style, filled row by row; places left over stay empty."""
    columns = -(-number // rows)
    with matplotlib.rc_context(STYLE):
        drawn = Figure(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), layout="constrained")
        places = drawn.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for place in places[number:]:
            place.set_axis_off()
        yield drawn, list(places[:number])


def unit_axes(axes: Axes, margin: float = 0.03) -> None:
    """Both axes from 0 to 1 with a small margin, so that points on the edge are seen whole."""
    axes.set_xlim(-margin, 1 + margin)
    axes.set_ylim(-margin, 1 + margin)
