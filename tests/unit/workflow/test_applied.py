"""A study with a bundle trains nothing that the bundle brings, and is told everything that is wrong with it at once."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.finished_study import CONFIG, finished_study

from livermets.bundle.handover import write_bundle
from livermets.config.bundled import read_facts
from livermets.errors import InputError
from livermets.workflow.applied import member_problems
from livermets.workflow.estimate import estimate
from livermets.workflow.leftovers import left_over, made_by
from livermets.workflow.plan import Plan
from livermets.workflow.readiness import study_problems

HERE: dict[str, Any] = {
    "cohorts": {"here": {"role": "validation", "phantom": {"patients": 2, "prefix": "H"}}},
    "model": "study.zip",
}


def roles_of(cohorts: dict[str, Any], **tasks: str | None) -> dict[str, Any]:
    """Cohorts whose roles hold for some tasks only."""
    return {
        name: {**cohort, "role": {task: role or cohort["role"] for task, role in tasks.items()}}
        for name, cohort in cohorts.items()
    }


def written(folder: Path, config: dict[str, Any]) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        finished_study(folder, config)
        write_bundle(folder / "study.zip", folder / "results", ["config.yaml"])
    return (folder / "study.zip").read_bytes()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Bundles of both tasks, of networks alone, and of a response model alone."""
    networks = {**CONFIG, "cohorts": roles_of(CONFIG["cohorts"], segmentation=None, response="none")}
    response = {"cohorts": roles_of(CONFIG["cohorts"], segmentation="none", response=None)}
    configs = {"both": CONFIG, "networks": networks, "response": response}
    return {name: written(tmp_path_factory.mktemp(name), config) for name, config in configs.items()}


@pytest.fixture
def bring(bundles, tmp_path, monkeypatch):
    """Puts a bundle into the folder that the test runs in."""
    monkeypatch.chdir(tmp_path)

    def put(name: str) -> None:
        (tmp_path / "study.zip").write_bytes(bundles[name])

    return put


def complaints(config: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        Plan.from_config(config)
    return [str(problem) for problem in caught.value.problems]


def test_networks_and_model_are_there_without_a_cohort_that_trains(bring):
    bring("both")
    plan = Plan.from_config(HERE)
    assert plan.networks.of_lesions == ["automatic", "paper"]
    assert plan.networks.bundled == ["liver", "automatic", "paper"]
    assert plan.networks.trained == []
    assert not plan.fits_response
    assert [cohort.name for cohort in plan.classified_cohorts] == ["here"]
    assert "results/bundle/applied.json" in plan.reported
    assert "results/model/resubstitution.csv" not in plan.reported
    assert {"results/model/model.json", "results/networks/paper/network.json"} <= set(plan.reported)


def test_a_liver_network_is_unpacked_only_where_it_is_used(bring):
    bring("both")
    plan = Plan.from_config({**HERE, "segmentation": {"liver": {"replace_given": False}}})
    assert plan.networks.bundled == ["automatic", "paper"]


def test_nothing_is_estimated_to_be_trained(bring):
    bring("both")
    rules = estimate(Plan.from_config(HERE)).set_index("rule")["jobs"]
    assert rules["unpack_network"] == 3
    assert rules["unpack_model"] == rules["unpack_facts"] == 1
    assert not {"train_segmentation", "select", "training_table", "resubstitution"} & set(rules.index)


def test_a_study_may_be_there_to_predict_only(bring):
    bring("both")
    cohorts = {"here": {"role": "predict", "phantom": {"patients": 2, "prefix": "H"}}}
    plan = Plan.from_config({**HERE, "cohorts": cohorts})
    assert plan.concordance_names() == []
    assert plan.lesion_tables != []


def test_a_cohort_that_would_train_what_is_brought_is_refused(bring):
    bring("both")
    learn = {"role": "train", "phantom": {"patients": 3, "prefix": "L"}}
    said = complaints({**HERE, "cohorts": {**HERE["cohorts"], "learn": learn}})
    assert said == [
        "cohort learn: this cohort trains networks, which the bundle brings (model). Give it another role for "
        "segmentation (validation, predict or none), or leave out `model`.",
        "cohort learn: this cohort trains a response model, which the bundle brings (model). Give it another role for "
        "response (validation, predict or none), or leave out `model`.",
    ]


def test_networks_from_a_bundle_and_a_response_model_trained_here(bring):
    bring("networks")
    cohorts = {
        "here": {"role": "validation", "phantom": {"patients": 2, "prefix": "H"}},
        "learn": {
            "role": {"segmentation": "predict", "response": "train"},
            "phantom": {"patients": 12, "prefix": "L"},
        },
    }
    plan = Plan.from_config({**HERE, "cohorts": cohorts, "radiomics": {"bin_width": 5}})
    assert plan.fits_response
    assert plan.networks.trained == []
    assert plan.config.radiomics.bin_width == 5
    assert "unpack_model" not in set(estimate(plan)["rule"])
    del cohorts["learn"]
    (said,) = complaints({**HERE, "cohorts": cohorts})
    assert said.startswith("cohorts: cohort here has a role for response, and no cohort trains for it")


def test_a_response_model_from_a_bundle_and_networks_trained_here(bring):
    bring("response")
    learn = {"role": {"segmentation": "train", "response": "none"}, "phantom": {"patients": 3, "prefix": "L"}}
    plan = Plan.from_config({**HERE, "cohorts": {**HERE["cohorts"], "learn": learn}, "networks": {"own": {}}})
    assert plan.networks.trained == plan.networks.of_lesions == ["automatic", "own"]
    assert plan.networks.bundled == []
    assert not plan.fits_response


def test_a_liver_network_that_nobody_brings_is_missed(bring, bundles, tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    bring("both")
    Path("study.zip").write_bytes(written(folder, {**CONFIG, "segmentation": {"network": {"levels": 2}}}))
    (said,) = complaints({**HERE, "segmentation": {"liver": {"replace_given": True}}})
    assert said.startswith("segmentation.liver: scans need a network that finds livers; the bundle has none")


def test_another_outcome_rule_is_said_and_not_refused(bring):
    bring("both")
    plan = Plan.from_config({**HERE, "outcome": {"rule": "recist11"}})
    warned = [str(problem) for problem in study_problems(plan.config, plan.study).warnings]
    assert [line for line in warned if line.startswith("outcome: responders are told by another rule")]
    assert not study_problems(Plan.from_config(HERE).config, plan.study).warnings


def rewritten(change) -> None:
    """The bundle with other members: ``change`` maps them."""
    with zipfile.ZipFile("study.zip") as old:
        members = change({name: old.read(name) for name in old.namelist()})
    with zipfile.ZipFile("study.zip", "w") as new:
        for name, content in members.items():
            new.writestr(name, content)


def test_every_damage_is_named_at_once(bring):
    bring("both")

    def change(members):
        del members["networks/paper/network.json"]
        return {**members, "model/model.json": b"{}", "networks/liver/network.safetensors": b"x"}

    rewritten(change)
    said = complaints(HERE)
    assert [line.partition(": ")[0] for line in said] == [
        "study.zip, model/model.json",
        "study.zip, networks/liver/network.safetensors",
        "study.zip, networks/paper/network.json",
    ]
    assert "this part is damaged" in said[0]
    assert "this part is missing" in said[2]


def test_a_part_that_its_own_facts_do_not_know_is_missing(bring):
    bring("both")

    def change(members):
        facts = json.loads(members["bundle.json"])
        del facts["members"]["model/model.safetensors"]
        return {**members, "bundle.json": json.dumps(facts).encode()}

    rewritten(change)
    (problem,) = member_problems(Path("study.zip"), read_facts(Path("study.zip"))).errors
    assert str(problem).startswith("study.zip, model/model.safetensors: this part is missing")


def test_other_versions_are_warned_of(bring):
    bring("both")

    def change(members):
        facts = json.loads(members["bundle.json"])
        facts["versions"] |= {"livermets": "0.0.9", "numpy": "1.0"}
        return {**members, "bundle.json": json.dumps(facts).encode()}

    rewritten(change)
    plan = Plan.from_config(HERE)
    warned = [str(problem) for problem in study_problems(plan.config, plan.study).warnings]
    assert [line for line in warned if "it was written by livermets 0.0.9" in line]
    assert [line for line in warned if "numpy 1.0 (here " in line]


def test_what_is_unpacked_changes_with_its_own_digest_alone(bring):
    bring("both")
    digests = Plan.from_config(HERE).bundled_digests

    def change(members):
        facts = json.loads(members["bundle.json"])
        facts["members"]["networks/paper/network.json"] = "00" * 32
        return {**members, "bundle.json": json.dumps(facts).encode()}

    before = {name: digests(name) for name in ("model", "networks/paper", "networks/automatic")}
    rewritten(change)
    digests = Plan.from_config(HERE, check_files=False).bundled_digests
    changed = {name for name in before if digests(name) != before[name]}
    assert changed == {"networks/paper"}


def test_what_the_study_unpacks_is_not_left_over(bring, tmp_path):
    bring("both")
    results = tmp_path / "results"
    for name in (
        "bundle/applied.json",
        "networks/liver/network.json",
        "networks/paper/network.json",
        "model/model.json",
    ):
        (results / name).parent.mkdir(parents=True)
        (results / name).touch()
    made = made_by(Plan.from_config(HERE).config)
    assert left_over(results, made) == []
    for name in ("networks/paper/training_log.csv", "model/evaluation.csv"):
        (results / name).touch()
    named = [path.relative_to(results).as_posix() for path in left_over(results, made)]
    assert named == ["model/evaluation.csv", "networks/paper/training_log.csv"]
