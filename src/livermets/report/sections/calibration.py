"""Calibration and net benefit of recalibrated shares, or why there are none."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.document import Block, Details, Note
from livermets.report.sections.estimates import estimate_table, picture
from livermets.report.sections.selection_words import OURS, nested_auc
from livermets.report.study import StudyResults

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
    among = _among(summary)
    calibration = (
        f"Calibration, {among}: observed share of responding lesions against the mean probability of response, in "
        "groups of about equal size. Each mask has groups of its own, by its own probabilities, which need not hold "
        "the same lesions. The exact binomial intervals within groups take lesions as independent, and are too narrow "
        f"where lesions of a group are of one patient. {made}"
    )
    margin = study.config.statistics.probability_margin
    numbers = (
        f"Calibration slope (1 is right), calibration in the large (0 is right) and Brier score, {among}. For the "
        f"first two, probabilities closer than {margin:g} to 0 or 1 are moved to that distance "
        "(statistics.probability_margin). Errors of the first two: sandwich over patients with the factor G/(G − 1) × "
        "(N − 1)/(N − K) (G patients, N lesions, K coefficients) and Student’s t with G − 1 degrees of freedom."
    )
    decision = (
        f"Decision curve, {among}: net benefit per lesion of acting on the probability of response, beside acting on "
        "all and on none; intervals by bootstrap of patients."
    )
    return [
        Details(
            "Calibration",
            [
                picture(study, name, "calibration", calibration, f"Calibration of {name}; numbers in the table."),
                estimate_table(f"calibration-summary-{name}", summary, numbers, ("mask_source",)),
            ],
        ),
        Details("Decision curve", [picture(study, name, "decision", decision, f"Decision curve of {name}.")]),
    ]


def _among(summary: pd.DataFrame) -> str:
    """The lesions that the curves are of."""
    lesions, patients = (summary[column].max() for column in ("n_lesions", "n_patients"))
    return (
        f"{fmt.plural(lesions, 'lesion')} of {fmt.plural(patients, 'patient')} with an outcome and a share from both "
        "masks"
    )


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
    return (
        "The share of R+ ROIs is no probability; it was recalibrated on "
        f"{fmt.plural(n['n_lesions'], 'training lesion')} of {fmt.plural(n['n_patients'], 'patient')}, each scored "
        f"without its patient: slope {slope}, intercept {intercept}.{_clipped(study)}{_doubt(study, n)} The curve does "
        "not carry this uncertainty."
    )


def _clipped(study: StudyResults) -> str:
    """How many shares had no finite log odds of their own, on which the slope depends."""
    margin = (study.model_facts.get("recalibration") or {}).get("margin")
    nested = study.model.get("predictions", pd.DataFrame())
    if margin is None or not {"model", "score"} <= set(nested):
        return ""
    scores = nested.loc[nested["model"] == OURS, "score"]
    moved = int(((scores < margin) | (scores > 1 - margin)).sum())
    if not moved:
        return ""
    return (
        f" {fmt.count_of(moved, len(scores))} shares lay closer than {margin:g} to 0 or 1 and were "
        "moved to that distance before their log odds were taken; the slope depends on the distance chosen."
    )


def _doubt(study: StudyResults, slope: pd.Series) -> str:
    """That the slope is uncertain, and what the ranks of the same shares say, which need no log odds."""
    if fmt.is_missing(slope["low"]) or slope["low"] > 0:
        return ""
    text = " The slope is uncertain: its interval includes 0."
    ranks = nested_auc(study, "auc")
    if ranks is None:
        return text
    found = fmt.estimate(ranks["value"], ranks["low"], ranks["high"])
    return f"{text} Whether these shares rank responders above non-responders is told by their ROC AUC, {found}."
