"""Optimisers and learning-rate schedules by name, all PyTorch's."""

from __future__ import annotations

from math import ceil

import torch
from torch import nn
from torch.optim import lr_scheduler

from livermets.config.training import TrainingSettings


def build_optimiser(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """The optimiser of these settings over all weights of the network."""
    weights, rate, decay = network.parameters(), settings.learning_rate, settings.weight_decay
    if settings.optimiser == "sgd":
        return torch.optim.SGD(
            weights, rate, momentum=settings.momentum, nesterov=settings.nesterov, weight_decay=decay
        )
    kind = torch.optim.Adam if settings.optimiser == "adam" else torch.optim.AdamW
    return kind(weights, rate, betas=settings.betas, weight_decay=decay)


def build_schedule(
    optimiser: torch.optim.Optimizer, settings: TrainingSettings
) -> lr_scheduler.LRScheduler | lr_scheduler.ReduceLROnPlateau | None:
    """The schedule of these settings; none for a constant learning rate."""
    if settings.schedule == "plateau":
        # torch waits for more than `patience` values without improvement, the papers (Keras) for exactly that many.
        values = ceil(settings.lr_patience / settings.epochs_between)
        return lr_scheduler.ReduceLROnPlateau(
            optimiser, factor=settings.lr_factor, patience=values - 1, threshold=0.0, eps=0.0
        )
    if settings.schedule == "step":
        return lr_scheduler.StepLR(optimiser, settings.step_epochs, gamma=settings.lr_factor)
    if settings.schedule == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimiser, T_max=settings.epochs)
    return None
