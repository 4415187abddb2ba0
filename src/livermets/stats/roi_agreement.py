"""ROI by ROI: where do the two masks of a lesion put their ROIs, and do the ROIs say the same?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from livermets.errors import input_error
from livermets.stats.diagnostics import proportion_estimates
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame

PLACE = ("cohort", "patient_id", "timepoint", "z", "y", "x")
LESION = ("cohort", "patient_id", "timepoint", "lesion_id")
_MOST = {"manual": "left_only", "automatic": "right_only"}


@dataclass(frozen=True)
class RoiAgreement:
    """Overall and per lesion."""

    overall: pd.DataFrame
    """Estimates: ``lattice_dice`` (2 x common ROIs / all ROIs of both masks) and ``class_agreement`` (common ROIs)."""
    per_lesion: pd.DataFrame
    """Per lesion: ROIs of each mask, common ones, and the share of R+ ROIs among common and one-sided ones."""
    notes: tuple[str, ...]


def roi_agreement(
    manual: pd.DataFrame,
    automatic: pd.DataFrame,
    *,
    probability: str = "probability",
    level: float = 0.95,
    replicates: int = 2000,
    random: np.random.Generator,
) -> RoiAgreement:
    """Compares two ROI tables of the same scans, placed on the one lattice that is anchored at the image.

    Key: cohort, patient_id, timepoint (those there are), z, y, x. ``probability`` is P(R+) of a ROI; without that
    column only the places are compared. Raises `InputError` if a place occurs twice or the keys differ."""
    keys = _keys(manual, automatic)
    scored = probability in manual and probability in automatic
    columns = [*keys, "lesion_id", *([probability] if scored else [])]
    both = manual[columns].merge(
        automatic[columns], on=keys, how="outer", suffixes=("_manual", "_automatic"), indicator="found"
    )
    both["lesion_id"] = both["lesion_id_manual"].fillna(both["lesion_id_automatic"])
    people = [key for key in keys if key in ("cohort", "patient_id")]
    both["patient"] = both.groupby(people, dropna=False).ngroup()
    for source in ("manual", "automatic"):
        both[f"plus_{source}"] = _plus(both[f"{probability}_{source}"]) if scored else NAN
    patients = both["patient"].nunique()
    boot = PatientBootstrap.draw(patients, replicates, level, random) if patients else None
    notes = () if scored else (f"ROI classes not compared: no column {probability} in both tables",)
    overall = _overall(both, scored, boot) if boot is not None else to_frame([])
    return RoiAgreement(overall, _per_lesion(both, [key for key in LESION if key in both]), notes)


def _keys(manual: pd.DataFrame, automatic: pd.DataFrame) -> list[str]:
    for name, table in (("manual", manual), ("automatic", automatic)):
        missing = [column for column in ("patient_id", "lesion_id", "z", "y", "x") if column not in table]
        if missing:
            raise input_error(f"{name} ROI table", f"missing columns {', '.join(missing)}", "Add them")
    keys = [key for key in PLACE if key in manual]
    if keys != [key for key in PLACE if key in automatic]:
        raise input_error("ROI tables", "the two tables are keyed differently", f"Both need {', '.join(keys)}")
    for name, table in (("manual", manual), ("automatic", automatic)):
        if table.duplicated(keys).any():
            raise input_error(f"{name} ROI table", f"the same {', '.join(keys)} more than once", "Keep one row per ROI")
    return keys


def _plus(probability: pd.Series) -> pd.Series:
    """1 for a ROI called R+, 0 for R-, NaN without probability."""
    return (probability >= 0.5).astype(float).where(probability.notna())


def _overall(both: pd.DataFrame, scored: bool, boot: PatientBootstrap) -> pd.DataFrame:
    patient, patients = both["patient"].to_numpy(np.intp), boot.weights.shape[1]
    common = (both["found"] == "both").to_numpy()
    # Each common ROI belongs to both masks, so it counts twice above and below the line.
    numerator = per_patient_sum(2 * common, patient, patients)
    denominator = per_patient_sum(1 + common, patient, patients)
    (low, high), why = boot.ratio(numerator, denominator)
    value = float(numerator.sum() / denominator.sum())
    lesions = len(both.drop_duplicates([key for key in LESION if key in both]))
    dice = Estimate("lattice_dice", value, low, high, boot.level, "cluster-bootstrap", n=int(denominator.sum()),
                    k=int(numerator.sum()), n_lesions=lesions, n_patients=patients, note=why)  # fmt: skip
    if not scored:
        return to_frame([dice])
    alike = (both["plus_manual"] == both["plus_automatic"]).to_numpy()
    agreement = proportion_estimates("class_agreement", alike, common, patient, boot)
    # Thousands of overlapping ROIs are no independent trials: only the clustered intervals are given.
    clustered = [estimate for estimate in agreement if estimate.method.startswith("cluster")]
    return to_frame([dice, *clustered])


def _per_lesion(both: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = []
    for lesion, group in both.groupby(keys, sort=True, dropna=False):
        found = group["found"]
        common = group[found == "both"]
        row: dict[str, object] = dict(zip(keys, lesion, strict=True))
        row |= {"n_roi_manual": int((found != "right_only").sum())}
        row |= {"n_roi_automatic": int((found != "left_only").sum())}
        row |= {"n_roi_common": len(common), "lattice_dice": 2 * len(common) / (len(group) + len(common))}
        row["n_common_alike"] = int((common["plus_manual"] == common["plus_automatic"]).sum())
        for source, only in _MOST.items():
            plus = group[f"plus_{source}"]
            row[f"share_common_{source}"] = common[f"plus_{source}"].mean()
            row[f"share_{source}_only"] = plus[found == only].mean()
        rows.append(row)
    return pd.DataFrame(rows)
