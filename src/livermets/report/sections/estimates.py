"""Tables of estimates: each number with its count, an interval over lesions and one by patient."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.model import Column, Figure, Note, Table
from livermets.report.pictures import picture_file
from livermets.report.results import StudyResults
from livermets.report.tables import csv_download, method_name
from livermets.stats.results import both_intervals, is_clustered
from livermets.stats.results import shown_interval as shown_interval

MEASURES = {
    "sensitivity": "Sensitivity (R+ found)", "specificity": "Specificity (R− found)",
    "ppv": "Positive predictive value", "npv": "Negative predictive value", "accuracy": "Accuracy", "auc": "ROC AUC",
    "agreement": "Agreement", "agreement_reader_classified": "Same class, of those with a manual class",
    "agreement_all": "Same class, of all lesions", "positive_agreement": "Positive agreement (calls of R+)",
    "negative_agreement": "Negative agreement (calls of R−)", "kappa": "Cohen’s kappa", "mcnemar_p": "McNemar’s test",
    "manual_only": "R+ with the manual mask only", "automatic_only": "R+ with the automatic mask only",
    "auc_difference": "ROC AUC, difference", "brier": "Brier score", "calibration_slope": "Calibration slope",
    "calibration_in_the_large": "Calibration in the large", "bias": "Mean difference (bias)",
    "lower_limit": "Lower 95 % limit of agreement", "upper_limit": "Upper 95 % limit of agreement",
    "sd_between_patients": "SD between patients", "sd_within_patients": "SD within patients",
    "within_limits": "Lesions within the limits (fitted to these lesions, so about 95 % by construction)",
    "calibration_intercept": "Calibration intercept",
    "mean_dice": "Mean Dice, all lesions",
    "auc_within_folds": "ROC AUC within folds",
    "auc_within_folds_difference": "AUC within folds, less genetic selection",
    "stability": "Stability index", "mean_features": "Features, mean", "mean_hidden": "Hidden neurons, mean",
    "sensitivity_manual": "Sensitivity, manual mask", "sensitivity_automatic": "Sensitivity, automatic mask",
    "specificity_manual": "Specificity, manual mask", "specificity_automatic": "Specificity, automatic mask",
    "auc_manual": "ROC AUC, manual mask", "auc_automatic": "ROC AUC, automatic mask",
}  # fmt: skip
PERCENT_MEASURES = (
    "sensitivity", "specificity", "ppv", "npv", "accuracy", "agreement", "positive_agreement", "negative_agreement",
)  # fmt: skip
QUOTED = "by patient, or by lesion where that interval is the wider one"
"""Which interval is quoted where there is room for one only: `shown_interval`, in words."""
POOLED = "pooled"


def measure_name(code: str) -> str:
    """A measure in words."""
    if code in MEASURES:
        return MEASURES[code]
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]


def as_percent(measure: str) -> bool:
    """Whether a measure is a proportion and shown in percent."""
    return measure.startswith(PERCENT_MEASURES)


def estimate_table(
    identifier: str,
    frame: pd.DataFrame,
    caption: str,
    keys: tuple[str, ...] = (),
    note: str = "",
) -> Table:
    """One row per measure (and per value of ``keys``, e.g. mask source) of a frame of estimates."""
    keys = tuple(key for key in keys if key in frame)
    labels = {
        "mask_source": "Mask",
        "group": "Group",
        "grouping": "By",
        "model": "Model",
        "population": "Of the lesions",
        "timepoint": "Timepoint",
    }
    counted, independent = "n_lesions" in frame, not frame["method"].map(is_clustered).all()
    head = [Column("Measure"), *(Column(labels.get(key, key)) for key in keys)]
    head += [Column("Count", True)] if counted else []
    head += [Column("Value", True)]
    head += [Column("Interval, lesions independent", True)] if independent else []
    head += [Column("Interval, by patient", True), Column("Patients", True)]
    rows, methods = [], []
    for values, part in frame.groupby([*keys, "measure"], sort=False, dropna=False):
        first, second = both_intervals(part)
        shown = first if first is not None else second
        if shown is None:
            continue
        measure = str(values[-1])
        rows.append([
            measure_name(measure), *(str(value) for value in values[:-1]), *([_count(shown)] if counted else []),
            _value(measure, shown), *([_ends(measure, first)] if independent else []), _ends(measure, second),
            fmt.integer(shown.get("n_patients")),
        ])  # fmt: skip
        methods += [
            method_name(row["method"])
            for row in (first, second)
            if row is not None and not fmt.is_missing(row.get("low"))
        ]
    used = fmt.listed(list(dict.fromkeys(name for name in methods if name)))
    said = f"{caption} {level_text(frame)}{f': {used}' if used else ''}."
    return Table(identifier, said, head, rows, csv_download(identifier, frame), _why_missing(frame, note))


def level_text(frame: pd.DataFrame) -> str:
    """``95 % intervals``, from the table's own level."""
    levels = frame["level"].dropna() if "level" in frame else pd.Series(dtype=float)
    return f"{fmt.percent(levels.iloc[0], 0)} intervals" if len(levels) else "Intervals"


def _count(row: pd.Series) -> str:
    if fmt.is_missing(_na(row.get("n"))) or fmt.is_missing(_na(row.get("k"))):
        return f"{fmt.integer(row['n_lesions'])} lesions" if not fmt.is_missing(_na(row.get("n_lesions"))) else ""
    return fmt.count_of(row["k"], row["n"])


def _na(value: object) -> object:
    return None if value is pd.NA else value


def _value(measure: str, row: pd.Series) -> str:
    if measure.endswith("_p"):
        return fmt.p_value(row["value"])
    if measure.endswith("_only"):
        return fmt.integer(row["value"])
    return fmt.percent(row["value"]) if as_percent(measure) else fmt.number(row["value"])


def _ends(measure: str, row: pd.Series | None) -> str:
    if row is None:
        return ""
    if measure.endswith("_p"):
        return fmt.p_value(row["value"])
    if measure.endswith("_only"):
        return ""
    return fmt.interval(row["low"], row["high"], as_percent=as_percent(measure)) or fmt.MISSING


def _why_missing(frame: pd.DataFrame, note: str) -> str:
    if "note" not in frame:
        return note
    reasons = list(dict.fromkeys(str(text) for text in frame["note"].dropna() if str(text).strip()))
    if not reasons:
        return note
    return f"{note} Where n/a is shown: {'; '.join(reasons)}.".strip()


def picture(study: StudyResults, cohort: str, stem: str, caption: str, alt: str) -> Figure | Note:
    """A figure of the concordance step with the table it shows; a note when it was not drawn."""
    path = study.concordance_pictures.get(cohort, {}).get(stem)
    if path is None:
        return Note(f"The figure “{stem.replace('_', ' ')}” of {cohort} was not drawn.")
    identifier = f"{cohort}-{stem}".replace("_", "-")
    data = study.concordance.get(cohort, {}).get(stem, pd.DataFrame())
    download = csv_download(identifier, data) if len(data) else None
    return Figure(identifier, caption, alt, picture_file(path, identifier), download=download)


def compared_cohorts(study: StudyResults) -> list[str]:
    """Validation cohorts that have concordance tables, the pooled one first; one cohort alone is not pooled."""
    names = [name for name in study.concordance if name != POOLED]
    ordered = [name for name in study.cohorts if name in names] + [name for name in names if name not in study.cohorts]
    if POOLED in study.concordance and len(ordered) != 1:
        ordered.insert(0, POOLED)
    return ordered


def cohort_title(study: StudyResults, name: str) -> str:
    """How a cohort is called in headings."""
    return "All validation cohorts, pooled" if name == POOLED else f"Cohort {name}"


def main_comparison(study: StudyResults) -> str | None:
    """The comparison that the summary speaks of: pooled, or the only cohort."""
    names = compared_cohorts(study)
    return names[0] if names else None


def badge(study: StudyResults, name: str) -> str:
    """``synthetic`` beside the name of a made-up cohort, or of a pool that holds one."""
    members = study.of_role("validation") if name == POOLED else [name]
    synthetic = [m for m in members if m in study.cohorts and study.cohorts[m].synthetic]
    if not synthetic:
        return ""
    return "synthetic" if len(synthetic) == len(members) else "partly synthetic"
