"""A chromosome: which features, how many hidden neurons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Genome:
    """One candidate: the selected features (indices in rising order) and the number of hidden neurons."""

    features: tuple[int, ...]
    hidden: int

    def mask(self, n_features: int) -> NDArray[np.bool_]:
        """Which of ``n_features`` features are selected."""
        chosen = np.zeros(n_features, dtype=bool)
        chosen[list(self.features)] = True
        return chosen

    @property
    def key(self) -> str:
        """A text that is equal for equal genomes only."""
        return f"{self.hidden}:{','.join(map(str, self.features))}"

    def with_flipped(self, feature: int) -> Genome:
        """The same with one feature more, or less."""
        return Genome(tuple(sorted(set(self.features) ^ {feature})), self.hidden)


def from_genes(genes: Sequence[int]) -> Genome:
    """Reads a chromosome: one 0/1 gene per feature, then the number of hidden neurons."""
    return Genome(tuple(i for i, gene in enumerate(genes[:-1]) if gene), int(genes[-1]))


def to_genes(genome: Genome, n_features: int) -> list[int]:
    """The chromosome of a genome, the inverse of `from_genes`."""
    return [*genome.mask(n_features).astype(int).tolist(), genome.hidden]
