"""Axial slices through one network, as whole slices or windows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from livermets.config.architectures import SliceNetwork
from livermets.config.sampling import SliceSampling
from livermets.config.segmentation import OutputSettings
from livermets.segmentation.architectures.build import check_size, images_on_device, on_device, size_multiple
from livermets.segmentation.classes import Classes
from livermets.segmentation.field import Box, crop_scans, liver_box, liver_of, padding_to
from livermets.segmentation.predict import slice_probabilities
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.protocol import Progress
from livermets.segmentation.views.slices import Slices, channel_rows, select_slices

CPU_BATCH = 4
"""No larger batches on a CPU: the maps of one layer would take memory from the system anew for every layer, which was
a fifth of the time."""


@dataclass(frozen=True)
class AxialView:
    """Slices across the first axis of an image."""

    sampling: SliceSampling
    settings: SliceNetwork
    classes: Classes

    @property
    def parts(self) -> Sequence[str]:
        """One network."""
        return ()

    def check_image(self, shape_zyx: tuple[int, ...], where: object) -> None:
        """Its slices must not shrink to nothing inside the network."""
        check_size(self.settings, min(shape_zyx[1:]), where)

    def shown(self, scans: list[TrainingScan], network: nn.Module) -> list[TrainingScan]:
        """Whole scans, or boxes of one size around their livers."""
        return crop_scans(scans, size_multiple(network)) if self.sampling.field == "liver" else scans

    def samples(self, scans: list[TrainingScan], network: nn.Module) -> Slices:
        """Their slices."""
        slices = select_slices(scans, self.sampling, self.settings.context_slices, self.classes.focus)
        return padded(slices, size_multiple(network))

    def probabilities(
        self,
        network: nn.Module,
        image: NDArray[np.float32],
        liver: NDArray | None,
        output: OutputSettings,
        device: torch.device,
        progress: Progress = iter,
    ) -> NDArray[np.float32]:
        """The slices' probabilities; with ``restrict_to_liver`` only those that cross the liver are computed, and of a
        network that learnt from windows within the liver only the box around the liver in each.

        Whole slices go through in batches: there is no window to slide and nothing for MONAI's inferers to stitch."""
        probability = np.zeros((len(self.classes.found), *image.shape), dtype=np.float32)
        within = liver_of(liver, output)
        rows: NDArray[np.int64] = np.arange(len(image)) if within is None else np.flatnonzero(within.any(axis=(1, 2)))
        boxes = self._boxes(within, rows, size_multiple(network), image.shape)
        channels = channel_rows(len(image), self.settings.context_slices)
        network = on_device(network, device).eval()
        most = output.batch_size if device.type == "cuda" else min(output.batch_size, CPU_BATCH)
        batches = batches_of_one_size(boxes, most)
        for number in progress(range(len(batches))):
            batch = batches[number]
            shown = [image[channels[row], *boxes[row]] for row in batch]
            slices = images_on_device(torch.from_numpy(np.stack(shown)), device)
            found = slice_probabilities(network, slices, output.tta).cpu().numpy()
            for row, one in zip(batch, found, strict=True):
                probability[:, row, *boxes[row]] = one
        return probability if within is None else probability * within

    def _boxes(
        self, within: NDArray[np.bool_] | None, rows: NDArray[np.int64], multiple: int, shape_zyx: tuple[int, ...]
    ) -> dict[int, Box]:
        """What the network is shown of every slice. No less than the windows that it learnt from, and a box of the
        slice's own: one for all would be a third larger on a real liver."""
        if within is None or self.sampling.field == "image":
            return dict.fromkeys(rows.tolist(), (slice(0, shape_zyx[1]), slice(0, shape_zyx[2])))
        if self.sampling.patch is None:
            return dict.fromkeys(rows.tolist(), liver_box(within, multiple))
        least = (self.sampling.patch, self.sampling.patch)
        return {row: liver_box(within[row : row + 1], multiple, least) for row in rows.tolist()}


def batches_of_one_size(boxes: Mapping[int, Box], size: int) -> list[list[int]]:
    """Slices in batches whose boxes have one height and width, so that a batch is one array."""
    alike: dict[tuple[int, int], list[int]] = {}
    for row, (y, x) in boxes.items():
        alike.setdefault((y.stop - y.start, x.stop - x.start), []).append(row)
    return [rows[start : start + size] for rows in alike.values() for start in range(0, len(rows), size)]


def padded(slices: Slices, multiple: int) -> Slices:
    """Slices whose height and width are a multiple: edges repeated in the image, nothing in the masks."""
    height, width = slices.stack.shape[1:]
    margins = padding_to((height, width), multiple)
    if not any(margins):
        return slices

    stack = functional.pad(slices.stack[None], margins, mode="replicate")[0]
    return replace(
        slices, stack=stack, target=functional.pad(slices.target, margins), liver=functional.pad(slices.liver, margins)
    )
