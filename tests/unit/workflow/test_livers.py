"""A liver is given or found scan by scan, and what is found for one scan changes nothing for another."""

import json
from types import SimpleNamespace

import pytest

from livermets.errors import InputError
from livermets.workflow.estimate import jobs
from livermets.workflow.inputs import Inputs
from livermets.workflow.leftovers import Made
from livermets.workflow.plan import Plan

COHORTS = {
    "learn": {"role": "train", "phantom": {"patients": 3, "prefix": "T"}},
    "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V"}},
}
BARE = {"role": "predict", "patients": ["B1", "B2"], "image": "{patient}.nii.gz"}
COMMAND = {"missing": "command", "command": "x {image} {out}"}
BOTH = {"classes": ["liver", "lesion"], "sampling": {"field": "image"}, "output": {"restrict_to_liver": False}}
JOINT = {"missing": "joint", "own": BOTH}


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Plans of a study whose cohort `bare` comes without livers, and of one without that cohort."""
    monkeypatch.chdir(tmp_path)
    for name in BARE["patients"]:
        (tmp_path / f"{name}.nii.gz").touch()

    def made(*, bare=True, own=None, cross_fit=0, **liver) -> Plan:
        cohorts = {**COHORTS, "bare": BARE} if bare else COHORTS
        segmentation = {"liver": liver, "cross_fit": cross_fit, **(own or {})}
        return Plan.from_config({"cohorts": cohorts, "segmentation": segmentation})

    return made


def found(plan: Plan) -> list[str]:
    return [scan.patient_id for scan in plan.scans() if plan.livers.is_found(scan)]


def test_a_liver_is_found_where_none_is_given_or_where_all_are_to_be_replaced(plan):
    assert found(plan(bare=False)) == []
    assert found(plan()) == ["B1", "B2"]
    everywhere = plan(replace_given=True)
    assert found(everywhere) == ["T001", "T002", "T003", "V001", "V002", "B1", "B2"]
    replaced = [scan.patient_id for scan in everywhere.scans() if everywhere.livers.is_replaced(scan)]
    assert replaced == ["T001", "T002", "T003", "V001", "V002"]


@pytest.mark.parametrize(
    "settings, network",
    [
        ({"bare": False}, False),
        ({"bare": False, "replace_given": True}, True),
        ({}, True),
        (COMMAND, False),
        ({**COMMAND, "replace_given": True}, False),
        ({**JOINT, "replace_given": True}, False),
    ],
)
def test_the_study_has_a_liver_network_if_a_scan_needs_it(plan, settings, network):
    made = plan(**settings)
    assert made.livers.need_own_network == ("liver" in made.networks.trained) == network
    assert Made.by(made.config, made.study).liver_network == network
    assert len(jobs(made)["train_segmentation"]) == 1 + network
    scans = len(made.scans())
    assert len(jobs(made)["preprocess"]) == scans + (3 if network else 0)


def test_one_more_scan_without_a_liver_changes_nothing_for_the_others(plan):
    for settings in ({}, COMMAND):
        before, after = plan(bare=False, **settings), plan(**settings)
        assert {before.livers.settings_of(scan) for scan in before.scans()} == {'{"liver":{}}'}
        for scan in before.scans():
            assert after.livers.settings_of(scan) == before.livers.settings_of(scan)
        assert after.trained_on("automatic") == before.trained_on("automatic")


def test_a_liver_goes_by_what_finds_it(plan):
    other = {"training": {"epochs": 3}, "labels": [1, 2], "output": {"threshold": 0.4}}

    def settings(**liver):
        made = plan(**liver)
        return json.loads(made.livers.settings_of(made.scan("bare", "B1", "baseline")))["liver"]

    assert set(settings(**other)) == {"missing", "output", "postprocess"}
    assert settings(**other)["output"]["threshold"] == 0.4
    assert settings(**COMMAND, **other)["labels"] == [1, 2]
    assert "output" not in settings(**COMMAND)
    assert settings(replace_given=True) == settings()


def test_a_liver_network_needs_givens_to_learn_from(plan):
    few = {"role": "train", "phantom": {"patients": 1, "prefix": "T"}}
    values = {"cohorts": {"learn": few, "bare": BARE}}
    plan(bare=False)
    with pytest.raises(InputError) as error:
        Plan.from_config(values)
    assert [problem.where for problem in error.value.problems] == ["segmentation.liver"]
    assert str(error.value).startswith(
        "segmentation.liver: the liver of cohort bare, patient B1, baseline and of 1 more scan is not given: a "
        "network is to find it, which needs a given liver mask of at least 2 training patients; there are 1. Give "
    )
    for enough in ({"training": {"validation_fraction": 0}}, COMMAND):
        Plan.from_config({**values, "segmentation": {"liver": enough}})


def job(network: str, scan) -> SimpleNamespace:
    return SimpleNamespace(network=network, cohort=scan.cohort, patient=scan.patient_id, timepoint=scan.timepoint)


@pytest.mark.parametrize("liver", [{"own": BOTH}, JOINT])
@pytest.mark.parametrize("replaced", [False, True])
def test_a_network_that_finds_livers_learns_the_given_ones_whatever_liver_is_in_use(plan, liver, replaced):
    inputs = Inputs(plan(replace_given=replaced, **liver))
    train, test = inputs.plan.scan("learn", "T001", "baseline"), inputs.plan.scan("test", "V001", "baseline")
    assert inputs.liver_in_use(job("automatic", train)) == []
    given = "--liver results/learn/intake/T001/baseline/liver.nii.gz"
    assert given in inputs.preprocess_options(job("automatic", train))
    assert inputs.liver_in_use(job("automatic", test)) == ["results/test/liver/V001/baseline.nii.gz"]
    of_lesions = Inputs(plan(replace_given=replaced))
    assert of_lesions.liver_in_use(job("automatic", train)) == ["results/learn/liver/T001/baseline.nii.gz"]


def test_the_studys_own_network_finds_livers_beside_lesions_and_those_of_a_fold_by_that_fold(plan):
    made = plan(replace_given=True, cross_fit=3, **JOINT)
    inputs, bare = Inputs(made), made.scan("bare", "B1", "baseline")
    assert inputs.liver_network(job("-", bare)) == ["results/networks/automatic/network.safetensors"]
    for scan in made.scans(segmentation="train"):
        fold = made.cross_fit.fold(scan)
        assert inputs.liver_network(job("-", scan)) == [f"results/networks/automatic/fold{fold}/network.safetensors"]
    assert "liver" not in {name.partition("/")[0] for name in made.networks.trained}
    assert made.livers.words() == "livers: 0 given, 7 found by the study's own network, trained on 3 scans"
    again = Plan.from_config(json.loads(made.check_settings))
    assert again.livers.settings.model_dump() == made.livers.settings.model_dump()


def test_its_own_liver_is_what_a_joint_network_is_measured_by(plan):
    inputs = Inputs(plan(bare=False, own=BOTH))
    test = inputs.plan.scan("test", "V001", "baseline")
    given = "--liver-reference results/test/intake/V001/baseline/liver.nii.gz"
    assert inputs.liver_reference(job("automatic", test)).strip() == given
    assert Inputs(plan(bare=False)).liver_reference(job("automatic", test)) == ""


def test_a_joint_network_cannot_wait_for_its_own_livers(plan, tmp_path):
    (tmp_path / "B1_lesions.nii.gz").touch()
    bare = {**BARE, "role": {"segmentation": "train"}, "patients": ["B1"], "lesions": "{patient}_lesions.nii.gz"}
    values = {"cohorts": {**COHORTS, "bare": bare}, "segmentation": {"liver": {"missing": "joint"}, **BOTH}}
    with pytest.raises(InputError) as error:
        Plan.from_config(values)
    assert str(error.value).startswith(
        "segmentation.liver: a network that finds livers and lesions learns both; without a given liver: training scan "
        "cohort bare, patient B1, baseline. Give `liver` there"
    )


def test_how_many_livers_are_found_is_said_before_anything_is_computed(plan):
    assert plan(bare=False).livers.words() == ""
    assert plan().livers.words() == "livers: 5 given, 2 found by a network trained on 3 scans"
    assert plan(**COMMAND, replace_given=True).livers.words() == "livers: 0 given, 7 found by the liver command"


def test_a_job_of_check_goes_by_all_that_decides_what_livers_lack(plan):
    made = plan(**COMMAND, training={"validation_fraction": 0})
    livers = Plan.from_config(json.loads(made.check_settings)).livers
    assert livers.settings.model_dump() == made.livers.settings.model_dump()
