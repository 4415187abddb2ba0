"""The learning curve stands where networks are compared, says how little it says, and is left out if there is none."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.unit.report.results_factory import MadeCohort, MadeSources, make_results
from tests.unit.report.statements.checking import checks, complaints
from tests.unit.report.statements.registry import Files, texts
from tests.unit.report.test_results_readme import README

from livermets.config.report import ReportSettings
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.dictionary import undescribed_columns
from livermets.report.document import Figure, Report, Table
from livermets.report.results import read_results
from livermets.report.sections.learning_curve import learning_curve

pytestmark = pytest.mark.slow
SOURCES = MadeSources(networks=("automatic", "quarter", "half"), shares=(("quarter", 0.25), ("half", 0.5)))
COHORTS = (
    MadeCohort("training", "train", 6, 3),
    MadeCohort("turin", "validation", 5, 3, timepoints=("baseline", "TP1")),
    MadeCohort("milan", "validation", 4, 3),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Report, Files]:
    folder = tmp_path_factory.mktemp("curve") / "results"
    values = make_results(folder, COHORTS, sources=SOURCES)
    report = build_report(read_results(folder, reported_config(values)), ReportSettings(), {})
    return report, Files(folder, values)


def test_the_figure_stands_among_the_compared_networks_with_what_it_cannot_say(made):
    report, _ = made
    (section,) = (part for top in report.sections for part in top.walk() if part.id == "networks-compared")
    (figure,) = (b for b in section.blocks if isinstance(b, Figure) and b.id == "networks-learning-curve")
    caption = figure.caption.replace("\u00a0", " ")
    assert "automatic: 2 to 8 training patients, shares of 25 % to 100 %." in caption
    assert "(turin at all timepoints: 5, turin at baseline: 5, turin at TP1: 5, milan at baseline: 4)" in caption
    assert "Each share is one draw and one training" in caption
    assert "Cross-validated" not in caption
    assert "at another timepoint: a larger share" not in caption
    assert figure.image is not None
    assert b"<svg" in figure.image.content
    said = " ".join(text.text for text in texts(report))
    assert "learnt from the same patients, or a share of them, with the same seed" in said


def test_every_number_of_it_is_in_its_file_and_every_column_is_described(made):
    report, files = made
    found = checks(report, files)
    assert complaints(found, files) == []
    used = {statement.text for check in found for statement in check.used}
    assert "{cohort:w} at {timepoint:w}: {n}" in used
    assert undescribed_columns(files.folder, README) == []


def test_the_costs_say_whom_each_network_was_given(made):
    (costs,) = (block for block in made[0].blocks() if isinstance(block, Table) and block.id == "networks-costs")
    column = [head.label for head in costs.columns].index("Training patients (share given)")
    assert {row[0]: row[column].replace("\u00a0", " ") for row in costs.rows} == {
        "automatic": "8 (100 %)",
        "quarter": "2 (25 %)",
        "half": "4 (50 %)",
    }


def test_patients_seen_and_cross_validation_are_said(made):
    curve = pd.read_csv(made[1].folder / "overlap/learning_curve.csv")
    curve = curve.assign(scans="cross-validated", n_patients_seen=curve["n_training_patients"].astype(int))
    (figure,) = learning_curve(curve, "Dice above 0")
    assert "2 to 8 were among a network’s own at another timepoint" in figure.caption.replace("\u00a0", " ")
    assert "Cross-validated: training patients are the mean over the networks of the folds" in figure.caption
    assert learning_curve(curve.iloc[:0], "Dice above 0") == []
