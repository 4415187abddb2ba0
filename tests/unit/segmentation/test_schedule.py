"""Optimisers and schedules do what their settings say: against the arithmetic written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from livermets.config.training import TrainingSettings
from livermets.segmentation.schedule import build_optimiser, build_schedule

RATE = 0.5


def _after_steps(settings: TrainingSettings, gradients: list[float]) -> float:
    """A single weight that starts at 1, after one step per gradient."""
    network = nn.Linear(1, 1, bias=False)
    nn.init.ones_(network.weight)
    optimiser = build_optimiser(network, settings)
    for gradient in gradients:
        network.weight.grad = torch.full((1, 1), gradient)
        optimiser.step()
    return float(network.weight.detach())


@pytest.mark.parametrize("momentum, nesterov", [(0.9, True), (0.9, False), (0.5, False), (0.0, False)])
def test_sgd_has_the_momentum_of_its_settings(momentum: float, nesterov: bool) -> None:
    settings = TrainingSettings(
        optimiser="sgd", learning_rate=RATE, weight_decay=0, momentum=momentum, nesterov=nesterov
    )
    gradients, weight, velocity = [1.0, -0.5, 0.25, 2.0], 1.0, 0.0
    for gradient in gradients:
        velocity = momentum * velocity + gradient
        weight -= RATE * (gradient + momentum * velocity if nesterov else velocity)
    assert _after_steps(settings, gradients) == pytest.approx(weight, rel=1e-6)


def test_sgd_without_a_word_is_nesterov_with_0_9() -> None:
    plain = TrainingSettings(optimiser="sgd")
    assert (plain.momentum, plain.nesterov) == (0.9, True)


def _rates(settings: TrainingSettings, epochs: int) -> list[float]:
    optimiser = build_optimiser(nn.Linear(1, 1), settings)
    schedule = build_schedule(optimiser, settings)
    rates = []
    for _ in range(epochs):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        if schedule is not None:
            schedule.step()
    return rates


def test_a_step_comes_every_so_many_epochs() -> None:
    settings = TrainingSettings(schedule="step", step_epochs=3, lr_factor=0.5, learning_rate=0.08)
    assert _rates(settings, 8) == pytest.approx([0.08] * 3 + [0.04] * 3 + [0.02] * 2)


def test_a_cosine_ends_at_nothing() -> None:
    rates = _rates(TrainingSettings(schedule="cosine", epochs=10, learning_rate=0.2), 10)
    assert rates == pytest.approx(list(0.1 * (1 + np.cos(np.pi * np.arange(10) / 10))))


def test_a_constant_rate_has_no_schedule() -> None:
    assert _rates(TrainingSettings(schedule="constant", learning_rate=0.3), 3) == [0.3] * 3
