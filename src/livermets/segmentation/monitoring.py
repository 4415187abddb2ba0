"""How well a network does on the samples that it is monitored with."""

from __future__ import annotations

import torch
from torch import Tensor

from livermets.segmentation.architectures.build import class_probabilities


class PooledDice:
    """The Dice of all pixels pooled, of the most probable class against the true one; of several classes, their mean.
    A class that is neither there nor found has a Dice of 1."""

    def __init__(self) -> None:
        self.both = self.either = torch.zeros((), dtype=torch.float64)

    def add(self, logits: Tensor, target: Tensor) -> None:
        """Counts one batch: logits ``(batch, channels, …)`` and the class of every pixel ``(batch, 1, …)``."""
        probability = class_probabilities(logits)
        background = 1 - probability.sum(dim=1, keepdim=True)
        found = torch.cat([background, probability], dim=1).argmax(dim=1, keepdim=True)
        pairs = [(found == one, target == one) for one in range(1, probability.shape[1] + 1)]
        self.both = self.both + torch.stack([(ours & theirs).sum() for ours, theirs in pairs]).cpu()
        self.either = self.either + torch.stack([ours.sum() + theirs.sum() for ours, theirs in pairs]).cpu()

    def value(self) -> float:
        """The Dice of what was counted."""
        dice = torch.where(self.either > 0, 2 * self.both / self.either.clamp(min=1), 1.0)
        return float(dice.mean())
