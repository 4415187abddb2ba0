"""Slices for training: which ones, in which order, and how they are varied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from livermets.config.segmentation import AugmentationSettings, TrainingSettings
from livermets.errors import input_error
from livermets.randomness import generator, integer_seed
from livermets.segmentation.training_scan import TrainingScan


@dataclass(frozen=True, eq=False)
class Slices:
    """Axial slices of several scans. ``stack`` (rows, y, x) holds the image of each once and ``rows`` (n, channels)
    says which are the channels of a slice, so that neighbours take no memory; ``target`` and ``liver`` are
    (n, 1, y, x)."""

    stack: Tensor
    rows: Tensor
    target: Tensor
    liver: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def image(self, which: int | slice) -> Tensor:
        """The images of one slice (channels, y, x) or of several (n, channels, y, x)."""
        return self.stack[self.rows[which]]

    @property
    def with_target(self) -> NDArray[np.bool_]:
        """Which slices show the target."""
        # torch's `any` of bytes gives bytes, whose complement is true everywhere.
        return self.target.flatten(1).any(dim=1).bool().numpy()


def channel_rows(slices: int, context_slices: int) -> NDArray[np.int64]:
    """Which slices of a scan are the channels of each: itself between its neighbours, (z, 2 context + 1); the end
    slices repeat themselves."""
    offsets = np.arange(-context_slices, context_slices + 1)
    return np.clip(np.arange(slices)[:, None] + offsets, 0, slices - 1)


def select_slices(scans: list[TrainingScan], which: str, context_slices: int) -> Slices:
    """The slices to train or monitor on: all of them, or those that cross the liver (or the target).

    Raises `InputError` if the scans differ in size or no slice is left."""
    sizes = {scan.image.shape[1:]: scan.name for scan in scans}
    if len(sizes) > 1:
        listed = ", ".join(f"{y} × {x} ({name})" for (y, x), name in sizes.items())
        raise input_error("training scans", f"their network grids differ: {listed}", "Preprocess them alike")
    stacks: list[NDArray[np.float32]] = []
    rows, targets, livers = [], [], []
    for scan in scans:
        keep = np.ones(len(scan.image), dtype=bool)
        if which == "liver":
            keep = (scan.liver.astype(bool) | scan.target.astype(bool)).any(axis=(1, 2))
        wanted = channel_rows(len(scan.image), context_slices)[keep]
        needed, places = np.unique(wanted, return_inverse=True)
        rows.append(places.reshape(wanted.shape) + sum(len(part) for part in stacks))
        stacks.append(scan.image[needed])
        targets.append(scan.target[keep, None])
        livers.append(scan.liver[keep, None])
    if not any(len(part) for part in rows):
        raise input_error("training scans", "no slice crosses the liver", "Check the liver masks")
    return Slices(*(torch.from_numpy(np.concatenate(part)) for part in (stacks, rows, targets, livers)))


def epoch_order(with_target: NDArray[np.bool_], training: TrainingSettings, seed: int, epoch: int) -> NDArray[np.int64]:
    """The slices of one epoch in the order they are seen; depends on the seed and the epoch only.

    Balanced: all slices of the rarer kind and as many of the other, drawn anew. A kind that is absent altogether
    leaves nothing to balance. Windows may be drawn several times from one slice, since they lie elsewhere each time."""
    random = generator(seed, "segmentation", "slices", epoch)
    kinds = [kind for kind in (np.flatnonzero(with_target), np.flatnonzero(~with_target)) if len(kind)]
    if not training.balance:
        kinds = [np.arange(len(with_target))]
    size = min(map(len, kinds))
    if training.slices_per_epoch is not None:
        asked = max(training.slices_per_epoch // len(kinds), 1)
        size = asked if training.patch is not None else min(size, asked)
    chosen = np.concatenate([random.choice(kind, size, replace=size > len(kind)) for kind in kinds])
    return random.permutation(chosen)


def slice_probability(with_target: NDArray[np.bool_], balance: bool) -> NDArray[np.float64]:
    """How probable each slice is to be the one at a place of an epoch (`epoch_order`); they add up to 1."""
    if not balance or with_target.all() or not with_target.any():
        return np.full(len(with_target), 1 / len(with_target))
    return np.where(with_target, 0.5 / with_target.sum(), 0.5 / (~with_target).sum())


def augmentation(settings: AugmentationSettings, patch: int | None) -> Any:
    """MONAI's transforms for one slice as ``image``, ``target`` and ``liver``; all random ones are seeded at once."""
    from monai import transforms as mt

    keys = ("image", "target", "liver")
    steps: list[Any] = []
    if patch is not None:
        steps += [
            mt.SpatialPadd(keys, (patch, patch), mode="edge"),
            mt.RandCropByPosNegLabeld(
                keys, "target", (patch, patch), pos=1, neg=1, image_key="liver", image_threshold=0, allow_smaller=True
            ),
        ]
    if settings.flip > 0:
        steps += [mt.RandFlipd(keys, settings.flip, spatial_axis=axis) for axis in (0, 1)]
    if settings.affine > 0:
        steps.append(
            mt.RandAffined(
                keys,
                prob=settings.affine,
                rotate_range=np.deg2rad(settings.rotation_degrees),
                scale_range=(settings.scale, settings.scale),
                mode=("bilinear", "nearest", "nearest"),
                padding_mode="border",
            )
        )
    if settings.intensity > 0:
        steps.append(mt.RandScaleIntensityd("image", settings.contrast, settings.intensity))
        steps.append(mt.RandShiftIntensityd("image", settings.brightness, prob=settings.intensity))
    if settings.noise > 0:
        steps.append(mt.RandGaussianNoised("image", settings.noise, std=settings.noise_sd))
    return mt.Compose(steps)


class EpochSlices(Dataset):
    """The augmented slices of one epoch: (image float32, target uint8).

    Every slice is seeded by (seed, epoch, position), so neither the number of workers nor an interruption changes
    what the network sees."""

    def __init__(self, slices: Slices, training: TrainingSettings, seed: int) -> None:
        self.slices, self.training, self.seed = slices, training, seed
        self.augment = augmentation(training.augmentation, training.patch)
        self.random_transforms = [step for step in self.augment.transforms if hasattr(step, "set_random_state")]
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        self.order = epoch_order(self.slices.with_target, self.training, self.seed, epoch)

    def __len__(self) -> int:
        return len(self.order)

    def foreground_share(self) -> float:
        """Share of the target among the pixels that epochs show: whole slices, each kind as often as it is drawn; of
        windows, whose place is random, those of the present epoch.

        Never quite 0 or 1, so that its inverse is a weight."""
        if self.training.patch is not None:
            shown = [self[position][1].float().mean() for position in range(len(self))]
            share, pixels = float(torch.stack(shown).mean()), len(self) * self.training.patch**2
        else:
            pixels = self.slices.target.numel()
            of_slice = self.slices.target.flatten(1).sum(dim=1).numpy() / self.slices.target[0].numel()
            share = float(of_slice @ slice_probability(self.slices.with_target, self.training.balance))
        return min(max(share, 1 / pixels), 1 - 1 / pixels)

    def __getitem__(self, position: int) -> tuple[Tensor, Tensor]:
        index = int(self.order[position])
        item = {"image": self.slices.image(index)}
        item |= {"target": self.slices.target[index], "liver": self.slices.liver[index]}
        # One state for all transforms: MONAI's own seeding makes one for each, and costs more than the transforms.
        state = np.random.RandomState(integer_seed(self.seed, "segmentation", "augment", self.epoch, position))
        for transform in self.random_transforms:
            transform.set_random_state(state=state)
        item = self.augment(item)
        item = item[0] if isinstance(item, list) else item
        return item["image"].float(), item["target"].to(torch.uint8)
