"""The summary: every sentence of it."""

from __future__ import annotations

import math

import pandas as pd
from scipy import stats
from tests.unit.report.statements import lost
from tests.unit.report.statements.cells import cells
from tests.unit.report.statements.fates import (
    AUTOMATIC,
    CLASSES,
    MANUAL,
    cut_mm,
    fates,
    lost_responders,
    sized,
)
from tests.unit.report.statements.intervals import ENDS, quoted, rows
from tests.unit.report.statements.perturbation import IN_SUMMARY as OF_PERTURBATION
from tests.unit.report.statements.registry import Files, Statement, Values

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


VERDICTS = (
    "the masks agree more often than by chance; two masks of one lesion share much of what is measured, so chance is a "
    "low bar",
    "the masks agree less often than by chance",
    "it is not shown that the masks agree more often than by chance",
)


def _kappa(files: Files, verdict: str = "") -> Values:
    said = quoted(rows(files, "agreement", "kappa"))
    true = VERDICTS[0 if said["low"] > 0 else 1 if said["high"] < 0 else 2]
    if verdict and verdict != true:
        raise ValueError(f"the interval says that {true}")
    return said


def _apart(low: float, high: float) -> str:
    return "does not tell them apart" if low <= 0 <= high else "tells them apart"


def _judged(files: Files) -> pd.DataFrame:
    lesions = files.headline(files.main)
    return lesions[lesions[["dice", "detected", AUTOMATIC]].notna().any(axis=1)]


def _detection(files: Files, sign: str = "") -> Values:
    lesions = sized(_judged(files), sign, cut_mm(files))
    k = int((lesions["dice"] > lesions["detection_dice"]).sum())
    return {"k": k, "n": len(lesions), "share": k / len(lesions), "cut": cut_mm(files)}


def _detection_interval(files: Files, **_: str) -> Values:
    """Clopper and Pearson's over lesions, or that of the ratio over patients (logit, t), whichever is wider."""
    lesions, level = _judged(files), files.csv(f"concordance/{files.main}/automatic/detection.csv")["level"].iloc[0]
    hit = lesions["dice"] > lesions["detection_dice"]
    k, n = int(hit.sum()), len(lesions)
    exact = stats.binomtest(k, n).proportion_ci(level, method="exact")
    ends = [(exact.low, exact.high)]
    each = pd.DataFrame({"k": hit.groupby(lesions["who"]).sum(), "n": lesions.groupby("who").size()})
    m, ratio = len(each), k / n
    if m > 1 and 0 < k < n:
        error = math.sqrt(m / (m - 1) * ((each["k"] - ratio * each["n"]) ** 2).sum()) / n / (ratio * (1 - ratio))
        reach = float(stats.t.ppf(0.5 + level / 2, m - 1)) * error
        middle = math.log(ratio / (1 - ratio))
        ends.append(tuple(1 / (1 + math.exp(-(middle + sign * reach))) for sign in (-1, 1)))
    elif m > 1:
        one = stats.binomtest(m if k else 0, m).proportion_ci(level, method="exact")
        ends.append((one.low, one.high))
    low, high = max(ends, key=lambda pair: pair[1] - pair[0])
    return {"level": level, "low": low, "high": high, "limit": float(lesions["detection_dice"].iloc[0])}


def _unjudged(files: Files, **_: str) -> Values:
    return {"k": len(files.headline(files.main)) - len(_judged(files))}


SIZED = {
    "the lesions that the radiologist’s mask classifies": ("agreement_reader_classified", [MANUAL]),
    "those that both masks classify": ("agreement", [MANUAL, AUTOMATIC]),
}


def _same_of_size(files: Files, population: str, sign: str) -> pd.Series:
    lesions = files.headline(files.main).dropna(subset=SIZED[population][1])
    lesions = sized(lesions, sign, cut_mm(files))
    return (lesions[MANUAL] == lesions[AUTOMATIC]).astype(float)


def _by_size(files: Files, population: str) -> Values:
    found: dict[str, float] = {"cut": cut_mm(files), "cut2": cut_mm(files)}
    for number, sign in (("", "<"), ("2", "≥")):
        same = _same_of_size(files, population, sign)
        found |= {f"k{number}": same.sum(), f"n{number}": len(same), f"share{number}": same.mean()}
    return found


def _size_difference(files: Files, population: str, told_apart: bool) -> Values:
    ends = quoted(rows(files, "subgroup_differences", SIZED[population][0], grouping="size"))
    if (ends["low"] <= 0 <= ends["high"]) == told_apart:
        raise ValueError("the interval says the opposite")
    small, big = (_same_of_size(files, population, sign).mean() for sign in ("<", "≥"))
    return {"value": big - small, "low": ends["low"], "high": ends["high"]}


def _sizes() -> list[Statement]:
    """Of both populations: small and big lesions, and how they differ; or of one size alone."""
    small, big = "{k} of {n} ({share:%} %) of those < {cut} mm", "{k2} of {n2} ({share2:%} %) of those ≥ {cut2} mm"
    table = "lesions.csv, concordance/<comparison>/<source>/subgroup_differences.csv"
    found = []
    for words in SIZED:
        for sizes in (f"{small} and {big}", small, big):
            said = f"of {words}, {sizes} keep their class"
            found.append(Statement("summary/bullet/", said, "lesions.csv", f"{CLASSES}, longest_diameter_mm",
                                   lambda files, words=words: _by_size(files, words), within="By longest diameter",
                                   not_before=" (big minus small", rare=True))  # fmt: skip
        for end, apart in (("does not tell them apart", False), ("tells them apart", True)):
            difference = f"(big minus small {{value:%}} points ({{low:%}} to {{high:%}}), which {end})"
            said = f"of {words}, {small} and {big} keep their class {difference}"
            found.append(Statement("summary/bullet/", said, table,
                                   f"{CLASSES}; size, {SIZED[words][0]}: {ENDS}",
                                   lambda files, words=words, apart=apart: {
                                       **_by_size(files, words), **_size_difference(files, words, apart)
                                   }, rare=True))  # fmt: skip
    return found


def _group(files: Files, group: str, **_: str) -> Values:
    found = rows(files, "subgroups", "agreement", group=group)
    return {**quoted(found), "k": found["k"].iloc[0], "n": found["n"].iloc[0]}


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


def _own_area(files: Files, mask: str) -> Values:
    lesions = files.headline(files.main).dropna(subset=[f"predicted_{mask}", "response", f"share_{mask}"])
    found = rows(files, "diagnostics_all", "auc", mask_source=mask, population="classified with this mask")
    return {**quoted(found), "n": len(lesions)}


def _area_difference(files: Files, **_: str) -> Values:
    said = quoted(files.csv(f"concordance/{files.main}/automatic/auc_comparison.csv"))
    return {**said, "verdict": _apart(said["low"], said["high"])}


def _equivalence(files: Files, **_: str) -> Values:
    table = files.csv(f"concordance/{files.main}/automatic/equivalence.csv").set_index("measure")
    verdict = table["verdict"]
    return {
        "share": table["lower_margin"]["agreement"], "area": table["upper_margin"]["auc_difference"],
        "reader": verdict["agreement_reader_classified"], "both": verdict["agreement"],
        "areas": verdict["auc_difference"],
    }  # fmt: skip


def _responders(files: Files, mask: str) -> Values:
    return lost_responders(files.headline(files.main), mask)


def _most_lost(files: Files, size: str, dice: str) -> Values:
    lesions = files.headline(files.main)
    limit = cut_mm(files)
    parts = {}
    for sign in ("<", "≥"):
        for overlap in ("<", "≥"):
            part = sized(lesions, sign, limit)
            parts[f"{sign} {limit:g} mm", f"{overlap} 0.5"] = part[(part["dice"] < 0.5) == (overlap == "<")]
    lost = {cell: lost_responders(part, "automatic") for cell, part in parts.items()}
    here = lost[size, dice]
    if [cell["k"] for cell in lost.values() if cell["k"] >= here["k"]] != [here["k"]]:
        raise ValueError("another group loses as many")
    manual = lost_responders(parts[size, dice], "manual")["k"]
    return {**here, "all": lost_responders(lesions, "automatic")["k"], "manual": manual}


def _other_timepoints(files: Files, **_: str) -> Values:
    lesions = files.lesions(files.main)
    others = lesions[~lesions["timepoint"].isin(files.predicting)]
    return {"n": len(others), "others": " and ".join(others["timepoint"].unique())}


def _needed(files: Files, outcome: str) -> Values:
    table = files.csv(f"concordance/{files.main}/automatic/required_dice.csv")
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
    counted = files.of_role(code)
    lesions = files.lesions()
    others = lesions[lesions["cohort"].isin(files.role(code)) & ~lesions["timepoint"].isin(files.predicting)]
    return {"lesions": len(counted), "patients": counted["who"].nunique(), "others": len(others)}


def _in_both(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.lesions(cohort)
    roles = pd.Series([files.role_at(cohort, point) for point in lesions["timepoint"]], index=lesions.index)
    tested = set(lesions.loc[roles == "validation", "who"])
    return {"k": len(tested & set(lesions.loc[roles == "train", "who"])), "n": len(tested)}


def _few(files: Files, **_: str) -> Values:
    each = files.both(files.main).groupby("who").size()
    return {"patients": len(each), "most": each.max(), "n": each.sum()}


_AGREEMENT = "concordance/<comparison>/<source>/agreement.csv"
_DIAGNOSTICS = "concordance/<comparison>/<source>/diagnostics.csv"
_FATES = "predicted_manual, predicted_automatic, timepoint"
STATEMENTS = (
    *OF_PERTURBATION,
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
    *(
        Statement("summary/bullet/", f"Cohen’s kappa {{value}} ({{low}} to {{high}}), so {verdict}.", _AGREEMENT,
                  f"kappa: {ENDS}", lambda files, verdict=verdict: _kappa(files, verdict), rare=True)
        for verdict in VERDICTS
    ),
    Statement("summary/bullet/", "Cohen’s kappa {value}.", _AGREEMENT, "kappa: value, without interval", _kappa,
              rare=True),
    Statement("summary/bullet/", "The network detected {k} of {n} ({share:%} %) lesions", "lesions.csv",
              "dice, detection_dice", lambda files: _detection(files)),
    Statement("summary/bullet/",
              "lesions, {level:%} % interval {low:%} to {high:%} % (detected means Dice above {limit})", "lesions.csv",
              "dice, detection_dice, patient_id", _detection_interval, rare=True),
    *(
        Statement("summary/bullet/", f"{{k}} of {{n}} ({{share:%}} %) of those {sign} {{cut}} mm", "lesions.csv",
                  "dice, detection_dice, longest_diameter_mm", lambda files, sign=sign: _detection(files, sign),
                  within="The network detected")
        for sign in ("<", "≥")
    ),
    Statement("summary/bullet/", "{k} lesion… had no automatic mask to judge", "lesions.csv",
              f"dice, detected, {AUTOMATIC}", _unjudged, rare=True),
    *_sizes(),
    Statement(
        "summary/bullet/", " {group:w} {k} of {n} ({value:%} %; {low:%} to {high:%} %)",
        "concordance/<comparison>/<source>/subgroups.csv", f"agreement by group: k, n; {ENDS}",
        lambda files, group, **_: _group(files, group.removeprefix("and ")), within="Agreement, in ",
    ),
    *(
        Statement("summary/bullet/", f"{{value}} ({{low}} to {{high}}) with the {mask} mask on its {{n}} lesion…",
                  "concordance/<comparison>/<source>/diagnostics_all.csv",
                  f"auc, classified with this mask, {mask}: {ENDS}",
                  lambda files, mask=mask: _own_area(files, mask), rare=True)
        for mask in ("manual", "automatic")
    ),
    *(
        Statement("summary/bullet/", _needed_text(words, count), "concordance/<comparison>/<source>/required_dice.csv",
                  f"value, low, high by longest_diameter_mm, outcome: {outcome}",
                  lambda files, outcome=outcome: _needed(files, outcome), rare=True)
        for outcome, words in (("same class", "of the lesions that both masks classify"),
                               ("class kept", "of all that the reader’s mask classifies"))
        for count in (1, 2, 3)
    ),
    *(
        Statement("summary/bullet/", f"so that {{target:%}} % {words} keep their class cannot be told",
                  "concordance/<comparison>/<source>/required_dice.csv", f"target_agreement, outcome: {outcome}",
                  lambda files, outcome=outcome: _needed(files, outcome), rare=True)
        for outcome, words in (("same class", "of the lesions that both masks classify"),
                               ("class kept", "of all that the reader’s mask classifies"))
    ),
    *(
        Statement("summary/bullet/", f"{{value}} ({{low}} to {{high}}) with the {mask} mask", _DIAGNOSTICS,
                  f"auc, {mask}: {ENDS}", lambda files, mask=mask: _area(files, mask), not_before=" on its")
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
        "concordance/<comparison>/<source>/auc_comparison.csv", ENDS, _area_difference,
    ),
    Statement(
        "summary/bullet/",
        "Equivalence of the masks by two one-sided tests (more than {share:%} % keep their class, areas differ by less "
        "than {area}): {reader:w} for the classes of the lesions that the radiologist’s mask classifies, {both:w} for "
        "those of the lesions that both masks classify and {areas:w} for the areas under the ROC curve.",
        "concordance/<comparison>/<source>/equivalence.csv", "lower_margin, upper_margin, verdict", _equivalence,
    ),
    *(
        Statement("summary/bullet/",
                  f"{{k}} of {{n}} with the {mask} mask ({{minus}} called R−, {{none}} without a class)", "lesions.csv",
                  f"response, predicted_{mask}", lambda files, mask=mask: _responders(files, mask))
        for mask in ("manual", "automatic")
    ),
    Statement("summary/bullet/",
              "Of the {all} that the automatic mask does not recognise, {k} are among the {n} with diameter {size:w} "
              "and Dice {dice:w}, of which the manual mask does not recognise {manual}.",
              "lesions.csv", f"response, {CLASSES}, longest_diameter_mm, dice", _most_lost),
    Statement("summary/bullet/", "{n} lesion… at {others:w} are left out", "lesions.csv", "timepoint",
              _other_timepoints),
    *cells(kept),
    Statement("summary/paragraph/", "The study holds {n} cohort", "config.yaml", "cohorts", _cohorts),
    Statement(
        "summary/paragraph/", "{role:w}: {lesions} lesion… of {patients} patient", "lesions.csv",
        "cohort, patient_id, timepoint", lambda files, role, **_: _role(files, role), within="The study holds",
    ),
    Statement(
        "summary/paragraph/", "{role:w}: {lesions} lesion… of {patients} patient… and {others} lesion… at other "
        "timepoints", "lesions.csv", "cohort, patient_id, timepoint", lambda files, role, **_: _role(files, role),
        within="The study holds",
    ),
    Statement("summary/paragraph/", "The comparison rests on {patients} patient", "lesions.csv", CLASSES, _few),
    *(
        Statement(where, "Cohort {cohort:w}, {task:w}: {k} of {n} patients are validated at …",
                  "config.yaml, lesions.csv", "cohorts: timepoints; patient_id, timepoint", _in_both, rare=True)
        for where in ("summary/bullet/", "cohorts/note/")
    ),
    Statement("summary/paragraph/", "{most} of the {n} lesions are one patient’s", "lesions.csv", CLASSES, _few),
)  # fmt: skip
SIMULATED = (
    "In simulated studies of 8 and 16 patients (25 to 84 lesions; at least 600 studies of a kind; correlation within "
    "patients from 0 to 0.6) 95 % intervals quoted by the same rule held the truth in 92 to 99 %."
)
"""The one sentence of the summary whose numbers are of no file of a study."""
SAID_WITHOUT_NUMBER = (
    SIMULATED,
    "Does it matter who drew the mask?",
    "Does a better mask change fewer classes?",
    "A lesion is counted once at each timepoint.",
    "Networks and model were trained on synthetic images.",
    "Synthetic cohorts test the computation; they prove nothing clinical.",
    "These intervals include chance.",
    "The first three rows add up to all lesions.",
    "How the masks agree there is shown by timepoint.",
    "At the other diameters asked for, the data cannot tell.",
)
"""Sentences of the summary that hold no number of the study."""
