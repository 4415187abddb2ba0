"""Axial slices through one network, as whole slices or windows of them."""

from __future__ import annotations

from collections.abc import Sequence
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
from livermets.segmentation.field import crop_scans, liver_box, liver_of, padding_to
from livermets.segmentation.predict import slice_probabilities
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.protocol import Progress
from livermets.segmentation.views.slices import Slices, channel_rows, select_slices


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
        """The slices' probabilities; with ``restrict_to_liver`` only those that cross the liver are computed.

        Whole slices go through in batches: there is no window to slide and nothing for MONAI's inferers to stitch."""
        probability = np.zeros((len(self.classes.found), *image.shape), dtype=np.float32)
        rows: NDArray[np.int64] = np.arange(len(image))
        y, x = slice(0, image.shape[1]), slice(0, image.shape[2])
        within = liver_of(liver, output)
        if within is not None:
            rows = np.flatnonzero(within.any(axis=(1, 2)))
            if self.sampling.field == "liver":
                y, x = liver_box(within, size_multiple(network))
        shown, channels = image[:, y, x], channel_rows(len(image), self.settings.context_slices)
        network = on_device(network, device).eval()
        for start in progress(range(0, len(rows), output.batch_size)):
            batch = rows[start : start + output.batch_size]
            slices = images_on_device(torch.from_numpy(shown[channels[batch]]), device)
            found = slice_probabilities(network, slices, output.tta).cpu().numpy()
            probability[:, batch, y, x] = found.swapaxes(0, 1)
        return probability if within is None else probability * within


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
