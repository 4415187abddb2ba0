"""The mean of one value per patient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.results import NAN, Estimate

_METHOD = "patient-mean-t"


def mean_over_patients(measure: str, shares: NDArray[np.float64], level: float) -> Estimate:
    """The mean of one share per patient, with Student's interval cut to [0, 1]."""
    n = len(shares)
    if n < 2:
        why = f"{n} patient{'s' * (n != 1)} to average"
        value = float(shares.mean()) if n else NAN
        return Estimate(measure, value, level=level, method=_METHOD, n_patients=n, note=why)
    mean, error = float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(n))
    if error == 0:
        why = "every patient has the same value"
        return Estimate(measure, mean, level=level, method=_METHOD, n_patients=n, note=why)
    reach = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    return Estimate(measure, mean, max(0.0, mean - reach), min(1.0, mean + reach), level, _METHOD, n_patients=n)
