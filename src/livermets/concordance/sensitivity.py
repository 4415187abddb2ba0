"""What the agreement owes to two choices: the threshold, and how many ROIs a class needs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.statistics import StatisticsSettings
from livermets.masks.detected import UNDETECTED
from livermets.masks.identity import AUTOMATIC, LESION_KEY, MANUAL, PREDICTED, ROI_COUNTS, SHARES, SIDES
from livermets.stats.proportions import quoted_share
from livermets.stats.resampling import per_patient_sum

THRESHOLDS = tuple(round(0.01 * step, 2) for step in range(1, 100))
NEAR = 0.1
"""How far around the fitted threshold agreement is summed up in words."""
FLIP = 0.05
"""A share that lies this close to the threshold flips by little."""
_COMMON = ("measure", "k", "n", "value", "low", "high", "level", "method", "n_lesions", "n_patients")
CURVE_COLUMNS = ("threshold", "fitted", "n_plus_manual", "n_plus_automatic", *_COMMON)
MINIMUM_COLUMNS = ("minimum_rois", "configured", "n_manual", "n_automatic", *_COMMON)
RANGE_COLUMNS = ("measure", "within", "lowest", "highest", "n")
CHANGED_COLUMNS = (
    *LESION_KEY,
    "response",
    "longest_diameter_mm",
    "dice",
    *ROI_COUNTS,
    *SHARES,
    *PREDICTED,
    "threshold",
    "distance",
    "remark",
)
NO_THRESHOLD = "how far changed lesions lie from the threshold, and what others would give, is not computed"
Called = dict[str, NDArray[np.float64]]


def threshold_of(lesions: pd.DataFrame) -> tuple[float | None, str]:
    """The one threshold behind the classes of a table, or None and the reason."""
    if "threshold" not in lesions:
        return None, f"the lesion table has no column threshold: {NO_THRESHOLD}"
    found = sorted(set(lesions["threshold"].dropna()))
    if len(found) == 1:
        return float(found[0]), ""
    if found:
        return None, f"the lesions were classified with {len(found)} thresholds"
    return None, f"the column threshold is empty: {NO_THRESHOLD}"


def changed_lesions(lesions: pd.DataFrame, few_rois: int) -> pd.DataFrame:
    """The lesions whose class changed with the mask, the nearest to the threshold first: ``distance`` is that of the
    nearer of the two shares, ``remark`` what the change rests on."""
    changed = lesions[lesions["agree"] == 0]
    shares = changed.reindex(columns=list(SHARES)).to_numpy(float)
    threshold = changed["threshold"].to_numpy(float) if "threshold" in changed else np.full(len(changed), np.nan)
    gaps = np.abs(shares - threshold[:, None])
    remarks = [_remark(row, gap, few_rois) for row, gap in zip(changed.to_dict("records"), gaps, strict=True)]
    changed = changed.assign(distance=np.fmin(gaps[:, 0], gaps[:, 1]), remark=remarks)
    shown = [name for name in CHANGED_COLUMNS if name in changed or name not in LESION_KEY]
    return changed.reindex(columns=shown).sort_values("distance", kind="stable").reset_index(drop=True)


def _remark(row: dict, gaps: NDArray, few_rois: int) -> str:
    said = []
    if np.isfinite(gaps).any():
        nearer = int(np.nanargmin(gaps))
        gap, side = float(gaps[nearer]), SIDES[nearer]
        near = f"flips by {gap:.3f}" if gap < FLIP else f"crosses the threshold by at least {gap:.2f}"
        said.append(f"{near} ({side} mask)")
    for side in SIDES:
        count = row.get(f"n_roi_{side}")
        if count is not None and count < few_rois:
            said.append(f"rests on {int(count)} ROI{'s' * (int(count) != 1)} ({side} mask)")
    return "; ".join(said)


def threshold_curve(lesions: pd.DataFrame, threshold: float, level: float) -> pd.DataFrame:
    """Agreement over thresholds, the fitted one marked: ``agreement`` of the lesions that both masks classify, and
    ``kept`` of all that the reader's mask classifies. Towards 0 and 1 it rises by itself, since every lesion gets the
    same class; ``n_plus_*`` counts the R+ among the compared ones."""
    used = lesions[lesions["predicted_manual"].notna() & lesions["share_manual"].notna()]
    rows = []
    for at in sorted({*THRESHOLDS, threshold}):
        called = {side: _at(used[f"share_{side}"], at, used[f"predicted_{side}"].notna()) for side in SIDES}
        both = np.isfinite(called[AUTOMATIC])
        plus = [int((called[side][both] == 1).sum()) for side in SIDES]
        for row in _agreement(called, used["patient"].to_numpy(np.intp), level):
            rows.append((at, int(at == threshold), *plus, *row))
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS))


def threshold_range(curve: pd.DataFrame) -> pd.DataFrame:
    """Lowest and highest value of each measure of `threshold_curve` within `NEAR` of the fitted threshold."""
    rows = []
    for measure, own in curve.groupby("measure", sort=False, dropna=False):
        fitted = own[own["fitted"] == 1].iloc[0]
        values = own.loc[(own["threshold"] - fitted["threshold"]).abs() <= NEAR + 1e-9, "value"]
        rows.append((measure, NEAR, values.min(), values.max(), fitted["n"]))
    return pd.DataFrame(rows, columns=list(RANGE_COLUMNS))


def minimum_rois_table(lesions: pd.DataFrame, threshold: float | None, settings: StatisticsSettings) -> pd.DataFrame:
    """Agreement and lesions classified if a class needed at least so many ROIs; ``configured`` marks the study's own
    number. Below that, classes are made from the shares again, which needs the threshold."""
    configured = int(lesions["minimum_rois"].max()) if "minimum_rois" in lesions else 1
    tried = [
        number for number in {*settings.minimum_rois_tried, configured} if threshold is not None or number >= configured
    ]
    rows = []
    for number in sorted(tried):
        called = {side: _with_enough(lesions, side, threshold, number) for side in SIDES}
        counts = [int(np.isfinite(called[side]).sum()) for side in SIDES]
        for row in _agreement(called, lesions["patient"].to_numpy(np.intp), settings.level):
            rows.append((number, int(number == configured), *counts, *row))
    return pd.DataFrame(rows, columns=list(MINIMUM_COLUMNS))


def _with_enough(lesions: pd.DataFrame, side: str, threshold: float | None, number: int) -> NDArray[np.float64]:
    called = lesions[f"predicted_{side}"].astype(float)
    if threshold is not None and f"share_{side}" in lesions:
        share = lesions[f"share_{side}"]
        # A lesion that was not detected has no class from the automatic mask, however many ROIs it holds.
        classifiable = share.notna() & (lesions[f"{side}_fate"] != UNDETECTED)
        called = called.fillna(pd.Series(_at(share, threshold, classifiable), lesions.index))
    return np.where(lesions[f"n_roi_{side}"].fillna(0) >= number, called, np.nan)


def _at(share: pd.Series, threshold: float, allowed: pd.Series) -> NDArray[np.float64]:
    """Classes at a threshold; NaN where there is none."""
    return np.where(share.notna() & allowed, (share >= threshold).astype(float), np.nan)


def _agreement(called: Called, patient: NDArray[np.intp], level: float) -> list[tuple]:
    """Both measures with the quoted interval."""
    manual, automatic = called[MANUAL], called[AUTOMATIC]
    same = (manual == automatic) & np.isfinite(manual)
    number = int(patient.max()) + 1 if len(patient) else 0
    sets = {"agreement": np.isfinite(manual) & np.isfinite(automatic), "kept": np.isfinite(manual)}
    rows = []
    for measure, among in sets.items():
        k, n = int((same & among).sum()), int(among.sum())
        hits, lesions = (per_patient_sum(part, patient, number) for part in (same & among, among))
        low, high, method = quoted_share(hits, lesions, level)
        patients = int(np.count_nonzero(lesions))
        rows.append((measure, k, n, k / n if n else np.nan, low, high, level, method, n, patients))
    return rows
