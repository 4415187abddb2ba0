"""Predicted seconds of networks beside trainings that were measured, and against sums by hand."""

from __future__ import annotations

from typing import Any

import pytest

from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import SegmentationSettings
from livermets.workflow.arithmetic import multiply_accumulates
from livermets.workflow.network_time import (
    MULTIPLY_ACCUMULATES_PER_SECOND,
    PASSES,
    SAMPLE_SECONDS,
    segmentation_seconds,
    training_seconds,
)

FOLDS = (
    (82, 81, 65, 54, 62, 53, 54, 64),
    (28, 27, 65, 82, 87, 84, 84, 81, 65, 70, 53, 54),
    (28, 27, 65, 81, 87, 84, 84, 81, 70, 54, 62, 64),
)
"""Slices of the scans of three sets of eight patients: public CTs, 512 × 512, 1.6 to 5 mm thick."""
WINDOWS = {"slices_per_epoch": 300, "patch": 96}
U_NET_24 = {"network": {"base_filters": 24, "context_slices": 1}, "sampling": WINDOWS}
RECIPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "U-Net, 24 filters, windows": (U_NET_24, {}),
    "three U-Nets of planes, windows": (
        {
            "network": {"levels": 3, "base_filters": 24, "short_skips": True},
            "sampling": {"view": "orthogonal", "slices_per_epoch": 75, "patch": 96},
        },
        {"slice_spacing_mm": 2},
    ),
    "U-Net, 16 filters, slices": (
        {
            "network": {"base_filters": 16, "norm": "none", "upsampling": "nearest"},
            "sampling": {"slices_per_epoch": 150, "field": "image"},
            "training": {"validation_fraction": 0.3},
        },
        {"network_grid": 128},
    ),
    "AlexNet, 512 maps": (
        {
            "classes": ["liver", "lesion"],
            "network": {"architecture": "fcn-alexnet", "fully_connected": 512},
            "sampling": {"slices_per_epoch": 70, "field": "image", "balance": False},
            "training": {"validation_fraction": 0.1},
        },
        {},
    ),
    "ResNet-18": (
        {
            "classes": ["liver", "lesion"],
            "network": {"architecture": "fcn-resnet18"},
            "sampling": {"slices_per_epoch": 40, "field": "image", "balance": False},
            "training": {"validation_fraction": 0.1},
        },
        {},
    ),
}
MEASURED = [
    ("U-Net, 24 filters, windows", 0, 7, 382), ("U-Net, 24 filters, windows", 1, 7, 617),
    ("U-Net, 24 filters, windows", 2, 7, 689), ("U-Net, 24 filters, windows", 0, 24, 1243),
    ("three U-Nets of planes, windows", 0, 4, 341), ("three U-Nets of planes, windows", 1, 4, 517),
    ("U-Net, 16 filters, slices", 0, 4, 107), ("U-Net, 16 filters, slices", 1, 4, 154),
    ("U-Net, 16 filters, slices", 2, 4, 163),
    ("AlexNet, 512 maps", 0, 4, 134), ("AlexNet, 512 maps", 1, 4, 252), ("AlexNet, 512 maps", 2, 4, 249),
    ("ResNet-18", 2, 4, 358),
]  # fmt: skip
"""Recipe, set of patients, epochs, and CPU seconds of the whole job, on one thread of a server processor (AVX2) with
torch 2.13. Who monitors a training is drawn, and has one scan or four: the same recipe took 134 to 252 s."""
JOB_SECONDS = 5.0


def settings(recipe: str, **training: Any) -> tuple[SegmentationSettings, PreprocessSettings]:
    values, grid = RECIPES[recipe]
    values = {**values, "training": {**values.get("training", {}), **training}}
    return SegmentationSettings.model_validate(values), PreprocessSettings.model_validate({"network_grid": 256, **grid})


@pytest.mark.parametrize("recipe, fold, epochs, measured", MEASURED)
def test_a_training_is_predicted_within_a_factor_of_two(recipe, fold, epochs, measured):
    predicted = JOB_SECONDS + training_seconds(*settings(recipe, epochs=epochs), FOLDS[fold], 8)
    assert measured / 2 <= predicted <= 2 * measured


def test_all_of_them_together_are_predicted_better_than_one():
    predicted = [
        JOB_SECONDS + training_seconds(*settings(recipe, epochs=epochs), FOLDS[fold], 8)
        for recipe, fold, epochs, _ in MEASURED
    ]
    assert sum(predicted) == pytest.approx(sum(seconds for *_, seconds in MEASURED), rel=0.2)


def seconds(network: Any, shape: tuple[int, ...], outputs: int = 2) -> float:
    return multiply_accumulates(network, shape, outputs) / MULTIPLY_ACCUMULATES_PER_SECOND


def test_windows_and_validation_slices_by_hand():
    """Ten scans of 60 slices, all of the liver, of ten patients, of whom two monitor every other epoch and the last."""
    own, grid = settings("U-Net, 24 filters, windows", epochs=5, validate_every=2)
    epoch = 300 * (PASSES * seconds(own.network, (96, 96)) + SAMPLE_SECONDS)
    validation = 2 * 60 * seconds(own.network, (179, 179))  # the box of livers: 0.7 of 256 pixels
    assert training_seconds(own, grid, [60.0] * 10, 10) == pytest.approx(5 * epoch + 3 * validation)
    alone = settings("U-Net, 24 filters, windows", epochs=5, validation_fraction=0.0)
    assert training_seconds(*alone, [60.0] * 10, 10) == pytest.approx(5 * epoch)


def test_whole_scans_that_monitor_are_segmented_too():
    own, grid = settings("U-Net, 24 filters, windows", epochs=1)
    by_volumes, _ = settings("U-Net, 24 filters, windows", epochs=1, validate_on="volumes")
    more = training_seconds(by_volumes, grid, [60.0] * 10, 10) - training_seconds(own, grid, [60.0] * 10, 10)
    assert more == pytest.approx(2 * segmentation_seconds(own, grid, 60.0))


def test_no_more_slices_are_shown_than_there_are():
    own, grid = settings("U-Net, 16 filters, slices", epochs=1, validation_fraction=0.0)
    shown = [training_seconds(own, grid, [60.0] * scans, scans) for scans in (1, 2, 3, 30)]
    each = PASSES * seconds(own.network, (128, 128)) + SAMPLE_SECONDS
    assert shown == pytest.approx([60 * each, 120 * each, 150 * each, 150 * each])


def test_three_planes_of_a_volume_are_segmented_plane_by_plane():
    own, grid = settings("three U-Nets of planes, windows")
    liver, side = round(60 * 2.5 / 2), 179
    flat, upright = seconds(own.network, (side, side)), seconds(own.network, (liver, side))
    assert segmentation_seconds(own, grid, 60.0) == pytest.approx(liver * flat + 2 * side * upright)


@pytest.mark.parametrize("tta, times", [("none", 1), ("flips", 4)])
def test_segments_overlap_and_flips_are_predicted_four_times(tta, times):
    own = SegmentationSettings.model_validate(
        {
            "network": {"architecture": "unet3d"},
            "sampling": {"view": "segments", "segment": [16, 64, 64], "overlap": 0.5},
            "output": {"tta": tta},
        }
    )
    tiles = 4 * 3 * 3  # 60 slices of 179 × 179 pixels
    expected = times * 2**3 * tiles * seconds(own.network, (16, 64, 64))
    assert segmentation_seconds(own, PreprocessSettings(), 60.0) == pytest.approx(expected)


def test_unpadded_segments_that_monitor_cover_less_than_they_are_shown():
    values = {
        "network": {"architecture": "deepmedic"},
        "sampling": {"view": "segments", "segment": [31, 31, 31], "segments_per_epoch": 1},
        "training": {"epochs": 1, "validation_fraction": 0.5},
    }
    own = SegmentationSettings.model_validate(values)
    each = seconds(own.network, (31, 31, 31))  # which gives back 15 voxels of every side
    expected = PASSES * each + SAMPLE_SECONDS + 4 * 12 * 12 * each
    assert training_seconds(own, PreprocessSettings(), [60.0, 60.0], 2) == pytest.approx(expected)


@pytest.mark.parametrize("segment, tiles, shown", [(31, 3 * 3, 76), (32, 4 * 12 * 12, 32)])
def test_unpadded_networks_segment_in_tiles_as_large_as_a_batch_if_these_fit(segment, tiles, shown):
    """60 slices of 179 × 179 pixels: 4 × 15 voxels are given back of a tile of 76; 16 of a segment of 32 fit no 15."""
    own = SegmentationSettings.model_validate(
        {"network": {"architecture": "deepmedic"}, "sampling": {"view": "segments", "segment": [segment] * 3}}
    )
    expected = tiles * seconds(own.network, (shown,) * 3)
    assert segmentation_seconds(own, PreprocessSettings(), 60.0) == pytest.approx(expected)


@pytest.mark.parametrize("slices, of_liver", [(28, 28), (100, 72), (216, 72), (600, 200)])
def test_the_liver_is_on_so_many_slices(slices, of_liver):
    own, grid = settings("AlexNet, 512 maps")
    assert own.output.restrict_to_liver
    assert segmentation_seconds(own, grid, slices) == pytest.approx(of_liver * seconds(own.network, (256, 256), 3))
