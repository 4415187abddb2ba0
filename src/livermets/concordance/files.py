"""Writing a concordance result: one CSV per table, figures beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from livermets.concordance.result import ConcordanceResult
from livermets.concordance.roi_result import RoiConcordance
from livermets.figures.writing import write_png
from livermets.io.atomic import write_text
from livermets.io.tables import write_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NOT_TABLES = ("notes",)


def write_concordance(
    folder: Path | str, result: ConcordanceResult, figures: Mapping[str, Figure], summary: str = ""
) -> None:
    """Writes every table as ``<name>.csv`` (an empty one too, so that the set of files never changes), ``notes.csv``,
    ``summary.txt``, and every figure as ``<name>.png``; the caller draws them and names each after the table it
    shows."""
    folder = Path(folder)
    for field in fields(result):
        if field.name not in _NOT_TABLES:
            write_csv(folder / f"{field.name}.csv", getattr(result, field.name))
    write_csv(folder / "notes.csv", pd.DataFrame({"note": list(result.notes)}))
    if summary:
        write_text(folder / "summary.txt", summary)
    for name in {field.name for field in fields(result)} - set(figures):
        (folder / f"{name}.png").unlink(missing_ok=True)  # of an earlier run, which could draw it
    for name, figure in figures.items():
        write_png(folder / f"{name}.png", figure)


def write_roi_concordance(folder: Path | str, result: RoiConcordance) -> None:
    """Writes ``roi_agreement.csv``, ``roi_lesions.csv``, ``feature_icc.csv`` and ``roi_notes.csv``."""
    folder = Path(folder)
    write_csv(folder / "roi_agreement.csv", result.overall)
    write_csv(folder / "roi_lesions.csv", result.per_lesion)
    write_csv(folder / "feature_icc.csv", result.feature_icc)
    write_csv(folder / "roi_notes.csv", pd.DataFrame({"note": list(result.notes)}))
