"""Is a network as good at another timepoint, and at patients whose earlier scan it was trained on?

Two sets of lesions are compared in Dice and detection. A patient may be in both (the same person at two timepoints) and
has several lesions in each, so whole patients are resampled and the tests are by patient. The tests that papers print
(Defeudis 2022) take every lesion as one of another patient; they stand beside, named so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.masks.detected import RULE_COLUMN, detected, detection_dice_of, measured, segmented
from livermets.masks.identity import SCAN_KEY
from livermets.masks.sizes import size_groups
from livermets.overlap.tables import patient_codes, timepoints_in_order
from livermets.stats.proportions import chi_squared_p
from livermets.stats.resampling import MINIMUM_PATIENTS, PatientBootstrap, Resampling, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame

EVERY_COHORT = "all"
THIS_SCAN, THIS_PATIENT, NEVER = "this scan", "this patient at another timepoint", "never"
"""What a network saw in its training, or in monitoring it, of the patient of a scan."""
UNPAIRED = "takes every lesion as one of another patient: published practice, not the test for these data"


def with_training_status(lesions: pd.DataFrame, scans: pd.DataFrame) -> pd.DataFrame:
    """The lesions with ``training_status``: what the network that drew their mask had seen of the patient; empty
    where no scan table says."""
    key = list(SCAN_KEY)
    if not {*key, "seen_in_training"} <= set(scans):
        return lesions.assign(training_status=None)
    this = scans["scan_in_training"] if "scan_in_training" in scans else scans["seen_in_training"]
    status = np.select([this.eq(1), scans["seen_in_training"].eq(1)], [THIS_SCAN, THIS_PATIENT], NEVER)
    return lesions.merge(scans[key].assign(training_status=status), on=key, how="left")


def never_seen(lesions: pd.DataFrame) -> pd.DataFrame:
    """Those of patients that the network saw at no timepoint in training, or of whom no scan table says."""
    return lesions[lesions["training_status"].eq(NEVER) | lesions["training_status"].isna()]


def timepoint_differences(lesions: pd.DataFrame, resampling: Resampling, cuts_mm: Sequence[float]) -> pd.DataFrame:
    """Baseline (or the first timepoint) minus every other, by cohort and size; of cohorts with several timepoints,
    and of them all together. A cohort with one timepoint would mix its own ease into the difference: it is left out."""
    judged = segmented(lesions)
    parts = [
        (str(name), part)
        for name, part in judged.groupby("cohort", sort=False, dropna=False)
        if _several_timepoints(part)
    ]
    if len(parts) > 1:
        parts.insert(0, (EVERY_COHORT, pd.concat([part for _, part in parts])))
    frames = []
    for cohort, part in parts:
        first, *others = timepoints_in_order(part)
        found = _compared(part, "timepoint", [(first, other) for other in others], resampling, cuts_mm)
        frames.append(found.assign(cohort=cohort))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _several_timepoints(lesions: pd.DataFrame) -> bool:
    return lesions["timepoint"].nunique() > 1


def seen_differences(lesions: pd.DataFrame, resampling: Resampling, cuts_mm: Sequence[float]) -> pd.DataFrame:
    """At every timepoint, lesions of patients that the network was trained on at another one minus those of patients it
    never saw (Defeudis 2022: TP1tr, TP1tst), by size; empty where there are not both.

    ``lesions`` come from `with_training_status`. Scans that it was trained on themselves are in neither group."""
    frames = []
    for timepoint, part in segmented(lesions).groupby("timepoint", sort=False, dropna=False):
        if {THIS_PATIENT, NEVER} <= set(part["training_status"]):
            found = _compared(part, "training_status", [(THIS_PATIENT, NEVER)], resampling, cuts_mm)
            frames.append(found.assign(timepoint=timepoint))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _compared(
    lesions: pd.DataFrame,
    column: str,
    pairs: list[tuple[str, str]],
    resampling: Resampling,
    cuts_mm: Sequence[float],
) -> pd.DataFrame:
    frames = []
    for first, second in pairs:
        for size, group in size_groups(lesions[lesions[column].isin([first, second])], cuts_mm):
            in_first = group[column].eq(first).to_numpy()
            if in_first.any() and not in_first.all():
                frame = to_frame(_differences(group, in_first, resampling), first=first, second=second, size=size)
                frames.append(frame.assign(**_counts(group, in_first)))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _counts(group: pd.DataFrame, in_first: NDArray[np.bool_]) -> dict[str, float | None]:
    patients = [set(group.loc[mask, "patient"]) for mask in (in_first, ~in_first)]
    hit = detected(group).to_numpy()
    return {
        "n_first": int(in_first.sum()),
        "n_second": int((~in_first).sum()),
        "k_first": int((hit & in_first).sum()),
        "k_second": int((hit & ~in_first).sum()),
        "patients_first": len(patients[0]),
        "patients_second": len(patients[1]),
        "patients_both": len(patients[0] & patients[1]),
        RULE_COLUMN: detection_dice_of(group),
    }


def _differences(group: pd.DataFrame, in_first: NDArray[np.bool_], resampling: Resampling) -> Iterator[Estimate]:
    patient = patient_codes(group)
    boot = resampling.draw(int(patient.max()) + 1)
    dice, hit = measured(group)["dice"].to_numpy(float), detected(group).to_numpy(bool)
    yield from _difference("dice", dice, in_first, patient, boot)
    welch, why = welch_p(dice[in_first], dice[~in_first])
    yield _test("dice_unpaired_p", welch, "welch-t", why or UNPAIRED, patient, boot)
    yield from _difference("detection", hit.astype(float), in_first, patient, boot)
    counts = [(int(hit[mask].sum()), int(mask.sum())) for mask in (in_first, ~in_first)]
    published = chi_squared_p(*counts[0], *counts[1])
    note = "all lesions were detected, or none" if np.isnan(published) else UNPAIRED
    yield _test("detection_chi_squared_p", published, "chi-squared-yates", note, patient, boot)


def _difference(
    name: str, values: NDArray, in_first: NDArray[np.bool_], patient: NDArray[np.intp], boot: PatientBootstrap
) -> Iterator[Estimate]:
    """Mean of the first set minus that of the second, over lesions, and its test by patient."""
    patients = boot.weights.shape[1]
    sums = [
        (per_patient_sum(values * mask, patient, patients), per_patient_sum(mask, patient, patients))
        for mask in (in_first, ~in_first)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = ((boot.weights @ total) / (boot.weights @ count) for total, count in sums)
    fewest = min(int(np.count_nonzero(count)) for _, count in sums)
    (low, high), why = boot.interval(first - second, fewest)
    value = float(values[in_first].mean() - values[~in_first].mean())
    yield Estimate(
        f"{name}_difference",
        value,
        low,
        high,
        boot.level,
        "cluster-bootstrap",
        n_lesions=len(values),
        n_patients=patients,
        note=why,
    )
    p, why = clustered_difference_p(values, in_first, patient)
    yield _test(f"{name}_difference_p", p, "cluster-linearised-t", why, patient, boot)


def _test(
    measure: str, p: float, method: str, note: str, patient: NDArray[np.intp], boot: PatientBootstrap
) -> Estimate:
    patients = boot.weights.shape[1]
    return Estimate(measure, p, level=boot.level, method=method, n_lesions=len(patient), n_patients=patients, note=note)


def clustered_difference_p(
    values: NDArray, in_first: NDArray[np.bool_], patient: NDArray[np.intp]
) -> tuple[float, str]:
    """Two-sided p of the difference of two means whose lesions share patients, within a mean and between both; and why
    there is none.

    The difference is linearised, each patient's deviation is one observation (a sandwich variance with patients as
    clusters). The smaller side's number of patients gives the small-sample factor and, less one, the degrees of freedom
    of Student's t: with all patients counted, p <= 0.05 came in up to 0.09 of studies without a difference.
    Rao and Scott 1992."""
    patients = int(patient.max()) + 1
    deviation, fewest = np.zeros(patients), patients
    for mask, sign in ((in_first, 1.0), (~in_first, -1.0)):
        who = len(np.unique(patient[mask]))
        if who < MINIMUM_PATIENTS:
            return NAN, f"{who} patients on one side, at least {MINIMUM_PATIENTS} are needed for a test by patient"
        fewest = min(fewest, who)
        centred = (values - values[mask].mean()) * mask / mask.sum()
        deviation += sign * per_patient_sum(centred, patient, patients)
    error = float(np.sqrt(fewest / (fewest - 1) * np.sum(deviation**2)))
    if error < 1e-12:
        return NAN, "nothing varies between patients"
    difference = float(values[in_first].mean() - values[~in_first].mean())
    return float(2 * stats.t.sf(abs(difference) / error, fewest - 1)), ""


def welch_p(first: NDArray, second: NDArray) -> tuple[float, str]:
    """Welch's t-test of two means, every lesion taken as one of another patient; and why there is none."""
    if min(len(first), len(second)) < 2 or max(np.ptp(first), np.ptp(second)) == 0:
        return NAN, "a variance needs two lesions that differ"
    return float(stats.ttest_ind(first, second, equal_var=False).pvalue), ""
