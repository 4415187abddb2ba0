"""Pictures into the report: files made small enough to be mailed, drawings as crisp SVG."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from livermets.figures.writing import png_bytes, svg_bytes
from livermets.report.document import Download

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

_MOST_BYTES = 400_000
_MOST_WIDTH = 1600
_DOTS_PER_INCH = 110


def picture_file(path: Path, name: str | None = None) -> Download:
    """A picture as it is, or made smaller if it would weigh on the report."""
    stem = name or path.stem
    content = path.read_bytes()
    if path.suffix.lower() == ".svg":
        return Download(f"{stem}.svg", content, "image/svg+xml")
    return _picture(content, stem)


def drawing_svg(drawing: Drawing, name: str) -> Download:
    """A drawing of lines and words as SVG."""
    return Download(f"{name}.svg", svg_bytes(drawing, name), "image/svg+xml")


def drawing_png(drawing: Drawing, name: str) -> Download:
    """A drawing of pixels as PNG, or as JPEG if it would weigh on the report."""
    return _picture(png_bytes(drawing, _DOTS_PER_INCH, cropped=True), name)


def _picture(content: bytes, name: str) -> Download:
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
