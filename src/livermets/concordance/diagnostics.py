"""How well the classes from each mask find responders, and one mask against the other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.concordance.optional_tables import empty
from livermets.masks.identity import AUTOMATIC, MANUAL, SHARES, SIDES
from livermets.stats.comparisons import Scored, paired_aucs, paired_shares
from livermets.stats.diagnostics import auc_estimates, class_diagnostics, end_to_end_diagnostics, lesions_of_outcome
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import Estimate, to_frame

COLUMNS = (
    "measure",
    "k",
    "n",
    "value",
    "low",
    "high",
    "level",
    "method",
    "n_lesions",
    "n_patients",
    "reference",
    "note",
)
CLASSIFIED, END_TO_END = "classified with this mask", "all lesions, unclassified counted as wrong"


def diagnostics_table(known: pd.DataFrame, boot: PatientBootstrap) -> pd.DataFrame:
    """Per side of the pair, of lesions classified with both masks whose outcome is known; the area of those with the
    shares that the table has."""
    frames = []
    for side in SIDES:
        estimates = _of_classes(known, side, boot)
        if f"share_{side}" in known:
            with_shares = known.dropna(subset=[column for column in SHARES if column in known])
            estimates += auc_estimates(*scored_arrays(with_shares, side), boot)
        frames.append(to_frame(estimates, COLUMNS, mask_source=side))
    return pd.concat(frames, ignore_index=True)


def diagnostics_of_all(lesions: pd.DataFrame, boot: PatientBootstrap) -> pd.DataFrame:
    """The same of every lesion with an outcome that a mask classifies, and end to end: of all lesions with an outcome,
    and without an area, since there is a lesion without a share."""
    frames, known = [], lesions[lesions["response"].notna()]
    for side in SIDES:
        called = known[known[f"predicted_{side}"].notna()]
        estimates = _of_classes(called, side, boot)
        if f"share_{side}" in called:
            with_share = called.dropna(subset=[f"share_{side}"])
            estimates += auc_estimates(*scored_arrays(with_share, side), boot)
        frames.append(to_frame(estimates, COLUMNS, population=CLASSIFIED, mask_source=side))
        response, calls, patient = _arrays(known, f"predicted_{side}")
        whole = end_to_end_diagnostics(response, calls, patient, boot)
        frames.append(to_frame(whole, COLUMNS, population=END_TO_END, mask_source=side))
    return pd.concat(frames, ignore_index=True)


def end_to_end_differences(lesions: pd.DataFrame, boot: PatientBootstrap) -> pd.DataFrame:
    """Manual minus automatic mask in sensitivity, specificity and accuracy over all lesions whose outcome is known, a
    lesion without a class counted as called wrongly; positive favours the manual mask.

    ``manual_only`` counts the lesions that only the manual mask calls rightly, ``p`` is McNemar's exact one (lesions
    independent). Interval: patients resampled whole, both masks together."""
    known = lesions[lesions["response"].notna()]
    right = [(known[f"predicted_{side}"] == known["response"]).to_numpy() for side in SIDES]
    patient, rows = known["patient"].to_numpy(np.intp), []
    for measure, among in lesions_of_outcome(known["response"].to_numpy()).items():
        pair = paired_shares(measure, right[0], right[1], among, patient, boot)
        found = pair.difference
        estimate = {name: getattr(found, name) for name in ("measure", "value", "low", "high", "level", "method")}
        test = {f"{MANUAL}_only": pair.first_only, f"{AUTOMATIC}_only": pair.second_only, "p": pair.p}
        counts = {"n_lesions": found.n_lesions, "n_patients": found.n_patients, "note": found.note}
        rows.append({**estimate, **test, **counts})
    return pd.DataFrame(rows)


def compare_aucs(
    manual: NDArray, automatic: NDArray, response: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> pd.DataFrame:
    """AUC with the manual mask minus AUC with the automatic one, on the same lesions, by every method of `paired_aucs`;
    positive favours manual."""
    pair, nothing = paired_aucs(manual, automatic, response, patient, boot), empty("auc_comparison")["auc_comparison"]
    if pair is None:
        return nothing
    shared = {
        "measure": "auc_difference",
        "auc_manual": pair.first,
        "auc_automatic": pair.second,
        "level": boot.level,
        "n_lesions": len(response),
        "n_patients": len(np.unique(patient)),
    }
    rows = [
        {**shared, "method": one.method, "value": one.value, "low": one.low, "high": one.high, "p": one.p}
        for one in pair.differences
    ]
    return pd.DataFrame(rows)[list(nothing.columns)]


def scored(lesions: pd.DataFrame) -> pd.DataFrame:
    """The lesions with outcome and both shares, as the AUCs are compared on; none if the table has no shares."""
    columns = ["response", *SHARES]
    return lesions.dropna(subset=columns) if set(columns) <= set(lesions) else lesions.iloc[:0]


def scored_arrays(lesions: pd.DataFrame, side: str) -> Scored:
    """Share of R+ ROIs with one mask, outcome and patient of lesions that have them."""
    response, score, patient = _arrays(lesions, f"share_{side}")
    return score, response, patient


def _of_classes(lesions: pd.DataFrame, side: str, boot: PatientBootstrap) -> list[Estimate]:
    response, called, patient = _arrays(lesions, f"predicted_{side}")
    return class_diagnostics(response, called, patient, boot)


def _arrays(lesions: pd.DataFrame, column: str) -> tuple[NDArray, NDArray, NDArray[np.intp]]:
    """Outcome, a column and patient."""
    response, values = (lesions[name].to_numpy(float) for name in ("response", column))
    return response, values, lesions["patient"].to_numpy(np.intp)
