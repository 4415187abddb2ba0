"""What counts as detected, in the words of the report; every sentence and caption that counts detections says it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.masks.detected import PUBLISHED, detection_dice_of, rule_in_words
from livermets.masks.lesion_table import patient_numbers
from livermets.overlap.tables import SMALL_BELOW_MM, detected, judged, size_groups
from livermets.report import formatting as fmt
from livermets.stats.proportions import quoted_share
from livermets.stats.resampling import per_patient_sum


def rule(lesions: pd.DataFrame) -> str:
    """``Dice above 0.2``: when a lesion of this table counts as detected."""
    return rule_in_words(detection_dice_of(lesions))


def rule_sentence(lesions: pd.DataFrame) -> str:
    """The rule as a sentence of its own, for captions."""
    return f"Detected: {rule(lesions)}; a lesion that is not detected has no class from the automatic mask."


def published_rule(dice_above: float) -> str:
    """``Dice above 0.2 (Defeudis 2022)``: a rule that stands beside the study's own."""
    return f"{rule_in_words(dice_above)} ({PUBLISHED[dice_above]})"


def detection_sentence(lesions: pd.DataFrame, cut_mm: float = SMALL_BELOW_MM) -> str:
    """How many lesions the network detected, in all and by size; empty where no scan has an automatic mask."""
    known = judged(lesions)
    if known.empty:
        return ""
    parts = [f"{_share(group)} of those {size}" for size, group in size_groups(known, cut_mm)[1:] if len(group)]
    total = f"The network detected {_share(known)} lesions{_interval(known)} (detected means {rule(lesions)})"
    without = len(lesions) - len(known)
    rest = f" {fmt.plural(without, 'lesion')} had no automatic mask to judge." if without else ""
    return (f"{total}: {fmt.listed(parts)}." if parts else f"{total}.") + rest


def _interval(lesions: pd.DataFrame) -> str:
    """The quoted 95 % interval of the share of lesions detected."""
    patient = patient_numbers(lesions)
    hits, among = (
        per_patient_sum(part, patient, int(patient.max()) + 1) for part in (detected(lesions), np.ones(len(lesions)))
    )
    ends = fmt.interval(*quoted_share(hits, among)[:2], as_percent=True, digits=0)
    return f", 95\u00a0% interval {ends}" if ends else ""


def _share(lesions: pd.DataFrame) -> str:
    return fmt.share(int(detected(lesions).sum()), len(lesions))
