"""The genetic selection that may select unstable features too, beside the one that may not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings, StableFeaturesSettings
from livermets.model.data import TrainingData
from livermets.model.fit import Run, fit, predicted_shares
from livermets.model.simpler_models import OwnScores

UNFILTERED = "ga_network_unfiltered"


@dataclass(frozen=True)
class UnfilteredSelection:
    """A comparison model: our whole fit with the same seed, on all candidates."""

    run: Run
    name: str = UNFILTERED

    def predict(
        self, data: TrainingData, held_out: NDArray[np.bool_], settings: SelectionSettings, seed: int, ours: OwnScores
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Score and class of every held-out lesion by a model of the others."""
        everything = settings.model_copy(update={"stable_features": StableFeaturesSettings()})
        fitted = fit(data.subset(~held_out), everything, seed, f"{self.name}-{seed}", self.run)
        share = predicted_shares(fitted, data.subset(held_out))
        return share, fitted.model.classify(share)
