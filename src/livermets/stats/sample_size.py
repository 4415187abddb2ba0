"""How many participants the development of a prediction model needs at least (binary outcome).

Riley et al., Stat Med 2019;38:1276 (criteria), and BMJ 2020;368:m441 (guidance on the anticipated R²)."""

from __future__ import annotations

import math
from dataclasses import dataclass

SHRINKAGE = 0.9
"""Smallest acceptable factor by which predictor effects have to be shrunk: overfitting of at most 10 %."""
OPTIMISM = 0.05
"""Largest acceptable difference between apparent and adjusted R² (Nagelkerke)."""
RISK_ERROR = 0.05
"""Largest acceptable half-width of the 95 % interval of the overall risk."""
_Z = 1.96
"""As in the papers."""


@dataclass(frozen=True)
class ModelSampleSize:
    """The smallest number of independent participants by each criterion."""

    overall_risk: int
    """To estimate the overall risk to within `RISK_ERROR`."""
    shrinkage: int
    """For a global shrinkage factor of `SHRINKAGE`."""
    optimism: int
    """For an optimism of R² of at most `OPTIMISM`."""

    @property
    def participants(self) -> int:
        """What meets all three."""
        return max(self.overall_risk, self.shrinkage, self.optimism)


def maximum_cox_snell(prevalence: float) -> float:
    """The largest R² of Cox and Snell that a model of an outcome this frequent can have: 0.75 for 0.5, less else."""
    null = prevalence * math.log(prevalence) + (1 - prevalence) * math.log(1 - prevalence)
    return 1 - math.exp(2 * null)


def model_sample_size(parameters: int, prevalence: float, cox_snell: float) -> ModelSampleSize:
    """The smallest sample for a model that chooses among so many candidate parameters (not: keeps so many).

    ``cox_snell``: anticipated R² of Cox and Snell, adjusted for optimism, between 0 and `maximum_cox_snell`; where
    nothing is known the authors propose 0.15 of this maximum. Raises `ValueError` outside this range."""
    largest = maximum_cox_snell(prevalence)
    if not (parameters >= 1 and 0 < cox_snell < min(largest, SHRINKAGE)):
        raise ValueError(f"needs a parameter and an R² between 0 and {min(largest, SHRINKAGE):.3g}")
    at_optimism = cox_snell / (cox_snell + OPTIMISM * largest)
    return ModelSampleSize(
        overall_risk=math.ceil((_Z / RISK_ERROR) ** 2 * prevalence * (1 - prevalence)),
        shrinkage=_for_shrinkage(SHRINKAGE, parameters, cox_snell),
        optimism=_for_shrinkage(at_optimism, parameters, cox_snell),
    )


def _for_shrinkage(factor: float, parameters: int, cox_snell: float) -> int:
    return math.ceil(parameters / ((factor - 1) * math.log(1 - cox_snell / factor)))
