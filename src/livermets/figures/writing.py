"""Figures as files: the same bytes every time, and none of matplotlib loaded where nothing is drawn."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from livermets.io.atomic import written_aside

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_png(path: Path | str, figure: Figure, dots_per_inch: int | None = None) -> None:
    """Writes a figure as PNG in one step, with the dots per inch of the common style unless others are asked for."""
    with written_aside(path) as aside:
        aside.write_bytes(png_bytes(figure, dots_per_inch))


def png_bytes(figure: Figure, dots_per_inch: int | None = None, cropped: bool = False) -> bytes:
    """A figure as PNG, for pictures made of pixels; ``cropped`` cuts away the empty border."""
    from livermets.figures.style import styled

    stream = io.BytesIO()
    with styled():
        figure.savefig(
            stream,
            format="png",
            dpi=dots_per_inch or "figure",
            bbox_inches="tight" if cropped else None,
            metadata={"Software": None},
        )
    return stream.getvalue()


def svg_bytes(figure: Figure, name: str) -> bytes:
    """A figure as SVG without its empty border; its text as outlines, so that it looks alike on every machine, and its
    ids made from the name, so that figures can share a page."""
    from livermets.figures.style import styled

    stream = io.BytesIO()
    with styled(**{"svg.fonttype": "path", "svg.hashsalt": name}):
        figure.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None})
    return stream.getvalue()
