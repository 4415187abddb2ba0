"""Where a line with uncertain coefficients crosses zero."""

from __future__ import annotations

import math

from numpy.typing import NDArray


def fieller(intercept: float, slope: float, covariance: NDArray, quantile: float) -> tuple[float, float] | None:
    """Interval of the x at which ``intercept + slope x`` is 0; None where the slope itself may be 0, so that no x can
    be excluded.

    ``covariance`` (2, 2) is that of intercept and slope, ``quantile`` that of their distribution (1.96, or Student's).
    Fieller, J R Stat Soc B 1954;16:175."""
    t2 = quantile**2
    a = slope**2 - t2 * covariance[1, 1]
    b = 2 * (intercept * slope - t2 * covariance[0, 1])
    c = intercept**2 - t2 * covariance[0, 0]
    if a <= 0:
        return None
    root = math.sqrt(max(b**2 - 4 * a * c, 0.0))
    low, high = ((-b + sign * root) / (2 * a) for sign in (-1, 1))
    return low, high
