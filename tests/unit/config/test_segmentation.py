"""Settings that contradict each other are refused with a sentence."""

from __future__ import annotations

import pytest

from livermets.config.load import validate_section
from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import SegmentationSettings
from livermets.errors import InputError


@pytest.mark.parametrize(
    "values, sentence",
    [
        ({"cross_fit": 1}, "at least 2 folds"),
        ({"liver": {"missing": "command"}}, "needs a `command` with {image} and {out}"),
        ({"liver": {"missing": "command", "command": "tool {image}"}}, "needs a `command` with {out} in it"),
        ({"liver": {"output": {"restrict_to_liver": True}}}, "restrict_to_liver"),
        ({"output": {"restrict_to_liver": False}}, "set restrict_to_liver: true"),
        ({"network": {"pretrained": {"file": "a.pth", "sha256": "f37072fd"}}}, "for the architecture resnet18-unet"),
        ({"network": {"pretrained": {"file": "a.pth", "sha256": "no"}, "architecture": "resnet18-unet"}}, "sha256"),
        ({"training": {"patch": 64, "slices": "all"}}, "patch takes windows within the liver"),
        ({"training": {"epoch": 3}}, "Did you mean `epochs`"),
    ],
)
def test_contradictions(values, sentence):
    with pytest.raises(InputError) as error:
        validate_section(SegmentationSettings, values, "segmentation")
    assert sentence in str(error.value)


def test_liver_settings_keep_their_own_defaults_when_one_key_is_changed():
    settings = SegmentationSettings.model_validate({"liver": {"output": {"threshold": 0.4}, "training": {"epochs": 5}}})
    assert settings.liver.output.field == "image"
    assert (settings.liver.training.slices, settings.liver.training.balance) == ("all", False)


def test_a_window_must_rise():
    with pytest.raises(InputError, match="clip_hu must rise"):
        validate_section(PreprocessSettings, {"clip_hu": [100, 100]}, "preprocess")
