"""Training losses by name: PyTorch's cross-entropy and MONAI's Dice, for one- and two-channel networks."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from livermets.config.segmentation import NetworkSettings, TrainingSettings

Loss = Callable[[Tensor, Tensor], Tensor]


def inverse_frequency_weights(foreground_share: float) -> tuple[float, float]:
    """Weights of background and foreground: all pixels / pixels of the class (Giannini 2020), from the share of
    foreground among the pixels that an epoch shows (above 0, below 1)."""
    return 1 / (1 - foreground_share), 1 / foreground_share


def build_loss(
    training: TrainingSettings, network: NetworkSettings, weights: tuple[float, float] | None, device: torch.device
) -> Loss:
    """A loss of logits ``(batch, channels, y, x)`` and a 0/1 target ``(batch, 1, y, x)``."""
    parts: list[Loss] = []
    if "cross-entropy" in training.loss:
        parts.append(_cross_entropy(network.output, weights, device))
    if "dice" in training.loss:
        parts.append(_dice(network.output))
    return lambda logits, target: torch.stack([part(logits.float(), target) for part in parts]).sum()


def _cross_entropy(output: str, weights: tuple[float, float] | None, device: torch.device) -> Loss:
    if output == "softmax":
        entropy = nn.CrossEntropyLoss(torch.tensor(weights, device=device) if weights else None)
        return lambda logits, target: entropy(logits, target[:, 0].long())
    binary = nn.BCEWithLogitsLoss(reduction="none")

    def weighted_mean(logits: Tensor, target: Tensor) -> Tensor:
        target = target.float()
        if not weights:
            return binary(logits, target).mean()
        weight = weights[0] + (weights[1] - weights[0]) * target
        return (binary(logits, target) * weight).sum() / weight.sum()

    return weighted_mean


def _dice(output: str) -> Loss:
    from monai.losses import DiceLoss

    # Over the batch, so that a slice without a lesion has no Dice of its own to be noisy about.
    if output == "softmax":
        return DiceLoss(softmax=True, to_onehot_y=True, include_background=False, batch=True)
    return DiceLoss(sigmoid=True, batch=True)
