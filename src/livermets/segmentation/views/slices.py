"""Slices of one plane for training: which ones, in which order, and how they are varied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from livermets.config.sampling import SliceSampling
from livermets.config.training import AugmentationSettings
from livermets.errors import input_error
from livermets.randomness import generator
from livermets.segmentation.augmentation import KEYS, Varied, variations
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.protocol import Batch, EpochSamples


@dataclass(frozen=True, eq=False)
class Slices:
    """Slices of several scans. ``stack`` (rows, y, x) holds the image of each once and ``rows`` (n, channels) says
    which are the channels of a slice, so that neighbours take no memory; ``target`` (the class of every pixel) and
    ``liver`` are (n, 1, y, x), ``hu_per_unit`` (n,) is as in `TrainingScan`; ``focus`` is the innermost class."""

    stack: Tensor
    rows: Tensor
    target: Tensor
    liver: Tensor
    hu_per_unit: Tensor
    sampling: SliceSampling
    focus: int = 1

    def __len__(self) -> int:
        return len(self.rows)

    def image(self, which: int | slice) -> Tensor:
        """The images of one slice (channels, y, x) or of several (n, channels, y, x)."""
        return self.stack[self.rows[which]]

    @property
    def with_focus(self) -> NDArray[np.bool_]:
        """Which slices show the innermost class."""
        return (self.target == self.focus).flatten(1).any(dim=1).numpy()

    def epochs(self, augmentation: AugmentationSettings, seed: int) -> EpochSlices:
        """The epochs of a training on these slices."""
        return EpochSlices(self, augmentation, seed)

    def batches(self, size: int) -> Iterator[Batch]:
        """All slices in their order."""
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield Batch(self.image(part), self.target[part], 0)


def channel_rows(slices: int, context_slices: int) -> NDArray[np.int64]:
    """Which slices of a scan are the channels of each: itself between its neighbours, (z, 2 context + 1); the end
    slices repeat themselves."""
    offsets = np.arange(-context_slices, context_slices + 1)
    return np.clip(np.arange(slices)[:, None] + offsets, 0, slices - 1)


def select_slices(scans: list[TrainingScan], sampling: SliceSampling, context_slices: int, focus: int = 1) -> Slices:
    """The slices to train or monitor on: all of them, or those that cross the liver (or the target).
    Scans whose slices differ in size are made equal (`same_size`). Raises `InputError` if no slice is left."""
    scans = same_size(scans)
    stacks: list[NDArray[np.float32]] = []
    rows, targets, livers, units = [], [], [], []
    for scan in scans:
        keep = np.ones(len(scan.image), dtype=bool)
        if sampling.slices == "liver":
            keep = (scan.liver.astype(bool) | scan.target.astype(bool)).any(axis=(1, 2))
        wanted = channel_rows(len(scan.image), context_slices)[keep]
        needed, places = np.unique(wanted, return_inverse=True)
        rows.append(places.reshape(wanted.shape) + sum(len(part) for part in stacks))
        stacks.append(scan.image[needed])
        targets.append(scan.target[keep, None])
        livers.append(scan.liver[keep, None])
        units.append(np.full(len(wanted), scan.hu_per_unit))
    if not any(len(part) for part in rows):
        raise input_error("training scans", "no slice crosses the liver", "Check the liver masks")
    parts = (stacks, rows, targets, livers, units)
    image, row, target, liver, unit = (torch.from_numpy(np.concatenate(part)) for part in parts)
    return Slices(image, row, target, liver, unit, sampling, focus)


def same_size(scans: list[TrainingScan]) -> list[TrainingScan]:
    """Scans whose slices are as large as the largest: edges repeated in the image, nothing in the masks."""
    height, width = (max(scan.image.shape[axis] for scan in scans) for axis in (1, 2))
    return [scan if scan.image.shape[1:] == (height, width) else _grown(scan, height, width) for scan in scans]


def _grown(scan: TrainingScan, height: int, width: int) -> TrainingScan:
    missing = [(0, 0), (0, height - scan.image.shape[1]), (0, width - scan.image.shape[2])]
    image = np.pad(scan.image, missing, mode="edge")
    return replace(scan, image=image, target=np.pad(scan.target, missing), liver=np.pad(scan.liver, missing))


def epoch_order(with_focus: NDArray[np.bool_], sampling: SliceSampling, seed: int, epoch: int) -> NDArray[np.int64]:
    """The slices of one epoch in the order they are seen; depends on the seed and the epoch only.

    Balanced: all slices of the rarer kind and as many of the other, drawn anew. A kind that is absent altogether
    leaves nothing to balance. Windows may be drawn several times from one slice, since they lie elsewhere each time."""
    random = generator(seed, "segmentation", "slices", epoch)
    kinds = [kind for kind in (np.flatnonzero(with_focus), np.flatnonzero(~with_focus)) if len(kind)]
    if not sampling.balance:
        kinds = [np.arange(len(with_focus))]
    size = min(map(len, kinds))
    if sampling.slices_per_epoch is not None:
        asked = max(sampling.slices_per_epoch // len(kinds), 1)
        size = asked if sampling.patch is not None else min(size, asked)
    chosen = np.concatenate([random.choice(kind, size, replace=size > len(kind)) for kind in kinds])
    return random.permutation(chosen)


def slice_probability(with_focus: NDArray[np.bool_], balance: bool) -> NDArray[np.float64]:
    """How probable each slice is to be the one at a place of an epoch (`epoch_order`); they add up to 1."""
    if not balance or with_focus.all() or not with_focus.any():
        return np.full(len(with_focus), 1 / len(with_focus))
    return np.where(with_focus, 0.5 / with_focus.sum(), 0.5 / (~with_focus).sum())


def windows(patch: int) -> list[Any]:
    """MONAI's transforms that cut a window out of a slice, within the liver, half of them around the ``focus``."""
    from monai import transforms as mt

    keys, size = (*KEYS, "focus"), (patch, patch)
    cut = mt.RandCropByPosNegLabeld(
        keys, "focus", size, pos=1, neg=1, image_key="liver", image_threshold=0, allow_smaller=True
    )
    return [mt.SpatialPadd(keys, size, mode="edge"), cut]


class EpochSlices(Dataset):
    """The varied slices of one epoch: (image float32, target uint8, network).

    Every slice is seeded by (seed, epoch, position), so neither the number of workers nor an interruption changes
    what the network sees."""

    def __init__(self, slices: Slices, augmentation: AugmentationSettings, seed: int) -> None:
        self.slices, self.sampling, self.seed = slices, slices.sampling, seed
        patch = self.sampling.patch
        self.vary = Varied([*(windows(patch) if patch is not None else []), *variations(augmentation, 2)], seed)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        self.order = epoch_order(self.slices.with_focus, self.sampling, self.seed, epoch)

    def __len__(self) -> int:
        return len(self.order)

    def batches(self, size: int) -> list[list[int]]:
        """The positions of every batch, in their order."""
        return in_order(len(self), size)

    def class_shares(self) -> tuple[float, ...]:
        """Shares of the classes among the pixels that epochs show: whole slices, each kind as often as it is drawn; of
        windows, whose place is random, those of the present epoch."""
        classes = range(1, self.slices.focus + 1)
        if self.sampling.patch is not None:
            return shown_shares(self, classes)
        target, pixels = self.slices.target, self.slices.target.numel()
        drawn = slice_probability(self.slices.with_focus, self.sampling.balance)
        of_slices = [(target == one).flatten(1).sum(dim=1).numpy() / target[0].numel() for one in classes]
        return tuple(within_open(float(of_slice @ drawn), pixels) for of_slice in of_slices)

    def __getitem__(self, position: int) -> tuple[Tensor, Tensor, int]:
        index = int(self.order[position])
        target = self.slices.target[index]
        item = {"image": self.slices.image(index), "target": target, "liver": self.slices.liver[index]}
        item["hu_per_unit"] = self.slices.hu_per_unit[index]
        if self.sampling.patch is not None:
            item["focus"] = (target == self.slices.focus).to(torch.uint8)
        item = self.vary(item, self.epoch, position)
        return item["image"].float(), item["target"].to(torch.uint8), 0


def in_order(length: int, size: int) -> list[list[int]]:
    """Positions in batches of a size, one after the other."""
    return [list(range(start, min(start + size, length))) for start in range(0, length, size)]


def shown_shares(samples: EpochSamples, classes: Iterable[int]) -> tuple[float, ...]:
    """Shares of the classes in everything that the present epoch shows."""
    targets = [samples[position][1] for position in range(len(samples))]
    pixels = sum(target.numel() for target in targets)
    means = (torch.stack([(target == one).float().mean() for target in targets]).mean() for one in classes)
    return tuple(within_open(float(mean), pixels) for mean in means)


def within_open(share: float, pixels: int) -> float:
    """A share that is neither 0 nor 1: at least one pixel is of the class, and one is not."""
    return min(max(share, 1 / pixels), 1 - 1 / pixels)
