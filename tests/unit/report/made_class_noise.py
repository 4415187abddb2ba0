"""Refits of the model of a made-up study, and the classes that they change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import LESION_KEY
from livermets.model.files import write_tables
from livermets.model.refit_classes import CLASS_COLUMNS
from livermets.model.refits import REFIT_COLUMNS
from livermets.perturbation.class_noise import class_noise

REFITS = 5
REFERENCE = "manual"


def write_class_noise(folder: Path, drawn: pd.DataFrame, source: str | None, altered: pd.DataFrame) -> None:
    """``drawn``: a wide lesion table. Refits on bootstrapped patients change more classes than other seeds do."""
    rng = np.random.default_rng(17)
    refits = pd.DataFrame(
        [(kind, number) for kind in ("seeds", "bootstraps") for number in range(1, REFITS + 1)],
        columns=["retraining", "refit"],
    )
    parts = []
    for name, side in ((REFERENCE, "manual"), (source, "automatic")):
        own = drawn[drawn[f"predicted_{side}"].notna()] if name else drawn.iloc[:0]
        table = own[[*LESION_KEY, "longest_diameter_mm"]].assign(
            mask_source=name,
            dice=own["dice"] if side == "automatic" else np.nan,
            n_roi=9,
            predicted_study=own[f"predicted_{side}"].astype(int),
            share_study=0.6,
        )
        both = table.merge(refits, how="cross")
        flipped = rng.random(len(both)) < np.where(both["retraining"] == "seeds", 0.1, 0.3)
        both["predicted"] = np.where(flipped, 1 - both["predicted_study"], both["predicted_study"])
        parts.append(both.assign(share=0.3 + 0.4 * both["predicted"], threshold=0.5)[list(CLASS_COLUMNS)])
    classes = pd.concat([part for part in parts if len(part)], ignore_index=True)
    facts = refits.assign(n_patients=8, score=0.7, threshold=0.5, hidden_neurons=4, n_features=2, features="a b")
    found = class_noise(classes, altered, REFERENCE, source, StatisticsSettings(bootstrap_replicates=200), seed=1)
    write_tables(folder, {"refits": facts[list(REFIT_COLUMNS)], "refit_classes": classes, **vars(found)})
