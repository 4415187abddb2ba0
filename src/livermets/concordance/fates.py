"""What becomes of the lesions' classes by size, overlap and timepoint, and which responders are lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from livermets.concordance.agreement import fate_estimates, population
from livermets.concordance.optional_tables import OPTIONAL_TABLES, empty
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import SIDES
from livermets.masks.lesion_table import dice_of, fate_counts, of_these_patients
from livermets.masks.sizes import SMALL_BELOW_MM, size_cut_mm, size_labels, sizes
from livermets.stats.agreement import kappa_estimates
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import to_frame

GOOD_DICE = 0.5
DICE_LABELS = (f"≥ {GOOD_DICE:g}", f"< {GOOD_DICE:g}")
ANY, NOT_MEASURED = "any", "not measured"


def fate_table(lesions: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """Same, other and no class by size (the last diameter cut) and Dice (0.5): the question of Giannini 2020.

    Rows ``any`` are the totals; lesions without Dice or diameter have rows of their own, so that the others add up to
    them. An undetected lesion without a Dice has Dice 0. ``reader_classified`` counts those with a class from the
    reader's mask, of which ``same`` keep it. Beside the fates the responders (R+), and how many of them each mask
    loses: called R-, or left without a class."""
    cuts_mm = [size_cut_mm(settings) or SMALL_BELOW_MM]
    dice = dice_of(lesions)
    overlap = pd.Series(np.where(dice >= GOOD_DICE, *DICE_LABELS), lesions.index, dtype=object)
    overlap = overlap.where(dice.notna(), NOT_MEASURED)
    size = sizes(lesions["longest_diameter_mm"], cuts_mm).fillna(NOT_MEASURED)
    small, big = size_labels(cuts_mm)
    names = _names((big, small), size), _names(DICE_LABELS, overlap)
    every = pd.Series(True, lesions.index)
    rows = []
    for size_name, dice_name in itertools.product(*names):
        of_size = every if size_name == ANY else size == size_name
        of_dice = every if dice_name == ANY else overlap == dice_name
        rows.append({"size": size_name, "dice": dice_name, **_counts(lesions[of_size & of_dice])})
    return pd.DataFrame(rows)


def agreement_by_timepoint(
    lesions: pd.DataFrame, resampled: Callable[[pd.DataFrame], PatientBootstrap]
) -> pd.DataFrame:
    """The fates and the agreement of the masks at every timepoint, where there are several or one does not predict.

    Masks can be compared on follow-up images too, but a follow-up image is part of the outcome: what its classes say
    is no prediction, so nothing here is held against the outcome. ``resampled`` draws the patients of one timepoint:
    those not seen there say nothing about it."""
    if "timepoint" not in lesions or (lesions["headline"].all() and lesions["timepoint"].nunique() < 2):
        return empty("agreement_by_timepoint")["agreement_by_timepoint"]
    frames = []
    columns = OPTIONAL_TABLES["agreement_by_timepoint"]
    for timepoint, seen in lesions.groupby("timepoint", sort=False, dropna=False):
        part = of_these_patients(seen)
        boot = resampled(part)
        compared = part[part["compared"]]
        manual, automatic = (compared[f"predicted_{side}"].to_numpy(float) for side in SIDES)
        estimates = fate_estimates(part, boot)
        if len(compared):
            estimates += kappa_estimates(manual, automatic, compared["patient"].to_numpy(np.intp), boot, SIDES)
        frame = to_frame(estimates)
        same, other, no_class = fate_counts(part)
        frame = frame.assign(
            timepoint=str(timepoint),
            headline=bool(part["headline"].all()),
            population=frame["measure"].map(population),
            same=same,
            other=other,
            no_class=no_class,
        )
        frames.append(frame[list(columns)])
    return pd.concat(frames, ignore_index=True)


def _names(wanted: Iterable[str], found: pd.Series) -> tuple[str, ...]:
    return (*wanted, *([NOT_MEASURED] if (found == NOT_MEASURED).any() else []), ANY)


def _counts(lesions: pd.DataFrame) -> dict[str, int]:
    same, other, no_class = fate_counts(lesions)
    positive = lesions[lesions["response"] == 1]
    counts = {
        "n_lesions": len(lesions),
        "n_patients": lesions["patient"].nunique(),
        "same": same,
        "other": other,
        "no_class": no_class,
        "r_plus": len(positive),
        "reader_classified": int(lesions["predicted_manual"].notna().sum()),
    }
    for side in SIDES:
        called = positive[f"predicted_{side}"]
        counts[f"r_plus_called_minus_{side}"] = int((called == 0).sum())
        counts[f"r_plus_no_class_{side}"] = int(called.isna().sum())
    return counts
