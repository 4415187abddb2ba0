"""Agreement as a function of Dice and longest diameter, with errors that allow for several lesions per patient."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.config.statistics import StatisticsSettings

DICE_STEP, DIAMETER_STEP_MM = 0.1, 10.0
TERMS = ("intercept", "dice (per 0.1)", "diameter (per 10 mm)", "dice x diameter")
METHOD = "gee-logit, Mancl-DeRouen covariance, t quantile"
REFERENCE = "Liang and Zeger, Biometrika 1986;73:13; Mancl and DeRouen, Biometrics 2001;57:126"
_SMALLEST_MARGIN = 1e-4


@dataclass(frozen=True)
class AgreementModel:
    """logit P(both masks give the same class) = b0 + b1 Dice + b2 diameter + b3 Dice x diameter."""

    coefficients: NDArray[np.float64]
    """(4,) in the units of `TERMS`, with Dice and diameter counted from their means."""
    covariance: NDArray[np.float64]
    """(4, 4)."""
    dice_mean: float
    diameter_mean_mm: float
    degrees_of_freedom: int
    """Patients minus terms: of Student's t."""
    n_lesions: int
    n_patients: int
    diameter_range_mm: tuple[float, float] = (0.0, math.inf)
    """Smallest and largest diameter that the model was fitted on."""
    correlation: float = math.nan
    """Working correlation between two lesions of a patient (exchangeable only)."""
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    """One row per term."""


def fit_agreement_model(lesions: pd.DataFrame, settings: StatisticsSettings) -> tuple[AgreementModel | None, str]:
    """The model on the lesions classified with both masks, or None and the reason why it cannot be fitted.

    Covariance: Mancl and DeRouen's, since the plain sandwich is too small for few patients."""
    used = lesions[lesions["compared"] & lesions["dice"].notna() & lesions["longest_diameter_mm"].notna()]
    design, centre = _design(used)
    why = _obstacle(used, design)
    if why:
        return None, f"agreement model not fitted: {why}"
    result = _fit(used, design, settings.working_correlation)
    if result is None:
        return None, "agreement model not fitted: the estimation did not converge"
    coefficients, covariance, fitted, correlation = result
    if np.min(np.minimum(fitted, 1 - fitted)) < _SMALLEST_MARGIN and np.max(np.abs(coefficients)) > 10:
        return None, "agreement model not fitted: Dice and diameter separate agreeing from other lesions completely"
    patients = used["patient"].nunique()
    model = AgreementModel(
        coefficients, covariance, *centre, patients - len(TERMS), len(used), patients,
        (float(used["longest_diameter_mm"].min()), float(used["longest_diameter_mm"].max())), correlation,
    )  # fmt: skip
    return AgreementModel(**{**vars(model), "table": _table(model, settings.level)}), ""


def required_dice(model: AgreementModel, settings: StatisticsSettings) -> pd.DataFrame:
    """The Dice above which a lesion of a given diameter is expected to reach the target agreement.

    Interval: Fieller's, cut to [0, 1]. It is empty, and ``statement`` says so, where agreement does not clearly rise
    with Dice at that diameter; so does it for a cut interval and for a diameter beyond the lesions'. Fieller, J R Stat
    Soc B 1954;16:175."""
    rows = [_required(model, diameter, settings) for diameter in settings.target_diameters_mm]
    return pd.DataFrame(rows)


def agreement_curve(model: AgreementModel, dice: NDArray, diameter_mm: float, level: float) -> pd.DataFrame:
    """Expected agreement over Dice at one diameter, with pointwise interval (on the logit scale)."""
    size = np.full(len(dice), (diameter_mm - model.diameter_mean_mm) / DIAMETER_STEP_MM)
    overlap = (dice - model.dice_mean) / DICE_STEP
    design = np.column_stack([np.ones_like(overlap), overlap, size, overlap * size])
    centre = design @ model.coefficients
    spread = np.sqrt(np.einsum("ij,jk,ik->i", design, model.covariance, design))
    reach = stats.t.ppf(0.5 + level / 2, model.degrees_of_freedom) * spread
    columns = {"value": centre, "low": centre - reach, "high": centre + reach}
    shares = {name: 1 / (1 + np.exp(-np.clip(logit, -700, 700))) for name, logit in columns.items()}
    return pd.DataFrame({"longest_diameter_mm": diameter_mm, "dice": dice, **shares, "level": level})


def _design(used: pd.DataFrame) -> tuple[NDArray, tuple[float, float]]:
    dice, diameter = used["dice"].to_numpy(float), used["longest_diameter_mm"].to_numpy(float)
    if not len(used):
        return np.empty((0, len(TERMS))), (math.nan, math.nan)
    centre = float(dice.mean()), float(diameter.mean())
    x, d = (dice - centre[0]) / DICE_STEP, (diameter - centre[1]) / DIAMETER_STEP_MM
    return np.column_stack([np.ones(len(used)), x, d, x * d]), centre


def _obstacle(used: pd.DataFrame, design: NDArray) -> str:
    patients, alike = used["patient"].nunique(), int(used["agree"].sum())
    if patients <= len(TERMS):
        return f"{patients} patients for {len(TERMS)} coefficients; at least {len(TERMS) + 1} are needed"
    if alike in (0, len(used)):
        return f"{alike} of {len(used)} lesions are classified alike, so nothing varies"
    if np.linalg.matrix_rank(design) < len(TERMS):
        return "Dice and diameter vary too little to tell their effects apart"
    return ""


def _fit(used: pd.DataFrame, design: NDArray, correlation: str) -> tuple[NDArray, NDArray, NDArray, float] | None:
    from statsmodels.genmod.cov_struct import Exchangeable, Independence
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE
    from statsmodels.tools.sm_exceptions import ModelWarning, PerfectSeparationError

    structure = Exchangeable() if correlation == "exchangeable" else Independence()
    model = GEE(used["agree"].to_numpy(float), design, groups=used["patient"].to_numpy(), cov_struct=structure,
                   family=Binomial())  # fmt: skip
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # Trouble is recognised from the result below and told as a reason, not as a library's warning.
            warnings.simplefilter("ignore", category=ModelWarning)
            warnings.simplefilter("ignore", category=RuntimeWarning)
            result = model.fit(maxiter=200, cov_type="bias_reduced")
            fitted = np.asarray(result.fittedvalues)
    except (PerfectSeparationError, np.linalg.LinAlgError, ValueError):
        return None
    covariance = np.asarray(result.cov_params())
    if not result.converged or not np.isfinite(covariance).all() or np.diag(covariance).min() <= 0:
        return None
    inner = float(structure.dep_params) if correlation == "exchangeable" else math.nan
    return np.asarray(result.params), covariance, fitted, inner


def _table(model: AgreementModel, level: float) -> pd.DataFrame:
    error = np.sqrt(np.diag(model.covariance))
    reach = stats.t.ppf(0.5 + level / 2, model.degrees_of_freedom) * error
    p = 2 * stats.t.sf(np.abs(model.coefficients) / error, model.degrees_of_freedom)
    return pd.DataFrame(
        {
            "term": TERMS, "coefficient": model.coefficients, "std_error": error,
            "low": model.coefficients - reach, "high": model.coefficients + reach, "p": p,
            "odds_ratio": np.exp(np.clip(model.coefficients, -700, 700)), "level": level, "method": METHOD,
            "dice_mean": model.dice_mean, "diameter_mean_mm": model.diameter_mean_mm,
            "working_correlation": model.correlation,
            "n_lesions": model.n_lesions, "n_patients": model.n_patients, "reference": REFERENCE,
        }
    )  # fmt: skip


def _required(model: AgreementModel, diameter_mm: float, settings: StatisticsSettings) -> dict[str, object]:
    size = (diameter_mm - model.diameter_mean_mm) / DIAMETER_STEP_MM
    contrast = np.array([[1.0, 0.0, size, 0.0], [0.0, 1.0, 0.0, size]])
    (level_at_mean, slope), v = contrast @ model.coefficients, contrast @ model.covariance @ contrast.T
    gap = level_at_mean - math.log(settings.target_agreement / (1 - settings.target_agreement))
    t2 = stats.t.ppf(0.5 + settings.level / 2, model.degrees_of_freedom) ** 2
    a, b, c = slope**2 - t2 * v[1, 1], 2 * (gap * slope - t2 * v[0, 1]), gap**2 - t2 * v[0, 0]
    value, low, high = math.nan, math.nan, math.nan
    if slope <= 0:
        statement = "the data cannot tell: agreement does not rise with Dice at this diameter"
    elif a <= 0:
        value = _as_dice(-gap / slope, model)
        statement = "the data cannot tell: the rise of agreement with Dice is too uncertain at this diameter"
    else:
        value = _as_dice(-gap / slope, model)
        root = math.sqrt(max(b**2 - 4 * a * c, 0.0))
        low, high = (_as_dice((-b + sign * root) / (2 * a), model) for sign in (-1, 1))
        statement = "that any Dice suffices is not certain: the interval is cut at 1" if low <= 1 < high else ""
    if value > 1 or value < 0:
        reached = "not reached at any Dice" if value > 1 else "reached at any Dice"
        statement = "; ".join(filter(None, [f"target agreement {reached} (by the fitted curve)", statement]))
        value = math.nan
    smallest, largest = model.diameter_range_mm
    if not smallest <= diameter_mm <= largest:
        seen = f"extrapolated: the lesions measure {smallest:.3g} to {largest:.3g} mm"
        statement = "; ".join(filter(None, [statement, seen]))
    low, high = (min(max(end, 0.0), 1.0) for end in (low, high))
    return {
        "longest_diameter_mm": diameter_mm, "target_agreement": settings.target_agreement, "value": value,
        "low": low, "high": high, "level": settings.level, "method": "fieller", "statement": statement,
        "n_lesions": model.n_lesions, "n_patients": model.n_patients,
    }  # fmt: skip


def _as_dice(overlap: float, model: AgreementModel) -> float:
    return model.dice_mean + DICE_STEP * overlap
