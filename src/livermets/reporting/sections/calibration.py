"""Calibration and net benefit of recalibrated shares, or why there are none."""

from __future__ import annotations

import pandas as pd

from livermets.reporting import formatting as fmt
from livermets.reporting.model import Block, Details, Note
from livermets.reporting.results import StudyResults
from livermets.reporting.sections.estimates import estimate_table, picture

STEMS = frozenset(("calibration", "calibration_summary", "decision"))


def calibration_blocks(study: StudyResults, name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    """Both curves with their numbers and what made the probabilities; a note where they are left out."""
    summary = tables.get("calibration_summary", pd.DataFrame())
    if summary.empty:
        notes = tables.get("notes", pd.DataFrame()).get("note", pd.Series(dtype=str)).astype(str)
        said = [text for text in notes if "calibration" in text]
        why = f": {said[0]}" if said else ""
        return [Note(f"No calibration and no decision curve of {name}{why}.")]
    made = _recalibration(study)
    calibration = (
        "Calibration: observed share of responding lesions against the mean probability of response, in groups of "
        f"about equal size; exact binomial intervals within groups. {made}"
    )
    numbers = (
        "Calibration slope (1 is right), calibration in the large (0 is right) and Brier score of the probabilities. "
        "Errors of the first two: sandwich over patients with the factor G/(G − 1) × (N − 1)/(N − K) (G patients, N "
        "lesions, K coefficients) and Student’s t with G − 1 degrees of freedom."
    )
    decision = (
        "Decision curve: net benefit per lesion of acting on the probability of response, beside acting on all and on "
        "none; intervals by bootstrap of patients."
    )
    return [
        Details("Calibration", [
            picture(study, name, "calibration", calibration, f"Calibration of {name}; numbers in the table."),
            estimate_table(f"calibration-summary-{name}", summary, numbers, ("mask_source",)),
        ]),
        Details("Decision curve", [picture(study, name, "decision", decision, f"Decision curve of {name}.")]),
    ]  # fmt: skip


def _recalibration(study: StudyResults) -> str:
    """What turned shares into probabilities, with how uncertain that is itself."""
    table = study.model.get("recalibration", pd.DataFrame())
    if table.empty:
        return "Probabilities are shares of R+ ROIs, recalibrated on training lesions."
    rows = {row["measure"]: row for _, row in table.iterrows()}
    slope, intercept = (
        fmt.estimate(row["value"], row["low"], row["high"])
        for row in (rows["calibration_slope"], rows["calibration_intercept"])
    )
    n = table.iloc[0]
    doubt = (
        ", so that the training lesions do not even show that the share rises with response" if n["low"] <= 0 else ""
    )
    return (
        "The share of R+ ROIs is no probability; it was recalibrated on "
        f"{fmt.plural(n['n_lesions'], 'training lesion')} of {fmt.plural(n['n_patients'], 'patient')}, each scored "
        f"without its patient: slope {slope}, intercept {intercept}{doubt}. The curve does not carry this uncertainty."
    )
