"""Pictures into the report: files made small enough to be mailed, drawings as crisp SVG."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from livermets.report.document import Download

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

_MOST_BYTES = 400_000
_MOST_WIDTH = 1600


def picture_file(path: Path, name: str | None = None) -> Download:
    """A picture as it is, or made smaller if it would weigh on the report."""
    stem = name or path.stem
    content = path.read_bytes()
    if path.suffix.lower() == ".svg":
        return Download(f"{stem}.svg", content, "image/svg+xml")
    if len(content) <= _MOST_BYTES:
        return Download(f"{stem}.png", content, "image/png")
    return Download(f"{stem}.jpg", _shrunk(content), "image/jpeg")


def drawing_svg(drawing: Drawing, name: str) -> Download:
    """A matplotlib figure as SVG with its text as outlines, so that it looks alike on every machine."""
    import matplotlib as mpl

    stream = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": name}):
        drawing.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None})
    return Download(f"{name}.svg", stream.getvalue(), "image/svg+xml")


def drawing_png(drawing: Drawing, name: str, dots_per_inch: int = 110) -> Download:
    """A matplotlib figure as PNG, for pictures made of pixels."""
    stream = io.BytesIO()
    drawing.savefig(stream, format="png", dpi=dots_per_inch, bbox_inches="tight", metadata={"Software": None})
    return picture_bytes(stream.getvalue(), name)


def picture_bytes(content: bytes, name: str) -> Download:
    """PNG bytes as a picture; a heavy one becomes a JPEG."""
    if len(content) <= _MOST_BYTES:
        return Download(f"{name}.png", content, "image/png")
    return Download(f"{name}.jpg", _shrunk(content), "image/jpeg")


def _shrunk(content: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as opened:
        picture = opened.convert("RGB")
    if picture.width > _MOST_WIDTH:
        picture = picture.resize((_MOST_WIDTH, round(picture.height * _MOST_WIDTH / picture.width)))
    stream = io.BytesIO()
    picture.save(stream, format="JPEG", quality=85, optimize=True)
    return stream.getvalue()
