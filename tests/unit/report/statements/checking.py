"""A report against the registry: what a reader with the files would find wrong."""

from __future__ import annotations

from pathlib import Path

from tests.unit.report.statements import STATEMENTS
from tests.unit.report.statements.registry import Checked, Files, checked, texts
from tests.unit.report.statements.summary import SIMULATED

from livermets.config.report import ReportSettings
from livermets.report.build import build_report
from livermets.report.configuration import ReportedConfig, config_from_option
from livermets.report.document import Report
from livermets.report.results import read_results

CONSTANTS = {
    "0.5 is chance": "the area of a coin",
    "chance (0.5)": "the area of a coin",
    "Dice 0 and recall 0": "the rule for lesions that were not found",
    "has Dice 0": "the rule for lesions that were not found",
    "At 50 %": "the name of a LiTS measure",
    "at 50 %": "the name of a LiTS measure",
    "above 0 favours": "no difference",
    "(1 is right)": "perfect calibration",
    "(0 is right)": "perfect calibration",
    "Mercaldo 2007": "a publication",
    "Obuchowski 1997": "a publication",
    "Fleiss 1969": "a publication",
    "Durkalski 2003": "a publication",
    "Nogueira 2018": "a publication",
    "ICC(1)": "the name of a coefficient",
    "McGraw and Wong 1996": "a publication",
    "Graham and Bull 1998": "a publication",
    "Bland and Altman 1999": "a publication",
    "Zou 2013": "a publication",
    "Giannini 2020, Table 3": "a publication",
    "What Giannini 2020 concluded": "a publication",
    "Defeudis 2022": "a publication",
    "RECIST 1.1": "a publication",
    "95 % limits of agreement": "1.96 standard deviations, whatever the level of the intervals",
    "Shares lie between 0 and 1": "a proportion",
    "for shares near 0 and 1": "a proportion",
    "Towards 0 and 1": "a proportion",
    "would pass 0 or 100 % are": "a proportion",
    "can pass 0": "no difference",
    "R− lesions, minus 1": "degrees of freedom",
    "G/(G − 1) × (N − 1)": "a formula",
    "G − 1 degrees of freedom": "a formula",
    SIMULATED: "simulated: tests/bench/bench_coverage_quoted.py",
    "Dice per 0.1 and diameter per 10 mm": "units of the model of agreement",
    "first 16 digits": "how digests are shown",
    "SHA-256": "the name of a digest",
    "from 0.5 on": "the rule for a ROI",
    "(0, dark: R-; 1, light: R+)": "the scale of a picture",
    "within 1.5 interquartile ranges": "how whiskers are drawn",
    "value between 0 and 1": "a proportion",
    "specificity between 0 and 1": "a proportion",
    "fleiss-1969": "a publication",
    "1/0 for R+/R−": "how classes are written",
    "(clearchecklist.github.io, version 1.0)": "a publication",
    "Table 1 of the publication": "a publication",
}
"""Expressions with a number that is no result, and why."""
LEFT_OUT = ("methods-intervals/paragraph/", "checklist-", "settings", "provenance")
"""Simulated coverage (tests/unit/stats/test_interval_coverage.py); counts of items (test_checklists.py); settings and
digests, which are no results."""


def checks(report: Report, files: Files) -> list[Checked]:
    """Every text of a report against the registry."""
    return [checked(text, STATEMENTS, files) for text in texts(report)]


def complaints(found: list[Checked], files: Files) -> list[str]:
    """What a reader with the files would find wrong."""
    known = [*CONSTANTS, *files.remarks()]
    wrong = [f"[{c.text.place}] {text}" for c in found for text in c.wrong]
    for c in found:
        if not c.text.place.startswith(LEFT_OUT):
            wrong += [f"[{c.text.place}] {n!r} has no source: {c.text.text}" for n in c.unaccounted(known)]
    return wrong


def complaints_about(folder: Path) -> list[str]:
    """The same for a finished results folder whose ``config.yaml`` lies beside it."""
    config = config_of(folder)
    report = build_report(read_results(folder, config), ReportSettings(), {})
    files = Files(folder, config.values())
    return complaints(checks(report, files), files)


def config_of(folder: Path) -> ReportedConfig:
    """The configuration of the study that made a results folder."""
    return config_from_option(str(folder.parent / "config.yaml"))
