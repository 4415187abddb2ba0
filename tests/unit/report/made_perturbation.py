"""Altered masks of the lesions of a made-up study, and what they lead to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from tests.unit.report.made_class_noise import write_class_noise

from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import LESION_KEY
from livermets.masks.pairs import SOURCE
from livermets.perturbation.answer import answer
from livermets.perturbation.files import write_answer
from livermets.perturbation.held_against_pairs import PAIR_COLUMNS

KINDS = ("erosion", "border", "leakage")


def altered_of(drawn: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A lesion keeps its class above a Dice of its own, lower for larger lesions."""
    masks = 30
    table = drawn.loc[drawn.index.repeat(masks * len(KINDS)), [*LESION_KEY, "longest_diameter_mm"]]
    own = (0.9 - 0.012 * table["longest_diameter_mm"] + rng.normal(0, 0.1, len(drawn))[table.index]).clip(0.1, 0.95)
    dice = rng.uniform(0.1, 0.97, len(table))
    same = (dice > own).astype(float)
    table = table.assign(
        kind=np.tile(np.repeat(KINDS, masks), len(drawn)),
        draw=np.tile(np.arange(masks), len(drawn) * len(KINDS)),
        dial=1.0,
        dice=dice,
        volume_ratio=np.exp(rng.normal(0, 1, len(table)) * (1 - dice)),
        assd_mm=4 * (1 - dice) * rng.uniform(0.5, 2, len(table)),
        n_roi=9,
        share=np.clip(0.6 - 0.3 * (1 - dice), 0, 1),
        same_class=same,
        fate="classified",
        share_reference=0.6,
        predicted_reference=drawn["predicted_manual"].to_numpy()[table.index],
    )
    table["predicted"] = np.where(same == 1, table["predicted_reference"], 1 - table["predicted_reference"])
    return table


def write_perturbation(
    folder: Path, lesions: pd.DataFrame, source: str | None, rng: np.random.Generator, refitted: bool = False
) -> None:
    """``lesions``: a wide lesion table; ``refitted``: the model was fitted again, too."""
    drawn = lesions[lesions["predicted_manual"].notna()].reset_index(drop=True)
    table = altered_of(drawn, rng)
    pairs, errors = None, None
    if source is not None:
        like = table[table["kind"].eq(KINDS[0]) & table["draw"].lt(12)]
        like = like.assign(kind="transported", mask_source=source, whole_error=1)
        table = pd.concat([table.assign(mask_source=None, whole_error=0), like], ignore_index=True)
        errors = drawn[["longest_diameter_mm", "dice"]].assign(**{SOURCE: source})
        names = {"predicted_manual": "predicted_reference", "predicted_automatic": "predicted"}
        pairs = drawn.rename(columns=names).assign(**{SOURCE: source})[list(PAIR_COLUMNS)]
    settings = StatisticsSettings(bootstrap_replicates=200)
    folder.mkdir(parents=True)
    write_answer(folder, answer(table, pairs, settings, (0.9, 0.95), seed=1, errors=errors))
    if refitted:
        write_class_noise(folder, drawn, source, table)
    picture = (
        folder.parent / drawn["cohort"].iloc[0] / "perturbation" / str(drawn["patient_id"].iloc[0]) / "baseline.png"
    )
    picture.parent.mkdir(parents=True)
    _picture(picture)


def _picture(path: Path) -> None:
    from PIL import Image

    Image.new("L", (8, 8)).save(path)
