"""Probability maps: batched slices through a trained network, with test-time flips where asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from livermets.config.segmentation import NetworkSettings, OutputSettings
from livermets.errors import InputError, input_error
from livermets.segmentation.architectures.build import foreground_probability, on_device, size_multiple
from livermets.segmentation.field import liver_box, padding_to
from livermets.segmentation.slices import channel_rows

FLIPS: dict[str, tuple[tuple[int, ...], ...]] = {"none": ((),), "flips": ((), (2,), (3,), (2, 3))}
Progress = Callable[[Iterable[int]], Iterable[int]]


def predict_probability(
    network: nn.Module,
    settings: NetworkSettings,
    output: OutputSettings,
    image: NDArray[np.float32],
    liver: NDArray | None,
    device: torch.device,
    progress: Progress = iter,
) -> NDArray[np.float32]:
    """The probability of the target per voxel of a normalised image (``zyx``, network grid).

    With ``restrict_to_liver`` only slices that cross the liver are computed and everything outside it is 0.
    Whole slices go through in batches, so there is no window to slide and nothing for MONAI's inferers to stitch."""
    probability = np.zeros(image.shape, dtype=np.float32)
    rows: NDArray[np.int64] = np.arange(len(image))
    y, x = slice(0, image.shape[1]), slice(0, image.shape[2])
    if output.restrict_to_liver:
        if liver is None:
            raise input_error("segmentation.output.restrict_to_liver", "no liver mask was given", "Give one")
        rows = np.flatnonzero(liver.any(axis=(1, 2)))
        if output.field == "liver":
            y, x = liver_box(liver, size_multiple(network))
    shown, channels = image[:, y, x], channel_rows(len(image), settings.context_slices)
    network = on_device(network, device).eval()
    for start in progress(range(0, len(rows), output.batch_size)):
        batch = rows[start : start + output.batch_size]
        slices = torch.from_numpy(shown[channels[batch]]).to(device, memory_format=torch.channels_last)
        probability[batch, y, x] = forward_probability(network, slices, output.tta)[:, 0].cpu().numpy()
    if output.restrict_to_liver and liver is not None:
        probability *= liver.astype(bool)
    return probability


@torch.inference_mode()
def forward_probability(network: nn.Module, slices: Tensor, tta: str = "none") -> Tensor:
    """Probability (batch, 1, y, x) of slices of any size: padded to what the network needs, and cropped again."""
    left, right, top, bottom = padding_to((slices.shape[2], slices.shape[3]), size_multiple(network))
    padded = functional.pad(slices, (left, right, top, bottom), mode="replicate") if right or bottom else slices
    total = torch.zeros((), device=slices.device)
    on_gpu = slices.device.type == "cuda"
    try:
        with torch.autocast("cuda", dtype=gpu_half_type(), enabled=on_gpu):
            for axes in FLIPS[tta]:
                one = foreground_probability(network(padded.flip(axes) if axes else padded).float())
                total = total + (one.flip(axes) if axes else one)
    except RuntimeError as error:
        raise out_of_memory_advice(error, len(slices), "segmentation.output.batch_size") from error
    mean = total / len(FLIPS[tta])
    return mean[:, :, top : mean.shape[2] - bottom, left : mean.shape[3] - right]


def gpu_half_type() -> torch.dtype:
    """The half precision that this GPU is good at; bfloat16 needs no loss scaling."""
    return torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float16


def out_of_memory_advice(error: RuntimeError, batch: int, key: str) -> RuntimeError | InputError:
    """The error itself, or, if memory ran out, what to do about it."""
    text = str(error).lower()
    if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in text or "not enough memory" in text:
        return input_error(
            key,
            f"the memory of the {'GPU' if 'cuda' in text else 'machine'} is not enough for batches of {batch} slices",
            f"Set it to {max(batch // 2, 1)}, or lower network.base_filters or preprocess.network_grid",
        )
    return error
