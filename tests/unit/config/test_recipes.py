"""Compared networks: what comes from the study, the preset and the entry, in this order."""

from __future__ import annotations

import pytest
import yaml
from snakemake.utils import update_config

from livermets.config.architectures import ResNet18UNetSettings
from livermets.config.load import read_yaml
from livermets.config.overlay import overlaid
from livermets.config.recipes import PRESETS, by_forms, network_recipe
from livermets.config.study import StudyConfig
from livermets.errors import InputError

COHORTS = {"learn": {"role": "train", "phantom": {"patients": 3}}}


def study(**sections) -> StudyConfig:
    return StudyConfig.model_validate({"cohorts": COHORTS, **sections})


def recipe(entry: dict, **sections):
    config = study(networks={"other": entry}, **sections)
    return network_recipe("other", config.networks["other"], config)


def test_an_overlay_replaces_key_by_key_at_every_depth():
    base = {"a": {"b": 1, "c": {"d": 2, "e": 3}}, "f": [1, 2], "g": {"h": 1}}
    merged = overlaid(base, {"a": {"c": {"d": 9}}, "f": [3]}, {"g": None})
    assert merged == {"a": {"b": 1, "c": {"d": 9, "e": 3}}, "f": [3], "g": None}
    assert base["a"]["c"]["d"] == 2


def test_a_section_of_another_form_is_replaced_whole():
    base = {"network": {"levels": 3, "norm": "none", "dropout": 0.5}, "sampling": {"view": "axial", "patch": 64}}
    resnet = {"network": {"architecture": "resnet18-unet"}, "sampling": {"view": "orthogonal"}}
    assert overlaid(base, resnet) == resnet
    again = overlaid(base, resnet, {"network": {"dropout": 0.1}, "sampling": {"view": "orthogonal", "patch": 32}})
    assert again["network"] == {"architecture": "resnet18-unet", "dropout": 0.1}
    assert again["sampling"] == {"view": "orthogonal", "patch": 32}
    same = overlaid(base, {"network": {"architecture": "unet", "levels": 4}})
    assert same["network"] == {"levels": 4, "norm": "none", "dropout": 0.5, "architecture": "unet"}


def test_a_network_of_another_architecture_inherits_no_key_of_the_studys():
    made = recipe(
        {"network": {"architecture": "resnet18-unet"}},
        segmentation={"network": {"levels": 3, "dropout": 0.5}, "sampling": {"patch": 64}},
    )
    assert made.segmentation.network == ResNet18UNetSettings(architecture="resnet18-unet")
    assert made.segmentation.sampling.patch == 64


def test_a_network_may_tell_other_classes_apart_than_the_studys(tmp_path):
    path = tmp_path / "joint.yaml"
    path.write_text("segmentation: {classes: [liver, lesion]}\n")
    assert recipe({"preset": str(path)}).segmentation.classes == ("liver", "lesion")
    assert recipe({"preset": str(path), "classes": ["lesion"]}).segmentation.classes == ("lesion",)
    with pytest.raises(InputError, match=r"networks\.other\.classes: use \[lesion\] or \[liver, lesion\]"):
        recipe({"classes": ["liver"]})


def test_configuration_files_lie_on_each_other_as_presets_do(tmp_path):
    """Snakemake merges key by key; what an overlay's architecture has no use for goes, what was asked for stays."""
    files = [tmp_path / "config.yaml", tmp_path / "overlay.yaml"]
    files[0].write_text("seed: 1\nsegmentation: {network: {levels: 3, dropout: 0.5}, training: {epochs: 3}}\n")
    files[1].write_text("segmentation: {network: {architecture: resnet18-unet, dropout: 0.5}}\n")
    merged: dict = {}
    for file in files:
        update_config(merged, read_yaml(file))
    network = {"architecture": "resnet18-unet", "dropout": 0.5}
    assert by_forms(merged, files) == {"seed": 1, "segmentation": {"network": network, "training": {"epochs": 3}}}
    assert by_forms(merged, files[:1]) == merged
    update_config(merged, {"seed": 2, "segmentation": {"network": {"base_filters": 4}}})
    assert by_forms(merged, files)["segmentation"]["network"] == {**network, "base_filters": 4}
    assert by_forms(merged, files)["seed"] == 2


def test_the_entry_beats_the_preset_beats_the_study():
    made = recipe(
        {"preset": "giannini2020", "preprocess": {"network_grid": 96}, "training": {"epochs": 3}},
        segmentation={
            "training": {"epochs": 9, "learning_rate": 0.5},
            "cpu_threads": 2,
            "matching": {"detection_dice": 0.3},
        },
        preprocess={"clip_hu": [-150, 250], "network_grid": 128},
    )
    assert made.preprocess.network_grid == 96
    assert made.preprocess.clip_hu == (-150, 250)  # neither names it: the study's, as with --configfile
    assert made.segmentation.training.epochs == 3
    assert made.segmentation.training.learning_rate == 1e-4
    assert made.segmentation.network.base_filters == 64
    assert made.segmentation.output.rule == "argmax"
    assert made.segmentation.matching.detection_dice == 0.3
    assert made.segmentation.cpu_threads == 2


def test_the_liver_of_a_preset_is_not_used():
    assert yaml.safe_load((PRESETS / "defeudis2022-notl.yaml").read_text())["segmentation"]["liver"]["replace_given"]
    assert not recipe({"preset": "defeudis2022-notl"}).segmentation.liver.replace_given


def test_without_a_preset_the_studys_own_network_is_varied():
    made = recipe({"network": {"context_slices": 1}}, segmentation={"network": {"levels": 3}})
    assert (made.segmentation.network.levels, made.segmentation.network.context_slices) == (3, 1)


def test_a_preset_may_be_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("segmentation: {network: {levels: 2}}\n")
    assert recipe({"preset": str(path)}).segmentation.network.levels == 2


def test_a_preset_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(InputError) as error:
        recipe({"preset": "gianini2020"})
    assert str(error.value).startswith("networks.other.preset: there is no preset 'gianini2020'. Give a path")
    assert "giannini2020" in str(error.value)


def test_a_wrong_key_is_named_where_it_stands():
    with pytest.raises(InputError, match=r"networks\.other\.training\.epoch: unknown key. Did you mean `epochs`"):
        recipe({"training": {"epoch": 3}})


def test_the_studys_own_network_keeps_its_name():
    for name, whose in (("automatic", "own"), ("liver", "liver")):
        with pytest.raises(ValueError, match=f"{name} is what the study's {whose} network is called"):
            study(networks={name: {}})


@pytest.mark.parametrize("share, why", [(0, "greater than 0"), (1.01, "less than or equal to 1"), (-0.5, "greater")])
def test_a_share_of_the_training_patients_is_above_0_and_at_most_1(share, why):
    assert recipe({}).training_share == 1
    assert recipe({"training_share": 0.25}).training_share == 0.25
    with pytest.raises(ValueError, match=why):
        study(networks={"other": {"training_share": share}})
