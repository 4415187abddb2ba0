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
from livermets.stats.firth import firth_logistic

DICE_STEP, DIAMETER_STEP_MM = 0.1, 10.0
TERMS = ("intercept", "dice (per 0.1)", "diameter (per 10 mm)", "dice x diameter")
COVARIANCE = "cluster-robust Mancl-DeRouen covariance, t quantile"
REFERENCES = {
    "exchangeable": "Liang and Zeger, Biometrika 1986;73:13; Mancl and DeRouen, Biometrics 2001;57:126",
    "independence": "Mancl and DeRouen, Biometrics 2001;57:126",
    "penalised": "Firth, Biometrika 1993;80:27; Mancl and DeRouen, Biometrics 2001;57:126",
}
_SMALLEST_MARGIN = 1e-4
SAME, KEPT = "same class", "class kept"
OUTCOMES = {
    SAME: "same class with both masks, of the lesions that both masks classify",
    KEPT: "class kept, of all lesions that the reader's mask classifies; no class with the automatic mask counts as "
    "changed, and a lesion without overlap has Dice 0",
}
"""What is modelled. The second one does not lose the lesions of low Dice, which have no automatic class."""


@dataclass(frozen=True)
class Step:
    """One model of the ladder, from the richest to the most cautious."""

    name: str
    fitter: str
    """exchangeable: GEE; independence: logistic regression; penalised: Firth's."""
    terms: int
    """4: with interaction; 3: intercept and main effects."""

    @property
    def method(self) -> str:
        """What was fitted, for the tables."""
        fitted = {"exchangeable": "gee-logit (exchangeable)", "independence": "logistic regression",
                  "penalised": "logistic regression, Firth-penalised"}  # fmt: skip
        return f"{fitted[self.fitter]}, {COVARIANCE}"

    def events_needed(self, settings: StatisticsSettings) -> int:
        """The fewest lesions of the rarer outcome on which this model is fitted."""
        penalised = self.fitter == "penalised"
        each = settings.events_per_term_penalised if penalised else settings.events_per_term
        return math.ceil(each * (self.terms - 1))


def ladder(settings: StatisticsSettings) -> tuple[Step, ...]:
    """Interaction, main effects, independence, penalised: the first one that the data carry is taken."""
    first = settings.working_correlation
    steps = [Step("with interaction", first, 4), Step("main effects", first, 3)]
    if first == "exchangeable":
        steps.append(Step("main effects, lesions of a patient taken as independent", "independence", 3))
    return (*steps, Step("main effects, penalised", "penalised", 3))


@dataclass(frozen=True)
class AgreementModel:
    """logit P(class unchanged) = b0 + b1 Dice + b2 diameter + b3 Dice x diameter; b3 is 0 without interaction."""

    coefficients: NDArray[np.float64]
    """(4,) in the units of `TERMS`, with Dice and diameter counted from their means."""
    covariance: NDArray[np.float64]
    """(4, 4); 0 where a term was not fitted."""
    dice_mean: float
    diameter_mean_mm: float
    degrees_of_freedom: int
    """Patients minus terms: of Student's t."""
    n_lesions: int
    n_patients: int
    n_events: int
    """Lesions of the rarer outcome."""
    step: Step
    outcome: str = SAME
    diameter_range_mm: tuple[float, float] = (0.0, math.inf)
    """Smallest and largest diameter that the model was fitted on."""
    correlation: float = math.nan
    """Working correlation between two lesions of a patient (exchangeable only)."""
    note: str = ""
    """Which richer models were not fitted, and why."""
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    """One row per fitted term."""


def fit_agreement_model(
    lesions: pd.DataFrame, settings: StatisticsSettings, outcome: str = SAME
) -> tuple[AgreementModel | None, str]:
    """The richest model of the ladder that the lesions carry, or None; and why no richer one was fitted.

    A model needs a number of events (lesions of the rarer outcome) per term: Peduzzi et al., J Clin Epidemiol
    1996;49:1373; penalised half of it: Vittinghoff and McCulloch, Am J Epidemiol 2007;165:710, Puhr et al., Stat Med
    2017;36:2302. Covariance: Mancl and DeRouen's, since the plain sandwich is too small for few patients."""
    used = modelled(lesions, outcome)
    design, centre = _design(used)
    why = _obstacle(used, design, outcome)
    if why:
        return None, f"agreement model not fitted ({outcome}): {why}"
    reasons: list[str] = []
    for step in ladder(settings):
        result, why = _attempt(used, design[:, : step.terms], step, settings)
        if result is None:
            reasons.append(f"{step.name}: {why}")
            continue
        note = f"agreement model ({outcome}): {step.name}; not fitted: {'; '.join(reasons)}" if reasons else ""
        return _completed(used, centre, step, result, outcome, note, settings), note
    events = _events(used)
    needed = ladder(settings)[-1].events_needed(settings)
    if events < needed:
        lost = "changed class" if outcome == SAME else "changed or lost their class"
        what = lost if (used["agree"] == 0).sum() == events else "kept their class"
        few = f"{events} lesion{'s' * (events != 1)} {what}: too few for a model, which needs at least {needed}"
        return None, f"agreement model not fitted ({outcome}): {few}"
    return None, f"agreement model not fitted ({outcome}): {'; '.join(reasons)}"


def modelled(lesions: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The lesions of one outcome of `OUTCOMES` whose diameter is known, with ``agree`` 1 where the class is
    unchanged."""
    if outcome == KEPT:
        used = lesions[lesions["predicted_manual"].notna()]
        lost = used["agree"].isna()
        used = used.assign(agree=used["agree"].fillna(0.0), dice=used["dice"].mask(lost & used["dice"].isna(), 0.0))
    else:
        used = lesions[lesions["compared"]]
    return used[used["dice"].notna() & used["longest_diameter_mm"].notna()]


def _attempt(
    used: pd.DataFrame, design: NDArray, step: Step, settings: StatisticsSettings
) -> tuple[tuple[NDArray, NDArray, float] | None, str]:
    """Coefficients, covariance and working correlation of one step, or why it does not apply."""
    patients, events, needed = used["patient"].nunique(), _events(used), step.events_needed(settings)
    if events < needed:
        return None, f"{events} events, at least {needed} are needed"
    if patients <= step.terms:
        return None, f"{patients} patients for {step.terms} coefficients; at least {step.terms + 1} are needed"
    if np.linalg.matrix_rank(design) < step.terms:
        return None, "Dice and diameter vary too little to tell their effects apart"
    result = _firth(used, design) if step.fitter == "penalised" else _fit(used, design, step.fitter)
    if result is None:
        return None, "the estimation did not converge"
    coefficients, covariance, fitted, correlation = result
    if np.min(np.minimum(fitted, 1 - fitted)) < _SMALLEST_MARGIN and np.max(np.abs(coefficients)) > 10:
        return None, "Dice and diameter separate unchanged from changed lesions completely"
    return (coefficients, covariance, correlation), ""


def _completed(
    used: pd.DataFrame,
    centre: tuple[float, float],
    step: Step,
    result: tuple[NDArray, NDArray, float],
    outcome: str,
    note: str,
    settings: StatisticsSettings,
) -> AgreementModel:
    missing = len(TERMS) - step.terms
    coefficients, covariance = np.pad(result[0], (0, missing)), np.pad(result[1], (0, missing))
    patients, diameter = used["patient"].nunique(), used["longest_diameter_mm"]
    model = AgreementModel(
        coefficients, covariance, *centre, patients - step.terms, len(used), patients, _events(used), step, outcome,
        (float(diameter.min()), float(diameter.max())), result[2], note,
    )  # fmt: skip
    return AgreementModel(**{**vars(model), "table": _table(model, settings.level)})


def _events(used: pd.DataFrame) -> int:
    alike = int(used["agree"].sum())
    return min(alike, len(used) - alike)


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
    return pd.DataFrame(
        {"longest_diameter_mm": diameter_mm, "dice": dice, **shares, "level": level, "outcome": model.outcome}
    )


def _design(used: pd.DataFrame) -> tuple[NDArray, tuple[float, float]]:
    dice, diameter = used["dice"].to_numpy(float), used["longest_diameter_mm"].to_numpy(float)
    if not len(used):
        return np.empty((0, len(TERMS))), (math.nan, math.nan)
    centre = float(dice.mean()), float(diameter.mean())
    x, d = (dice - centre[0]) / DICE_STEP, (diameter - centre[1]) / DIAMETER_STEP_MM
    return np.column_stack([np.ones(len(used)), x, d, x * d]), centre


def _obstacle(used: pd.DataFrame, design: NDArray, outcome: str) -> str:
    """Why no model of the ladder can be fitted."""
    patients, alike = used["patient"].nunique(), int(used["agree"].sum())
    if patients < 2:
        return f"{patients} patient{'s' * (patients != 1)}"
    if alike in (0, len(used)):
        done = "are classified alike" if outcome == SAME else "keep their class"
        return f"{alike} of {len(used)} lesions {done}, so nothing varies"
    if np.linalg.matrix_rank(design[:, :3]) < 3:
        return "Dice and diameter vary too little to tell their effects apart"
    return ""


def _firth(used: pd.DataFrame, design: NDArray) -> tuple[NDArray, NDArray, NDArray, float] | None:
    response, patient = used["agree"].to_numpy(float), used["patient"].to_numpy()
    coefficients = firth_logistic(design, response)
    if coefficients is None:
        return None
    fitted = 1 / (1 + np.exp(-design @ coefficients))
    covariance = mancl_derouen(design, response, fitted, patient)
    return None if covariance is None else (coefficients, covariance, fitted, math.nan)


def mancl_derouen(design: NDArray, response: NDArray, fitted: NDArray, patient: NDArray) -> NDArray | None:
    """Covariance of logistic coefficients from each patient's residuals, divided by what their leverage leaves of
    them; None where a patient's lesions have all the leverage."""
    weight = fitted * (1 - fitted)
    bread = np.linalg.pinv(design.T @ (design * weight[:, None]))
    scores = []
    for one in np.unique(patient):
        x, w, residual = design[patient == one], weight[patient == one], (response - fitted)[patient == one]
        hat = x @ bread @ (x * w[:, None]).T
        try:
            scores.append(x.T @ np.linalg.solve(np.eye(len(x)) - hat.T, residual))
        except np.linalg.LinAlgError:
            return None
    outer = np.array(scores)
    covariance = np.asarray(bread @ (outer.T @ outer) @ bread)
    return covariance if np.isfinite(covariance).all() and np.diag(covariance).min() > 0 else None


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
    value = model.coefficients[: model.step.terms]
    error = np.sqrt(np.diag(model.covariance)[: model.step.terms])
    reach = stats.t.ppf(0.5 + level / 2, model.degrees_of_freedom) * error
    p = 2 * stats.t.sf(np.abs(value) / error, model.degrees_of_freedom)
    return pd.DataFrame(
        {
            "term": TERMS[: model.step.terms], "coefficient": value, "std_error": error,
            "low": value - reach, "high": value + reach, "p": p,
            "odds_ratio": np.exp(np.clip(value, -700, 700)), "level": level, "method": model.step.method,
            "dice_mean": model.dice_mean, "diameter_mean_mm": model.diameter_mean_mm,
            "working_correlation": model.correlation, "n_lesions": model.n_lesions, "n_patients": model.n_patients,
            "reference": REFERENCES[model.step.fitter], "outcome": model.outcome, "n_events": model.n_events,
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
        statement = (
            "that even a perfect mask suffices is not certain: the interval is cut at 1" if low <= 1 < high else ""
        )
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
        "n_lesions": model.n_lesions, "n_patients": model.n_patients, "outcome": model.outcome,
    }  # fmt: skip


def _as_dice(overlap: float, model: AgreementModel) -> float:
    return model.dice_mean + DICE_STEP * overlap
