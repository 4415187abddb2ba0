"""The sentence on lesions without a class: how many, and why."""

from __future__ import annotations

from tests.unit.report.statements.fates import automatic_reason, fates, manual_reason
from tests.unit.report.statements.registry import Files, Statement, Values


def _lost(files: Files, **_: str) -> Values:
    counts = fates(files.headline(files.main))
    return {"n": counts["n"], "k": counts["none"]}


def _lost_because(files: Files, manual: str, automatic: str) -> Values:
    lesions = files.headline(files.main)
    rule = lesions["detection_dice"].iloc[0]
    given = manual_reason(lesions).eq(manual) & automatic_reason(lesions).eq(automatic)
    return {"k": int(given.sum()), "limit": rule}


_WORDS = {
    "no ROI": "whose {mask} mask holds no ROI", "few": "whose {mask} mask holds fewer ROIs than a class needs",
    "undetected": "not detected by the network (detected means Dice above {limit})",
}  # fmt: skip


_BOTH = {"no ROI": "where neither mask holds a ROI", "few": "where both masks hold fewer ROIs than a class needs"}


def _reasons() -> list[Statement]:
    """A statement for every pair of reasons that a lesion may have."""
    found = []
    for automatic in ("", "undetected", "no ROI", "few"):
        for manual in ("", "no ROI", "few"):
            parts = [
                _WORDS[why].replace("{mask}", mask)
                for why, mask in ((automatic, "automatic"), (manual, "manual"))
                if why
            ]
            text = _BOTH.get(automatic if automatic == manual else "", " and ".join(parts))
            if not text:
                continue
            found.append(Statement(
                "summary/bullet/", f"{{k}} {text}", "lesions.csv",
                "predicted_manual, predicted_automatic, detected, n_roi_manual, n_roi_automatic, minimum_rois",
                lambda files, m=manual, a=automatic: _lost_because(files, m, a),
                within="no class with at least one mask", not_before="" if manual else " and whose manual", rare=True,
            ))  # fmt: skip
    return found


STATEMENTS = (
    Statement("summary/bullet/", "{k} lesion… of {n} ha… no class with at least one mask", "lesions.csv",
              "predicted_manual, predicted_automatic, timepoint", _lost),
    *_reasons(),
)  # fmt: skip
