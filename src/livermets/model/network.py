"""A fitted two-layer network, and its plain definition: what it says of a row of features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Network:
    """One fitted network; ``hidden_weight`` is neurons × all features, zero where a feature is not selected."""

    hidden_weight: NDArray[np.float32]
    hidden_bias: NDArray[np.float32]
    output_weight: NDArray[np.float32]
    output_bias: float


def network_logits(network: Network, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logit of R+ of every row of scaled features, by the network's plain definition."""
    hidden = np.maximum(features @ network.hidden_weight.T + network.hidden_bias, 0)
    return np.asarray(hidden.astype(np.float64) @ network.output_weight.astype(np.float64) + network.output_bias)


def probabilities(network: Network, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probability of R+ of every row of scaled features; 0.5 and above counts as R+."""
    with np.errstate(over="ignore"):  # far beyond the training data it is 0, as it should be
        return np.asarray(1 / (1 + np.exp(-network_logits(network, features))))
