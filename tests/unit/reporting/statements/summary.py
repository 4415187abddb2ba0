"""The summary: every sentence of it."""

from __future__ import annotations

import pandas as pd
from tests.unit.reporting.statements.registry import Files, Statement, Values

LIMIT_MM = 20.0
MASKS = {"Manual mask": "manual", "Automatic mask": "automatic"}


def quoted(rows: pd.DataFrame) -> dict[str, float]:
    """The estimate and interval that the report quotes of one measure: the first by patient, else by lesion."""
    by_patient = rows[~rows["method"].isin(["clopper-pearson", "mercaldo-logit", "delong", "fleiss-1969"])]
    usable = by_patient[by_patient["low"].notna()]
    row = (usable if len(usable) else rows).iloc[0]
    return {"value": row["value"], "low": row["low"], "high": row["high"], "level": row["level"]}


def rows(files: Files, table: str, measure: str, **where: str) -> pd.DataFrame:
    """Rows of one measure of a table of the comparison that the summary speaks of."""
    found = files.csv(f"concordance/{files.main}/{table}.csv")
    for column, value in {"measure": measure, **where}.items():
        found = found[found[column] == value]
    return found


def sized(lesions: pd.DataFrame, size: str) -> pd.DataFrame:
    """Small or big lesions by the sign in front of the limit."""
    small = lesions["longest_diameter_mm"] < LIMIT_MM
    return lesions[small if size == "<" else ~small]


def found(lesions: pd.DataFrame) -> pd.Series:
    """Lesions whose automatic mask overlaps them, or gives them a class."""
    return lesions["detected"].eq(1) | lesions["predicted_automatic"].notna()


def _answer(files: Files, **_: str) -> Values:
    both = files.both(files.main)
    same = int((both["predicted_manual"] == both["predicted_automatic"]).sum())
    return {"n": len(both), "same": same, "share": same / len(both), "other": len(both) - same}


def _agreement(files: Files, **_: str) -> Values:
    return quoted(rows(files, "agreement", "agreement"))


def _kappa(files: Files, **_: str) -> Values:
    said = quoted(rows(files, "agreement", "kappa"))
    told = "more" if said["low"] > 0 else "less"
    verdict = f"the masks agree {told} often than by chance"
    if said["low"] <= 0 <= said["high"]:
        verdict = "it is not shown that the masks agree more often than by chance"
    return {**said, "verdict": verdict}


def _apart(low: float, high: float) -> str:
    return "does not tell them apart" if low <= 0 <= high else "tells them apart"


def _detection(files: Files, **_: str) -> Values:
    lesions = files.headline(files.main)
    lesions = lesions[lesions["dice"].notna()]
    values = {"k": int(found(lesions).sum()), "n": len(lesions), "share": found(lesions).mean(), "cut": LIMIT_MM}
    for name, sign in (("small", "<"), ("big", "≥")):
        part = sized(lesions, sign)
        values |= {f"k_{name}": int(found(part).sum()), f"n_{name}": len(part), f"share_{name}": found(part).mean()}
    return values


def _by_size(files: Files, sign: str) -> Values:
    part = sized(files.both(files.main), sign)
    same = part["predicted_manual"] == part["predicted_automatic"]
    return {"k": int(same.sum()), "n": len(part), "share": same.mean(), "cut": LIMIT_MM}


def _size_difference(files: Files, **_: str) -> Values:
    table = rows(files, "subgroup_differences", "agreement", grouping="size").iloc[0]
    return {
        "value": -table["value"], "low": -table["high"], "high": -table["low"],
        "verdict": _apart(table["low"], table["high"]),
    }  # fmt: skip


def _group(files: Files, group: str, **_: str) -> Values:
    return quoted(rows(files, "subgroups", "agreement", group=group))


def _recognised(files: Files, measure: str) -> Values:
    manual, automatic = (quoted(rows(files, "diagnostics", measure, mask_source=mask)) for mask in MASKS.values())
    return {
        "manual": manual["value"], "low": manual["low"], "high": manual["high"],
        "automatic": automatic["value"], "low2": automatic["low"], "high2": automatic["high"],
    }  # fmt: skip


def _area(files: Files, mask: str) -> Values:
    return quoted(rows(files, "diagnostics", "auc", mask_source=mask))


def _area_difference(files: Files, **_: str) -> Values:
    said = quoted(files.csv(f"concordance/{files.main}/auc_comparison.csv"))
    return {**said, "verdict": _apart(said["low"], said["high"])}


def _needed(files: Files, mm: str, **_: str) -> Values:
    table = files.csv(f"concordance/{files.main}/required_dice.csv").set_index("longest_diameter_mm")
    row = table.loc[float(mm)]
    return {"mm": float(mm), "value": row["value"], "low": row["low"], "high": row["high"]}


def _target(files: Files, **_: str) -> Values:
    return {"target": files.csv(f"concordance/{files.main}/required_dice.csv")["target_agreement"].iloc[0]}


def _lost(files: Files, **_: str) -> Values:
    lesions = files.headline(files.main)
    return {"n": len(lesions), "lost": len(lesions) - len(files.both(files.main))}


def _lost_undetected(files: Files, **_: str) -> Values:
    lesions = files.headline(files.main)
    return {"k": int((lesions["detected"].ne(1) & lesions["predicted_automatic"].isna()).sum())}


def _lost_without_roi(files: Files, mask: str) -> Values:
    lesions = files.headline(files.main)
    none = lesions[f"predicted_{mask}"].isna() & lesions[f"n_roi_{mask}"].eq(0)
    if mask == "automatic":
        none &= lesions["detected"].eq(1)
    return {"k": int(none.sum())}


def _key_caption(files: Files, **_: str) -> Values:
    known = files.both(files.main).dropna(subset=["response"])
    return {"n": len(known), "patients": known["who"].nunique()}


def _key(files: Files, mask: str, measure: str) -> Values:
    return quoted(rows(files, "diagnostics", measure, mask_source=MASKS[mask]))


def _cohorts(files: Files, **_: str) -> Values:
    return {"n": len(files.config["cohorts"])}


def _role(files: Files, role: str) -> Values:
    code = {"training": "train", "validation": "validation", "prediction": "predict"}[role]
    lesions = files.lesions()
    lesions = lesions[lesions["cohort"].isin(files.role(code))]
    return {"lesions": len(lesions), "patients": lesions["who"].nunique()}


def _few(files: Files, **_: str) -> Values:
    each = files.both(files.main).groupby("who").size()
    return {"patients": len(each), "most": each.max(), "n": each.sum()}


_AGREEMENT = "concordance/<comparison>/agreement.csv"
_DIAGNOSTICS = "concordance/<comparison>/diagnostics.csv"
_ENDS = "value, low, high of the quoted interval"
_CLASSES = "predicted_manual, predicted_automatic"

STATEMENTS = (
    Statement(
        "summary/paragraph/",
        "Of {n} validation lesions that could be classified with both masks, {same} ({share:%} %) kept their class … "
        "and {other} changed it",
        "lesions.csv", _CLASSES, _answer,
    ),
    Statement(
        "summary/paragraph/", "the agreement to be expected in other patients lies between {low:%} % and {high:%} % "
        "({level:%} % interval)", _AGREEMENT, f"agreement: {_ENDS}", _agreement,
    ),
    Statement(
        "summary/bullet/", "Cohen’s kappa {value} ({low} to {high}), so {verdict:w}.", _AGREEMENT, f"kappa: {_ENDS}",
        _kappa,
    ),
    Statement(
        "summary/bullet/",
        "found {k} of {n} ({share:%} %) lesions: {k_small} of {n_small} ({share_small:%} %) of those < {cut} mm and "
        "{k_big} of {n_big} ({share_big:%} %) of those ≥ {cut} mm".replace("≥ {cut}", "≥ {cut_big}"),
        "lesions.csv", "detected, predicted_automatic, longest_diameter_mm",
        lambda files, **names: {**_detection(files), "cut_big": LIMIT_MM},
    ),
    *(
        Statement(
            "summary/bullet/", f"{sign} {{cut}} mm in {{k}} of {{n}} ({{share:%}} %)", "lesions.csv",
            f"{_CLASSES}, longest_diameter_mm", lambda files, sign=sign, **_: _by_size(files, sign),
            within="the two masks agreed",
        )
        for sign in ("<", "≥")
    ),
    Statement(
        "summary/bullet/", "big minus small {value:%} points ({low:%} to {high:%}) by patient",
        "concordance/<comparison>/subgroup_differences.csv", "size, agreement: value, low, high with the sign turned",
        _size_difference,
    ),
    Statement(
        "summary/bullet/", " {group:w} {value:%} % ({low:%} to {high:%} %)", "concordance/<comparison>/subgroups.csv",
        f"agreement by group: {_ENDS}", lambda files, group, **_: _group(files, group.removeprefix("and ")),
        within="Agreement by ",
    ),
    *(
        Statement(
            "summary/bullet/", f"{{value}} ({{low}} to {{high}}) with the {mask} mask", _DIAGNOSTICS,
            f"auc, {mask}: {_ENDS}", lambda files, mask=mask, **_: _area(files, mask),
        )
        for mask in ("manual", "automatic")
    ),
    Statement("summary/bullet/", "Cohen’s kappa {value}.", _AGREEMENT, "kappa: value, without interval", _kappa),
    *(
        Statement(
            "summary/bullet/",
            f" {words} recognised: {{manual:%}} % ({{low:%}} to {{high:%}} %) with the manual mask and "
            "{automatic:%} % ({low2:%} to {high2:%} %) with the automatic mask",
            _DIAGNOSTICS, f"{measure}: {_ENDS}", lambda files, measure=measure, **_: _recognised(files, measure),
        )
        for words, measure in (("responders", "sensitivity"), ("non-responders", "specificity"))
    ),
    Statement(
        "summary/bullet/", "Manual minus automatic: {value} ({low} to {high}), which {verdict:w}.",
        "concordance/<comparison>/auc_comparison.csv", _ENDS, _area_difference,
    ),
    Statement(
        "summary/bullet/", "{mm} mm: Dice {value} ({low} to {high})", "concordance/<comparison>/required_dice.csv",
        "value, low, high by longest_diameter_mm", _needed, rare=True,
    ),
    Statement(
        "summary/bullet/", "{target:%} % agreement a lesion needs", "concordance/<comparison>/required_dice.csv",
        "target_agreement", _target, rare=True,
    ),
    Statement(
        "summary/bullet/", "so that {target:%} % keep their class cannot be told",
        "concordance/<comparison>/required_dice.csv", "target_agreement", _target, rare=True,
    ),
    Statement(
        "summary/bullet/", "{lost} lesions of {n} could not be compared", "lesions.csv", _CLASSES, _lost,
    ),
    Statement(
        "summary/bullet/", "{k} not found by the network", "lesions.csv", "detected, predicted_automatic",
        _lost_undetected,
    ),
    *(
        Statement(
            "summary/bullet/", f"{{k}} whose {mask} mask holds no ROI", "lesions.csv", f"n_roi_{mask}",
            lambda files, mask=mask, **_: _lost_without_roi(files, mask), rare=True,
        )
        for mask in ("manual", "automatic")
    ),
    Statement(
        "summary/caption/key-figures", "the {n} validation lesions of {patients} patients", "lesions.csv",
        f"{_CLASSES}, response", _key_caption,
    ),
    *(
        Statement(
            f"summary/cell/key-figures/{words}/{{mask}}", text, _DIAGNOSTICS, f"{measure}: {_ENDS}",
            lambda files, mask, measure=measure: _key(files, mask, measure),
        )
        for words, measure, text in (
            ("Sensitivity", "sensitivity", "{value:%} % ({low:%} to {high:%} %)"),
            ("Specificity", "specificity", "{value:%} % ({low:%} to {high:%} %)"),
            ("ROC AUC", "auc", "{value} ({low} to {high})"),
        )
    ),
    Statement("summary/paragraph/", "The study holds {n} cohorts", "config.yaml", "cohorts", _cohorts),
    Statement(
        "summary/paragraph/", "{role:w}: {lesions} lesions of {patients} patient", "lesions.csv", "cohort, patient_id",
        lambda files, role, **_: _role(files, role), within="The study holds",
    ),
    Statement(
        "summary/paragraph/", "The comparison rests on {patients} patients", "lesions.csv", _CLASSES, _few,
    ),
    Statement(
        "summary/paragraph/", "{most} of the {n} lesions are one patient’s", "lesions.csv", _CLASSES, _few,
    ),
)  # fmt: skip
SAID_WITHOUT_NUMBER = (
    "Does it matter who drew the mask?",
    "A lesion is counted once at each timepoint.",
    "Networks and model were trained on synthetic images.",
    "Synthetic cohorts test the computation; they prove nothing clinical.",
    "These intervals include chance.",
)
"""Sentences of the summary that hold no number."""
