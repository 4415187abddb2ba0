"""What became of every lesion: the one place that decides which count a lesion belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from livermets.masks.identity import FIRST_UNMATCHED_ID
from livermets.masks.lesion_table import TOO_FEW_ROIS

LISTED_COLUMNS = (
    "cohort",
    "patient_id",
    "timepoint",
    "lesion_id",
    "response",
    "longest_diameter_mm",
    "volume_ml",
    "dice",
    "precision",
    "recall",
    "detected",
    "n_roi_manual",
    "n_roi_automatic",
    "share_manual",
    "share_automatic",
    "predicted_manual",
    "predicted_automatic",
)
"""What the report has of every lesion; a lesion table that lacks one of them is filled up."""


@dataclass(frozen=True)
class Flow:
    """Counts from patients to compared lesions. ``manual_*`` and ``automatic_*`` each add up to ``lesions``, and so do
    ``both``, ``only_manual``, ``only_automatic`` and ``neither``; ``agree`` and ``differ`` add up to ``both``, and with
    ``no_class`` (none with at least one mask) to ``lesions``. ``automatic_detected`` counts the column ``detected``;
    ``fitted`` are the lesions that the model was fitted on."""

    patients: int
    scans: int
    lesions: int
    responders: int
    non_responders: int
    outcome_unknown: int
    manual_classified: int
    manual_no_roi: int
    manual_few_rois: int
    manual_no_class: int
    automatic_detected: int
    automatic_classified: int
    automatic_not_detected: int
    automatic_no_roi: int
    automatic_few_rois: int
    automatic_no_class: int
    both: int
    only_manual: int
    only_automatic: int
    neither: int
    agree: int
    differ: int
    no_class: int
    false_positives: int
    fitted: int


def split_findings(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Manual lesions; automatic components that cover none (false positives); and, where a scan has no manual mask at
    all, what the network found there. The column `kind` says which; without it, ids from 1001 are false positives."""
    if "kind" in table:
        false, found = table["kind"].eq("false_positive"), table["kind"].eq("automatic")
    else:
        false = pd.to_numeric(table["lesion_id"], errors="coerce").ge(FIRST_UNMATCHED_ID) & table["response"].isna()
        found = pd.Series(False, index=table.index)
    lesions, false_positives, findings = table[~(false | found)], table[false], table[found]
    return lesions.reset_index(drop=True), false_positives.reset_index(drop=True), findings.reset_index(drop=True)


def headline(lesions: pd.DataFrame) -> pd.DataFrame:
    """The lesions that headline figures are about (`masks.lesion_table.with_headline`)."""
    return lesions[lesions["headline"].astype(bool)]


def has_automatic_masks(lesions: pd.DataFrame) -> bool:
    """Whether these lesions were compared with an automatic mask at all."""
    return bool(lesions["detected"].notna().any() or lesions["predicted_automatic"].notna().any())


def lesion_flow(lesions: pd.DataFrame, false_positives: int = 0, fitted: int = 0) -> Flow:
    """The counts of one group of lesions that went through `masks.lesion_table.checked_lesions`."""
    manual, automatic = lesions["manual_fate"], lesions["automatic_fate"]
    has_manual, has_automatic = manual.eq("classified"), automatic.eq("classified")
    return Flow(
        patients=int(lesions["patient"].nunique()),
        scans=int(lesions[["patient", "timepoint"]].drop_duplicates().shape[0]),
        lesions=len(lesions),
        responders=int(lesions["response"].eq(1).sum()),
        non_responders=int(lesions["response"].eq(0).sum()),
        outcome_unknown=int(lesions["response"].isna().sum()),
        manual_classified=int(has_manual.sum()),
        manual_no_roi=int(manual.eq("no ROI").sum()),
        manual_few_rois=int(manual.eq(TOO_FEW_ROIS).sum()),
        manual_no_class=int(manual.eq("no class given").sum()),
        automatic_detected=int(lesions["detected"].eq(1).sum()),
        automatic_classified=int(has_automatic.sum()),
        automatic_not_detected=int(automatic.eq("undetected").sum()),
        automatic_no_roi=int(automatic.eq("no ROI").sum()),
        automatic_few_rois=int(automatic.eq(TOO_FEW_ROIS).sum()),
        automatic_no_class=int(automatic.eq("no class given").sum()),
        both=int(lesions["compared"].sum()),
        only_manual=int((has_manual & ~has_automatic).sum()),
        only_automatic=int((~has_manual & has_automatic).sum()),
        neither=int((~has_manual & ~has_automatic).sum()),
        agree=int(lesions["agree"].eq(1).sum()),
        differ=int(lesions["agree"].eq(0).sum()),
        no_class=int((~lesions["compared"]).sum()),
        false_positives=false_positives,
        fitted=fitted,
    )
