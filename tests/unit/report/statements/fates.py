"""What became of a lesion's class, counted from the rows of ``lesions.csv``."""

from __future__ import annotations

import pandas as pd
from tests.unit.report.statements.registry import Files, Values

MANUAL, AUTOMATIC = "predicted_manual", "predicted_automatic"
CLASSES = f"{MANUAL}, {AUTOMATIC}"


def fates(lesions: pd.DataFrame) -> dict[str, int]:
    """Same class, another one, no class with at least one mask, and all lesions."""
    both = lesions.dropna(subset=[MANUAL, AUTOMATIC])
    same = int((both[MANUAL] == both[AUTOMATIC]).sum())
    return {"same": same, "other": len(both) - same, "none": len(lesions) - len(both), "n": len(lesions)}


def cut_mm(files: Files) -> float:
    """The diameter (mm) from which a lesion is big: the last cut of the strata."""
    cuts = (files.config.get("statistics") or {}).get("diameter_cuts_mm") or (15.0, 20.0)
    return float(max(cuts))


def sized(lesions: pd.DataFrame, sign: str, limit_mm: float) -> pd.DataFrame:
    """Small or big lesions by the sign in front of the limit; all without a sign."""
    small = lesions["longest_diameter_mm"] < limit_mm
    return lesions if not sign else lesions[small if sign == "<" else lesions["longest_diameter_mm"] >= limit_mm]


def lost_responders(lesions: pd.DataFrame, mask: str) -> Values:
    """Responders that a mask calls R- or gives no class."""
    called = lesions.loc[lesions["response"].eq(1), f"predicted_{mask}"]
    minus, none = int(called.eq(0).sum()), int(called.isna().sum())
    return {"k": minus + none, "n": len(called), "minus": minus, "none": none}


def manual_reason(lesions: pd.DataFrame) -> pd.Series:
    """Why a lesion has no class from the manual mask; empty where it has one."""
    return _reason(lesions, "manual")


def automatic_reason(lesions: pd.DataFrame) -> pd.Series:
    """Why a lesion has no class from the automatic mask; empty where it has one."""
    reason = _reason(lesions, "automatic")
    return reason.mask(lesions[AUTOMATIC].isna() & lesions["detected"].eq(0), "undetected")


def _reason(lesions: pd.DataFrame, mask: str) -> pd.Series:
    rois, none = lesions[f"n_roi_{mask}"], lesions[f"predicted_{mask}"].isna()
    reason = pd.Series("", lesions.index).mask(none & (rois > 0), "few")
    return reason.mask(none & rois.eq(0), "no ROI")
