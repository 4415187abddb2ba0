"""Made-up tables of pairs: a Dice per source pair, patient and lesion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from livermets.config.sources import ReaderStudy
from livermets.readers.comparisons import checked
from livermets.readers.result import ReaderTables, reader_tables
from livermets.readers.tables import SCAN_TABLE_COLUMNS
from livermets.stats.resampling import Resampling

NETWORKS = ["net"]
Dice = Mapping[tuple[str, str], Sequence[float]]


def pairs_of(
    dice: Dice, lesions_per_patient: int = 2, cohort: str = "a", structure: str = "lesion", **more: object
) -> pd.DataFrame:
    """One row per pair and lesion; ``dice`` has one value per lesion, 0 where b lacks it. Distances are 10 × (1 - Dice)
    and the volume ratio is the Dice."""
    rows = []
    for (a, b), values in dice.items():
        for place, value in enumerate(values):
            lacking = "b" if value == 0 else "both" if np.isnan(value) else ""
            measured = value if value > 0 else np.nan
            rows.append(
                {
                    "cohort": cohort,
                    "patient_id": f"P{place // lesions_per_patient}",
                    "timepoint": "baseline",
                    "structure": structure,
                    "lesion_id": place % lesions_per_patient + 1,
                    "source_a": a,
                    "source_b": b,
                    "volume_a_ml": 1.0,
                    "volume_b_ml": value,
                    "dice": value,
                    "volume_ratio": measured,
                    "assd_mm": 10 * (1 - measured),
                    "hausdorff_mm": 20 * (1 - measured),
                    "lacking": lacking,
                    **more,
                }
            )
    return pd.DataFrame(rows).reindex(columns=list(SCAN_TABLE_COLUMNS))


def resampling(replicates: int = 400) -> Resampling:
    return Resampling(replicates, 0.95, np.random.default_rng(1))


def tables_of(
    *tables: pd.DataFrame, scores: pd.DataFrame | None = None, sources: object = None, **settings: object
) -> ReaderTables:
    """All tables of some scans; ``settings``: of the section readers."""
    study = ReaderStudy.model_validate({"sources": sources or {}, "readers": settings})
    given = checked({str(place): table for place, table in enumerate(tables)})
    return reader_tables(given, scores, study, NETWORKS, resampling())


def only(table: pd.DataFrame, **where: object) -> dict:
    """The one row that fits."""
    for name, value in where.items():
        table = table[table[name] == value]
    (row,) = table.to_dict("records")
    return row
