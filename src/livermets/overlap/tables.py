"""Overlap of automatic and manual masks by cohort, timepoint, size and patient: means, quartiles, detection rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.detected import (
    OVERLAPS,
    RULE_COLUMN,
    detected,
    detection_dice_of,
    is_detected,
    judged,
    measured,
    rules_side_by_side,
    segmented,
)
from livermets.masks.identity import SCAN_KEY
from livermets.masks.sizes import size_groups
from livermets.stats.diagnostics import proportion_estimates
from livermets.stats.resampling import Resampling

BASELINE = "baseline"
EVERY_TIMEPOINT = "all"
"""Lesions of all timepoints together, each counted once at each."""
_LESIONS_INDEPENDENT = ("clopper-pearson", "exact-binomial", "chi-squared-yates", "welch-t")


def patient_codes(lesions: pd.DataFrame) -> NDArray[np.intp]:
    """Patients numbered from 0 within these lesions, as the resampling wants them."""
    return np.unique(lesions["patient"].to_numpy(), return_inverse=True)[1].astype(np.intp)


def timepoints_in_order(lesions: pd.DataFrame) -> list[str]:
    """The timepoints of a table, baseline first."""
    return sorted(lesions["timepoint"].unique(), key=lambda name: (name != BASELINE, str(name).casefold()))


def cohort_parts(lesions: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """(cohort, timepoint, lesions), cohorts in order of appearance; one seen at several timepoints also as a whole."""
    parts = []
    for cohort, table in lesions.groupby("cohort", sort=False, dropna=False):
        timepoints = timepoints_in_order(table)
        if len(timepoints) > 1:
            parts.append((str(cohort), EVERY_TIMEPOINT, table))
        parts += [(str(cohort), str(t), table[table["timepoint"] == t]) for t in timepoints]
    return parts


def timepoint_parts(lesions: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of all timepoints together, if there are several, and of each."""
    parts = [(str(name), lesions[lesions["timepoint"] == name]) for name in timepoints_in_order(lesions)]
    return [(EVERY_TIMEPOINT, lesions), *parts] if len(parts) > 1 else parts


def at_places(table: pd.DataFrame, lesions: pd.DataFrame) -> pd.DataFrame:
    """The rows of the cohorts and timepoints of some lesions, and of all timepoints of a cohort together where all are
    among them."""
    places = set(zip(lesions["cohort"], lesions["timepoint"], strict=True))
    each = [place in places for place in zip(table["cohort"], table["timepoint"], strict=True)]
    pooled = table["timepoint"].eq(EVERY_TIMEPOINT)
    lacking = table.loc[~(pd.Series(each, table.index, dtype=bool) | pooled), "cohort"]
    kept = pd.Series(each, table.index, dtype=bool) | (
        pooled & table["cohort"].isin(lesions["cohort"]) & ~table["cohort"].isin(lacking)
    )
    return table[kept].reset_index(drop=True)


def overlap_by_size(lesions: pd.DataFrame, cuts_mm: Sequence[float]) -> pd.DataFrame:
    """One row per cohort, timepoint and size: overlap over all lesions (one without any counts with Dice and recall 0;
    its precision is undefined), how many were detected by the study's rule, and the same over those alone
    (``*_detected``, as the papers' means are)."""
    rows = []
    for cohort, timepoint, part in cohort_parts(segmented(lesions)):
        for size, group in size_groups(part, cuts_mm):
            values = measured(group)
            row: dict[str, object] = {"cohort": cohort, "timepoint": timepoint, "size": size, "n_lesions": len(group)}
            row["n_patients"] = group["patient"].nunique()
            for name in OVERLAPS:
                row |= _spread(name, values[name])
            found = values[detected(group)]
            row["dice_median_detected"] = found["dice"].median() if len(found) else np.nan
            row["n_detected"] = len(found)
            for name in OVERLAPS:
                row |= {f"{key}_detected": value for key, value in list(_spread(name, found[name]).items())[:2]}
            rows.append(row | {RULE_COLUMN: detection_dice_of(lesions)})
    return pd.DataFrame(rows)


def _spread(name: str, values: pd.Series) -> dict[str, object]:
    values = values.dropna()
    quartiles = values.quantile([0.25, 0.5, 0.75]).tolist() if len(values) else [np.nan] * 3
    return {
        f"{name}_mean": values.mean() if len(values) else np.nan,
        f"{name}_sd": values.std(ddof=1) if len(values) > 1 else np.nan,
        f"{name}_q1": quartiles[0],
        f"{name}_median": quartiles[1],
        f"{name}_q3": quartiles[2],
    }


def detection_by_size(lesions: pd.DataFrame, resampling: Resampling, cuts_mm: Sequence[float]) -> pd.DataFrame:
    """Detection by cohort, timepoint and size, by the study's own rule and by the published ones (``dice_above``): k of
    n, exact and clustered intervals. ``study_rule`` is 1 for the study's own."""
    own = detection_dice_of(lesions)
    rows = []
    for cohort, timepoint, part in cohort_parts(judged(lesions)):
        for size, of_size in size_groups(part, cuts_mm):
            where = {"cohort": cohort, "timepoint": timepoint, "size": size}
            for above in rules_side_by_side(own):
                group = of_size if above == own else segmented(of_size)
                hit = detected(group) if above == own else is_detected(measured(group)["dice"], float(above or 0))
                found = _detection(group, np.asarray(hit, bool), resampling, {**where, "dice_above": above})
                rows += [{**row, "study_rule": int(above == own)} for row in found]
    return without_independence(pd.DataFrame(rows))


def without_independence(table: pd.DataFrame) -> pd.DataFrame:
    """Estimates without those over several timepoints that take lesions as independent: a lesion at two timepoints is
    not two lesions, and only what counts whole patients can be said of them together."""
    if table.empty:
        return table
    pooled = table["timepoint"].eq(EVERY_TIMEPOINT) & table["method"].isin(_LESIONS_INDEPENDENT)
    return table[~pooled].reset_index(drop=True)


def _detection(
    group: pd.DataFrame, hit: NDArray[np.bool_], resampling: Resampling, where: dict[str, object]
) -> list[dict[str, object]]:
    if group.empty:
        return []
    patient = patient_codes(group)
    boot = resampling.draw(int(patient.max()) + 1)
    estimates = proportion_estimates("detection", hit, np.ones(len(group), bool), patient, boot)
    return [
        {
            **where,
            "k": e.k,
            "n": e.n,
            "value": e.value,
            "low": e.low,
            "high": e.high,
            "level": e.level,
            "method": e.method,
            "n_lesions": e.n_lesions,
            "n_patients": e.n_patients,
        }
        for e in estimates
    ]


def overlap_by_patient(lesions: pd.DataFrame) -> pd.DataFrame:
    """Mean Dice, precision and recall of each patient's detected lesions (as in Giannini 2020, Table 1) and how many
    were detected."""
    rows = []
    for keys, part in segmented(lesions).groupby(list(SCAN_KEY), sort=False, dropna=False):
        found = part[detected(part)]
        row = dict(zip(SCAN_KEY, keys, strict=True))
        row |= {"n_lesions": len(part), "n_detected": len(found)}
        row |= {f"mean_{name}": found[name].astype(float).mean() for name in OVERLAPS}
        rows.append(row)
    return pd.DataFrame(rows)


def false_positives(scan_metrics: pd.DataFrame) -> pd.DataFrame:
    """Automatic components that touch no manual lesion: all of them, per scan, and in the scan with the most, by cohort
    and timepoint."""
    if not {"cohort", "timepoint", "false_positives"} <= set(scan_metrics):
        return pd.DataFrame()
    rows = []
    for cohort, timepoint, part in cohort_parts(scan_metrics):
        found = part["false_positives"]
        where = {"cohort": cohort, "timepoint": timepoint, "n_scans": len(part)}
        rows.append({**where, "n_components": found.sum(), "per_scan": found.mean(), "most_in_a_scan": found.max()})
    return pd.DataFrame(rows)
