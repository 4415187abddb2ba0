"""ROI by ROI: what the ROIs say that only one mask has, and which features keep their value."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from livermets.concordance.rois import BY_CONSTRUCTION
from livermets.report import formatting as fmt
from livermets.report.document import Block, Bullets, Details, Table
from livermets.report.sections.estimates import level_text
from livermets.report.tables import Shown, csv_download, frame_table, shown_table

STEMS = frozenset(("roi_agreement", "roi_lesions", "feature_icc", "roi_notes"))
_MEASURES = {
    "lattice_dice": "Overlap of the ROIs (lattice Dice)",
    "share_common": "R+ among ROIs of both masks",
    "share_manual_only": "R+ among ROIs of the manual mask only",
    "share_automatic_only": "R+ among ROIs of the automatic mask only",
    "share_false_positive": "R+ among ROIs of false positives",
    "manual_only_minus_common": "Manual only minus common, mean over lesions",
    "automatic_only_minus_common": "Automatic only minus common, mean over lesions",
    "class_agreement": "Common ROIs called alike",
}
_MOST_FEATURES = 40
_LESION_LABELS = {
    "n_roi_common": "ROIs, common",
    "lattice_dice": "Lattice Dice",
    "n_common_alike": "Common ROIs called alike",
    "share_common_manual": "R+ among common, manual",
    "share_common_automatic": "R+ among common, automatic",
    "share_manual_only": "R+ among manual only",
    "share_automatic_only": "R+ among automatic only",
}
_SAME_BY_CONSTRUCTION = ("n_common_alike", "share_common_automatic")
"""What repeats another column where a common ROI has one class, whichever mask it is in."""


def roi_blocks(name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    """Agreement ROI by ROI and lesion by lesion, and the ICC of the features."""
    blocks: list[Block] = []
    overall, lesions = tables.get("roi_agreement", pd.DataFrame()), tables.get("roi_lesions", pd.DataFrame())
    if len(overall):
        notes = tables.get("roi_notes", pd.DataFrame()).get("note", pd.Series(dtype=str)).astype(str)
        said: list[Block] = [Bullets([f"{text[:1].upper()}{text[1:]}." for text in notes])] if len(notes) else []
        blocks.append(Details("ROI by ROI", [_overall(name, overall), *said]))
    if len(lesions):
        blocks.append(Details("ROIs of each lesion", [_each_lesion(name, tables)]))
    icc = tables.get("feature_icc", pd.DataFrame())
    if len(icc):
        blocks.append(Details("Agreement of each feature between the masks (ICC)", [_icc(name, icc)]))
    return blocks


def _each_lesion(name: str, tables: dict[str, pd.DataFrame]) -> Table:
    lesions, labels = tables["roi_lesions"], _LESION_LABELS
    notes = tables.get("roi_notes", pd.DataFrame()).get("note", pd.Series(dtype=str))
    caption = (
        "ROIs of each lesion in both masks, common ones, and the share called R+ among common and one-sided ROIs; "
        "false positives are listed as what they are."
    )
    hidden: tuple[str, ...] = ()
    if notes.eq(BY_CONSTRUCTION).any():
        hidden, labels = _SAME_BY_CONSTRUCTION, {**labels, "share_common_manual": "R+ among common"}
        caption += (
            " Common ROIs have the same class with both masks by construction, so their share stands once; the "
            "download has it for each mask."
        )
    columns = [str(column) for column in lesions if column not in hidden]
    return frame_table(f"roi-lesions-{name}", lesions, caption, columns=columns, labels=labels, most_rows=40)


def _overall(name: str, overall: pd.DataFrame) -> Table:
    caption = (
        "ROI by ROI, over the reader’s lesions. Lattice Dice: twice the common ROIs over the ROIs of both masks (its "
        "count). Shares of R+ are pooled over ROIs, so that large lesions count more; the differences are means over "
        "lesions that have both kinds of ROIs, each lesion counted once. False positives stand apart. "
        f"{level_text(overall)} by patient."
    )
    reasons = list(dict.fromkeys(overall.loc[overall["low"].isna(), "note"].dropna().astype(str)))
    note = f"Where n/a is shown: {'; '.join(reasons)}." if reasons else ""
    rows = [part.iloc[0] for _, part in overall.groupby("measure", sort=False, dropna=False)]
    return shown_table(f"roi-agreement-{name}", caption, _OVERALL_COLUMNS, rows, data=overall, note=note)


def _value(row: pd.Series) -> str:
    return fmt.percent(row["value"]) if _in_percent(row) else fmt.number(row["value"])


def _interval(row: pd.Series) -> str:
    return fmt.interval(row["low"], row["high"], as_percent=_in_percent(row)) or fmt.MISSING


def _in_percent(row: pd.Series) -> bool:
    return str(row["measure"]).startswith(("share", "class"))


def _rois(row: pd.Series) -> str:
    return "" if fmt.is_missing(_plain(row["n"])) else fmt.count_of(row["k"], row["n"])


_OVERALL_COLUMNS = (
    Shown("Measure", lambda row: _MEASURES.get(str(row["measure"]), str(row["measure"]))),
    Shown("ROIs", _rois, numeric=True),
    Shown("Lesions", lambda row: fmt.integer(row["n_lesions"]), numeric=True),
    Shown("Patients", lambda row: fmt.integer(row["n_patients"]), numeric=True),
    Shown("Value", _value, numeric=True),
    Shown("Interval, by patient", _interval, numeric=True),
)


def _plain(value: object) -> object:
    return None if value is pd.NA else value


def _icc(name: str, icc: pd.DataFrame) -> Table:
    selected = icc[icc["selected"] == 1] if "selected" in icc else icc.iloc[:0]
    shown = selected if len(selected) else icc
    which = f"the model’s {len(shown)} features" if len(selected) else "each feature"
    caption = (
        f"Intraclass correlation between the two masks of {which}: of the feature’s median over the ROIs of a lesion, "
        "not of single ROIs (at one place both masks have the same ROI)."
    )
    columns = [str(column) for column in icc if column not in ("reference", "quantity", "selected")]
    note = f"The download has all {len(icc)} features." if len(selected) else ""
    table = frame_table(f"feature-icc-{name}", shown, caption, columns=columns, most_rows=_MOST_FEATURES, note=note)
    return replace(table, download=csv_download(table.id, icc))
