"""Batches through a trained network, with test-time flips where asked for."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from livermets.config.training import TrainingSettings
from livermets.errors import InputError, input_error
from livermets.segmentation.architectures.build import class_probabilities, size_multiple
from livermets.segmentation.architectures.pathways import Images
from livermets.segmentation.field import padding_to

# Left-right and front-back, which are the last two axes of slices and of segments.
FLIPS: dict[str, tuple[tuple[int, ...], ...]] = {"none": ((),), "flips": ((), (-2,), (-1,), (-2, -1))}


@torch.inference_mode()
def mean_probabilities(network: nn.Module, images: Images, tta: str = "none") -> Tensor:
    """Probability (batch, class, …) of images of a size that the network takes: the mean over the flips."""
    first = images[0] if isinstance(images, list) else images
    total = torch.zeros((), device=first.device)
    on_gpu = first.device.type == "cuda"
    try:
        with torch.autocast("cuda", dtype=gpu_half_type(), enabled=on_gpu):
            for axes in FLIPS[tta]:
                one = class_probabilities(network(_flipped(images, axes)).float())
                total = total + (one.flip(axes) if axes else one)
    except RuntimeError as error:
        raise out_of_memory_advice(error, len(first), "segmentation.output.batch_size") from error
    return total / len(FLIPS[tta])


def _flipped(images: Images, axes: tuple[int, ...]) -> Images:
    if not axes:
        return images
    return [one.flip(axes) for one in images] if isinstance(images, list) else images.flip(axes)


@torch.inference_mode()
def slice_probabilities(network: nn.Module, slices: Tensor, tta: str = "none") -> Tensor:
    """Probability (batch, class, y, x) of slices of any size: padded to what the network needs, and cropped again."""
    left, right, top, bottom = padding_to((slices.shape[2], slices.shape[3]), size_multiple(network))
    padded = functional.pad(slices, (left, right, top, bottom), mode="replicate") if right or bottom else slices
    mean = mean_probabilities(network, padded, tta)
    return mean[:, :, top : mean.shape[2] - bottom, left : mean.shape[3] - right]


def half_precision(settings: TrainingSettings, device: torch.device) -> torch.autocast:
    """Half-precision arithmetic within, where a training's settings ask for it on this kind of device."""
    if device.type == "cuda":
        return torch.autocast("cuda", dtype=gpu_half_type(), enabled=settings.mixed_precision)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=settings.cpu_bfloat16)


def gpu_half_type() -> torch.dtype:
    """The half precision that this GPU is good at; bfloat16 needs no loss scaling."""
    return torch.bfloat16 if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else torch.float16


def out_of_memory_advice(error: RuntimeError, batch: int, key: str) -> RuntimeError | InputError:
    """The error itself, or, if memory ran out, what to do about it."""
    text = str(error).lower()
    if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in text or "not enough memory" in text:
        return input_error(
            key,
            f"the memory of the {'GPU' if 'cuda' in text else 'machine'} is not enough for batches of {batch}",
            f"Set it to {max(batch // 2, 1)}, or lower network.base_filters, or choose a coarser grid under preprocess",
        )
    return error
