"""Every number that the report states is the one that its file holds, and no number is without a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.unit.report.results_factory import MadeCohort, make_results
from tests.unit.report.statements import STATEMENTS
from tests.unit.report.statements.checking import (
    checks,
    complaints,
    complaints_about,
    config_of,
)
from tests.unit.report.statements.document import DOCUMENT, document
from tests.unit.report.statements.registry import Files, Statement, Text, checked
from tests.unit.report.statements.summary import SAID_WITHOUT_NUMBER

from livermets.config.report import ReportSettings
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.manifest import study_manifest
from livermets.report.results import read_results

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def made_files(made_study):
    return Files(made_study.folder, made_study.values)


@pytest.fixture(scope="module")
def made_checks(made_study, made_files):
    return checks(made_study.report, made_files)


@pytest.fixture(scope="module")
def small_checks(tmp_path_factory):
    """A study of one small validation cohort, in which much cannot be computed."""
    folder = tmp_path_factory.mktemp("small") / "results"
    cohorts = (MadeCohort("training", "train", 3, 3), MadeCohort("validation", "validation", 4, 3, centres=("A",)))
    values = make_results(folder, cohorts, seed=11)
    config = reported_config(values)
    report = build_report(read_results(folder, config), ReportSettings(), {})
    files = Files(folder, values)
    return checks(report, files), files


def test_every_number_is_in_the_file_named_for_it(made_checks, made_files):
    assert complaints(made_checks, made_files) == []


def test_a_small_study_says_what_its_files_hold_too(small_checks):
    assert complaints(*small_checks) == []


@pytest.mark.parametrize("size", ["made", "small"])
def test_every_sentence_of_the_summary_has_a_source(size, made_checks, small_checks):
    found = made_checks if size == "made" else small_checks[0]
    summary = [c for c in found if c.text.place.startswith("summary/")]
    silent = [sentence for c in summary for sentence in c.silent_sentences()]
    assert [sentence for sentence in silent if sentence not in SAID_WITHOUT_NUMBER] == []


def test_no_statement_speaks_of_a_sentence_that_is_gone(made_checks, small_checks):
    used = {statement for c in [*made_checks, *small_checks[0]] for statement in c.used}
    gone = [s.text for s in STATEMENTS if s not in used and not s.rare]
    assert gone == []


def test_a_new_sentence_and_a_wrong_number_are_found(made_study):
    files = Files(made_study.folder, made_study.values)
    said = Statement("summary/bullet/", "Of {n} lesions", "lesions.csv", "rows", lambda files: {"n": 12})
    right, wrong = (checked(Text("summary/bullet/", f"Of {n} lesions."), (said,), files) for n in (12, 13))
    assert (right.wrong, right.unaccounted({}), right.silent_sentences()) == ([], [], [])
    assert wrong.wrong == ["'Of 13 lesions': n is 12 in lesions.csv"]
    other = checked(Text("summary/bullet/", "Of 12 lesions. And 7 more."), (said,), files)
    assert other.unaccounted({}) == ["7"]
    assert other.silent_sentences() == ["And 7 more."]


@pytest.mark.parametrize(
    "shown,kind,value,right",
    [
        ("77", "%", 0.7739, True), ("77", "%", 0.7751, False), ("−0.05", "", -0.0497, True), ("no", "", 0, True),
        ("p < 0.001", "p", 0.0002, True), ("p = 0.17", "p", 1 / 6, True), ("1,204", "", 1204, True),
        ("0.84", "", 0.8376, True), ("0.83", "", 0.8376, False), ("92.0", "%", 0.92, True),
    ],
)  # fmt: skip
def test_a_number_is_right_if_it_is_the_value_rounded_as_shown(shown, kind, value, right):
    template = f"it is {{x:{kind}}} now" if kind else "it is {x} now"
    statement = Statement("*", template, "a file", "a column", lambda files: {"x": value})
    result = checked(Text("a/b/c", f"it is {shown} now"), (statement,), Files(Path(), {}))
    assert result.used == {statement}
    assert (result.wrong == []) is right


def test_the_table_of_sentences_is_current():
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "python -m tests.unit.report.statements"


def test_a_finished_study_says_what_its_files_hold():
    """The results of a real run: those of this checkout if its code made them, or LIVERMETS_RESULTS=.../results."""
    named = os.environ.get("LIVERMETS_RESULTS")
    folder = Path(named or REPOSITORY / "results")
    if not (folder / "lesions.csv").is_file():
        pytest.skip(f"{folder} holds no results; LIVERMETS_RESULTS names others")
    made_by = json.loads((folder / "manifest.json").read_text())["code_digest"]
    if not named and made_by != study_manifest(folder, config_of(folder), tables_only=True)["code_digest"]:
        pytest.skip("the results in this checkout were made by other code")
    assert complaints_about(folder) == []
