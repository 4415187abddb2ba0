"""Random changes of images and masks: what is added to the values, and that image and masks move alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from livermets.config.training import AugmentationSettings
from livermets.segmentation.augmentation import Varied, intensity_variations, variations


def item(shape, hu_per_unit=1.0):
    random = np.random.default_rng(0)
    mask = torch.from_numpy((random.uniform(size=(1, *shape)) < 0.5).astype(np.uint8))
    return {"image": mask.float(), "target": mask, "liver": mask, "hu_per_unit": torch.tensor(hu_per_unit)}


def vary(settings, dimensions):
    return Varied(variations(settings, dimensions), 7)


@pytest.mark.parametrize("shape", [(20, 30), (6, 20, 30)])
def test_a_deformation_without_amplitude_changes_nothing(shape):
    given = item(shape)
    made = vary(AugmentationSettings(flip=0, elastic=1, elastic_sd_voxels=0), len(shape))(given, 0, 0)
    assert all(torch.equal(made[key], given[key]) for key in ("image", "target", "liver"))


@pytest.mark.parametrize("shape", [(20, 30), (6, 20, 30)])
def test_image_and_masks_are_deformed_alike(shape):
    settings = AugmentationSettings(flip=0, elastic=1, elastic_sd_voxels=3, elastic_spacing_voxels=8)
    made = vary(settings, len(shape))(item(shape), 0, 0)
    assert torch.equal(made["target"], made["liver"])
    assert not torch.equal(made["target"], item(shape)["target"])
    # Interpolated linearly between 0 and 1, the image lies on the side of the nearest voxel more often than not.
    assert ((made["image"] > 0.5) == (made["target"] > 0)).float().mean() > 0.75
    ramp = item(shape)
    ramp["image"] = torch.linspace(0, 1, shape[-1]).expand(1, *shape).clone()
    ramp["target"] = (ramp["image"] > 0.5).to(torch.uint8)
    bent = vary(settings, len(shape))(ramp, 0, 0)
    assert not torch.equal(bent["target"], ramp["target"])
    unclear = (bent["image"] - 0.5).abs() < 1 / shape[-1]
    assert torch.equal(bent["target"][~unclear] > 0, bent["image"][~unclear] > 0.5)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_channel_of_a_slice_is_deformed_alike(channels):
    given = item((20, 30))
    given["image"] = given["image"].expand(channels, -1, -1)
    made = vary(AugmentationSettings(flip=0, elastic=1), 2)(given, 0, 0)
    assert made["image"].shape == (channels, 20, 30)
    assert all(torch.equal(channel, made["image"][0]) for channel in made["image"])


def test_a_shift_is_one_number_of_hu_in_units_of_the_image():
    settings = AugmentationSettings(flip=0, shift=1, shift_mean_hu=-40, shift_sd_hu=40)
    shifts = []
    for position in range(400):
        given = item((4, 4), hu_per_unit=200.0)
        difference = vary(settings, 2)(given, 0, position)["image"] - given["image"]
        assert torch.allclose(difference, difference[0, 0, 0], atol=1e-6)
        shifts.append(200 * float(difference[0, 0, 0]))
    assert np.mean(shifts) == pytest.approx(-40, abs=6)
    assert np.std(shifts) == pytest.approx(40, abs=4)


def test_a_shift_has_its_probability():
    settings = AugmentationSettings(flip=0, shift=0.25, shift_mean_hu=100, shift_sd_hu=0)
    steps = Varied(intensity_variations(settings), 0)
    moved = [not torch.equal(steps(item((2, 2)), 0, n)["image"], item((2, 2))["image"]) for n in range(400)]
    assert np.mean(moved) == pytest.approx(0.25, abs=0.07)


def test_changes_depend_on_seed_epoch_and_position_only():
    settings = AugmentationSettings(flip=0.5, affine=1, elastic=1, intensity=1, shift=1, noise=1)
    one, other = vary(settings, 2), vary(settings, 2)
    one(item((16, 16)), 0, 3)
    first, again = one(item((16, 16)), 1, 2), other(item((16, 16)), 1, 2)
    assert torch.equal(first["image"], again["image"])
    assert not torch.equal(first["image"], other(item((16, 16)), 2, 2)["image"])
