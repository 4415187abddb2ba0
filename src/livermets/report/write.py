"""The report onto disk: the page, and every figure with its data beside it."""

from __future__ import annotations

from pathlib import Path

from livermets.io.atomic import write_text, written_aside
from livermets.report.document import Figure, Report


def write_report(out: Path, report: Report, html: str) -> None:
    """Writes the page in one step; then beside it ``figures/<id>.png|svg|jpg``, each with its caption in ``<id>.txt``
    and its data in ``<id>.csv``."""
    write_text(out, html)
    folder = out.parent / "figures"
    for block in report.blocks():
        if not isinstance(block, Figure):
            continue
        if block.svg:
            write_text(folder / f"{block.id}.svg", _standalone(block.svg))
        if block.image is not None:
            _write(folder / f"{block.id}{Path(block.image.filename).suffix}", block.image.content)
        write_text(folder / f"{block.id}.txt", f"{block.caption}\n")
        if block.download is not None:
            _write(folder / f"{block.id}.csv", block.download.content)


def _write(path: Path, content: bytes) -> None:
    with written_aside(path) as aside:
        aside.write_bytes(content)


def _standalone(svg: str) -> str:
    """An inline drawing as a file of its own: with its namespace, and the few styles that the page gives it."""
    style = (
        "<style>rect{fill:#fff;stroke:#6a7584}text{font:13.5px sans-serif;text-anchor:middle}"
        ".line{fill:none;stroke:#6a7584}.head{fill:#6a7584}</style>"
    )
    opened = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    end = opened.index(">") + 1
    return f"{opened[:end]}{style}{opened[end:]}\n"
