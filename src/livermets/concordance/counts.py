"""What was counted: calls against outcomes, and the lesions that the network detected."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.config.statistics import StatisticsSettings
from livermets.masks.detected import detected, judged
from livermets.masks.identity import SIDES
from livermets.masks.sizes import SMALL_BELOW_MM, size_cut_mm, size_groups
from livermets.stats.diagnostics import Confusion
from livermets.stats.proportions import quoted_share
from livermets.stats.resampling import per_patient_sum

_CELLS = ("tp", "fn", "fp", "tn")
_DETECTION_COLUMNS = ("size", "k", "n", "value", "low", "high", "level", "method", "n_lesions", "n_patients")


def confusion_table(known: pd.DataFrame) -> pd.DataFrame:
    """The confusion matrix of each mask over these lesions, a row each; R+ is the positive class. No row without a
    lesion."""
    response = known["response"].to_numpy()
    cells = {side: vars(Confusion.of(response, known[f"predicted_{side}"].to_numpy())) for side in SIDES}
    rows = [{"mask_source": side, **counts, "n": len(known)} for side, counts in cells.items() if len(known)]
    return pd.DataFrame(rows, columns=["mask_source", *_CELLS, "n"])


def detection_table(lesions: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """The share of lesions detected by the study's rule, of all and by size, with the interval to quote; of lesions
    whose scan has an automatic mask."""
    rows = []
    for size, group in size_groups(judged(lesions), [size_cut_mm(settings) or SMALL_BELOW_MM]):
        patient, patients = group["patient"].to_numpy(np.intp), int(lesions["patient"].max() + 1) if len(lesions) else 0
        hit = detected(group)
        hits, among = (per_patient_sum(part, patient, patients) for part in (hit, np.ones(len(group))))
        low, high, method = quoted_share(hits, among, settings.level)
        k, n = int(hit.sum()), len(group)
        share = k / n if n else np.nan
        rows.append((size, k, n, share, low, high, settings.level, method, n, int(np.count_nonzero(among))))
    return pd.DataFrame(rows, columns=list(_DETECTION_COLUMNS))
