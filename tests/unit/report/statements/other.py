"""Methods, model card, checklists, provenance."""

from __future__ import annotations

import json

import pandas as pd
from tests.unit.report.statements.registry import Files, Statement, Values


def _statistics(files: Files, **_: str) -> Values:
    given = files.config.get("statistics") or {}
    return {"level": given.get("level", 0.95), "replicates": given.get("bootstrap_replicates", 2000)}


def _growth(files: Files, **_: str) -> Values:
    outcome = files.config.get("outcome") or {}
    return {"mm": outcome.get("limit_mm", 3.0), "percent": outcome.get("limit_percent", 20.0) / 100}


def _fitted(files: Files, **_: str) -> Values:
    applied = files.folder / "bundle/applied.json"
    if files.config.get("model") and (model := json.loads(applied.read_text())["model"]):
        return {"n": model["training_patients"]}
    lesions = files.lesions()
    return {"n": lesions[lesions["cohort"].isin(files.role("train"))]["who"].nunique()}


def _jobs(files: Files, **_: str) -> Values:
    jobs = [pd.read_csv(path, sep="\t")["s"].mean() for path in (files.folder / "benchmarks").rglob("*.tsv")]
    minutes, seconds = divmod(round(sum(jobs)), 60)
    return {"n": len(jobs), "minutes": minutes, "seconds": seconds}


STATEMENTS = (
    Statement("methods/paragraph/", "more than {mm} mm at follow-up", "config.yaml", "outcome.limit_mm", _growth),
    Statement("methods-intervals/paragraph/", "two-sided at {level:%} %", "config.yaml", "statistics.level",
              _statistics),
    Statement("methods-intervals/paragraph/", "whole patients {replicates} times", "config.yaml",
              "statistics.bootstrap_replicates", _statistics),
    Statement("model-card/bullet/", "trained on {n} patients", "lesions.csv", "cohort, patient_id", _fitted),
    Statement("resources/caption/resources-table", "{n} jobs, {minutes} min {seconds} s",
              "benchmarks/**/*.tsv", "s", _jobs, rare=True),
)  # fmt: skip
