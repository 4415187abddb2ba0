"""3D segments of a scan, drawn at random for training and side by side, overlapping, for prediction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from livermets.config.architectures import AnyNetwork
from livermets.config.sampling import SegmentSampling
from livermets.config.segmentation import OutputSettings
from livermets.config.training import AugmentationSettings
from livermets.errors import input_error
from livermets.randomness import generator
from livermets.segmentation.architectures.build import on_device, size_multiple
from livermets.segmentation.augmentation import KEYS, Varied, variations
from livermets.segmentation.classes import Classes
from livermets.segmentation.field import WHOLE, liver_of, volume_box
from livermets.segmentation.predict import mean_probabilities
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.protocol import Batch, Progress
from livermets.segmentation.views.slices import in_order, shown_shares

SEGMENT = "segmentation.sampling.segment"


@dataclass(frozen=True)
class SegmentView:
    """Segments through one 3D network."""

    sampling: SegmentSampling
    settings: AnyNetwork
    classes: Classes

    @property
    def parts(self) -> Sequence[str]:
        """One network."""
        return ()

    def check_image(self, shape_zyx: tuple[int, ...], where: object) -> None:
        """Any will do: what lacks for a segment is added."""

    def shown(self, scans: list[TrainingScan], network: nn.Module) -> list[TrainingScan]:
        """Whole scans, or the boxes around their livers."""
        return [scan.within(volume_box(scan.liver)) for scan in scans] if self.sampling.field == "liver" else scans

    def samples(self, scans: list[TrainingScan], network: nn.Module) -> Segments:
        """Where segments can be drawn from: scans that have a liver, where only these are shown."""
        self._check_fit(network)
        grown = [_grown(scan, self.sampling.segment) for scan in to_draw_from(scans, self.sampling)]
        return Segments(grown, self.sampling, self.classes.focus)

    def probabilities(
        self,
        network: nn.Module,
        image: NDArray[np.float32],
        liver: NDArray | None,
        output: OutputSettings,
        device: torch.device,
        progress: Progress = iter,
    ) -> NDArray[np.float32]:
        """The segments' probabilities, their mean where they overlap."""
        within = liver_of(liver, output)
        probability = np.zeros((len(self.classes.found), *image.shape), dtype=np.float32)
        if within is not None and not within.any():
            return probability
        box = volume_box(within) if within is not None and self.sampling.field == "liver" else WHOLE
        network = on_device(network, device).eval()
        probability[(slice(None), *box)] = self._assembled(network, np.ascontiguousarray(image[box]), output, device)
        return probability if within is None else probability * within

    @torch.inference_mode()
    def _assembled(
        self, network: nn.Module, image: NDArray[np.float32], output: OutputSettings, device: torch.device
    ) -> NDArray[np.float32]:
        """Segments that cover an image, put together by MONAI's sliding window."""
        from monai.inferers import sliding_window_inference

        self._check_fit(network)
        sides = self.sampling.segment
        grown = torch.from_numpy(np.pad(image, _padding(image.shape, sides), mode="edge"))
        found: Any = sliding_window_inference(
            grown[None, None],
            sides,
            output.batch_size,
            lambda batch: mean_probabilities(network, batch, output.tta),
            overlap=self.sampling.overlap,
            sw_device=device,
            device=torch.device("cpu"),
        )
        z, y, x = (slice(0, length) for length in image.shape)
        return np.asarray(found[0][:, z, y, x].numpy())

    def _check_fit(self, network: nn.Module) -> None:
        """Raises `InputError` if segments do not fit the network."""
        multiple, sides = size_multiple(network), self.sampling.segment
        if any(side % multiple or side // multiple < 2 for side in sides):
            shown = " × ".join(map(str, sides))
            what = f"a segment of {shown} voxels does not fit the network"
            raise input_error(SEGMENT, what, f"Use sides that are multiples of {multiple} from {2 * multiple} on")


@dataclass(frozen=True, eq=False)
class Segments:
    """Scans from which segments are drawn, none of them smaller than one."""

    scans: list[TrainingScan]
    sampling: SegmentSampling
    focus: int

    def __len__(self) -> int:
        return self.sampling.segments_per_epoch

    @property
    def with_focus(self) -> NDArray[np.bool_]:
        """Which scans show the innermost class."""
        return np.array([(scan.target == self.focus).any() for scan in self.scans])

    def epochs(self, augmentation: AugmentationSettings, seed: int) -> EpochSegments:
        """The epochs of a training on segments of these scans."""
        return EpochSegments(self, augmentation, seed)

    def batches(self, size: int) -> Iterator[Batch]:
        """Segments that cover the scans side by side; what is at the end of a scan overlaps its neighbours."""
        from monai.data.utils import dense_patch_slices

        for scan in self.scans:
            places: list[Any] = dense_patch_slices(scan.image.shape, self.sampling.segment, self.sampling.segment)
            for positions in in_order(len(places), size):
                images, target = (
                    torch.from_numpy(np.stack([array[places[position]] for position in positions])[:, None])
                    for array in (scan.image, scan.target)
                )
                yield Batch(images, target, 0)


class EpochSegments:
    """The varied segments of one epoch: (image float32, target uint8, network)."""

    def __init__(self, segments: Segments, augmentation: AugmentationSettings, seed: int) -> None:
        from monai import transforms as mt

        self.segments, self.seed = segments, seed
        cut = mt.RandCropByPosNegLabeld(
            KEYS,
            "target",
            segments.sampling.segment,
            fg_indices_key="around",
            bg_indices_key="elsewhere",
            allow_smaller=True,
        )
        self.vary = Varied([cut, *variations(augmentation, 3)], seed)
        self.items = [self._item(scan) for scan in segments.scans]
        self.set_epoch(0)

    def _item(self, scan: TrainingScan) -> dict[str, Tensor]:
        """A scan with the places of the voxels around which segments lie."""
        focus = scan.target == self.segments.focus
        balanced, anywhere = self.segments.sampling.balance, self.segments.sampling.within == "all"
        allowed = np.ones_like(focus) if anywhere else (scan.liver > 0) | (scan.target > 0)
        around, elsewhere = (focus, allowed & ~focus) if balanced else (np.zeros_like(focus), allowed)
        places = {"around": np.flatnonzero(around), "elsewhere": np.flatnonzero(elsewhere)}
        arrays = {"image": scan.image[None], "target": scan.target[None], "liver": scan.liver[None]}
        item = {name: torch.from_numpy(array) for name, array in (arrays | places).items()}
        return item | {"hu_per_unit": torch.tensor(scan.hu_per_unit)}

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch
        self.order = scan_order(len(self.items), len(self.segments), self.seed, epoch)

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> tuple[Tensor, Tensor, int]:
        item = self.vary(self.items[int(self.order[position])], self.epoch, position)
        return item["image"].float(), item["target"].to(torch.uint8), 0

    def batches(self, size: int) -> list[list[int]]:
        """The positions of every batch, in their order."""
        return in_order(len(self), size)

    def class_shares(self) -> tuple[float, ...]:
        """Shares of the classes in the segments of the present epoch."""
        return shown_shares(self, range(1, self.segments.focus + 1))


def to_draw_from(scans: list[TrainingScan], sampling: SegmentSampling) -> list[TrainingScan]:
    """The scans that segments can be drawn from: those that have a liver, where only these are shown.

    Raises `InputError` if there is none."""
    if sampling.within == "liver":
        scans = [scan for scan in scans if scan.liver.any() or scan.target.any()]
    if not scans:
        raise input_error("training scans", "none of them has a liver", "Check the liver masks")
    return scans


def scan_order(scans: int, segments: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The scan that each segment of an epoch is drawn from: all of them in turn, in a new order every time."""
    random = generator(seed, "segmentation", "segments", epoch)
    return np.concatenate([random.permutation(scans) for _ in range(ceil(segments / scans))])[:segments]


def _grown(scan: TrainingScan, sides: Sequence[int]) -> TrainingScan:
    padding = _padding(scan.image.shape, sides)
    image = np.pad(scan.image, padding, mode="edge")
    return replace(scan, image=image, target=np.pad(scan.target, padding), liver=np.pad(scan.liver, padding))


def _padding(shape: Sequence[int], sides: Sequence[int]) -> list[tuple[int, int]]:
    """What to add behind an image that is smaller than a segment."""
    return [(0, max(side - own, 0)) for own, side in zip(shape, sides, strict=True)]
