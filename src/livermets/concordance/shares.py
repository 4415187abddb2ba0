"""The continuous answer: how far does the share of R+ ROIs move when the automatic mask replaces the reader's?"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from livermets.concordance.strata import dice_stratum, with_size
from livermets.config.statistics import StatisticsSettings
from livermets.masks.detected import UNDETECTED
from livermets.masks.identity import LESION_KEY, ROI_COUNTS, SHARES
from livermets.masks.lesion_table import patient_numbers
from livermets.stats.bland_altman import agreement_limits, limits_without_each
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import NAN, Estimate

DIFFERENCE_COLUMNS = (
    *LESION_KEY,
    "response",
    "longest_diameter_mm",
    "size",
    "dice",
    *ROI_COUNTS,
    *SHARES,
    "mean_share",
    "difference",
    "absolute_difference",
    "agree",
    "patient",
)
WITHOUT_ONE_COLUMNS = (*LESION_KEY, *ROI_COUNTS, *SHARES, "difference")
LIMITS = ("bias", "lower_limit", "upper_limit")
ALL_SIZES = "any size"


def share_differences(lesions: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """One row per detected lesion with a share from both masks: ``difference`` is automatic minus manual."""
    if not set(SHARES) <= set(lesions):
        return pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))
    both = lesions[list(SHARES)].notna().all(axis=1)
    used = with_size(lesions[both & (lesions["automatic_fate"] != UNDETECTED)], settings)
    difference = used["share_automatic"] - used["share_manual"]
    mean = (used["share_automatic"] + used["share_manual"]) / 2
    used = used.assign(mean_share=mean, difference=difference, absolute_difference=difference.abs())
    return used[[column for column in DIFFERENCE_COLUMNS if column in used]].reset_index(drop=True)


def share_agreement(differences: pd.DataFrame, boot: PatientBootstrap) -> list[Estimate]:
    """Bias, limits of agreement and mean absolute difference of the shares.

    Shares lie between 0 and 1, so differences are small where both shares are near an end and can be large only in the
    middle: symmetric limits of constant width are too wide at the ends and too narrow in the middle."""
    return agreement_limits(differences["difference"].to_numpy(float), differences["patient"].to_numpy(np.intp), boot)


def limits_without_one(differences: pd.DataFrame) -> pd.DataFrame:
    """The lesion of `share_differences` without which the limits of agreement lie farthest from where they are, and
    bias and limits without it; no row where none can be left out or moves one."""
    shown = [column for column in WITHOUT_ONE_COLUMNS if column in differences]
    found = limits_without_each(differences["difference"].to_numpy(float), patient_numbers(differences))
    if found is None:
        return pd.DataFrame(columns=[*shown, *LIMITS])
    row = differences.iloc[[found.index]][shown].reset_index(drop=True)
    return row.assign(**{measure: getattr(found, measure) for measure in LIMITS})


def share_by_dice(differences: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """Median, quartiles and largest absolute difference by Dice stratum, of lesions of any size and by size; strata
    as in `strata`, those without lesions included."""
    edges = [0.0, *settings.dice_cuts, 1.0]
    placed = differences[differences["dice"].notna()]
    stratum = dice_stratum(placed["dice"].to_numpy(float), settings.dice_cuts)
    sizes = [ALL_SIZES, *sorted(placed["size"].dropna().unique())] if "size" in placed else [ALL_SIZES]
    rows = []
    for size in sizes:
        of_size = np.ones(len(placed), bool) if size == ALL_SIZES else (placed["size"] == size).to_numpy()
        for index, (low, high) in enumerate(itertools.pairwise(edges)):
            part = placed[(stratum == index) & of_size]
            values = part["absolute_difference"].to_numpy(float)
            quartiles = np.quantile(values, [0.25, 0.5, 0.75]) if len(values) else [NAN] * 3
            largest = float(values.max()) if len(values) else NAN
            rows.append((size, low, high, len(part), part["patient"].nunique(), *quartiles, largest))
    columns = ["size", "dice_low", "dice_high", "n_lesions", "n_patients", "q1", "median", "q3", "largest"]
    return pd.DataFrame(rows, columns=columns)
