"""Wherever the report counts lesions that train, validate or are predicted, it counts those whose classes count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.report.results_factory import MadeCohort, make_results
from tests.unit.report.statements.checking import checks, complaints
from tests.unit.report.statements.registry import Files

from livermets.config.report import ReportSettings
from livermets.report.build import build_report
from livermets.report.checklists import checklist_section
from livermets.report.configuration import reported_config
from livermets.report.document import Section
from livermets.report.results import StudyResults, read_results
from livermets.report.sections.model_card import model_card_section
from livermets.report.sections.predict import predict_section
from livermets.report.summary import summary_section

pytestmark = pytest.mark.slow

TWICE = ("baseline", "TP1")
COHORTS = (
    MadeCohort("training", "train", 5, timepoints=TWICE),
    MadeCohort("validation", "validation", 4, timepoints=TWICE),
    MadeCohort("later", "validation", 2, timepoints=("TP1",)),
    MadeCohort("unknown", "predict", 2, timepoints=TWICE),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    folder = tmp_path_factory.mktemp("twice") / "results"
    return folder, make_results(folder, COHORTS, seed=3)


@pytest.fixture(scope="module")
def study(made: tuple[Path, Mapping[str, Any]]) -> StudyResults:
    folder, values = made
    return read_results(folder, reported_config(values))


def summary_words(section: Section) -> str:
    return str(section.blocks[-1]).split("The study holds")[1].split(").")[0]


def test_sentences_that_count_lesions_hold_for_the_files(made) -> None:
    folder, values = made
    config = reported_config(values)
    report = build_report(read_results(folder, config), ReportSettings(), {})
    files = Files(folder, values)
    found = [
        c for c in checks(report, files) if c.text.place.startswith(("prediction-", "summary/paragraph/", "model-card"))
    ]
    assert complaints(found, files) == []


@pytest.mark.parametrize("made_of", [model_card_section, checklist_section])
def test_follow_ups_change_nothing_that_is_said_of_the_model(study: StudyResults, made_of) -> None:
    """Neither the lesions of a follow-up nor a cohort that has only such."""
    without = replace(study, lesions=study.predicted(study.lesions), scan_metrics=study.predicted(study.scan_metrics))
    assert str(made_of(study)) == str(made_of(without))


def test_a_cohort_of_follow_ups_validated_nothing(study: StudyResults) -> None:
    said = dict(model_card_section(study).blocks[0].items)["Validated on"]
    assert said.startswith("validation (4 patients, 16 lesions at baseline: ")
    assert "later" not in said


def test_cohorts_to_predict_show_classes_of_these_timepoints_and_count_the_others(study: StudyResults) -> None:
    assert predict_section(study).sections[0].blocks[0].text == (
        "Not shown: 8 lesions at other timepoints than baseline, whose classes are no predictions."
    )
    without = replace(study, lesions=study.predicted(study.lesions), scan_metrics=study.predicted(study.scan_metrics))
    assert [str(block) for block in predict_section(study).sections[0].blocks[1:]] == [
        str(block) for block in predict_section(without).sections[0].blocks
    ]


def test_the_summary_counts_follow_ups_apart(study: StudyResults) -> None:
    assert summary_words(summary_section(study)) == (
        " 4 cohorts (training: 20 lesions of 5 patients at baseline and 20 lesions at other timepoints; validation: 16 "
        "lesions of 4 patients at baseline and 24 lesions at other timepoints; prediction: 8 lesions of 2 patients at "
        "baseline and 8 lesions at other timepoints"
    )


def test_the_summary_says_which_images_trained_beside_baseline(study: StudyResults) -> None:
    trained = study.model["training_lesions"]
    model = {**study.model, "training_lesions": trained.assign(timepoint="TP1")}
    both = replace(study, model=model, config=study.config.model_copy(update={"response_timepoints": list(TWICE)}))
    assert "Images at TP1, named by response_timepoints, trained the model" in str(summary_section(both).blocks[-1])
    assert "trained the model" not in str(summary_section(study).blocks[-1])
