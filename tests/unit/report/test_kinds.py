"""A report has the sections that its study's roles ask for, and says nothing of what was never asked."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from tests.unit.report.kinds import KINDS
from tests.unit.report.results_factory import make_results
from tests.unit.report.statements.registry import texts

from livermets.config.report import ReportSettings
from livermets.errors import InputError
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.document import Note, Report, Table
from livermets.report.parts import parts_of
from livermets.report.render import render_html
from livermets.report.results import read_results
from livermets.report.study import StudyResults

pytestmark = pytest.mark.slow

ALWAYS = ["cohorts", "lesions", "methods", "model-card", "checklists", "provenance"]
SECTIONS = {
    "masks alone": ["segmentation", "follow-up"],
    "cross-validated": ["segmentation"],
    "classes alone": ["perturbation", "diagnostics", "selection", "prediction"],
    "applied": ["concordance", "perturbation", "diagnostics", "segmentation", "prediction"],
    "five sources": [
        "concordance",
        "perturbation",
        "every-source",
        "diagnostics",
        "segmentation",
        "readers",
        "selection",
    ],
    "by timepoint": [
        "concordance",
        "perturbation",
        "every-source",
        "diagnostics",
        "segmentation",
        "follow-up",
        "selection",
    ],
}
NEVER_SAID = {
    "masks alone": r"\bR\+|respon[ds]|ROIs?\b|\bclass\b|was fitted|[Cc]ross-valid",
    "cross-validated": r"\bR\+|respon[ds]|ROIs?\b|\bclass\b|was fitted|seen in training|validation cohort",
    "classes alone": r"automatic|\bDice\b|network’s|overlap",
    "applied": r"esubstitution|fitted on the training",
}
NOT_OF_THE_STUDY = ("perturbation", "settings", "versions", "checklist", "methods-intervals", "provenance", "selection")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[StudyResults, Report]]:
    found = {}
    for name, kind in KINDS.items():
        folder: Path = tmp_path_factory.mktemp("kind") / "results"
        study = read_results(folder, reported_config(make_results(folder, **kind)))  # type: ignore[arg-type]
        found[name] = (study, build_report(study, ReportSettings(), {}))
    return found


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_study_has_the_sections_that_its_roles_ask_for(made, kind):
    _, report = made[kind]
    assert {section.id for section in report.sections} == {*ALWAYS, *SECTIONS[kind]}
    assert "</html>" in render_html(report)


@pytest.mark.parametrize("kind", NEVER_SAID)
def test_what_was_never_asked_is_not_spoken_of(made, kind):
    said = [t for t in texts(made[kind][1]) if not t.place.startswith(NOT_OF_THE_STUDY)]
    said = [t for t in said if not t.text.startswith("How good must a mask be?")]  # asked of altered masks
    assert len(said) > 20
    assert [t for t in said if re.search(NEVER_SAID[kind], t.text)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_told_to_be_missing_that_was_not_asked_for(made, kind):
    notes = [block.text for block in made[kind][1].blocks() if isinstance(block, Note) and block.tone == "missing"]
    of_stages = ("no model was fitted", "none was trained", "no validation cohort", "not compared with an automatic")
    assert [text for text in notes if any(words in text for words in of_stages)] == []


def test_masks_alone_need_no_lesion_table_but_classes_do(tmp_path):
    paths = {"table": "t.csv", "image": "{patient}.nii", "lesions": "{patient}_m.nii"}
    roles = {"role": {"segmentation": "validation", "response": "validation"}, **paths}
    with pytest.raises(InputError, match="no lesion table"):
        read_results(tmp_path, reported_config({"cohorts": {"a": roles}}))


def test_the_lesions_of_a_study_of_masks_are_those_that_the_masks_were_compared_on(made):
    study, _ = made["masks alone"]
    judged = pd.read_csv(study.folder / "overlap/lesions.csv").query("network == 'automatic'")
    assert len(study.lesions) == len(judged)
    assert set(study.response_roles(study.lesions)) == {"none"}
    assert study.lesions["dice"].sum() == pytest.approx(judged["dice"].sum())


def test_a_timepoint_that_trains_is_never_counted_where_another_validates(made):
    study, report = made["by timepoint"]
    trained, validated = study.lesions_of("train"), study.lesions_of("validation")
    assert set(trained["timepoint"]) == {"baseline"}
    assert set(validated.query("cohort == 'niguarda'")["timepoint"]) == {"TP1"}
    assert len(validated) == len(study.compared("niguarda", "milan"))
    flow = next(block for block in report.blocks() if isinstance(block, Table) and block.id == "flow-counts")
    lesions = dict(zip([c.label for c in flow.columns], next(r for r in flow.rows if r[0] == "Lesions"), strict=True))
    assert lesions["niguarda, baseline"] == str(len(trained))
    assert lesions["validation, pooled"] == str(len(validated))
    assert "masks only: 12 lesions of 3 patients" in report.summary.blocks[-1].text


def test_a_patient_who_trained_at_another_timepoint_is_said_to(made):
    _, report = made["by timepoint"]
    said = [text.text for text in texts(report) if text.place == "summary/bullet/"]
    for task, what in (("segmentation", "the networks were"), ("response", "the model was")):
        assert (
            f"Cohort niguarda, {task}: 6 of 6 patients are validated at TP1 after {what} trained on their"
            in " ".join(said)
        )
    assert not any("are validated at" in text.text for text in texts(made["five sources"][1]))


def test_the_two_sides_have_the_names_of_their_sources(made):
    study, report = made["five sources"]
    assert study.sources.sides == ("reader1", "nnunet")
    others = ("networks-compared", "networks", "network-", "readers", "settings", "every-source", "selection")
    said = [text for text in texts(report) if not text.place.startswith(others)]
    wrong = [
        t
        for t in said
        if re.search(r"(?<![\w/.“-])(manual|Manual|automatic|Automatic)(?![\w/.-]*[_/])|radiologist", t.text)
    ]
    assert wrong == []
    answer = report.summary.blocks[0].text
    assert "kept their class when the mask by nnunet replaced the reference mask (reader1)" in answer


def test_every_further_source_is_set_against_the_headline(made):
    _, report = made["five sources"]
    table = next(block for block in report.blocks() if isinstance(block, Table) and block.id == "sources-validation")
    assert [row[0] for row in table.rows] == ["mask by nnunet", "automatic mask", "mask by reader2", "mask by adjusted"]
    section = next(section for section in report.sections if section.id == "every-source")
    said = section.sections[0].blocks[0].text
    assert "fit the reference better: “automatic”" in said
    assert "“adjusted” (mean Dice 0.42; −17 points (−22 to −12) on the same lesions: shown to change more)" in said


def test_every_network_gets_a_verdict_beside_the_readers(made):
    section = next(section for section in made["five sources"][1].sections if section.id == "readers")
    verdicts = section.blocks[1].items
    assert "automatic: on the same 30 lesions of 8 patients" in verdicts[0]
    assert "within what the readers differ by" in verdicts[0]
    assert "the data cannot say" in verdicts[1]


def test_parts_follow_from_roles(made):
    assert [parts_of(made[kind][0]).concordance for kind in KINDS] == [False, False, True, True, True, False]
    assert [parts_of(made[kind][0]).fits_response for kind in KINDS] == [False, True, False, True, True, False]
