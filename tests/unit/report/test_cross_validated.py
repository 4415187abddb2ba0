"""A collection without a split has figures by cross-validation, and says so wherever a validation cohort is named."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.unit.report.kinds import CROSS_VALIDATED, TRAIN_MASKS, VALIDATE_MASKS
from tests.unit.report.results_factory import MadeCohort, make_results
from tests.unit.report.statements.checking import checks, complaints
from tests.unit.report.statements.registry import Files, texts

from livermets.config.report import ReportSettings
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.document import Report, Table
from livermets.report.results import read_results
from livermets.report.seen import cohort_words, crossed_words
from livermets.report.study import StudyResults
from livermets.report.study_counts import judged_by_folds, judged_rows

pytestmark = pytest.mark.slow
HOW = "cross-validated, 3 folds by patient"


def read(folder, **kind) -> StudyResults:
    return read_results(folder, reported_config(make_results(folder, **kind)))


@pytest.fixture(scope="module")
def collection(tmp_path_factory) -> tuple[StudyResults, Report]:
    study = read(tmp_path_factory.mktemp("collection") / "results", **CROSS_VALIDATED)
    return study, build_report(study, ReportSettings(), {})


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> StudyResults:
    """Cross-validated scans and validation scans in one study."""
    cohorts = (MadeCohort("lits", TRAIN_MASKS, 6, 3, folds=3), MadeCohort("ircad", VALIDATE_MASKS, 5, 3))
    return read(tmp_path_factory.mktemp("both") / "results", cohorts=cohorts)


def test_the_answer_and_the_comparison_say_how_they_were_come_by(collection):
    said = [text.text for text in texts(collection[1])]
    assert any("Cross-validated, 3 folds by patient, by cohort, where detected" in text for text in said)
    assert any(text.startswith("Mean Dice of “automatic” minus “other” on the same 27 lesions of 9") for text in said)
    assert any(f"Masks of lits (9 of 9 scans) were {HOW}" in text for text in said)
    assert any(
        "automatic beside other: matched with" in text and f"on the training cohorts, {HOW}." in text for text in said
    )
    assert [text for text in said if "validation cohort" in text or "seen in training" in text] == []


def test_rows_of_cross_validated_scans_are_marked_and_networks_of_folds_are_one_table(collection):
    study, report = collection
    tables = {block.id: block for block in report.blocks() if isinstance(block, Table)}
    for name in ("overlap", "detection", "lesion-wise", "false-positives"):
        assert all(row[0].startswith("lits (cross-validated)") for row in tables[name].rows), name
    assert [row[0] for row in tables["network-automatic-folds"].rows] == ["0", "1", "2"]
    assert len(study.networks) == 4
    card = next(section for section in report.sections if section.id == "model-card")
    assert dict(card.blocks[0].items)["Validated on"].startswith(f"{HOW}: lits, baseline: ")


def test_with_validation_scans_the_headline_is_theirs_alone(both):
    assert not judged_by_folds(both)
    assert judged_rows(both)["cohort"].tolist() == ["ircad"]
    assert cohort_words(both, "lits") == "lits (cross-validated)"
    assert cohort_words(both, "ircad") == "ircad"
    assert both.overlap["pairs"]["scans"].unique().tolist() == ["validation"]
    of_ircad = both.overlap["lesions"].query("network == 'automatic' and cohort == 'ircad'")
    assert set(both.overlap["pairs"].query("size == 'all'")["n_lesions"]) == {len(of_ircad)}
    beside = both.overlap["overlap"].query("network == 'other'")
    assert set(beside["cohort"]) == {"lits", "ircad"}


def test_a_fold_of_one_patient_each_is_called_so(both):
    scans = both.scan_metrics.assign(fold=range(len(both.scan_metrics)), seen_in_training=0)
    alone = StudyResults(**{**vars(both), "scan_metrics": scans})
    assert crossed_words(alone) == "cross-validated, 11 folds, one patient each"
    assert crossed_words(StudyResults(**{**vars(both), "scan_metrics": pd.DataFrame()})) == ""


def test_every_number_of_a_study_with_classes_too_is_in_its_file(tmp_path):
    cohorts = (
        MadeCohort("training", "train", 6, 3, folds=3),
        MadeCohort("validation", "validation", 5, 3, centres=("A",)),
    )
    values = make_results(tmp_path / "results", cohorts, seed=11)
    report = build_report(read_results(tmp_path / "results", reported_config(values)), ReportSettings(), {})
    files = Files(tmp_path / "results", values)
    found = checks(report, files)
    assert complaints(found, files) == []
    used = {statement.text for check in found for statement in check.used}
    assert {"{cohort:w} ({k} of {n} scans) were cross-validated", "cross-validated, {folds} fold… by patient"} <= used
