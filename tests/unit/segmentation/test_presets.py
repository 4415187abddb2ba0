"""The presets are the papers' recipes, key by key."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml

from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import SegmentationSettings
from livermets.config.selection import SelectionSettings
from livermets.segmentation.architectures.build import build_network, convolution_count, parameter_count
from livermets.segmentation.schedule import build_optimiser, build_schedule

PRESETS = Path(__file__).parents[3] / "presets"


def preset(name: str) -> tuple[PreprocessSettings, SegmentationSettings]:
    content = yaml.safe_load((PRESETS / f"{name}.yaml").read_text(encoding="utf-8"))
    assert {"preprocess", "segmentation"} <= set(content) <= {"preprocess", "segmentation", "selection"}
    return PreprocessSettings(**content["preprocess"]), SegmentationSettings(**content["segmentation"])


@pytest.mark.parametrize("name", ["giannini2020", "defeudis2022-notl", "defeudis2022-tl", "recommended"])
def test_every_preset_is_valid_and_names_its_source(name):
    preprocess, _ = preset(name)
    assert preprocess.network_grid == 256
    first = (PRESETS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert "et al." in first or "own recipe" in first


def stated_and_chosen(name: str) -> tuple[str, str]:
    """The two parts of a preset's comment, lines joined."""
    lines = (PRESETS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    comment = " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))
    stated, chosen = comment.split("As stated:")[1].split("Not stated, our choice:")
    return stated, chosen


@pytest.mark.parametrize(
    "name, words",
    [
        ("giannini2020", ["256", "z-score", "argmax", "initialisation", "last epoch", "batches", "liver"]),
        ("defeudis2022-tl", ["overlap", "Dice"]),
        ("defeudis2022-notl", ["64 filters", "batches", "restricted to the liver", "best epoch"]),
    ],
)
def test_what_a_paper_does_not_say_is_not_given_as_stated(name, words):
    stated, chosen = stated_and_chosen(name)
    assert [word for word in words if word in stated] == []
    assert [word for word in words if word not in chosen] == []


def test_giannini2020_calls_lesions_by_the_published_rule():
    content = yaml.safe_load((PRESETS / "giannini2020.yaml").read_text(encoding="utf-8"))
    settings = SelectionSettings(**content["selection"])
    assert settings.threshold.method == "resubstitution"
    assert settings.threshold.score == "share"
    assert "resubstitution" in stated_and_chosen("giannini2020")[0]


@pytest.mark.slow
def test_giannini2020():
    _, settings = preset("giannini2020")
    network, training = settings.network, settings.training
    built = build_network(network)
    # Five double convolutions down, four up with one convolution after each upsampling, one 1×1: 10 + 4 + 8 + 1.
    assert (network.levels, convolution_count(built)) == (4, 23)
    # The original's 31,030,658, with a 3×3 convolution in place of each 2×2 up-convolution from 2b to b filters.
    assert parameter_count(built) == 31_030_658 + sum((9 - 4) * 2 * b * b for b in (64, 128, 256, 512))
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in built.modules())
    assert sum(isinstance(module, torch.nn.Upsample) for module in built.modules()) == 4
    assert built.head.kernel_size == (1, 1)
    assert (training.optimiser, training.learning_rate, training.epochs) == ("adam", 1e-4, 50)
    assert (training.loss, training.class_weights, training.balance) == ("cross-entropy", "inverse-frequency", True)
    assert network.output == "softmax"
    assert settings.output.rule == "argmax"
    assert settings.matching.detection_dice == 0
    assert build_schedule(build_optimiser(built, training), training) is None


def test_defeudis2022_without_transfer():
    _, settings = preset("defeudis2022-notl")
    network, training = settings.network, settings.training
    assert (network.levels, network.initialisation, network.output) == (3, "normal", "sigmoid")
    assert (training.optimiser, training.learning_rate, training.betas) == ("adam", 1e-3, (0.9, 0.999))
    assert (training.loss, training.early_stop_patience, training.lr_patience) == ("cross-entropy", 10, 5)
    assert training.schedule == "plateau"
    assert (settings.output.rule, settings.liver.missing) == ("otsu", "network")
    assert settings.liver.replace_given
    assert settings.matching.detection_dice == 0.2


def test_defeudis2022_with_transfer_differs_where_the_paper_says():
    _, without = preset("defeudis2022-notl")
    _, with_transfer = preset("defeudis2022-tl")
    assert with_transfer.network.architecture == "resnet18-unet"
    assert with_transfer.network.pretrained is not None
    assert with_transfer.training.loss == "dice"
    assert with_transfer.training.model_copy(update={"loss": without.training.loss}) == without.training
    assert with_transfer.output == without.output
    assert with_transfer.liver == without.liver
    # segmentation_models' count for three channels, less two of the first layer's three: 64 · 7 · 7 · 2
    assert parameter_count(build_network(with_transfer.network)) == 14_328_209 - 6272


def test_the_learning_rate_falls_after_exactly_the_published_patience():
    _, settings = preset("defeudis2022-notl")
    optimiser = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], settings.training.learning_rate)
    schedule = build_schedule(optimiser, settings.training)
    rates = []
    for _ in range(7):
        schedule.step(1.0)
        rates.append(optimiser.param_groups[0]["lr"])
    # The first epoch sets the mark; five more without improvement, and the rate falls (Keras' ReduceLROnPlateau).
    assert rates == pytest.approx([1e-3] * 5 + [1e-4] * 2)
