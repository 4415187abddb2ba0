"""How alike the feature sets of repeated selections are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from livermets.stats.results import NAN, Estimate

METHOD = "nogueira-2018"
REFERENCE = "Nogueira, Sechidis and Brown, J Mach Learn Res 2018;18(174):1"


def selection_stability(selected: NDArray[np.bool_], level: float = 0.95) -> Estimate:
    """Stability of repeated selections, ``selected`` (searches, features): 1 = always the same features, 0 = no more
    alike than random sets of the same sizes; it can fall a little below 0.

    Normal interval with the variance of Nogueira et al. (2018), equations 4 and 7; it takes searches as independent,
    which outer folds that share patients are not. Undefined for fewer than two searches, and where nothing or
    everything is always selected."""
    sets = np.asarray(selected, dtype=np.float64)
    searches, features = sets.shape
    mean_size = sets.sum(axis=1).mean() / features if searches else 0.0
    spread = mean_size * (1 - mean_size)
    if searches < 2 or spread == 0:
        why = "needs two searches" if searches < 2 else "no feature, or every feature, is always selected"
        return Estimate("stability", NAN, level=level, method=METHOD, n=searches, reference=REFERENCE, note=why)
    frequency = sets.mean(axis=0)
    variance = searches / (searches - 1) * frequency * (1 - frequency)
    value = 1 - variance.mean() / spread
    size = sets.sum(axis=1) / features
    agreement = (sets * frequency).mean(axis=1)
    influence = (agreement - size * mean_size + value / 2 * (2 * mean_size * size - size - mean_size + 1)) / spread
    error = np.sqrt(4 / searches**2 * np.sum((influence - influence.mean()) ** 2))
    reach = norm.ppf(0.5 + level / 2) * error
    ends = float(value - reach), float(value + reach)
    return Estimate("stability", float(value), *ends, level, METHOD, n=searches, reference=REFERENCE)
