"""Settings that contradict each other are refused with a sentence."""

from __future__ import annotations

import pytest

from livermets.config.load import validate_section
from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import SegmentationSettings
from livermets.config.training import TrainingSettings
from livermets.errors import InputError

DEEPMEDIC = {"sampling": {"view": "segments"}}


@pytest.mark.parametrize(
    "values, sentence",
    [
        ({"cross_fit": 1}, "at least 2 folds"),
        ({"cross_fit": 21}, "segmentation.cross_fit: input should be less than or equal to 20 (found 21)"),
        ({"cross_fit": "loo"}, "segmentation.cross_fit: input should be 'leave-one-out' (found 'loo')"),
        ({"liver": {"missing": "command"}}, "needs a `command` with {image} and {out}"),
        ({"liver": {"missing": "command", "command": "tool {image}"}}, "needs a `command` with {out} in it"),
        ({"liver": {"output": {"restrict_to_liver": True}}}, "restrict_to_liver"),
        ({"output": {"restrict_to_liver": False}}, "set output.restrict_to_liver: true"),
        (
            {"network": {"pretrained": {"file": "a.pth", "sha256": "f37072fd"}}},
            "segmentation.network.pretrained: unet has no such key, it belongs to resnet18-unet and fcn-resnet18 and "
            "fcn-alexnet. Remove it.",
        ),
        (
            {"network": {"architecture": "resnet18-unet", "levels": 3}},
            "segmentation.network.levels: resnet18-unet has no such key, it belongs to unet and unet3d. Remove it.",
        ),
        (
            {"network": {"architecture": "unet3d", "context_slices": 1}, "sampling": {"view": "segments"}},
            "segmentation.network.context_slices: unet3d has no such key, it belongs to unet and resnet18-unet and ",
        ),
        (
            {"sampling": {"view": "segments", "patch": 64}},
            "segmentation.sampling.patch: segments has no such key, it belongs to axial and orthogonal. Remove it.",
        ),
        (
            {"liver": {"sampling": {"overlap": 0.5}}},
            "segmentation.liver.sampling.overlap: axial has no such key, it belongs to segments. Remove it.",
        ),
        ({"network": {"level": 3}}, "segmentation.network.level: unknown key. Did you mean `levels`?"),
        (
            {"network": {"architecture": "resnet18-unet", "drop_out": 0.5}},
            "segmentation.network.drop_out: unknown key. Did you mean `dropout`?",
        ),
        (
            {"network": {"architecture": "resnet18unet"}},
            "segmentation.network.architecture: there is no 'resnet18unet'. Did you mean `resnet18-unet`?",
        ),
        (
            {"sampling": {"view": "diagonal"}},
            "segmentation.sampling.view: there is no 'diagonal'. Known: axial, orthogonal, segments.",
        ),
        ({"network": {"levels": 9}}, "segmentation.network.levels: input should be less than or equal to 6 (found 9)"),
        ({"network": None}, "segmentation.network: "),
        ({"network": {"architecture": "unet3d"}}, "made for 3D images: set sampling to view: segments"),
        (
            {"liver": {"sampling": {"view": "segments"}}},
            "2D images: set sampling to view: axial or orthogonal",
        ),
        ({"network": {"architecture": "deepmedic"}}, "made for 3D images: set sampling to view: segments"),
        (DEEPMEDIC | {"network": {"architecture": "deepmedic", "levels": 3}}, "deepmedic has no such key"),
        (
            DEEPMEDIC | {"network": {"architecture": "deepmedic", "downsampling": [1, 3]}},
            "filters has 3 rows for the 2 pathways of downsampling",
        ),
        (
            DEEPMEDIC | {"network": {"architecture": "deepmedic", "downsampling": [1, 4, 15]}},
            "downsampling begins with 1, and all its factors are odd",
        ),
        (
            DEEPMEDIC | {"network": {"architecture": "deepmedic", "downsampling": [3, 5, 15]}},
            "downsampling begins with 1, and all its factors are odd",
        ),
        ({"classes": ["liver"]}, "use [lesion] or [liver, lesion]"),
        ({"classes": ["liver", "lesion"], "network": {"output": "sigmoid"}}, "set network.output: softmax"),
        ({"network": {"pretrained": {"file": "a.pth", "sha256": "no"}, "architecture": "resnet18-unet"}}, "sha256"),
        ({"sampling": {"patch": 64, "slices": "all"}}, "patch takes windows within the liver"),
        (
            {"network": {"architecture": "fcn-alexnet", "finest_stride": 4}},
            "segmentation.network.finest_stride: input should be 8, 16 or 32 (found 4)",
        ),
        (
            {"network": {"architecture": "fcn-resnet18", "fully_connected": 64}},
            "segmentation.network.fully_connected: fcn-resnet18 has no such key, it belongs to fcn-alexnet. Remove it.",
        ),
        (
            {"network": {"architecture": "unet3d", "dropout": [0, 0, 0, 0.5]}, "sampling": {"view": "segments"}},
            "segmentation.network.dropout: input should be a valid number",
        ),
        (
            {"network": {"levels": 3, "dropout": [0, 0.5]}},
            "segmentation.network: dropout has 2 numbers, and 4 are needed",
        ),
        (
            {
                "network": {
                    "architecture": "fcn-alexnet",
                    "context_slices": 2,
                    "pretrained": {"file": "a.npz", "sha256": "e762b28a"},
                }
            },
            "pretrained weights take 1 or 3 channels: context_slices must be 0 or 1",
        ),
        ({"training": {"epoch": 3}}, "Did you mean `epochs`"),
        ({"training": {"optimiser": "sgd", "momentum": 0}}, "nesterov: true needs a momentum; set nesterov: false"),
        ({"training": {"momentum": 1}}, "segmentation.training.momentum: input should be less than 1 (found 1)"),
        ({"training": {"validate_on": "volumes", "validation_fraction": 0}}, "set a validation_fraction above 0"),
        ({"training": {"validate_on": "volumes", "monitor": "loss"}}, "measures a Dice; set monitor: dice"),
        ({"training": {"validate_on": "scans"}}, "input should be 'samples' or 'volumes'"),
        ({"liver": {"training": {"validate_every": 0}}}, "segmentation.liver.training.validate_every"),
    ],
)
def test_contradictions(values, sentence):
    with pytest.raises(InputError) as error:
        validate_section(SegmentationSettings, values, "segmentation")
    assert sentence in str(error.value)


def test_liver_settings_keep_their_own_defaults_when_one_key_is_changed():
    settings = SegmentationSettings.model_validate({"liver": {"network": {"levels": 3}, "training": {"epochs": 5}}})
    assert (settings.liver.network.base_filters, settings.network.base_filters) == (16, 32)
    assert (settings.liver.sampling.slices, settings.liver.sampling.balance) == ("all", False)
    assert settings.liver.sampling.field == "image"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"network": {"architecture": "resnet18-unet"}, "sampling": {"view": "orthogonal", "patch": 64}},
        {"network": {"architecture": "unet3d"}, "sampling": {"view": "segments"}, "classes": ["liver", "lesion"]},
        {
            "liver": {
                "network": {"architecture": "deepmedic"},
                "sampling": {"view": "segments", "segment": [31, 31, 31]},
            }
        },
        {"network": {"levels": 1, "dropout": [0.1, 0.2], "short_skips": True}},
        {"network": {"architecture": "fcn-alexnet", "finest_stride": 16}, "classes": ["liver", "lesion"]},
        {"network": {"architecture": "fcn-resnet18", "pretrained": {"file": "a.npz", "sha256": "e762b28a"}}},
    ],
)
def test_what_is_written_down_is_read_back_the_same(values):
    settings = SegmentationSettings.model_validate(values)
    assert SegmentationSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    "values, validated",
    [
        ({"epochs": 7}, [1, 2, 3, 4, 5, 6, 7]),
        ({"epochs": 7, "validate_every": 3}, [3, 6, 7]),
        ({"epochs": 2, "validate_every": 8}, [2]),
        ({"epochs": 3, "validate_every": 3, "validation_fraction": 0}, [1, 2, 3]),  # the training loss is always there
    ],
)
def test_the_last_epoch_is_always_validated(values, validated):
    training = TrainingSettings.model_validate(values)
    assert [epoch for epoch in range(1, training.epochs + 1) if training.is_validated(epoch)] == validated


def test_a_window_must_rise():
    with pytest.raises(InputError, match="clip_hu must rise"):
        validate_section(PreprocessSettings, {"clip_hu": [100, 100]}, "preprocess")
