"""Comparing two mask sources on the same lesions, and groups of lesions with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.agreement import agreement_estimates
from livermets.stats.auc import bootstrap_auc, delong, obuchowski
from livermets.stats.diagnostics import auc_obstacle, class_diagnostics, clustered_obstacle
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame
from livermets.stats.tables import empty


def compare_aucs(
    manual: NDArray, automatic: NDArray, response: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> pd.DataFrame:
    """AUC with the manual mask minus AUC with the automatic one, on the same lesions; positive favours manual.

    Paired DeLong (lesions independent), paired Obuchowski and a patient bootstrap (both allow clustering; the
    bootstrap's p is not given, its interval is)."""
    why = auc_obstacle(response)
    if why:
        return empty("auc_comparison")["auc_comparison"]
    scores = np.vstack([manual, automatic])
    independent = delong(scores, response)
    areas = independent.auc[0], independent.auc[1]
    value, interval, p = independent.difference(boot.level)
    rows = [("delong", value, *interval, p)]
    if not clustered_obstacle(response, patient):
        _, interval, p = obuchowski(scores, response, patient).difference(boot.level)
        rows.append(("obuchowski-1997", value, *interval, p))
    resampled = bootstrap_auc(manual, response, patient, boot) - bootstrap_auc(automatic, response, patient, boot)
    contributing = min(len(np.unique(patient[response == side])) for side in (0, 1))
    interval, _ = boot.interval(resampled, contributing)
    rows.append(("cluster-bootstrap", value, *interval, NAN))
    frame = _comparison_frame(rows)
    frame.insert(1, "auc_manual", areas[0])
    frame.insert(2, "auc_automatic", areas[1])
    return frame.assign(level=boot.level, n_lesions=len(response), n_patients=len(np.unique(patient)))


def _comparison_frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["method", "value", "low", "high", "p"])
    frame.insert(0, "measure", "auc_difference")
    return frame


def subgroup_table(compared: pd.DataFrame, grouping: str, boot: PatientBootstrap) -> pd.DataFrame:
    """Agreement and diagnostics within every value of ``grouping`` (cohort, centre, timepoint), one row per method.

    ``compared`` are lesions classified with both masks; diagnostics use those with a known outcome."""
    frames = []
    for value, part in compared.groupby(grouping, sort=True):
        patient = part["patient"].to_numpy(np.intp)
        manual, automatic = part["predicted_manual"].to_numpy(), part["predicted_automatic"].to_numpy()
        estimates = agreement_estimates(manual, automatic, patient, boot)
        frames.append(to_frame(estimates, grouping=grouping, group=str(value), mask_source="both"))
        known = part[part["response"].notna()]
        for source in ("manual", "automatic"):
            estimates = class_diagnostics(
                known["response"].to_numpy(), known[f"predicted_{source}"].to_numpy(),
                known["patient"].to_numpy(np.intp), boot,
            )  # fmt: skip
            frames.append(to_frame(estimates, grouping=grouping, group=str(value), mask_source=source))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def subgroup_differences(compared: pd.DataFrame, grouping: str, boot: PatientBootstrap) -> pd.DataFrame:
    """First group minus every other in agreement, sensitivity and specificity.

    Patients are resampled whole, so a patient seen in both groups (two timepoints) is paired with himself."""
    # Ignoring case puts "baseline" before "TP1".
    groups = sorted(compared[grouping].dropna().unique(), key=lambda name: str(name).casefold())
    estimates, labels = [], []
    for other in groups[1:]:
        for measure, (hit, among) in _shares(compared).items():
            for_first, for_other = (compared[grouping] == groups[0]), (compared[grouping] == other)
            estimates.append(_difference(measure, hit, among, (for_first, for_other), compared["patient"], boot))
            labels.append(f"{groups[0]} minus {other}")
    frame = to_frame(estimates, grouping=grouping)
    frame.insert(1, "group", labels)
    return frame


def _shares(compared: pd.DataFrame) -> dict[str, tuple[pd.Series, pd.Series]]:
    shares = {"agreement": (compared["agree"] == 1, pd.Series(True, index=compared.index))}
    for source in ("manual", "automatic"):
        right = compared[f"predicted_{source}"] == compared["response"]
        shares[f"sensitivity_{source}"] = right, compared["response"] == 1
        shares[f"specificity_{source}"] = right, compared["response"] == 0
    return shares


def _difference(
    measure: str,
    hit: pd.Series,
    among: pd.Series,
    groups: tuple[pd.Series, pd.Series],
    patient: pd.Series,
    boot: PatientBootstrap,
) -> Estimate:
    codes, patients = patient.to_numpy(np.intp), boot.weights.shape[1]
    sums = [
        (per_patient_sum(hit & among & group, codes, patients), per_patient_sum(among & group, codes, patients))
        for group in groups
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = (np.float64(k.sum()) / n.sum() for k, n in sums)
        resampled = [(boot.weights @ k) / (boot.weights @ n) for k, n in sums]
    contributing = min(int(np.count_nonzero(n)) for _, n in sums)
    (low, high), why = boot.interval(resampled[0] - resampled[1], contributing)
    lesions = int(sum(n.sum() for _, n in sums))
    reached = int(np.count_nonzero(sums[0][1] + sums[1][1]))
    return Estimate(measure, float(first - second), low, high, boot.level, "cluster-bootstrap",
                    n_lesions=lesions, n_patients=reached, note=why)  # fmt: skip


def chi_squared_p(k_first: int, n_first: int, k_second: int, n_second: int) -> float:
    """Pearson's chi-squared p (Yates-corrected, as in R's ``prop.test``) of two unpaired proportions; NaN if a margin
    is 0.

    For the same lesions seen by two networks use McNemar's test instead: the proportions are paired."""
    table = np.array([[k_first, n_first - k_first], [k_second, n_second - k_second]])
    if (table.sum(axis=0) == 0).any() or (table.sum(axis=1) == 0).any():
        return NAN
    return float(stats.chi2_contingency(table, correction=True).pvalue)
