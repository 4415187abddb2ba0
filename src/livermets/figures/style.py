"""One look for every figure: Okabe and Ito's colours (told apart with any colour vision), and never colour alone.

Figures are made outside of pyplot: no backend is chosen, and no setting of matplotlib outlives the contexts of this
module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livermets.masks.identity import AUTOMATIC, MANUAL

BLUE = "#0072B2"
VERMILION = "#D55E00"
GREEN = "#009E73"
ORANGE = "#E69F00"
SKY = "#56B4E9"
PURPLE = "#CC79A7"
GREY = "#767676"
BLACK = "#000000"
PALE = "#F2F2F2"


@dataclass(frozen=True)
class Look:
    """What tells a series from the others: the colour, and the line and marker for whom colours are alike."""

    colour: str
    line: str = "-"
    marker: str = ""


SIDE_LOOK = {MANUAL: Look(BLUE, "-", "o"), AUTOMATIC: Look(VERMILION, "--", "s")}
"""Of the two sides of a pair of mask sources."""
CONTOUR_LOOK = {MANUAL: Look(SKY, "-"), AUTOMATIC: Look(ORANGE, "--"), "liver": Look(GREEN, ":")}
"""On CT slices: lighter members of the palette, as blue and vermilion drown in the grey of a liver."""
CONTOUR_WORDS = {MANUAL: "light blue, solid", AUTOMATIC: "orange, dashed", "liver": "green, dotted"}
"""The same for captions."""
SERIES = (
    Look(BLUE, "-", "o"),
    Look(VERMILION, "--", "s"),
    Look(GREEN, "-.", "^"),
    Look(ORANGE, ":", "D"),
    Look(PURPLE, "-", "v"),
    Look(SKY, "--", "P"),
    Look(BLACK, "-.", "X"),
)
"""Of the first, second … series of a figure."""

_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "figure.dpi": 150,
    "savefig.dpi": "figure",
}
_MM_PER_INCH = 25.4


def styled(**more: Any) -> AbstractContextManager[None]:
    """The common style while a figure is made or saved (ticks are made only then), and more settings by name."""
    return matplotlib.rc_context(_STYLE | more)


def empty_figure(width_mm: float, height_mm: float, layout: Any = "constrained") -> Figure:
    """A figure of a size, with nothing in it yet; to be made in the common style."""
    return Figure(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), layout=layout)


@contextmanager
def figure(width_mm: float = 120, height_mm: float = 90) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one pair of axes, drawn in the common style."""
    with styled():
        drawn = empty_figure(width_mm, height_mm)
        yield drawn, drawn.add_subplot()


@contextmanager
def panels(
    number: int, width_mm: float, height_mm: float, rows: int = 1, common: bool = True
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Panels in the common style, filled row by row, with ``common`` axes or each with its own; places left over stay
    empty."""
    columns = -(-number // rows)
    with styled():
        drawn = empty_figure(width_mm, height_mm)
        places = drawn.subplots(rows, columns, sharex=common, sharey=common, squeeze=False).ravel()
        for place in places[number:]:
            place.set_axis_off()
        yield drawn, list(places[:number])


def unit_axes(axes: Axes, margin: float = 0.03) -> None:
    """Both axes from 0 to 1 with a small margin, so that points on the edge are seen whole."""
    axes.set_xlim(-margin, 1 + margin)
    axes.set_ylim(-margin, 1 + margin)
