"""Slices of three orthogonal planes, each through a network of its own, and the mean of their probabilities (Prasoon
2013): every plane is an axial view of the image turned so that the plane's slices lie across the first axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from livermets.config.architectures import SliceNetwork
from livermets.config.sampling import SliceSampling
from livermets.config.segmentation import OutputSettings
from livermets.config.training import AugmentationSettings
from livermets.errors import input_error
from livermets.randomness import integer_seed
from livermets.segmentation.architectures.build import networks_in
from livermets.segmentation.architectures.pathways import Images
from livermets.segmentation.classes import Classes
from livermets.segmentation.field import WHOLE, liver_of, volume_box
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.axial import AxialView
from livermets.segmentation.views.protocol import Batch, Progress
from livermets.segmentation.views.slices import EpochSlices, Slices, in_order

PLANES = {"axial": (0, 1, 2), "coronal": (1, 0, 2), "sagittal": (2, 0, 1)}
"""The axes of an image (``zyx``) in the order in which a plane's view has them."""


@dataclass(frozen=True)
class OrthogonalView:
    """Slices of all `PLANES`."""

    sampling: SliceSampling
    settings: SliceNetwork
    classes: Classes

    @property
    def parts(self) -> Sequence[str]:
        """A network for every plane."""
        return tuple(PLANES)

    @property
    def _of_plane(self) -> AxialView:
        return AxialView(self.sampling.model_copy(update={"field": "image"}), self.settings, self.classes)

    def check_image(self, shape_zyx: tuple[int, ...], where: object) -> None:
        """The slices of no plane may shrink to nothing inside the network: a scan of few thick slices would."""
        self._of_plane.check_image(shape_zyx, where)
        halvings, least = self.settings.halvings, self.settings.least_side
        if shape_zyx[0] < least:
            what = (
                f"{shape_zyx[0]} slices are too few for the coronal and sagittal planes of a network that halves them"
            )
            fix = f"Set preprocess.slice_spacing_mm, so that a scan has at least {least}, or use fewer levels"
            raise input_error(where, f"{what} {halvings} times", fix)

    def shown(self, scans: list[TrainingScan], network: nn.Module) -> list[TrainingScan]:
        """Whole scans, or the boxes around their livers."""
        return [scan.within(volume_box(scan.liver)) for scan in scans] if self.sampling.field == "liver" else scans

    def samples(self, scans: list[TrainingScan], network: nn.Module) -> PlaneSlices:
        """The slices of every plane."""
        turned = [[_turned(scan, axes) for scan in scans] for axes in PLANES.values()]
        return PlaneSlices([self._of_plane.samples(plane, network) for plane in turned])

    def probabilities(
        self,
        network: nn.Module,
        image: NDArray[np.float32],
        liver: NDArray | None,
        output: OutputSettings,
        device: torch.device,
        progress: Progress = iter,
    ) -> NDArray[np.float32]:
        """The mean of the planes' probabilities, every voxel having one of each plane."""
        within = liver_of(liver, output)
        box = volume_box(within) if within is not None and self.sampling.field == "liver" else WHOLE
        total = np.zeros((len(self.classes.found), *image[box].shape), dtype=np.float32)
        for axes, own in zip(PLANES.values(), networks_in(network), strict=True):
            turned = np.ascontiguousarray(image[box].transpose(axes))
            turned_liver = None if within is None else within[box].transpose(axes)
            found = self._of_plane.probabilities(own, turned, turned_liver, output, device, progress)
            total += found.transpose(0, *(1 + np.argsort(axes)))
        probability = np.zeros((len(total), *image.shape), dtype=np.float32)
        probability[(slice(None), *box)] = total / len(PLANES)
        return probability


@dataclass(frozen=True, eq=False)
class PlaneSlices:
    """The slices of every plane, one plane after the other."""

    planes: list[Slices]

    def __len__(self) -> int:
        return sum(map(len, self.planes))

    @property
    def with_focus(self) -> NDArray[np.bool_]:
        """Which slices show the innermost class."""
        return np.concatenate([plane.with_focus for plane in self.planes])

    def epochs(self, augmentation: AugmentationSettings, seed: int) -> EpochPlanes:
        """The epochs of a training of all planes' networks; planes draw independently of each other."""
        seeds = [integer_seed(seed, "segmentation", "plane", plane) for plane in PLANES]
        return EpochPlanes([p.epochs(augmentation, own) for p, own in zip(self.planes, seeds, strict=True)])

    def batches(self, size: int) -> Iterator[Batch]:
        """All slices, plane by plane."""
        for number, plane in enumerate(self.planes):
            yield from (batch._replace(network=number) for batch in plane.batches(size))


class EpochPlanes:
    """One epoch of every plane's network. A batch is of one plane, so that the networks learn as if alone."""

    def __init__(self, planes: list[EpochSlices]) -> None:
        self.planes = planes

    def set_epoch(self, epoch: int) -> None:
        for plane in self.planes:
            plane.set_epoch(epoch)

    def __len__(self) -> int:
        return sum(map(len, self.planes))

    def __getitem__(self, position: int) -> tuple[Images, Tensor, int]:
        number = int(np.searchsorted(self._ends, position, side="right"))
        image, target, _ = self.planes[number][position - ([0, *self._ends][number])]
        return image, target, number

    @property
    def _ends(self) -> list[int]:
        return list(accumulate(map(len, self.planes)))

    def batches(self, size: int) -> list[list[int]]:
        """The positions of every batch, plane by plane."""
        starts = [0, *self._ends]
        return [
            [start + position for position in batch]
            for start, plane in zip(starts, self.planes, strict=False)
            for batch in in_order(len(plane), size)
        ]

    def class_shares(self) -> tuple[float, ...]:
        """The mean of the planes' shares: the loss is the same for all."""
        return tuple(float(share) for share in np.mean([plane.class_shares() for plane in self.planes], axis=0))


def _turned(scan: TrainingScan, axes: tuple[int, int, int]) -> TrainingScan:
    image, target, liver = scan.image.transpose(axes), scan.target.transpose(axes), scan.liver.transpose(axes)
    return replace(scan, image=image, target=target, liver=liver).within(WHOLE)
