"""ROI by ROI: where do the two masks of a lesion put their ROIs, and what do the ROIs say that only one mask has?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import input_error
from livermets.masks.identity import (
    AUTOMATIC,
    FALSE_POSITIVE,
    FIRST_UNMATCHED_ID,
    LESION_KEY,
    MANUAL,
    ROI_COUNTS,
    SCAN_KEY,
    SIDES,
    present,
)
from livermets.masks.lesion_table import patient_numbers
from livermets.stats.diagnostics import proportion_estimates
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame

PLACE = (*SCAN_KEY, "z", "y", "x")
_ONLY = {MANUAL: "left_only", AUTOMATIC: "right_only"}
BY_CONSTRUCTION = (
    "class agreement of common ROIs left out: every common ROI has one and the same probability with both masks "
    "(with binning: roi its features do not depend on the mask), so they agree by construction"
)


@dataclass(frozen=True)
class RoiAgreement:
    """Overall and per lesion."""

    overall: pd.DataFrame
    """Estimates over the reader's lesions (see `roi_agreement`), each with its ROIs (``k`` of ``n``), lesions and
    patients."""
    per_lesion: pd.DataFrame
    """Per lesion: ROIs of each mask, common ones, and the share of R+ ROIs among common and one-sided ones; ``kind``
    tells the reader's lesions from false positives."""
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

    ``lattice_dice``: 2 x common ROIs / all ROIs of both masks. ``share_common``, ``share_manual_only``,
    ``share_automatic_only``: share of R+ among the ROIs that both masks or one mask alone hold;
    ``*_only_minus_common``: their mean difference within lesions that have both kinds, each lesion counted once.
    ``class_agreement`` of common ROIs, only where it is no tautology. False positives stand apart:
    ``share_false_positive``. Key: cohort, patient_id, timepoint (those there are), z, y, x. ``probability`` is P(R+)
    of a ROI; without that column only the places are compared. Raises `InputError` if a place occurs twice or the keys
    differ."""
    keys = _keys(manual, automatic)
    scored = probability in manual and probability in automatic
    columns = [*keys, "lesion_id", *([probability] if scored else [])]
    both = manual[columns].merge(
        automatic[columns], on=keys, how="outer", suffixes=("_manual", "_automatic"), indicator="found"
    )
    plus = {f"plus_{side}": _plus(both[f"{probability}_{side}"]) if scored else NAN for side in SIDES}
    both = both.assign(lesion_id=both["lesion_id_manual"].fillna(both["lesion_id_automatic"]), **plus)
    both = both.assign(
        kind=_kinds(both), patient=patient_numbers(both), plus=both["plus_manual"].fillna(both["plus_automatic"])
    )
    patients = both["patient"].nunique()
    per_lesion = _per_lesion(both)
    if not patients:
        return RoiAgreement(to_frame([]), per_lesion, ())
    boot = PatientBootstrap.draw(patients, replicates, level, random)
    readers = both[both["kind"] == MANUAL]
    estimates, notes = [_lattice_dice(readers, boot)], []
    if scored:
        same = _same_by_construction(both, probability)
        notes += [BY_CONSTRUCTION] if same else []
        estimates += _shares(both, boot) + _differences(per_lesion, boot)
        estimates += [] if same else _class_agreement(readers, boot)
    else:
        notes.append(f"ROI classes not compared: no column {probability} in both tables")
    return RoiAgreement(to_frame(estimates), per_lesion.drop(columns="patient"), tuple(notes))


def _keys(manual: pd.DataFrame, automatic: pd.DataFrame) -> list[str]:
    tables = {MANUAL: manual, AUTOMATIC: automatic}
    for name, table in tables.items():
        missing = [column for column in ("patient_id", "lesion_id", "z", "y", "x") if column not in table]
        if missing:
            raise input_error(f"{name} ROI table", f"missing columns {', '.join(missing)}", "Add them")
    keys = present(PLACE, manual)
    if keys != present(PLACE, automatic):
        raise input_error("ROI tables", "the two tables are keyed differently", f"Both need {', '.join(keys)}")
    for name, table in tables.items():
        if table.duplicated(keys).any():
            raise input_error(f"{name} ROI table", f"the same {', '.join(keys)} more than once", "Keep one row per ROI")
    return keys


def _kinds(both: pd.DataFrame) -> NDArray:
    """Whose lesion a ROI is in; a reader's lesion may have ROIs in the automatic mask alone, and a high id."""
    drawn = (
        (both["found"] != "right_only")
        .groupby([both[key] for key in present(LESION_KEY, both)], dropna=False)
        .transform("any")
    )
    return np.where(~drawn & (both["lesion_id"] >= FIRST_UNMATCHED_ID), FALSE_POSITIVE, MANUAL)


def _plus(probability: pd.Series) -> pd.Series:
    """1 for a ROI called R+, 0 for R-, NaN without probability."""
    return (probability >= 0.5).astype(float).where(probability.notna())


def _same_by_construction(both: pd.DataFrame, probability: str) -> bool:
    common = both[both["found"] == "both"]
    return bool(np.array_equal(common[f"{probability}_manual"], common[f"{probability}_automatic"]))


def _lattice_dice(rois: pd.DataFrame, boot: PatientBootstrap) -> Estimate:
    # Each common ROI belongs to both masks, so it counts twice above and below the line.
    common = (rois["found"] == "both").to_numpy()
    return _ratio("lattice_dice", rois, 2 * common, 1 + common, boot)


def _shares(both: pd.DataFrame, boot: PatientBootstrap) -> list[Estimate]:
    reader, found = both["kind"] == MANUAL, both["found"]
    sets = {
        "share_common": reader & (found == "both"),
        **{f"share_{side}_only": reader & (found == only) for side, only in _ONLY.items()},
        "share_false_positive": ~reader,
    }
    estimates = []
    for measure, chosen in sets.items():
        rois = both[chosen]
        estimates.append(_ratio(measure, rois, rois["plus"].to_numpy(float), np.ones(len(rois)), boot))
    return estimates


def _ratio(
    measure: str, rois: pd.DataFrame, above: NDArray, below: NDArray, boot: PatientBootstrap, unit: str = "ROI"
) -> Estimate:
    """Sum of ``above`` over sum of ``below``, with an interval by patient; counts of ROIs, lesions and patients."""
    patient, patients = rois["patient"].to_numpy(np.intp), boot.weights.shape[1]
    sums = per_patient_sum(above, patient, patients), per_patient_sum(below, patient, patients)
    lesions = len(rois.drop_duplicates(present(LESION_KEY, rois)))
    contributing = int(rois["patient"].nunique())
    if not len(rois):
        return Estimate(measure, NAN, level=boot.level, method="cluster-bootstrap", n=0, k=0, note=f"no such {unit}")
    (low, high), why = boot.ratio(*sums)
    k, n = (float(part.sum()) for part in sums)
    counts: dict[str, Any] = {"k": int(k), "n": int(n)} if unit == "ROI" else {}
    counts |= {"n_lesions": lesions, "n_patients": contributing}
    return Estimate(measure, k / n, low, high, boot.level, "cluster-bootstrap", **counts, note=why)


def _differences(per_lesion: pd.DataFrame, boot: PatientBootstrap) -> list[Estimate]:
    """One-sided ROIs against the common ones of the same lesion, each lesion counted once however many ROIs it has."""
    estimates = []
    for side in SIDES:
        difference = per_lesion[f"share_{side}_only"] - per_lesion[f"share_common_{side}"]
        chosen = difference.notna() & (per_lesion["kind"] == MANUAL)
        lesions = per_lesion[chosen]
        value = difference[chosen].to_numpy(float)
        measure = f"{side}_only_minus_common"
        estimates.append(_ratio(measure, lesions, value, np.ones(len(lesions)), boot, "lesion with both kinds of ROIs"))
    return estimates


def _class_agreement(rois: pd.DataFrame, boot: PatientBootstrap) -> list[Estimate]:
    common = (rois["found"] == "both").to_numpy()
    alike = (rois["plus_manual"] == rois["plus_automatic"]).to_numpy()
    estimates = proportion_estimates("class_agreement", alike, common, rois["patient"].to_numpy(np.intp), boot)
    lesions = len(rois[common].drop_duplicates(present(LESION_KEY, rois)))
    # Thousands of overlapping ROIs are no independent trials: only the clustered intervals are given.
    return [replace(estimate, n_lesions=lesions) for estimate in estimates if estimate.method.startswith("cluster")]


def _per_lesion(both: pd.DataFrame) -> pd.DataFrame:
    keys = present(LESION_KEY, both)
    groups = both.groupby(keys, sort=True, dropna=False)
    rows = [{**dict(zip(keys, lesion, strict=True)), **_of_lesion(group)} for lesion, group in groups]
    one_sided = [f"share_{part}" for side in SIDES for part in (f"common_{side}", f"{side}_only")]
    counts = [*ROI_COUNTS, "n_roi_common", "lattice_dice", "n_common_alike"]
    return pd.DataFrame(rows, columns=[*keys, *counts, *one_sided, "kind", "patient"])


def _of_lesion(rois: pd.DataFrame) -> dict[str, object]:
    found = rois["found"]
    common = rois[found == "both"]
    shares = {f"share_common_{side}": common[f"plus_{side}"].mean() for side in SIDES}
    only = {f"share_{side}_only": rois.loc[found == where, f"plus_{side}"].mean() for side, where in _ONLY.items()}
    return {
        "n_roi_manual": int((found != "right_only").sum()),
        "n_roi_automatic": int((found != "left_only").sum()),
        "n_roi_common": len(common),
        "lattice_dice": 2 * len(common) / (len(rois) + len(common)),
        "n_common_alike": int((common["plus_manual"] == common["plus_automatic"]).sum()),
        **shares,
        **only,
        "kind": rois["kind"].iloc[0],
        "patient": rois["patient"].iloc[0],
    }
