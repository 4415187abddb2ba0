"""The full lesion table, to be sorted, filtered and taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from livermets.io.tables import csv_text
from livermets.masks.detected import OVERLAPS
from livermets.masks.identity import PREDICTED, ROI_COUNTS, SHARES
from livermets.report import formatting as fmt
from livermets.report.detection import rule_sentence
from livermets.report.document import Column, Download, LesionList, Paragraph, Section
from livermets.report.lesions import LISTED_COLUMNS
from livermets.report.parts import Parts, parts_of
from livermets.report.study import StudyResults
from livermets.report.tables import identifier_text, label

_HELP = {
    "response": "Outcome: R+ responder, R− non-responder; n/a not known",
    "longest_diameter_mm": "Largest in-plane distance between two points of the manual mask",
    "volume_ml": "Volume of the manual mask",
    "detected": "Dice above the configured limit (segmentation.matching.detection_dice)",
    "precision": "Share of the automatic mask's voxels that are lesion; n/a where the masks share no voxel",
    "recall": "Share of the lesion's voxels that the automatic mask holds",
    "dice": "Overlap of the automatic with the manual mask",
    "share_manual": "Share of the lesion's ROIs called R+ with the manual mask",
    "share_automatic": "Share of the lesion's ROIs called R+ with the automatic mask",
    "n_roi_manual": "ROIs that lie fully inside the manual mask",
    "n_roi_automatic": "ROIs that lie fully inside the automatic mask",
}
_DECIMALS = {
    "longest_diameter_mm": 1,
    "volume_ml": 2,
    "dice": 2,
    "precision": 2,
    "recall": 2,
    "share_manual": 2,
    "share_automatic": 2,
}
_OF_MASKS = [*OVERLAPS, "detected", *(columns[1] for columns in (ROI_COUNTS, SHARES, PREDICTED))]
_OF_CLASSES = ["response", *ROI_COUNTS, *SHARES, *PREDICTED]
_FILTERS = ("cohort", "centre", "timepoint", "response", "detected", "comparison")
_MOST_CHOICES = 30


def lesion_section(study: StudyResults) -> Section:
    """The table of every manual lesion, with a filter for each column that has few values."""
    parts = parts_of(study)
    table = displayed(study.lesions).drop(columns=_hidden(parts), errors="ignore")
    shown = [*[c for c in LISTED_COLUMNS if c in table], *[c for c in ("centre", "comparison") if c in table]]
    table = table[shown]
    empty = [c for c in shown if table[c].eq("").all() and c not in LISTED_COLUMNS]
    table = table.drop(columns=empty)
    filters = [
        (name, label(name), sorted(v for v in table[name].unique() if v))
        for name in _FILTERS
        if name in table and 1 < table[name].nunique() <= _MOST_CHOICES
    ]
    names = [str(name) for name in table.columns]
    rows_per_page = study.config.report.rows_per_page
    block = LesionList(
        id="lesion-table",
        caption=f"Every manual lesion of the study ({fmt.plural(len(table), 'lesion')}), one row each.",
        csv=Download("lesions.csv", csv_text(table).encode()),
        columns=[Column(label(c), c in _DECIMALS or c.startswith("n_"), _HELP.get(c, "")) for c in names],
        names=names,
        first_rows=[[v or fmt.MISSING for v in row] for row in table.head(rows_per_page).itertuples(index=False)],
        filters=filters,
        n=len(table),
        rows_per_page=rows_per_page,
    )
    classes = (
        " Classes are R+ (responder) and R− (non-responder); n/a means not available: not detected, no ROI, too few "
        "ROIs for a class, or outcome not known. The file results/lesions.csv has the same lesions with unrounded "
        "numbers and 1/0 for R+/R−."
    )
    rule = f" {rule_sentence(study.lesions, parts.classes)}" if parts.masks else ""
    intro = Paragraph(
        "Sort by a heading, filter below, and save what is shown or everything as CSV."
        f"{classes if parts.classes else ''}{rule}"
    )
    return Section("lesions", "All lesions", [intro, block])


def _hidden(parts: Parts) -> list[str]:
    """Columns of what was not asked of the study."""
    hidden = [] if parts.masks else _OF_MASKS
    return [
        *hidden,
        *([] if parts.classes else _OF_CLASSES),
        *([] if parts.masks and parts.classes else ["comparison"]),
    ]


def displayed(lesions: pd.DataFrame) -> pd.DataFrame:
    """The lesion table as text, rounded once and here; an empty cell means not available."""
    texts: dict[str, Any] = {}
    for name in lesions.columns:
        texts[name] = lesions[name].map(_cell_format(name))
    words = {1.0: "same class", 0.0: "other class"}
    texts["comparison"] = lesions["agree"].map(words).fillna("no class with at least one mask")
    return pd.DataFrame(texts)


def _cell_format(name: str) -> Callable[[Any], str]:
    if name in ("response", "predicted_manual", "predicted_automatic"):
        return lambda v: "" if fmt.is_missing(v) else fmt.response_class(v)
    if name == "detected":
        return lambda v: "" if fmt.is_missing(v) else fmt.yes_no(v)
    if name in _DECIMALS:
        digits = _DECIMALS[name]
        return lambda v: "" if fmt.is_missing(v) else f"{v:.{digits}f}"
    if name.startswith("n_"):
        return lambda v: "" if fmt.is_missing(v) else str(round(v))
    if name.endswith("_id"):
        return lambda v: "" if fmt.is_missing(v) else identifier_text(v)
    return lambda v: "" if v is None or v != v else str(v)
