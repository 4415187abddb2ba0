"""When a reader's lesion counts as detected by another mask: the one rule of a study, and how it is said.

The rule travels with the lesions, in the column ``detection_dice`` of ``matching.csv`` and of the lesion tables, so
that whatever counts detections counts by the same one and can name it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

RULE_COLUMN = "detection_dice"
PUBLISHED = {0.0: "Giannini 2020", 0.2: "Defeudis 2022"}
"""Rules of the papers, laid beside the study's own."""
UNDETECTED = "undetected"
"""The ``automatic_fate`` of a lesion that the automatic mask has missed."""
OVERLAPS = ("dice", "precision", "recall")
"""How well a lesion is met by an automatic mask, as columns."""


def is_detected(dice: ArrayLike, detection_dice: float) -> NDArray[np.bool_]:
    """Whether the Dice with the other mask is above the rule's; no Dice, no detection."""
    return np.asarray(dice, float) > detection_dice


def detection_dice_of(lesions: pd.DataFrame) -> float | None:
    """The Dice above which the lesions of a table count as detected: its column ``detection_dice``; 0 for a table that
    says neither this nor what was detected. Nothing where `detected` was decided by a rule that the table does not say,
    or by several."""
    rules = set(lesions[RULE_COLUMN].dropna().astype(float)) if RULE_COLUMN in lesions else set()
    if len(rules) == 1:
        return rules.pop()
    said = "detected" in lesions and lesions["detected"].notna().any()
    return None if said or rules else 0.0


def missed(lesions: pd.DataFrame) -> pd.Series:
    """Which lesions of a table were not detected: those of which its column `detected`, made by the rule, says so;
    where that is silent, by the rule. A lesion without a Dice was missed, unless the table has that column: then there
    was no mask to look at."""
    by_rule = pd.Series(~is_detected(lesions["dice"], detection_dice_of(lesions) or 0.0), index=lesions.index)
    if "detected" not in lesions:
        return by_rule
    silent = lesions["detected"].isna()
    return lesions["detected"].eq(0).fillna(False).astype(bool) | (silent & lesions["dice"].notna() & by_rule)


def rule_in_words(detection_dice: float | None) -> str:
    """``Dice above 0.2``."""
    if detection_dice is None:
        return "as the column detected of the lesion table says"
    return f"Dice above {detection_dice:g}"


def rules_side_by_side(detection_dice: float | None) -> tuple[float | None, ...]:
    """The study's own rule, then the published ones that differ from it."""
    return (detection_dice, *(rule for rule in PUBLISHED if rule != detection_dice))


def segmented(lesions: pd.DataFrame) -> pd.DataFrame:
    """Lesions whose overlap with an automatic mask is known, missed ones included."""
    return lesions[_with_overlap(lesions)]


def judged(lesions: pd.DataFrame) -> pd.DataFrame:
    """Lesions whose scan has an automatic mask, found or not, also where the table says so without a Dice; the others
    say nothing of a network."""
    stated = lesions["predicted_automatic"].notna() if "predicted_automatic" in lesions else False
    if "detected" in lesions:
        stated = stated | lesions["detected"].notna()
    return lesions[_with_overlap(lesions) | stated]


def _with_overlap(lesions: pd.DataFrame) -> pd.Series:
    return lesions["dice"].notna() | lesions["automatic_fate"].eq(UNDETECTED)


def detected(lesions: pd.DataFrame) -> pd.Series:
    """Which of the `judged` lesions were detected by the study's rule."""
    return lesions["automatic_fate"].ne(UNDETECTED)


def measured(lesions: pd.DataFrame) -> pd.DataFrame:
    """Overlap, with Dice 0, recall 0 and no precision for a lesion without any."""
    missed = lesions["automatic_fate"].eq(UNDETECTED)
    values = lesions[list(OVERLAPS)].astype(float)
    values.loc[missed, ["dice", "recall"]] = values.loc[missed, ["dice", "recall"]].fillna(0.0)
    return values
