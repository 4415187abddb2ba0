"""Random changes of images and their masks: MONAI's in the plane of the slices, smooth deformations, shifts in HU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from livermets.config.training import AugmentationSettings
from livermets.randomness import integer_seed
from livermets.segmentation.deformation import grid_places, random_deformation, sampled

KEYS = ("image", "target", "liver")


def variations(settings: AugmentationSettings, dimensions: int) -> list[Any]:
    """The transforms of an item with `KEYS`, of slices (2) or of segments (3)."""
    from monai import transforms as mt

    still = (0.0,) * (dimensions - 2)
    steps: list[Any] = []
    if settings.flip > 0:
        steps += [mt.RandFlipd(KEYS, settings.flip, spatial_axis=axis) for axis in range(dimensions)[-2:]]
    if settings.affine > 0:
        angle = np.deg2rad(settings.rotation_degrees)
        steps.append(
            mt.RandAffined(
                KEYS,
                prob=settings.affine,
                rotate_range=(angle, 0.0, 0.0) if still else angle,  # about the axis of the slices
                scale_range=(*still, settings.scale, settings.scale),
                mode=("bilinear", "nearest", "nearest"),
                padding_mode="border",
            )
        )
    if settings.elastic > 0:
        steps.append(Elastic(settings))
    return [*steps, *intensity_variations(settings)]


def intensity_variations(settings: AugmentationSettings) -> list[Any]:
    """The transforms of the values of an ``image``, wherever its voxels lie."""
    from monai import transforms as mt

    steps: list[Any] = []
    if settings.intensity > 0:
        steps.append(mt.RandScaleIntensityd("image", settings.contrast, settings.intensity))
        steps.append(mt.RandShiftIntensityd("image", settings.brightness, prob=settings.intensity))
    if settings.shift > 0:
        steps.append(Shift(settings))
    if settings.noise > 0:
        steps.append(mt.RandGaussianNoised("image", settings.noise, std=settings.noise_sd))
    return steps


class RandomStep:
    """A transform with the random state that it is given, as MONAI's have one."""

    def __init__(self, settings: AugmentationSettings) -> None:
        self.settings = settings
        self.random = np.random.RandomState()

    def set_random_state(self, state: np.random.RandomState) -> None:
        """What it draws from."""
        self.random = state


class Elastic(RandomStep):
    """Deforms image and masks (``KEYS``, channels first) alike; the image is interpolated linearly, masks are not."""

    def __call__(self, item: Mapping[str, Tensor]) -> dict[str, Tensor]:
        made, settings = dict(item), self.settings
        if self.random.uniform() >= settings.elastic:
            return made
        axes = [np.arange(side, dtype=float) for side in made["image"].shape[1:]]
        corners = [0.0] * len(axes), [axis[-1] for axis in axes]
        deformation = random_deformation(
            self.random, *corners, settings.elastic_spacing_voxels, settings.elastic_sd_voxels
        )
        places = grid_places(axes) + deformation.at(axes)
        for key in KEYS:
            channels = [sampled(one.numpy(), places, 1 if key == "image" else 0) for one in made[key]]
            made[key] = torch.from_numpy(np.stack(channels))
        return made


class Shift(RandomStep):
    """Adds one normally distributed number of HU to an ``image``, of which a unit is ``hu_per_unit``."""

    def __call__(self, item: Mapping[str, Tensor]) -> dict[str, Tensor]:
        made, settings = dict(item), self.settings
        if self.random.uniform() < settings.shift:
            hu = self.random.normal(settings.shift_mean_hu, settings.shift_sd_hu)
            made["image"] = made["image"] + hu / float(made["hu_per_unit"])
        return made


class Varied:
    """Transforms of one item, seeded by what names it: neither the number of workers nor an interruption changes it."""

    def __init__(self, steps: list[Any], seed: int) -> None:
        from monai import transforms as mt

        self.transforms, self.seed = mt.Compose(steps), seed
        self.random = [step for step in self.transforms.transforms if hasattr(step, "set_random_state")]

    def __call__(self, item: Mapping[str, Tensor], epoch: int, position: int) -> dict[str, Tensor]:
        # One state for all transforms: MONAI's own seeding makes one for each, and costs more than the transforms.
        state = np.random.RandomState(integer_seed(self.seed, "segmentation", "augment", epoch, position))
        for transform in self.random:
            transform.set_random_state(state=state)
        made = self.transforms(item)
        return dict(made[0] if isinstance(made, list) else made)
