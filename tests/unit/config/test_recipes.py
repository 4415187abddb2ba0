"""Compared networks: what comes from the study, the preset and the entry, in this order."""

from __future__ import annotations

import pytest
import yaml

from livermets.config.overlay import overlaid
from livermets.config.recipes import PRESETS, network_recipe
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
