"""Training losses by name: PyTorch's cross-entropy and MONAI's Dice, of one channel (sigmoid) or one per class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from livermets.config.architectures import AnyNetwork
from livermets.config.training import TrainingSettings

Loss = Callable[[Tensor, Tensor], Tensor]


def inverse_frequency_weights(shares: Sequence[float]) -> tuple[float, ...]:
    """Weights of the background and of the other classes: all pixels / pixels of the class (Giannini 2020), from the
    shares of the other classes among the pixels that an epoch shows (above 0, together below 1)."""
    return 1 / (1 - sum(shares)), *(1 / share for share in shares)


def build_loss(
    training: TrainingSettings, network: AnyNetwork, weights: tuple[float, ...] | None, device: torch.device
) -> Loss:
    """A loss of logits ``(batch, channels, …)`` and a target ``(batch, 1, …)``: the class of every pixel."""
    parts: list[Loss] = []
    if "cross-entropy" in training.loss:
        parts.append(_cross_entropy(network.output, weights, device))
    if "dice" in training.loss:
        parts.append(_dice(network.output))
    return lambda logits, target: torch.stack([part(logits.float(), target) for part in parts]).sum()


def _cross_entropy(output: str, weights: tuple[float, ...] | None, device: torch.device) -> Loss:
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
