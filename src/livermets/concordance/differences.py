"""Comparing two mask sources on the same lesions, and groups of lesions with each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.concordance.tables import empty
from livermets.masks.identity import SOURCES
from livermets.stats.agreement import agreement_estimates, fate_estimates
from livermets.stats.auc import bootstrap_auc, delong, obuchowski
from livermets.stats.diagnostics import (
    auc_estimates,
    auc_obstacle,
    class_diagnostics,
    clustered_obstacle,
    lesions_of_outcome,
)
from livermets.stats.proportions import quoted_share
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame


def end_to_end_differences(lesions: pd.DataFrame, boot: PatientBootstrap) -> pd.DataFrame:
    """Manual minus automatic mask in sensitivity, specificity and accuracy over all lesions whose outcome is known, a
    lesion without a class counted as called wrongly; positive favours the manual mask.

    ``manual_only`` counts the lesions that only the manual mask calls rightly, ``p`` is McNemar's exact one (lesions
    independent). Interval: patients resampled whole, both masks together."""
    known = lesions[lesions["response"].notna()]
    right = {source: (known[f"predicted_{source}"] == known["response"]).to_numpy() for source in SOURCES}
    among, patient = lesions_of_outcome(known["response"].to_numpy()), known["patient"].to_numpy(np.intp)
    rows = [_paired_difference(name, right, part, patient, boot) for name, part in among.items()]
    return pd.DataFrame(rows)


def _paired_difference(
    measure: str, right: Mapping[str, NDArray], among: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> dict[str, object]:
    patients = boot.weights.shape[1]
    count = per_patient_sum(among, patient, patients)
    only = [right[one] & ~right[other] & among for one, other in (SOURCES, SOURCES[::-1])]
    k, n = [int(part.sum()) for part in only], int(among.sum())
    gain = per_patient_sum(only[0].astype(float) - only[1], patient, patients)
    (low, high), why = boot.ratio(gain, count)
    p = stats.binomtest(k[0], sum(k)).pvalue if sum(k) else NAN
    return {
        "measure": measure, "value": (k[0] - k[1]) / n if n else NAN, "low": low, "high": high, "level": boot.level,
        "method": "cluster-bootstrap", "manual_only": k[0], "automatic_only": k[1], "p": p, "n_lesions": n,
        "n_patients": int(np.count_nonzero(count)), "note": why if np.isnan(low) else "",
    }  # fmt: skip


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


def subgroup_table(lesions: pd.DataFrame, grouping: str, boot: PatientBootstrap) -> pd.DataFrame:
    """Agreement and diagnostics within every value of ``grouping`` (cohort, centre, timepoint, size), one row per
    method.

    Agreement of lesions classified with both masks, and with lost classes counted as changed (`fate_estimates`);
    diagnostics of lesions classified with both masks whose outcome is known."""
    frames = []
    for value in group_order(lesions[grouping]):
        everyone = lesions[lesions[grouping] == value]
        part = everyone[everyone["compared"]]
        patient = part["patient"].to_numpy(np.intp)
        manual, automatic = part["predicted_manual"].to_numpy(), part["predicted_automatic"].to_numpy()
        estimates = agreement_estimates(manual, automatic, patient, boot)
        estimates += [e for e in fate_estimates(everyone, boot) if e.measure != "agreement"]
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


def subgroup_differences(lesions: pd.DataFrame, grouping: str, boot: PatientBootstrap) -> pd.DataFrame:
    """First group minus every other in agreement, sensitivity, specificity and AUC; for size, big minus small.

    Agreement also with lost classes counted as changed: lesions that lose their class are not the same in all groups,
    so a difference among those that keep one may hide the larger one. Patients are resampled whole, so a patient seen
    in both groups (two timepoints) is paired with himself or herself."""
    groups, compared = group_order(lesions[grouping]), lesions[lesions["compared"]]
    if grouping == "size":
        groups = groups[::-1]
    estimates: list[Estimate] = []
    labels: list[str] = []
    for other in groups[1:]:
        first, second = (lesions[grouping] == groups[0]), (lesions[grouping] == other)
        for measure, (hit, among) in _shares(lesions).items():
            estimates.append(_difference(measure, hit, among, (first, second), lesions["patient"], boot))
        estimates += _auc_differences(compared, (first[compared.index], second[compared.index]), boot)
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


def _shares(lesions: pd.DataFrame) -> dict[str, tuple[pd.Series, pd.Series]]:
    """What is a hit, and among which lesions, of every share whose groups are compared."""
    same, compared = lesions["agree"] == 1, lesions["compared"].astype(bool)
    shares = {
        "agreement": (same, compared), "agreement_reader_classified": (same, lesions["predicted_manual"].notna()),
        "agreement_all": (same, pd.Series(True, index=lesions.index)),
    }  # fmt: skip
    for source in SOURCES:
        right = lesions[f"predicted_{source}"] == lesions["response"]
        shares[f"sensitivity_{source}"] = right, compared & (lesions["response"] == 1)
        shares[f"specificity_{source}"] = right, compared & (lesions["response"] == 0)
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
    method = "cluster-bootstrap"
    if contributing and {first, second} & {0.0, 1.0}:
        (low, high), why, method = _square_and_add(sums[0], sums[1], boot.level), "", "square-and-add"
    lesions = int(sum(n.sum() for _, n in sums))
    reached = int(np.count_nonzero(sums[0][1] + sums[1][1]))
    return Estimate(measure, float(first - second), low, high, boot.level, method,
                    n_lesions=lesions, n_patients=reached, note=why)  # fmt: skip


def _square_and_add(
    first: tuple[NDArray, NDArray], second: tuple[NDArray, NDArray], level: float
) -> tuple[float, float]:
    """Interval of the difference of two shares from the quoted interval of each, taken as independent.

    For shares of 0 and 100 %, which are the same in every resample: a resampled difference could not lie beyond 0 or
    beyond the other share. Both arrays of a group hold one count per patient. Newcombe, Stat Med 1998;17:873; Zou and
    Donner, Stat Med 2008;27:1693."""
    (p, low1, high1), (q, low2, high2) = (
        (k.sum() / n.sum(), *quoted_share(k, n, level)[:2]) for k, n in (first, second)
    )
    return p - q - math.hypot(p - low1, high2 - q), p - q + math.hypot(high1 - p, q - low2)
