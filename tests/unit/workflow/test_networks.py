"""Every network of a study has one name, and what decides its weights changes with nothing else."""

import json

import pytest

from livermets.config.study import StudyConfig
from livermets.errors import InputError
from livermets.workflow.networks import Networks, checkpoint_folder, fold_name, fold_number, whole_name

COHORTS = {"cohorts": {"learn": {"role": "train", "phantom": {"patients": 3}}}}
PAPER = {"paper": {"preset": "giannini2020"}}


def networks(
    finds_livers: bool = False,
    folds: int = 0,
    liver_folds: tuple[int, ...] = (),
    bundled: tuple[str, ...] = (),
    **changes,
) -> Networks:
    config = StudyConfig.model_validate({**COHORTS, **changes})
    return Networks(config, True, finds_livers, bundled, folds, liver_folds)


def test_the_studys_own_network_comes_first_and_folds_are_below_it():
    plain = networks()
    assert plain.names == plain.of_lesions == plain.trained == ["automatic"]
    full = networks(finds_livers=True, folds=2, liver_folds=(1,), networks=PAPER)
    assert full.of_lesions == ["automatic", "paper"]
    assert full.names == ["liver", "automatic", "paper"]
    of_lesions = ["automatic/fold0", "automatic/fold1", "paper/fold0", "paper/fold1"]
    assert full.trained == [*full.names, "liver/fold1", *of_lesions]


def test_a_network_from_a_bundle_has_no_folds():
    bundled = networks(folds=2, networks=PAPER, bundled=("paper",))
    assert [name for name in bundled.trained if "paper" in name] == []
    assert (bundled.is_crossed("automatic"), bundled.is_crossed("paper")) == (True, False)
    assert not networks().is_crossed("automatic")


@pytest.mark.parametrize(
    "network, whole, classes, fold",
    [
        ("automatic", "automatic", "lesion", None),
        ("automatic/fold1", "automatic", "lesion", 1),
        ("paper", "paper", "lesion", None),
        ("paper/fold12", "paper", "lesion", 12),
        ("liver", "liver", "liver", None),
        ("liver/fold0", "liver", "liver", 0),
    ],
)
def test_a_name_says_what_is_trained_and_on_which_scans(network, whole, classes, fold):
    assert whole_name(network) == whole
    assert fold_number(network) == fold
    assert fold_name(whole, fold) == network
    assert networks(networks=PAPER).classes(network) == classes
    joint = networks(segmentation={"classes": ["liver", "lesion"]})
    assert (joint.classes("automatic"), joint.classes("liver")) == ("liver,lesion", "liver")


def test_no_network_keeps_its_state_in_the_folder_of_another():
    """A finished training removes its folder."""
    names = ("automatic", "automatic/fold1", "automatic-fold1", "liver", "paper")
    folders = [checkpoint_folder(name) for name in names]
    assert len(set(folders)) == len(names)
    assert {folder.rpartition("/")[0] for folder in folders} == {"results/checkpoints/networks"}


def test_what_a_network_is_shown_trains_it_again_and_a_threshold_does_not():
    plain = networks()
    shown = networks(segmentation={"sampling": {"field": "image"}})
    cut = networks(segmentation={"output": {"threshold": 0.4}})
    assert json.loads(shown.training_settings("automatic"))["sampling"]["field"] == "image"
    assert shown.training_settings("automatic") != plain.training_settings("automatic")
    assert cut.training_settings("automatic") == plain.training_settings("automatic")
    assert cut.mask_settings("automatic") != plain.mask_settings("automatic")
    for changed in (shown, cut):
        assert changed.training_settings("liver") == plain.training_settings("liver")


def test_a_threshold_trains_again_where_whole_scans_that_are_cut_at_it_choose_the_epoch():
    whole = {"training": {"validate_on": "volumes"}}
    plain, cut = (networks(segmentation={**whole, "output": {"threshold": value}}) for value in (0.5, 0.4))
    assert json.loads(cut.training_settings("automatic"))["output"]["threshold"] == 0.4
    assert cut.training_settings("automatic") != plain.training_settings("automatic")


def test_a_fold_is_trained_and_prepared_like_the_whole_network():
    folds = networks(networks=PAPER)
    for settings in (folds.training_settings, folds.preprocess_settings):
        for name in ("automatic", "paper", "liver"):
            assert settings(f"{name}/fold1") == settings(name)
    assert folds.training_settings("paper/fold1") != folds.training_settings("automatic/fold1")


def test_the_liver_network_may_be_shown_scans_prepared_otherwise():
    liver = {"preprocess": {"pixel_spacing_mm": 1.4, "crop": "body"}}
    plain, apart = (
        networks(True, segmentation={"liver": own}, preprocess={"clip_hu": [-150, 250]}) for own in ({}, liver)
    )
    assert plain.preprocess_settings("liver") == plain.preprocess_settings("automatic")
    assert apart.preprocess_settings("automatic") == plain.preprocess_settings("automatic")
    found = json.loads(apart.preprocess_settings("liver"))
    assert {**found, "pixel_spacing_mm": None, "crop": "none"} == json.loads(plain.preprocess_settings("liver"))
    assert found["pixel_spacing_mm"] == 1.4
    assert apart.preprocess_settings("liver/fold1") == apart.preprocess_settings("liver")
    assert apart.training_settings("liver") == plain.training_settings("liver")
    wrong = networks(True, segmentation={"liver": {"preprocess": {"pixel_spacing": 1.4}}})
    with pytest.raises(InputError, match=r"segmentation\.liver\.preprocess\.pixel_spacing: unknown key\. Did you mean"):
        wrong.preprocess_settings("liver")


def test_a_compared_network_changes_nothing_of_the_studys_own():
    plain, compared = networks(), networks(networks={**PAPER, "coarse": {"preprocess": {"network_grid": 64}}})
    for key in ("training_settings", "preprocess_settings", "mask_settings"):
        assert getattr(compared, key)("automatic") == getattr(plain, key)("automatic")
    assert json.loads(compared.training_settings("paper"))["sampling"]["field"] == "image"
    assert compared.training_settings("paper") != plain.training_settings("automatic")
    assert compared.preprocess_settings("coarse") != plain.preprocess_settings("automatic")


def test_networks_that_differ_in_their_share_alone_are_of_one_recipe():
    shares = {"quarter": {"training_share": 0.25}, "half": {"training_share": 0.5, "network": {}}}
    other = {"half-paper": {"preset": "giannini2020", "training_share": 0.5}}
    plain = networks(networks={**shares, **PAPER, **other, "twin": {}})
    assert plain.of_one_recipe == [["automatic", "quarter", "half", "twin"], ["paper", "half-paper"]]
    cut = {"cut": {"training_share": 0.5, "output": {"threshold": 0.4}}}
    assert networks(networks={**PAPER, "twin": {}, **cut}).of_one_recipe == []


def test_a_share_is_no_setting_of_the_training():
    """What was trained on all patients is not trained again because there are shares."""
    one = networks(networks={"other": {}, "half": {"training_share": 0.5}})
    assert one.training_settings("half") == one.training_settings("other") == one.training_settings("automatic")
    assert "share" not in one.training_settings("half")
    assert one.preprocess_settings("half") == one.preprocess_settings("automatic")
