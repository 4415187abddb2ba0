"""Frames into report tables: column headings in words, cells by the one number format, the CSV travelling along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from livermets.io.tables import csv_text
from livermets.report import formatting as fmt
from livermets.report.model import Column, Download, Table
from livermets.stats.results import is_clustered as is_clustered

LABELS = {
    "patient_id": "Patient", "lesion_id": "Lesion", "cohort": "Cohort", "timepoint": "Timepoint", "centre": "Centre",
    "response": "Response", "longest_diameter_mm": "Longest diameter (mm)", "volume_ml": "Volume (ml)", "dice": "Dice",
    "precision": "Precision", "recall": "Recall", "detected": "Detected", "n_roi_manual": "ROIs, manual",
    "n_roi_automatic": "ROIs, automatic", "share_manual": "Share R+, manual", "share_automatic": "Share R+, automatic",
    "predicted_manual": "Class, manual", "predicted_automatic": "Class, automatic", "value": "Value", "low": "Low",
    "high": "High", "level": "Level", "method": "Method", "n_lesions": "Lesions", "n_patients": "Patients",
    "mask_source": "Mask", "n": "n", "k": "k", "auc": "AUC", "roi": "ROI", "rois": "ROIs", "sd": "SD", "p": "p",
    "r_plus": "R+", "r_minus": "R−", "n_compared": "Compared", "n_undetected": "Not detected", "n_agree": "Same class",
    "r_plus_compared": "R+ compared", "r_minus_compared": "R− compared", "r_plus_correct_manual": "R+ right, manual",
    "r_plus_correct_automatic": "R+ right, automatic", "r_minus_correct_manual": "R− right, manual",
    "r_minus_correct_automatic": "R− right, automatic", "mean_dice_detected": "Mean Dice, detected",
    "mean_dice": "Mean Dice, all lesions", "std_error": "Standard error", "r_plus_classified": "R+ classified",
    "r_plus_correct": "R+ right",
    "r_minus_classified": "R− classified", "r_minus_correct": "R− right", "n_other": "Another class",
    "n_no_class": "No class", "n_selected": "Searches that chose it",
    "n_searches": "Searches", "p_value": "p",
}  # fmt: skip

METHODS = {
    "clopper-pearson": "exact binomial (Clopper–Pearson)",
    "wilson": "Wilson score",
    "clopper-pearson-patients": "exact binomial, one trial per patient",
    "ratio-logit-t": "ratio of counts over lesions (Graham and Bull 1998, logit, t)",
    "mercaldo-logit": "logit (Mercaldo 2007)",
    "cluster-bootstrap": "bootstrap of patients",
    "cluster-linear-z-t": "clustered by patient (linearised, Fisher’s z, t)",
    "delong": "DeLong",
    "obuchowski-1997": "clustered by patient (Obuchowski 1997; logit, t, degrees of freedom: the fewer of the patients "
    "with R+ and with R− lesions, minus 1)",
    "cluster-logit-t": "clustered by patient (ratio variance, logit, t)",
    "cluster-sandwich": "logistic regression, sandwich errors by patient",
    "durkalski-2003": "clustered by patient (Durkalski 2003)",
    "patient-mean-t": "Student t over patients",
    "fleiss-1969": "asymptotic (Fleiss 1969)",
    "exact-binomial": "exact binomial",
    "bland-altman-1999": "lesions independent (Bland and Altman 1999)",
    "square-and-add": "square and add, from the intervals of both shares",
    "cluster-mover": "clustered by patient (Zou 2013)",
    "chi-squared-yates": "chi-squared, unpaired",
    "cluster-linearised-t": "t-test by patient (linearised difference)",
    "welch-t": "Welch’s t, unpaired",
    "count": "",
}
_CLASS_COLUMNS = ("response", "predicted_manual", "predicted_automatic", "predicted")
_COUNT_PREFIXES = ("n_", "r_plus_", "r_minus_", "number_of_")
_COUNT_COLUMNS = (
    "n",
    "r_plus",
    "r_minus",
    "k",
    "agree",
    "lesions",
    "patients",
    "scans",
    "epoch",
    "generation",
    "count",
    "repeat",
    "fold",
)


def label(column: str) -> str:
    """A column's name in words."""
    if column in LABELS:
        return LABELS[column]
    text = column
    for suffix, unit in (("_mm", " (mm)"), ("_ml", " (ml)"), ("_percent", " (%)"), ("_s", " (s)")):
        if text.endswith(suffix):
            text = text.removesuffix(suffix) + unit
    words = text.replace("_", " ")
    return words[:1].upper() + words[1:]


def method_name(code: Any) -> str:
    """An interval method in words; an unknown code stays as it is written in the table."""
    if fmt.is_missing(code):
        return ""
    return METHODS.get(str(code), str(code).replace("-", " "))


def cell(column: str, value: Any) -> str:
    """One cell as text, by the column's name."""
    if isinstance(value, str):
        return method_name(value) if column == "method" else value
    if fmt.is_missing(value):
        return fmt.MISSING
    if column.endswith("_id"):
        return identifier_text(value)
    if isinstance(value, bool) or column in ("detected", "selected", "used", "improved"):
        return fmt.yes_no(value)
    if column in _CLASS_COLUMNS:
        return fmt.response_class(value)
    if column in _COUNT_COLUMNS or column.startswith(_COUNT_PREFIXES):
        return fmt.integer(value)
    if column.endswith("_mm"):
        return fmt.number(value, 1)
    if column in ("p", "p_value") or column.endswith("_p"):
        return fmt.p_value(value)
    if isinstance(value, int) or (isinstance(value, float) and abs(value) >= 100):
        return fmt.significant(value)
    return fmt.number(value, 3 if 0 < abs(value) < 0.01 else 2)


def identifier_text(value: Any) -> str:
    """An id as it is written in the tables: a name, with no thousands separated."""
    if fmt.is_missing(value):
        return fmt.MISSING
    return str(int(value)) if isinstance(value, float | np.floating) and value == int(value) else str(value)


def kept_together(text: object) -> str:
    """Text that no line break may split, such as ``< 20 mm``."""
    return str(text).replace(" ", "\u00a0")


def csv_download(name: str, frame: pd.DataFrame) -> Download:
    """A frame as a CSV that the reader can save."""
    return Download(f"{name}.csv", csv_text(frame).encode())


def frame_table(
    identifier: str,
    frame: pd.DataFrame,
    caption: str,
    *,
    columns: list[str] | None = None,
    formats: Mapping[str, Callable[[Any], str]] | None = None,
    labels: Mapping[str, str] | None = None,
    most_rows: int = 60,
    note: str = "",
) -> Table:
    """A frame as a table of the report; only the first ``most_rows`` are shown, the download has all of them."""
    shown = frame[[name for name in (columns or list(frame.columns)) if name in frame]]
    formats, labels = formats or {}, labels or {}
    head = [
        Column(
            labels.get(name, label(name)),
            numeric=pd.api.types.is_numeric_dtype(shown[name]) and name not in _CLASS_COLUMNS,
        )
        for name in shown.columns
    ]
    rows = [
        [
            formats[name](value) if name in formats else cell(name, value)
            for name, value in zip(shown.columns, row, strict=True)
        ]
        for row in shown.head(most_rows).itertuples(index=False)
    ]
    if len(shown) > most_rows:
        note = (
            f"{note} The first {fmt.integer(most_rows)} of {fmt.integer(len(shown))} rows; the download has all."
        ).strip()
    return Table(identifier, caption, head, rows, csv_download(identifier, frame), note)
