"""Writing a concordance result: one CSV per table, figures beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from livermets.io.atomic import written_aside
from livermets.io.tables import write_csv
from livermets.stats.concordance import ConcordanceResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NOT_TABLES = ("notes",)


def write_concordance(folder: Path | str, result: ConcordanceResult, figures: Mapping[str, Figure]) -> None:
    """Writes every table as ``<name>.csv`` (an empty one too, so that the set of files never changes), ``notes.csv``,
    and every figure as ``<name>.png``; the caller draws them and names each after the table it shows."""
    folder = Path(folder)
    for field in fields(result):
        if field.name not in _NOT_TABLES:
            write_csv(folder / f"{field.name}.csv", getattr(result, field.name))
    write_csv(folder / "notes.csv", pd.DataFrame({"note": list(result.notes)}))
    for name, figure in figures.items():
        with written_aside(folder / f"{name}.png") as aside:
            figure.savefig(aside, format="png")
