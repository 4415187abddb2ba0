"""Comparing two mask sources on the same lesions, and groups of lesions with each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.agreement import agreement_estimates
from livermets.stats.auc import bootstrap_auc, delong, obuchowski
from livermets.stats.diagnostics import auc_estimates, auc_obstacle, class_diagnostics, clustered_obstacle
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame
from livermets.stats.tables import empty

SOURCES = ("manual", "automatic")


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
    """Agreement and diagnostics within every value of ``grouping`` (cohort, centre, timepoint, size), one row per
    method.

    ``compared`` are lesions classified with both masks; diagnostics use those with a known outcome."""
    frames = []
    for value in group_order(compared[grouping]):
        part = compared[compared[grouping] == value]
        patient = part["patient"].to_numpy(np.intp)
        manual, automatic = part["predicted_manual"].to_numpy(), part["predicted_automatic"].to_numpy()
        estimates = agreement_estimates(manual, automatic, patient, boot)
        frames.append(to_frame(estimates, grouping=grouping, group=str(value), mask_source="both"))
        known = part[part["response"].notna()]
        for source in SOURCES:
            estimates = class_diagnostics(
                known["response"].to_numpy(), known[f"predicted_{source}"].to_numpy(),
                known["patient"].to_numpy(np.intp), boot,
            )  # fmt: skip
            estimates += _auc(known, source, boot)
            frames.append(to_frame(estimates, grouping=grouping, group=str(value), mask_source=source))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def group_order(values: pd.Series) -> list:
    """The groups in reading order: small before big, baseline before TP1 (case does not count)."""
    return sorted(values.dropna().unique(), key=lambda name: str(name).casefold())


def subgroup_differences(compared: pd.DataFrame, grouping: str, boot: PatientBootstrap) -> pd.DataFrame:
    """First group minus every other in agreement, sensitivity, specificity and AUC; for size, big minus small.

    Patients are resampled whole, so a patient seen in both groups (two timepoints) is paired with himself or
    herself."""
    groups = group_order(compared[grouping])
    if grouping == "size":
        groups = groups[::-1]
    estimates: list[Estimate] = []
    labels: list[str] = []
    for other in groups[1:]:
        first, second = (compared[grouping] == groups[0]), (compared[grouping] == other)
        for measure, (hit, among) in _shares(compared).items():
            estimates.append(_difference(measure, hit, among, (first, second), compared["patient"], boot))
        estimates += _auc_differences(compared, (first, second), boot)
        labels += [f"{groups[0]} minus {other}"] * (len(estimates) - len(labels))
    frame = to_frame(estimates, grouping=grouping)
    frame.insert(1, "group", labels)
    return frame


def _scored(lesions: pd.DataFrame) -> pd.DataFrame:
    """The lesions with outcome and both scores, as the AUCs are compared on; none if the table has no scores."""
    columns = ["response", *(f"share_{source}" for source in SOURCES)]
    return lesions.dropna(subset=columns) if set(columns) <= set(lesions) else lesions.iloc[:0]


def _auc(lesions: pd.DataFrame, source: str, boot: PatientBootstrap) -> list[Estimate]:
    scored = _scored(lesions)
    if scored.empty:
        return []
    score, response = scored[f"share_{source}"].to_numpy(float), scored["response"].to_numpy(float)
    return auc_estimates(score, response, scored["patient"].to_numpy(np.intp), boot)


def _auc_differences(
    compared: pd.DataFrame, groups: tuple[pd.Series, pd.Series], boot: PatientBootstrap
) -> list[Estimate]:
    parts = [_scored(compared[group]) for group in groups]
    both = pd.concat(parts)
    common: dict[str, Any] = {
        "level": boot.level, "method": "cluster-bootstrap", "n_lesions": len(both),
        "n_patients": both["patient"].nunique(),
    }  # fmt: skip
    if both.empty:
        return []
    why = next(filter(None, (auc_obstacle(part["response"].to_numpy()) for part in parts)), "")
    if why:
        return [Estimate(f"auc_{source}", NAN, note=why, **common) for source in SOURCES]
    contributing = min(part.loc[part["response"] == side, "patient"].nunique() for part in parts for side in (0, 1))
    estimates = []
    for source in SOURCES:
        arrays = [
            (p[f"share_{source}"].to_numpy(float), p["response"].to_numpy(float), p["patient"].to_numpy(np.intp))
            for p in parts
        ]
        value = np.subtract(*(delong(score, response).auc[0] for score, response, _ in arrays))
        (low, high), why = boot.interval(np.subtract(*(bootstrap_auc(*part, boot) for part in arrays)), contributing)
        estimates.append(Estimate(f"auc_{source}", float(value), low, high, note=why, **common))
    return estimates


def _shares(compared: pd.DataFrame) -> dict[str, tuple[pd.Series, pd.Series]]:
    shares = {"agreement": (compared["agree"] == 1, pd.Series(True, index=compared.index))}
    for source in SOURCES:
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
