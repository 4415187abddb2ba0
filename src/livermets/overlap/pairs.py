"""Two networks on the same lesions: does one find more of them, and overlap them better? And what several miss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.detected import (
    RULE_COLUMN,
    detected,
    detection_dice_of,
    is_detected,
    rules_side_by_side,
)
from livermets.masks.identity import LESION_KEY
from livermets.masks.sizes import size_groups
from livermets.overlap.tables import (
    patient_codes,
    timepoint_parts,
    without_independence,
)
from livermets.stats.agreement import mcnemar_estimates
from livermets.stats.proportions import chi_squared_p
from livermets.stats.resampling import PatientBootstrap, Resampling, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame


def missed_by_several(lesions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How many lesions no network detected, how many all but one, and so on, with their longest diameters; one row per
    timepoint and number of networks (``n_missed_by``), rows without a lesion too."""
    first = next(iter(lesions.values()))
    many = (
        pd.concat([table.loc[~detected(table), list(LESION_KEY)] for table in lesions.values()])
        .groupby(list(LESION_KEY), dropna=False)
        .size()
    )
    joined = first.merge(many.rename("n_missed_by").reset_index(), on=list(LESION_KEY), how="left")
    joined["n_missed_by"] = joined["n_missed_by"].fillna(0).astype(int)
    rows = []
    for timepoint, part in timepoint_parts(joined):
        for number in range(len(lesions), -1, -1):
            these = part[part["n_missed_by"] == number]
            diameter = these["longest_diameter_mm"]
            rows.append(
                {
                    "timepoint": timepoint,
                    "n_missed_by": number,
                    "n_networks": len(lesions),
                    "n_lesions": len(these),
                    "n_patients": these["patient"].nunique(),
                    "diameter_mean_mm": diameter.mean(),
                    "diameter_sd_mm": diameter.std(ddof=1),
                    "diameter_median_mm": diameter.median(),
                    RULE_COLUMN: detection_dice_of(first),
                }
            )
    return pd.DataFrame(rows)


def paired_differences(
    first: pd.DataFrame, second: pd.DataFrame, resampling: Resampling, cuts_mm: Sequence[float]
) -> pd.DataFrame:
    """Does one network find more lesions, and overlap them better, than another? By timepoint, size and the Dice above
    which a lesion counts as found (``dice_above``; ``study_rule`` is 1 for the study's own rule).

    ``dice_difference`` and ``detection_difference`` are first minus second over all manual lesions (one without overlap
    has Dice 0), with intervals that resample patients. ``detection_mcnemar_p`` tests whether both find equally many,
    exactly and allowing for several lesions per patient (Durkalski 2003). ``detection_chi_squared_p`` is published
    practice (Defeudis 2022): it takes the lesions of the two networks as different ones, which they are not. Over all
    timepoints together only what counts whole patients is given, since a lesion is there more than once."""
    paired = first.merge(second, on=list(LESION_KEY), suffixes=("_first", "_second"))
    paired = paired.assign(patient=paired["patient_first"], longest_diameter_mm=paired["longest_diameter_mm_first"])
    frames = [
        _pair(group, detection_dice_of(first), resampling).assign(size=size, timepoint=timepoint)
        for timepoint, part in timepoint_parts(paired)
        for size, group in size_groups(part, cuts_mm)
        if len(group)
    ]
    if not frames:
        return pd.DataFrame(columns=[*to_frame([]), "dice_above", "study_rule", "size", "timepoint"])
    return without_independence(pd.concat(frames, ignore_index=True))


def _pair(group: pd.DataFrame, own: float | None, resampling: Resampling) -> pd.DataFrame:
    patient = patient_codes(group)
    boot = resampling.draw(int(patient.max()) + 1)
    dice = [group[f"dice_{which}"].fillna(0.0).to_numpy(float) for which in ("first", "second")]
    ours = [
        detected(group.rename(columns={f"automatic_fate_{which}": "automatic_fate"})) for which in ("first", "second")
    ]
    difference = _difference("dice_difference", dice[0] - dice[1], patient, boot)
    frames = [to_frame([difference]).assign(dice_above=NAN, study_rule=NAN)]
    for above in rules_side_by_side(own):
        found = ours if above == own else [is_detected(values, float(above or 0)) for values in dice]
        estimates = _detection_differences(np.asarray(found[0], bool), np.asarray(found[1], bool), patient, boot)
        frames.append(to_frame(estimates).assign(dice_above=above, study_rule=int(above == own)))
    return pd.concat(frames, ignore_index=True)


def _detection_differences(
    first: NDArray[np.bool_], second: NDArray[np.bool_], patient: NDArray[np.intp], boot: PatientBootstrap
) -> Iterator[Estimate]:
    found = [which.astype(int) for which in (first, second)]
    yield _difference("detection_difference", found[0] - found[1], patient, boot)
    names = {
        "mcnemar_p": "detection_mcnemar_p",
        "first_only": "detected_by_first_only",
        "second_only": "detected_by_second_only",
    }
    for test in mcnemar_estimates(found[0], found[1], patient, boot, ("first", "second"), "differently found"):
        yield replace(test, measure=names[test.measure])
    lesions, (k_first, k_second) = len(patient), (int(which.sum()) for which in found)
    unpaired = chi_squared_p(k_first, lesions, k_second, lesions)
    yield Estimate(
        "detection_chi_squared_p",
        unpaired,
        level=boot.level,
        method="chi-squared-yates",
        n_lesions=lesions,
        n_patients=boot.weights.shape[1],
        note="both found all lesions, or none"
        if np.isnan(unpaired)
        else "unpaired: published practice, not the test for the same lesions seen twice",
    )


def _difference(measure: str, values: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap) -> Estimate:
    """The mean paired difference over lesions, with a patient bootstrap."""
    patients = boot.weights.shape[1]
    sums, sizes = per_patient_sum(values, patient, patients), per_patient_sum(np.ones(len(values)), patient, patients)
    (low, high), why = boot.ratio(sums, sizes)
    return Estimate(
        measure,
        float(values.mean()),
        low,
        high,
        boot.level,
        "cluster-bootstrap",
        n_lesions=len(values),
        n_patients=patients,
        note=why,
    )
