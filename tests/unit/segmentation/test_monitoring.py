"""What monitors a training: the Dice of samples, pooled, and that of whole scans."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from livermets.config.segmentation import OutputSettings
from livermets.segmentation.monitoring import PooledDice, VolumeDice
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.protocol import View

NETWORK = nn.Identity()


class KnownAnswer:
    """A view whose probabilities are those written into the image, one class after the other along the first axis."""

    def __init__(self, classes: int = 1) -> None:
        self.classes = classes

    def probabilities(self, network: Any, image: np.ndarray, liver: Any, output: OutputSettings, device: Any) -> Any:
        assert network is NETWORK
        found = np.stack([image] * self.classes) / self.classes
        return found * (liver > 0) if output.restrict_to_liver else found


def _scan(image: list[float], target: list[int], liver: list[int] | None = None) -> TrainingScan:
    shaped = [np.array(values)[None, None] for values in (image, target, liver or [1] * len(image))]
    return TrainingScan("s", "p", shaped[0].astype(np.float32), *(mask.astype(np.uint8) for mask in shaped[1:]))


def _dice(scans: list[TrainingScan], classes: int = 1, **output: Any) -> float:
    return VolumeDice(cast(View, KnownAnswer(classes)), scans, OutputSettings(**output))(NETWORK)


HALF = _scan([0.9, 0.9, 0.1, 0.1], [1, 0, 1, 0])
"""Two voxels found, two there, one in common: Dice 1/2."""


def test_the_dice_of_volumes_is_the_mean_over_scans() -> None:
    whole = _scan([0.9, 0.2], [1, 0])
    assert _dice([HALF]) == 0.5
    assert _dice([HALF, whole]) == 0.75


def test_a_scan_without_a_lesion_counts_as_1_if_nothing_is_found_and_as_0_else() -> None:
    assert _dice([_scan([0.1, 0.1], [0, 0])]) == 1
    assert _dice([_scan([0.1, 0.9], [0, 0])]) == 0


def test_volumes_are_cut_as_the_output_settings_say() -> None:
    scan = _scan([0.9, 0.4, 0.3, 0.1], [1, 1, 0, 0])
    assert _dice([scan]) == pytest.approx(2 / 3)
    assert _dice([scan], threshold=0.35) == 1
    outside = _scan([0.9, 0.9], [1, 0], [1, 0])
    assert _dice([outside]) == 1
    assert _dice([outside], restrict_to_liver=False) == pytest.approx(2 / 3)


def test_otsu_finds_a_threshold_for_every_volume() -> None:
    scan = _scan([0.30, 0.29, 0.02, 0.01, 0.0, 0.0], [1, 1, 0, 0, 0, 0])
    assert _dice([scan]) == 0
    assert _dice([scan], rule="otsu") == 1


def test_of_several_classes_the_mean_counts_and_a_lesion_is_liver_too() -> None:
    # Each class has half the probability written: together above 0.5 in two voxels, the lesion alone in none.
    scan = _scan([0.9, 0.9, 0.1, 0.1], [2, 1, 0, 0])
    assert _dice([scan], classes=2, restrict_to_liver=False) == (1 + 0) / 2


def test_the_pooled_dice_counts_pixels_of_all_samples_together() -> None:
    dice = PooledDice()
    sure = torch.tensor([[[[-9.0, 9.0]]]])
    dice.add(sure, torch.tensor([[[[0, 1]]]]))  # 1 in common of 1 and 1
    dice.add(sure, torch.tensor([[[[1, 0]]]]))  # none of 1 and 1
    assert dice.value() == 0.5
