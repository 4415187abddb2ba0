"""Random changes of images and their masks, all MONAI's, in the plane of the slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from livermets.config.segmentation import AugmentationSettings
from livermets.randomness import integer_seed

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
    if settings.intensity > 0:
        steps.append(mt.RandScaleIntensityd("image", settings.contrast, settings.intensity))
        steps.append(mt.RandShiftIntensityd("image", settings.brightness, prob=settings.intensity))
    if settings.noise > 0:
        steps.append(mt.RandGaussianNoised("image", settings.noise, std=settings.noise_sd))
    return steps


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
