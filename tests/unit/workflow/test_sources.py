"""Who draws which scans: external programs beside networks and given masks."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livermets.config.study import StudyConfig
from livermets.errors import InputError
from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan
from livermets.workflow.readers import Readers

COHORTS: dict[str, Any] = {
    "learn": {"role": "train", "phantom": {"patients": 3, "prefix": "T"}},
    "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V", "readers": {"reader2": {}}}},
}
TOOL = {"command": "tool {image} {out}", "labels": [2]}


def plan(programs: dict[str, Any], cohorts: dict[str, Any] = COHORTS, **more: Any) -> Plan:
    return Plan.from_config({"cohorts": cohorts, "programs": programs, **more})


def job(source: str, patient: str = "V001") -> SimpleNamespace:
    return SimpleNamespace(cohort="test", patient=patient, timepoint="baseline", source=source)


def test_programs_come_after_networks_and_before_given_masks() -> None:
    sources = plan({"tool": TOOL}).sources
    assert sources.others == ["automatic", "tool", "reader2"]
    assert sources.brought_in == ["tool", "reader2"]
    assert sources.primary == "automatic"


def test_a_program_draws_what_masks_are_judged_on() -> None:
    sources = plan({"tool": TOOL}).sources
    assert {scan.cohort for scan in sources.drawn_by("tool")} == {"test"}
    assert len(sources.drawn_by("tool")) == len(sources.classified("tool")) == 2


def test_a_program_alone_makes_a_study_that_trains_nothing() -> None:
    judged = {"test": {"role": {"segmentation": "validation"}, "phantom": {"patients": 2}}}
    made = plan({"tool": TOOL}, judged)
    assert made.sources.others == ["tool"]
    assert made.sources.primary == "tool"
    assert made.networks.trained == []
    with pytest.raises(InputError, match="no cohort has the role train"):
        plan({}, judged)


def test_a_program_without_masks_to_be_judged_by_is_refused() -> None:
    with pytest.raises(InputError, match="programs: no validation cohort has lesion masks, on which programs could be"):
        plan({"tool": TOOL}, {"learn": COHORTS["learn"]})


def test_the_mask_of_a_program_is_brought_in_from_where_it_wrote_it() -> None:
    inputs = Inputs(plan({"tool": TOOL}))
    mask = "results/test/programs/tool/V001/baseline.nii.gz"
    assert inputs.further_masks(job("tool")) == mask
    read_by = json.loads(inputs.mask_settings(job("tool")))
    assert (read_by["lesions"], read_by["liver"], read_by["lesion_labels"]) == (mask, None, [])
    assert inputs.further_masks(job("reader2")) == "results/test/phantom"


@pytest.mark.parametrize(
    "trained_on, option",
    [(None, ""), ([], "--not-seen"), (["V001"], "--seen"), (["test/V001"], "--seen"), (["V002"], "--not-seen")],
)
def test_whether_a_program_saw_a_patient_is_as_the_study_says(trained_on: list[str] | None, option: str) -> None:
    inputs = Inputs(plan({"tool": {**TOOL, "trained_on": trained_on}}))
    assert inputs.seen_option(job("tool")) == option
    assert inputs.seen_option(job("reader2")) == ""


def test_what_a_program_was_trained_on_draws_no_mask_again() -> None:
    changes: list[dict[str, Any]] = [{}, {"trained_on": ["V001"]}, {"labels": [1]}]
    plain, said, other = (Inputs(plan({"tool": TOOL | more})).program_settings(job("tool")) for more in changes)
    assert plain == said != other


def test_patients_that_nobody_is_called_are_refused() -> None:
    with pytest.raises(InputError, match=r"programs.tool.trained_on: no patient of this study is called 01, V9"):
        plan({"tool": {**TOOL, "trained_on": ["01", "V001", "V9"]}})


def test_a_program_is_a_tool_among_the_readers() -> None:
    readers = Readers(Inputs(plan({"tool": TOOL}, sources={"tool": {"minutes_column": "min"}})))
    described = json.loads(readers.settings)["sources"]["tool"]
    assert (described["tool"], described["minutes_column"]) == (True, "min")


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"programs": {"automatic": TOOL}}, "automatic is what the study's own network is called"),
        ({"programs": {"liver": TOOL}}, "liver is what the study's liver network is called"),
        ({"programs": {"reader2": TOOL}}, "reader2 is a program's name, and cohort test names given masks so"),
        ({"programs": {"tool": TOOL}, "networks": {"tool": {}}}, "tool is a network and a program"),
        ({"programs": {"tool": TOOL}, "sources": {"tool": {"reader": "A"}}}, "it is a program, which has no `reader`"),
    ],
)
def test_a_program_has_a_name_of_its_own(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError) as error:
        StudyConfig.model_validate({"cohorts": COHORTS, **changes})
    assert sentence in str(error.value)


def test_a_program_may_be_the_headline(tmp_path: Path) -> None:
    made = plan({"tool": TOOL}, concordance={"primary": "tool"})
    assert made.sources.primary == "tool"
    assert "results/concordance/test/tool/diagnostics.csv" in made.reported


def test_errors_are_measured_on_what_a_source_is_judged_on() -> None:
    made = plan({"tool": TOOL})
    assert {name: {scan.cohort for scan in scans} for name, scans in made.erring.items()} == {
        "automatic": {"test"}, "tool": {"test"}, "reader2": {"test"},
    }  # fmt: skip
    crossed = plan({"tool": TOOL}, segmentation={"cross_fit": 3})
    assert {scan.cohort for scan in crossed.erring["automatic"]} == {"learn", "test"}
    assert plan({}, perturbation={"donors": 0}).error_table == []
    assert plan({}, perturbation={"draws": 0}).error_table == []
    assert made.error_table == ["results/perturbation/errors.parquet"]


def test_masks_and_references_are_named_in_one_order() -> None:
    made = Inputs(plan({"tool": TOOL}))
    words = made.error_options.split()
    assert words == [
        word
        for name in ("automatic", "tool", "reader2")
        for word in (
            f"--mask={name}=results/test/segmentation/{name}/{{V001/baseline,V002/baseline}}",
            "--reference=results/test/intake/{V001/baseline,V002/baseline}/lesions.nii.gz",
        )
    ]
    assert len(made.erring_masks) == 3 * 2 * 2
    assert len(made.erring_references) == 2
