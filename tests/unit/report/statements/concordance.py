"""Concordance: captions, notes and remarks."""

from __future__ import annotations

import pandas as pd
from tests.unit.report.statements.fates import AUTOMATIC, CLASSES, MANUAL, fates
from tests.unit.report.statements.registry import Files, Statement, Values

SHARES = ["share_manual", "share_automatic"]


def level(files: Files, **_: str) -> Values:
    """The level of the intervals."""
    return {"level": (files.config.get("statistics") or {}).get("level", 0.95)}


def _margins(files: Files, **_: str) -> Values:
    """The margins of equivalence, and the level of the interval that is held against them."""
    given = (files.config.get("statistics") or {}).get("equivalence") or {}
    significance = given.get("significance", 0.05)
    margins = {"agreement": given.get("agreement", 0.9), "auc": given.get("auc", 0.05)}
    return {**margins, "significance": significance, "level": 1 - 2 * significance}


def _fates(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.headline(cohort)
    return {**fates(lesions), "patients": lesions["who"].nunique()}


def _at(files: Files, cohort: str, timepoint: str, **_: str) -> Values:
    lesions = files.lesions(cohort)
    return fates(lesions[lesions["timepoint"] == timepoint])


def _not_predicting(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.lesions(cohort)
    others = lesions[~lesions["timepoint"].isin(files.predicting)]
    return {"n": len(others), "others": " and ".join(others["timepoint"].unique())}


def _changed(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.headline(cohort)
    counts = fates(lesions)
    manual = int(lesions[MANUAL].notna().sum())
    return {
        "k": counts["other"], "n": counts["same"] + counts["other"], "threshold": lesions["threshold"].iloc[0],
        "lost": manual - counts["same"],
    }  # fmt: skip


def _shares(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.headline(cohort).dropna(subset=SHARES)
    return {"n": len(lesions), "patients": lesions["who"].nunique()}


def _agreement_limits(lesions: pd.DataFrame) -> tuple[float, float, float]:
    """Bias and limits of agreement by one-way analysis of variance (Bland and Altman 1999)."""
    d = (lesions["share_automatic"] - lesions["share_manual"]).astype(float)
    sizes, means = d.groupby(lesions["who"]).size(), d.groupby(lesions["who"]).mean()
    n, patients = len(d), len(sizes)
    between = float((sizes * (means - d.mean()) ** 2).sum()) / (patients - 1)
    within = float(((d - lesions["who"].map(means)) ** 2).sum()) / (n - patients) if n > patients else 0.0
    variance = max((between - within) / ((n - float((sizes**2).sum()) / n) / (patients - 1)), 0.0) + within
    reach = 1.959964 * variance**0.5
    return d.mean(), d.mean() - reach, d.mean() + reach


def _mover(files: Files, cohort: str, lesion: str, patient: str, **_: str) -> Values:
    lesions = files.headline(cohort).dropna(subset=SHARES)
    lesions = lesions[~lesions["detected"].eq(0)].reset_index(drop=True)
    whole = _agreement_limits(lesions)
    without = {index: _agreement_limits(lesions.drop(index=index)) for index in lesions.index}
    most = max(without, key=lambda index: max(abs(without[index][end] - whole[end]) for end in (1, 2)))
    row, (bias, low, high) = lesions.loc[most], without[most]
    return {
        "lesion": str(row["lesion_id"]), "patient": row["patient_id"], "bias": bias, "low": low, "high": high,
        "difference": row["share_automatic"] - row["share_manual"], "manual": row["n_roi_manual"],
        "automatic": row["n_roi_automatic"],
    }  # fmt: skip


def _threshold(files: Files, cohort: str, **_: str) -> Values:
    return {"threshold": files.headline(cohort)["threshold"].iloc[0], "near": 0.1}


def _near(files: Files, cohort: str, both: bool) -> Values:
    """The same class within 0.1 of the fitted threshold, of those that both masks or the manual one classify."""
    lesions = files.headline(cohort)
    fitted = float(lesions["threshold"].iloc[0])
    lesions = lesions[lesions[MANUAL].notna() & lesions["share_manual"].notna()]
    called = lesions[AUTOMATIC].notna() & lesions["share_automatic"].notna()
    lesions, called = (lesions[called], called[called]) if both else (lesions, called)
    near = [at for at in (*(step / 100 for step in range(1, 100)), fitted) if abs(at - fitted) <= 0.1 + 1e-9]
    same = [
        float((called & (lesions["share_manual"].ge(at) == lesions["share_automatic"].ge(at))).mean()) for at in near
    ]
    one = same[0] if round(100 * min(same)) == round(100 * max(same)) else float("nan")
    return {"low": min(same), "high": max(same), "n": len(lesions), "one": one}


def _asked(files: Files, cohort: str, **_: str) -> Values:
    return {"least": files.headline(cohort)["minimum_rois"].max()}


def _false_positives(files: Files, cohort: str, **_: str) -> Values:
    table = files.csv("lesions.csv")
    names = files.role("validation") if cohort == "pooled" else [cohort]
    table = table[table["cohort"].isin(names) & table["timepoint"].isin(files.predicting)]
    scans = table[table["kind"].isin(["manual", "false_positive"])][["cohort", "patient_id", "timepoint"]]
    called = table.loc[table["kind"] == "false_positive", AUTOMATIC]
    return {
        "n": len(called), "scans": len(scans.drop_duplicates()), "k": int(called.notna().sum()),
        "plus": int(called.eq(1).sum()), "minus": int(called.eq(0).sum()),
    }  # fmt: skip


def _modelled(files: Files, cohort: str, outcome: str, **_: str) -> Values:
    lesions = files.headline(cohort)
    lesions = lesions[lesions[MANUAL].notna() & lesions["longest_diameter_mm"].notna() & lesions["dice"].notna()]
    lesions = lesions if outcome == "class kept" else lesions[lesions[AUTOMATIC].notna()]
    same = int((lesions[MANUAL] == lesions[AUTOMATIC]).sum())
    return {
        "n": len(lesions), "patients": lesions["who"].nunique(), "events": min(same, len(lesions) - same),
        "target": (files.config.get("statistics") or {}).get("target_agreement", 0.9),
    }  # fmt: skip


def _thin(files: Files, cohort: str, **_: str) -> Values:
    strata = files.csv(f"concordance/{cohort}/automatic/strata.csv")
    strata = strata[strata["dice_low"].notna()]
    few = (files.config.get("statistics") or {}).get("minimum_stratum_n", 5)
    return {"thin": int((strata["n"] < few).sum()), "strata": len(strata), "few": few}


def _features(files: Files, cohort: str, **_: str) -> Values:
    table = files.csv(f"concordance/{cohort}/automatic/feature_icc.csv")
    return {"all": len(table), "selected": int(table["selected"].sum()) if "selected" in table else 0}


def _rows(files: Files, cohort: str, stem: str, **_: str) -> Values:
    return {"all": len(files.csv(f"concordance/{cohort}/automatic/{stem.replace('-', '_')}.csv"))}


_IN = "concordance-{cohort}"
_FATES = f"{CLASSES}, timepoint"
_MODELS = {"same-class": "same class", "class-kept": "class kept"}
STATEMENTS = (
    Statement("*/caption/*", "{level:%} % intervals", "config.yaml", "statistics.level", level),
    Statement("*", "Dice above {limit}", "lesions.csv", "detection_dice",
              lambda files, **_: {"limit": files.csv("lesions.csv")["detection_dice"].dropna().iloc[0]}),
    Statement(f"{_IN}/caption/*", "{n} lesion… of {patients} patient…: {same} same class, {other} another class, "
              "{none} no class", "lesions.csv", _FATES, _fates),
    Statement(f"{_IN}/caption/equivalence-*", "two one-sided tests at {significance:%} % each", "config.yaml",
              "statistics.equivalence.significance", _margins),
    Statement(f"{_IN}/caption/equivalence-*", "keep their class is to be above {agreement:%} %", "config.yaml",
              "statistics.equivalence.agreement", _margins),
    Statement(f"{_IN}/caption/equivalence-*", "by less than {auc}", "config.yaml", "statistics.equivalence.auc",
              _margins),
    Statement(f"{_IN}/caption/equivalence-*", "interval of level {level:%} %", "config.yaml",
              "statistics.equivalence.significance", _margins),
    Statement(f"{_IN}/caption/agreement-by-timepoint-*",
              "{timepoint:w}: {same} same, {other} other, {none} no class", "lesions.csv", _FATES, _at),
    Statement(f"{_IN}/caption/strata-*", "Agreement by Dice and longest diameter, {n} lesion", "lesions.csv", _FATES,
              _fates),
    Statement(f"{_IN}/caption/changed-*", "The {k} lesion… that changed class with the mask, of {n} that both masks "
              "classify", "lesions.csv", CLASSES, _changed),
    Statement(f"{_IN}/caption/changed-*", "to the threshold ({threshold})", "lesions.csv", "threshold", _changed),
    Statement(f"{_IN}/note/", "No lesion changed class with the mask, of {n} that both masks classify",
              "lesions.csv", CLASSES, _changed, rare=True),
    Statement(f"{_IN}/caption/*-share-differences", "share from both masks ({n} lesion… of {patients} patient",
              "lesions.csv", ", ".join(SHARES), _shares),
    Statement(f"{_IN}/caption/*-share-agreement", "over their mean, {n} lesion… of {patients} patient", "lesions.csv",
              ", ".join(SHARES), _shares),
    Statement(f"{_IN}/caption/*-threshold-curve", "the fitted one ({threshold}) marked. Within {near} of it",
              "lesions.csv", "threshold", _threshold),
    *(
        Statement(f"{_IN}/caption/*-threshold-curve", f"{before} {said} of the {{n}} lesion… that {words}",
                  "lesions.csv", f"threshold, {', '.join(SHARES)}, {CLASSES}",
                  lambda files, cohort, both=both, **_: _near(files, cohort, both), rare=True)
        for both, words in ((True, "both masks classify"), (False, "the reader’s mask classifies"))
        for before in ("of it,", "and")
        for said in ("{low:%} % to {high:%} %", "{one:%} %")
    ),
    *(
        Statement(f"{_IN}/caption/share-agreement-*", "lesion {lesion:w} of patient {patient:w}" + where + " moves the "
                  "limits most (difference {difference}, {manual} → {automatic} ROIs): without it, bias {bias} and "
                  "limits {low} to {high}", "lesions.csv", f"{', '.join(SHARES)}, n_roi_manual, n_roi_automatic",
                  _mover, rare=True)
        for where in ("", " ({where:w})")
    ),
    Statement(f"{_IN}/caption/*minimum-rois*", "this study asks for {least})", "lesions.csv", "minimum_rois", _asked),
    Statement(f"{_IN}/caption/false-positive-classes-*",
              "{n} automatic component… in {scans} scan… of the reader (false positives). Without a reader, {k} of "
              "them would get a class: {plus} R+ and {minus} R−", "lesions.csv", "kind, predicted_automatic",
              _false_positives, rare=True),
    *(
        Statement(f"{_IN}/caption/required-dice-{stem}-*", "so that {target:%} % of", "config.yaml",
                  "statistics.target_agreement", lambda files, cohort, o=o: _modelled(files, cohort, o), rare=True)
        for stem, o in _MODELS.items()
    ),
    *(
        Statement(f"{_IN}/caption/{table}-{stem}-*", "{n} lesion… of {patients} patient…, the rarer outcome in "
                  "{events} lesion", "lesions.csv", f"{CLASSES}, longest_diameter_mm, dice",
                  lambda files, cohort, o=o: _modelled(files, cohort, o), rare=stem == "same-class")
        for stem, o in _MODELS.items()
        for table in ("required-dice", "agreement-model")
    ),
    *(
        Statement(f"{_IN}/caption/*-agreement-curve", f"{{n}} lesion… of {{patients}} patient… ({o})", "lesions.csv",
                  f"{CLASSES}, longest_diameter_mm, dice", lambda files, cohort, o=o: _modelled(files, cohort, o),
                  rare=o == "same class")
        for o in _MODELS.values()
    ),
    *(
        Statement(f"{_IN}/{kind}/", text, "lesions.csv", CLASSES, _changed, rare=True)
        for kind in ("note", "bullet")
        for text in ("(same class): {k} lesion… changed class", "(class kept): {lost} lesion… changed or lost their")
    ),
    *(
        Statement(f"{_IN}/bullet/", f"({o}) cannot be told from these {{n}} lesion… of {{patients}} patient",
                  "lesions.csv", CLASSES, lambda files, cohort, o=o: _modelled(files, cohort, o), rare=True)
        for o in _MODELS.values()
    ),
    Statement(f"{_IN}/bullet/", "{n} lesion… at {others:w} stand in agreement_by_timepoint.csv only", "lesions.csv",
              "timepoint", _not_predicting),
    Statement(f"{_IN}/bullet/", "{n} lesion… of {patients} patient… in the table", "lesions.csv", "timepoint", _fates),
    Statement(f"{_IN}/bullet/", "{none} of {n} lesion… no class with at least one mask", "lesions.csv", CLASSES,
              _fates),
    Statement(f"{_IN}/bullet/", "With {patients} patient… every interval is wide", "lesions.csv", "timepoint", _fates),
    Statement(f"{_IN}/bullet/", "{thin} of {strata} strata hold fewer than {few} compared lesions",
              "concordance/<comparison>/<source>/strata.csv", "n", _thin),
    Statement(f"{_IN}/caption/feature-icc-*", "the model’s {selected} feature",
              "concordance/<comparison>/<source>/feature_icc.csv", "selected", _features, rare=True),
    Statement(f"{_IN}/under/feature-icc-*", "has all {all} features",
              "concordance/<comparison>/<source>/feature_icc.csv", "one row per feature", _features, rare=True),
    *(
        Statement(f"{_IN}/under/{stem}-*", "The first {shown} of {all} rows",
                  f"concordance/<comparison>/<source>/{stem}.csv", "its rows",
                  lambda files, cohort, stem=stem: {**_rows(files, cohort, stem), "shown": 40}, rare=True)
        for stem in ("feature-icc", "roi-lesions", "accounting", "per-patient")
    ),
)  # fmt: skip
