"""What counts as detected, in the words of the report; every sentence and caption that counts detections says it."""

from __future__ import annotations

import pandas as pd

from livermets.masks.detected import PUBLISHED, detection_dice_of, rule_in_words
from livermets.report import formatting as fmt


def rule(lesions: pd.DataFrame) -> str:
    """``Dice above 0.2``: when a lesion of this table counts as detected."""
    return rule_in_words(detection_dice_of(lesions))


def rule_sentence(lesions: pd.DataFrame, classes: bool = True) -> str:
    """The rule as a sentence of its own, for captions; with what it means for classes, where there are any."""
    said = f"Detected: {rule(lesions)}"
    return f"{said}; a lesion that is not detected has no class from the automatic mask." if classes else f"{said}."


def published_rule(dice_above: float) -> str:
    """``Dice above 0.2 (Defeudis 2022)``: a rule that stands beside the study's own."""
    return f"{rule_in_words(dice_above)} ({PUBLISHED[dice_above]})"


def detection_sentence(detection: pd.DataFrame, lesions: pd.DataFrame) -> str:
    """How many of these lesions the network detected, in all and by size (``detection.csv`` of a concordance); empty
    where no scan has an automatic mask."""
    if detection.empty or not detection["n"].iloc[0]:
        return ""
    total, *sizes = (row for _, row in detection.iterrows())
    parts = [f"{fmt.share(row['k'], row['n'])} of those {row['size']}" for row in sizes if row["n"]]
    said = (
        f"The network detected {fmt.share(total['k'], total['n'])} lesions{_interval(total)} "
        f"(detected means {rule(lesions)})"
    )
    without = len(lesions) - int(total["n"])
    rest = f" {fmt.plural(without, 'lesion')} had no automatic mask to judge." if without else ""
    return (f"{said}: {fmt.listed(parts)}." if parts else f"{said}.") + rest


def _interval(share: pd.Series) -> str:
    """The quoted interval of a share of lesions detected."""
    ends = fmt.interval(share["low"], share["high"], as_percent=True, digits=0)
    return f", {fmt.percent(share['level'], 0)} interval {ends}" if ends else ""
