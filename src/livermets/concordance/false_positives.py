"""Automatic components without a reader's lesion: in practice nobody would know, and some of them would get a class."""

from __future__ import annotations

import pandas as pd

from livermets.masks.identity import FALSE_POSITIVE, MANUAL, PATIENT_KEY, SCAN_KEY, present
from livermets.stats.results import NAN

COLUMNS = ("class", "n_components", "n_scans", "per_scan", "n_patients", "median_diameter_mm", "median_n_roi")
PLUS, MINUS, NO_ROI, FEW, TOTAL = "R+", "R-", "no class: no ROI", "no class: too few ROIs", "all"
_MEASURED = ("longest_diameter_mm", "n_roi_automatic")


def false_positive_classes(lesions: pd.DataFrame) -> pd.DataFrame:
    """False positives by the class that they would get, with their number per scan (of all scans in the table); empty
    where the table does not list them (``kind``)."""
    if "kind" not in lesions or "predicted_automatic" not in lesions:
        return pd.DataFrame(columns=list(COLUMNS))
    compared = lesions[lesions["kind"].isin([MANUAL, FALSE_POSITIVE])]
    scans = len(compared[present(SCAN_KEY, lesions)].drop_duplicates())
    found = lesions[lesions["kind"] == FALSE_POSITIVE]
    called, rois = found["predicted_automatic"], found.get("n_roi_automatic", pd.Series(NAN, index=found.index))
    groups = {
        PLUS: called == 1,
        MINUS: called == 0,
        FEW: called.isna() & (rois > 0),
        NO_ROI: called.isna() & ~(rois > 0),
        TOTAL: pd.Series(True, index=found.index),
    }
    people, rows = present(PATIENT_KEY, lesions), []
    for name, chosen in groups.items():
        part = found[chosen]
        sizes = (float(part[c].astype(float).median()) if c in part and len(part) else NAN for c in _MEASURED)
        per_scan = len(part) / scans if scans else NAN
        rows.append((name, len(part), scans, per_scan, len(part[people].drop_duplicates()), *sizes))
    return pd.DataFrame(rows, columns=list(COLUMNS))
