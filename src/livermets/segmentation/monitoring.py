"""How well a network does on what it is monitored with: samples like those of the training, or whole scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from livermets.config.segmentation import OutputSettings
from livermets.config.training import TrainingSettings
from livermets.segmentation.architectures.build import class_probabilities, images_on_device, networks_in, pick_device
from livermets.segmentation.losses import Loss
from livermets.segmentation.postprocess import class_mask, probability_threshold
from livermets.segmentation.predict import half_precision
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.protocol import Samples, View


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


@torch.inference_mode()
def validation_pass(
    network: nn.Module, loss_of: Loss, settings: TrainingSettings, device: torch.device, samples: Samples
) -> tuple[float, float]:
    """The mean loss over the validation samples, and their pooled Dice."""
    network.eval()
    loss, seen, dice = 0.0, 0, PooledDice()
    for images, target, part in samples.batches(settings.batch_size):
        images, target = images_on_device(images, device), target.to(device)
        with half_precision(settings, device):
            logits = networks_in(network)[part](images)
        loss += float(loss_of(logits, target)) * len(target)
        seen += len(target)
        dice.add(logits, target)
    return loss / seen, dice.value()


@dataclass(frozen=True, eq=False)
class VolumeDice:
    """The Dice of whole scans, segmented as a trained network segments them, on the network's grid: the mean over the
    scans, and of several classes the mean of theirs. What is neither there nor found has a Dice of 1."""

    view: View
    scans: Sequence[TrainingScan]
    output: OutputSettings

    def __call__(self, network: nn.Module) -> float:
        """The mean Dice that a network reaches."""
        return float(np.mean([self._of_scan(network, scan) for scan in self.scans]))

    def _of_scan(self, network: nn.Module, scan: TrainingScan) -> float:
        probability = self.view.probabilities(network, scan.image, scan.liver, self.output, pick_device())
        within = scan.liver if self.output.restrict_to_liver else None
        dice = []
        for which in range(len(probability)):
            threshold = probability_threshold(probability[which:].sum(axis=0), within, self.output)
            dice.append(_dice(class_mask(probability, which, threshold, self.output), scan.target > which))
        return float(np.mean(dice))


def _dice(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    sizes = int(found.sum()) + int(true.sum())
    return 2 * int((found & true).sum()) / sizes if sizes else 1.0
