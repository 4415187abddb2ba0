"""A study takes its settings from the bundle that it names, and is told of each that it states otherwise."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from tests.finished_study import CONFIG, finished_study

from livermets.bundle.handover import write_bundle
from livermets.config.applied import settings_to_share, study_config, study_from_option
from livermets.config.load import section_from_option
from livermets.config.preprocess import PreprocessSettings
from livermets.config.study import StudyConfig
from livermets.errors import InputError
from livermets.report.configuration import config_from_option

HERE = {"cohorts": {"here": {"role": "validation", "phantom": {"patients": 2, "prefix": "H"}}}, "model": "study.zip"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        finished_study(folder)
        write_bundle(folder / "study.zip", folder / "results", ["config.yaml"])
    return folder / "study.zip"


@pytest.fixture(autouse=True)
def here(bundle, tmp_path, monkeypatch):
    """A folder with the bundle in it."""
    (tmp_path / "study.zip").write_bytes(bundle.read_bytes())
    monkeypatch.chdir(tmp_path)


def applied(**sections) -> StudyConfig:
    return study_config(StudyConfig, {**HERE, **sections})


def complaints(**sections) -> list[str]:
    with pytest.raises(InputError) as caught:
        applied(**sections)
    return [str(problem) for problem in caught.value.problems]


def test_everything_that_decides_masks_and_classes_comes_from_the_bundle():
    ours, theirs = applied(), study_config(StudyConfig, CONFIG)
    for section in ("preprocess", "segmentation", "radiomics", "selection", "classification", "outcome"):
        assert getattr(ours, section) == getattr(theirs, section), section
    assert ours.response_timepoints == theirs.response_timepoints
    assert list(ours.networks) == ["paper"]
    assert ours.study == "study"
    assert list(ours.cohorts) == ["here"]


def test_a_bundle_says_the_share_of_the_patients_that_a_network_learnt_from():
    networks = {**CONFIG["networks"], "half": {"training_share": 0.5}}
    shared = settings_to_share(study_config(StudyConfig, {**CONFIG, "networks": networks}), ["automatic"], False)
    assert {name: entry["training_share"] for name, entry in shared["networks"].items()} == {"paper": 1.0, "half": 0.5}


def test_a_setting_that_says_the_same_is_no_contradiction():
    same = {key: CONFIG[key] for key in ("preprocess", "segmentation", "networks", "radiomics")}
    assert applied(**same).preprocess == applied().preprocess


def test_what_was_resolved_once_is_resolved_to_itself():
    resolved = applied().model_dump(mode="json")
    assert study_config(StudyConfig, resolved).model_dump(mode="json") == resolved
    assert config_from_option(json.dumps(resolved)).values() == resolved


def test_every_setting_that_the_study_states_otherwise_is_refused_in_one_sentence():
    said = complaints(
        preprocess={"network_grid": 128},
        segmentation={"network": {"levels": 3, "base_filters": 32}, "output": {"threshold": 0.4}},
        radiomics={"bin_width": 25},
        response_timepoints=["TP1"],
        networks={"paper": {"preset": "defeudis2022-notl"}, "more": {}},
    )
    assert said[0].startswith("networks.more: the bundle does not bring this network")
    assert (
        "segmentation.network.levels: this is 3 here and 2 in the bundle, which was made with that. "
        "Leave it out: a study takes it from its `model`."
    ) in said
    keys = [line.split(":")[0] for line in said]
    for key in (
        "preprocess.network_grid",
        "segmentation.output.threshold",
        "radiomics.bin_width",
        "response_timepoints",
    ):
        assert keys.count(key) == 1, key
    assert "segmentation.network.base_filters" not in keys
    assert any(key.startswith("networks.paper.") for key in keys)


def test_the_bundles_liver_network_is_shown_scans_as_in_its_training():
    (said,) = complaints(segmentation={"liver": {"preprocess": {"network_grid": 96, "clip_hu": [-150, 250]}}})
    assert said.startswith("segmentation.liver.preprocess.network_grid: this is 96 here and 64 in the bundle")


def test_another_architecture_is_told_once():
    (said,) = complaints(segmentation={"network": {"architecture": "resnet18-unet", "output": "softmax"}})
    assert said.startswith("segmentation.network.architecture: this is 'resnet18-unet' here and 'unet' in the bundle")


def test_outcome_rule_and_livers_are_the_studys_own_choice():
    chosen = applied(outcome={"rule": "recist11"}, segmentation={"liver": {"replace_given": False}})
    assert chosen.outcome.rule == "recist11"
    assert not chosen.segmentation.liver.replace_given
    assert applied().segmentation.liver.replace_given


def test_what_a_study_has_no_say_about_in_the_bundle_stays_its_own():
    own = applied(statistics={"level": 0.9}, seed=3)
    assert (own.statistics.level, own.seed) == (0.9, 3)


def test_verbs_that_take_one_section_of_a_file_get_the_bundles():
    Path("config.yaml").write_text(json.dumps(HERE))
    assert section_from_option("config.yaml", "preprocess", PreprocessSettings).network_grid == 64
    assert study_from_option("config.yaml").segmentation.matching.detection_dice == 0.2


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "study.zip: there is no such file. `model` names the file that `livermets bundle` has written."),
        (b"no archive", "this is no bundle of a study, or a damaged one"),
        ({"format": 2}, "this bundle has the form 2, and this version of livermets reads 1"),
        ({"format": 1}, "bundle.json in this bundle is not as it was written (created, members"),
    ],
)
def test_a_file_that_is_no_bundle_is_said_to_be_none(content, words):
    path = Path("study.zip")
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("bundle.json", json.dumps(content))
    (said,) = complaints()
    assert words in said


def test_a_place_that_a_variable_names_must_be_known(monkeypatch):
    monkeypatch.delenv("NOWHERE", raising=False)
    assert complaints(model="$NOWHERE/study.zip") == [
        "model: the environment variable NOWHERE is not set. Set it, or write the path out."
    ]
