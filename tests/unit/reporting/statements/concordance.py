"""Concordance: captions and remarks."""

from __future__ import annotations

from tests.unit.reporting.statements.registry import Files, Statement, Values


def _both(files: Files, cohort: str, **_: str) -> Values:
    both = files.both(cohort)
    return {"n": len(both), "patients": both["who"].nunique()}


def level(files: Files, **_: str) -> Values:
    """The level of the intervals."""
    return {"level": (files.config.get("statistics") or {}).get("level", 0.95)}


def _drawn(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.headline(cohort)
    lost = len(lesions) - len(files.both(cohort))
    return {"n": len(lesions), "patients": lesions["who"].nunique(), "lost": lost}


def _thin(files: Files, cohort: str, **_: str) -> Values:
    strata = files.csv(f"concordance/{cohort}/strata.csv")
    strata = strata[strata["dice_low"].notna()]
    few = (files.config.get("statistics") or {}).get("minimum_stratum_n", 5)
    return {"thin": int((strata["n"] < few).sum()), "strata": len(strata), "few": few}


def _features(files: Files, cohort: str, **_: str) -> Values:
    return {"all": len(files.csv(f"concordance/{cohort}/feature_icc.csv"))}


def _target(files: Files, cohort: str, **_: str) -> Values:
    return {"target": files.csv(f"concordance/{cohort}/required_dice.csv")["target_agreement"].iloc[0]}


_IN = "concordance-{cohort}"
_CLASSES = "predicted_manual, predicted_automatic"
STATEMENTS = (
    Statement("*/caption/*", "{level:%} % intervals", "config.yaml", "statistics.level", level),
    Statement(f"{_IN}/caption/agreement-*", "{n} lesions of {patients} patients", "lesions.csv", _CLASSES, _both),
    Statement(f"{_IN}/caption/*-lesions", "every compared lesion…; {n} lesions of {patients} patients",
              "lesions.csv", _CLASSES, _both),
    Statement(f"{_IN}/caption/*-strata", "exact binomial intervals; {n} lesions of {patients} patients", "lesions.csv",
              _CLASSES, _both),
    Statement(f"{_IN}/caption/*-agreement-curve", "{n} lesions of {patients} patients", "lesions.csv", _CLASSES, _both),
    Statement(f"{_IN}/caption/required-dice-*", "so that {target:%} % of such lesions",
              "concordance/<comparison>/required_dice.csv", "target_agreement", _target),
    Statement(f"{_IN}/bullet/", "{n} lesions of {patients} patients in the table", "lesions.csv", "one row per lesion",
              _drawn),
    Statement(f"{_IN}/bullet/", "{lost} of {n} lesions are not classified with both masks", "lesions.csv", _CLASSES,
              _drawn),
    Statement(f"{_IN}/bullet/", "With {patients} patients every interval is wide", "lesions.csv", _CLASSES, _both),
    Statement(f"{_IN}/bullet/", "{thin} of {strata} strata hold fewer than {few} compared lesions",
              "concordance/<comparison>/strata.csv", "n", _thin),
    Statement(f"{_IN}/under/feature-icc-*", "The first 40 of {all} rows", "concordance/<comparison>/feature_icc.csv",
              "one row per feature", _features, rare=True),
)  # fmt: skip
