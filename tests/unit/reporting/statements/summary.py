"""The summary: every sentence of it."""

from __future__ import annotations

import pandas as pd
from tests.unit.reporting.statements import lost
from tests.unit.reporting.statements.cells import cells
from tests.unit.reporting.statements.fates import (
    AUTOMATIC,
    CLASSES,
    MANUAL,
    cut_mm,
    fates,
    lost_responders,
    sized,
)
from tests.unit.reporting.statements.intervals import ENDS, quoted, rows
from tests.unit.reporting.statements.registry import Files, Statement, Values

POPULATIONS = {
    "the lesions that the radiologist’s mask classifies": ("agreement_reader_classified", "manual"),
    "those that both masks classify": ("agreement", "both"),
}


def _fates(files: Files, **_: str) -> Values:
    counts = fates(files.headline(files.main))
    return {**counts, **{f"share_{name}": k / counts["n"] for name, k in counts.items()}}


def kept(files: Files, population: str) -> Values:
    """Lesions with the same class among those with a class from both masks or from the manual one, or among all."""
    lesions = files.headline(files.main)
    among = {"manual": lesions[lesions[MANUAL].notna()], "both": files.both(files.main), "all": lesions}[population]
    same = int((among[MANUAL] == among[AUTOMATIC]).sum())
    return {"k": same, "n": len(among), "share": same / len(among)}


def _kept(files: Files, population: str) -> Values:
    measure, among = POPULATIONS[population]
    return {**quoted(rows(files, "agreement", measure)), **kept(files, among)}


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


def _judged(files: Files) -> pd.DataFrame:
    lesions = files.headline(files.main)
    return lesions[lesions["dice"].notna()]


def _detection(files: Files, sign: str = "") -> Values:
    lesions = sized(_judged(files), sign, cut_mm(files))
    k = int((lesions["dice"] > lesions["detection_dice"]).sum())
    return {"k": k, "n": len(lesions), "share": k / len(lesions), "cut": cut_mm(files)}


def _unjudged(files: Files, **_: str) -> Values:
    return {"k": len(files.headline(files.main)) - len(_judged(files))}


def _by_size(files: Files, sign: str) -> Values:
    counts = fates(sized(files.headline(files.main), sign, cut_mm(files)))
    n = counts["same"] + counts["other"]
    share = counts["same"] / n if n else float("nan")
    return {"k": counts["same"], "n": n, "share": share, "more": counts["none"], "cut": cut_mm(files)}


def _size_difference(files: Files, told_apart: bool = True) -> Values:
    both = files.both(files.main)
    same = (both[MANUAL] == both[AUTOMATIC]).astype(float)
    small = both["longest_diameter_mm"] < cut_mm(files)
    ends = quoted(rows(files, "subgroup_differences", "agreement", grouping="size"))
    if (ends["low"] <= 0 <= ends["high"]) == told_apart:
        raise ValueError("the interval says the opposite")
    return {"value": same[~small].mean() - same[small].mean(), "low": ends["low"], "high": ends["high"]}


def _group(files: Files, group: str, **_: str) -> Values:
    return quoted(rows(files, "subgroups", "agreement", group=group))


def _recognised(files: Files, measure: str) -> Values:
    manual, automatic = (
        quoted(rows(files, "diagnostics", measure, mask_source=mask)) for mask in ("manual", "automatic")
    )
    return {
        "manual": manual["value"], "low": manual["low"], "high": manual["high"],
        "automatic": automatic["value"], "low2": automatic["low"], "high2": automatic["high"],
    }  # fmt: skip


def _area(files: Files, mask: str) -> Values:
    return quoted(rows(files, "diagnostics", "auc", mask_source=mask))


def _area_difference(files: Files, **_: str) -> Values:
    said = quoted(files.csv(f"concordance/{files.main}/auc_comparison.csv"))
    return {**said, "verdict": _apart(said["low"], said["high"])}


def _responders(files: Files, mask: str) -> Values:
    return lost_responders(files.headline(files.main), mask)


def _most_lost(files: Files, size: str, dice: str) -> Values:
    lesions = files.headline(files.main)
    limit = cut_mm(files)
    cells_lost = {}
    for sign in ("<", "≥"):
        for overlap in ("<", "≥"):
            part = sized(lesions, sign, limit)
            part = part[(part["dice"] < 0.5) == (overlap == "<")]
            cells_lost[f"{sign} {limit:g} mm", f"{overlap} 0.5"] = lost_responders(part, "automatic")
    here = cells_lost[size, dice]
    if [cell["k"] for cell in cells_lost.values() if cell["k"] >= here["k"]] != [here["k"]]:
        raise ValueError("another group loses as many")
    return here


def _other_timepoints(files: Files, **_: str) -> Values:
    lesions = files.lesions(files.main)
    others = lesions[~lesions["timepoint"].isin(files.predicting)]
    return {"n": len(others), "others": " and ".join(others["timepoint"].unique())}


def _needed(files: Files, outcome: str) -> Values:
    table = files.csv(f"concordance/{files.main}/required_dice.csv")
    own = table[table["outcome"] == outcome]
    found: dict[str, float | str] = {"target": own["target_agreement"].iloc[0]}
    told = own[own["value"].notna() & own["low"].notna()]
    for i, (_, row) in enumerate(told.head(3).iterrows(), start=1):
        found |= {f"mm{i}": row["longest_diameter_mm"], f"value{i}": row["value"]}
        found |= {f"low{i}": row["low"], f"high{i}": row["high"]}
    return found


def _needed_text(words: str, count: int) -> str:
    parts = [f"{{mm{i}}} mm: Dice {{value{i}}} ({{low{i}}} to {{high{i}}})" for i in range(1, count + 1)]
    listed = " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)
    return f"So that {{target:%}} % {words} keep their class a lesion needs, by longest diameter, {listed}."


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
_FATES = "predicted_manual, predicted_automatic, timepoint"
STATEMENTS = (
    Statement("summary/paragraph/", "Of {n} validation lesion…, {same} ({share_same:%} %) kept their class",
              "lesions.csv", _FATES, _fates),
    Statement("summary/paragraph/", "Of {n} validation lesion…, {same} kept their class", "lesions.csv", _FATES,
              _fates, rare=True),
    Statement("summary/paragraph/", "{other} ({share_other:%} %) changed it", "lesions.csv", _FATES, _fates),
    Statement("summary/paragraph/", "{other} changed it", "lesions.csv", _FATES, _fates, rare=True),
    Statement("summary/paragraph/", "{none} ({share_none:%} %) ha… no class with at least one of the masks",
              "lesions.csv", _FATES, _fates),
    *(
        Statement("summary/paragraph/", f"{words}, {{k}} of {{n}} ({{share:%}} %; {{low:%}} to {{high:%}} %)",
                  f"lesions.csv, {_AGREEMENT}", f"{CLASSES}; {measure}: {ENDS}",
                  lambda files, words=words: _kept(files, words))
        for words, (measure, _) in POPULATIONS.items()
    ),
    Statement("summary/paragraph/", "keep their class ({level:%} % intervals", _AGREEMENT, "level", _agreement),
    Statement(
        "summary/paragraph/", "the agreement to be expected in other patients lies between {low:%} % and {high:%} % "
        "({level:%} % interval)", _AGREEMENT, f"agreement: {ENDS}", _agreement, rare=True,
    ),
    *lost.STATEMENTS,
    Statement("summary/bullet/", "Cohen’s kappa {value} ({low} to {high}), so {verdict:w}.", _AGREEMENT,
              f"kappa: {ENDS}", _kappa),
    Statement("summary/bullet/", "Cohen’s kappa {value}.", _AGREEMENT, "kappa: value, without interval", _kappa,
              rare=True),
    Statement("summary/bullet/", "The network detected {k} of {n} ({share:%} %) lesions", "lesions.csv",
              "dice, detection_dice", lambda files: _detection(files)),
    *(
        Statement("summary/bullet/", f"{{k}} of {{n}} ({{share:%}} %) of those {sign} {{cut}} mm", "lesions.csv",
                  "dice, detection_dice, longest_diameter_mm", lambda files, sign=sign: _detection(files, sign))
        for sign in ("<", "≥")
    ),
    Statement("summary/bullet/", "{k} lesion… had no automatic mask to judge", "lesions.csv", "dice", _unjudged,
              rare=True),
    *(
        Statement("summary/bullet/", f"{sign} {{cut}} mm in {{k}} of {{n}} ({inside})", "lesions.csv",
                  f"{CLASSES}, longest_diameter_mm", lambda files, sign=sign: _by_size(files, sign),
                  within="the two masks agreed", rare=True)
        for sign in ("<", "≥")
        for inside in ("{share:%} %", "{share:%} %; {more} more without a class", "{more} more without a class")
    ),
    *(
        Statement("summary/bullet/", f"big minus small {{value:%}} points ({{low:%}} to {{high:%}}){end}",
                  "lesions.csv, concordance/<comparison>/subgroup_differences.csv",
                  f"{CLASSES}; size, agreement: {ENDS}",
                  lambda files, apart=apart: _size_difference(files, apart), rare=True)
        for end, apart in ((", which does not tell them apart", False), (".", True))
    ),
    Statement(
        "summary/bullet/", " {group:w} {value:%} % ({low:%} to {high:%} %)", "concordance/<comparison>/subgroups.csv",
        f"agreement by group: {ENDS}", lambda files, group, **_: _group(files, group.removeprefix("and ")),
        within="Agreement, in ",
    ),
    *(
        Statement("summary/bullet/", _needed_text(words, count), "concordance/<comparison>/required_dice.csv",
                  f"value, low, high by longest_diameter_mm, outcome: {outcome}",
                  lambda files, outcome=outcome: _needed(files, outcome), rare=True)
        for outcome, words in (("same class", "of the lesions that both masks classify"),
                               ("class kept", "of all that the reader’s mask classifies"))
        for count in (1, 2, 3)
    ),
    *(
        Statement("summary/bullet/", f"so that {{target:%}} % {words} keep their class cannot be told",
                  "concordance/<comparison>/required_dice.csv", f"target_agreement, outcome: {outcome}",
                  lambda files, outcome=outcome: _needed(files, outcome), rare=True)
        for outcome, words in (("same class", "of the lesions that both masks classify"),
                               ("class kept", "of all that the reader’s mask classifies"))
    ),
    *(
        Statement("summary/bullet/", f"{{value}} ({{low}} to {{high}}) with the {mask} mask", _DIAGNOSTICS,
                  f"auc, {mask}: {ENDS}", lambda files, mask=mask: _area(files, mask))
        for mask in ("manual", "automatic")
    ),
    *(
        Statement(
            "summary/bullet/",
            f" {words} recognised: {{manual:%}} % ({{low:%}} to {{high:%}} %) with the manual mask and "
            "{automatic:%} % ({low2:%} to {high2:%} %) with the automatic mask",
            _DIAGNOSTICS, f"{measure}: {ENDS}", lambda files, measure=measure: _recognised(files, measure),
        )
        for words, measure in (("responders", "sensitivity"), ("non-responders", "specificity"))
    ),
    Statement(
        "summary/bullet/", "Manual minus automatic: {value} ({low} to {high}), which {verdict:w}.",
        "concordance/<comparison>/auc_comparison.csv", ENDS, _area_difference,
    ),
    *(
        Statement("summary/bullet/",
                  f"{{k}} of {{n}} with the {mask} mask ({{minus}} called R−, {{none}} without a class)", "lesions.csv",
                  f"response, predicted_{mask}", lambda files, mask=mask: _responders(files, mask))
        for mask in ("manual", "automatic")
    ),
    Statement("summary/bullet/",
              "loses the most of them among lesions with diameter {size:w} and Dice {dice:w}: {k} of {n}",
              "lesions.csv", "response, predicted_automatic, longest_diameter_mm, dice", _most_lost),
    Statement("summary/bullet/", "{n} lesion… at {others:w} are left out", "lesions.csv", "timepoint",
              _other_timepoints),
    *cells(kept),
    Statement("summary/paragraph/", "The study holds {n} cohort", "config.yaml", "cohorts", _cohorts),
    Statement(
        "summary/paragraph/", "{role:w}: {lesions} lesion… of {patients} patient", "lesions.csv", "cohort, patient_id",
        lambda files, role, **_: _role(files, role), within="The study holds",
    ),
    Statement("summary/paragraph/", "The comparison rests on {patients} patient", "lesions.csv", CLASSES, _few),
    Statement("summary/paragraph/", "{most} of the {n} lesions are one patient’s", "lesions.csv", CLASSES, _few),
)  # fmt: skip
SIMULATED = (
    "In simulated studies of 8 and 16 patients 95 % intervals quoted by the same rule held the truth in 92 to 99 %."
)
"""The one sentence of the summary whose numbers are of no file of a study."""
SAID_WITHOUT_NUMBER = (
    SIMULATED,
    "Does it matter who drew the mask?",
    "A lesion is counted once at each timepoint.",
    "Networks and model were trained on synthetic images.",
    "Synthetic cohorts test the computation; they prove nothing clinical.",
    "These intervals include chance.",
    "The first three rows add up to all lesions.",
    "How the masks agree there is shown by timepoint.",
    "At the other diameters asked for, the data cannot tell.",
)
"""Sentences of the summary that hold no number of the study."""
