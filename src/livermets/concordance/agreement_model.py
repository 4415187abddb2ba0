"""The agreement model: is a lesion's class unchanged, given Dice and longest diameter?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.config.statistics import StatisticsSettings
from livermets.stats.gee import LogisticFit, firth_with_patients, gee_logistic

DICE_STEP, DIAMETER_STEP_MM = 0.1, 10.0
TERMS = ("intercept", "dice (per 0.1)", "diameter (per 10 mm)", "dice x diameter")
EXCHANGEABLE, INDEPENDENCE, PENALISED = "exchangeable", "independence", "penalised"
FITTED = {
    EXCHANGEABLE: "gee-logit (exchangeable)",
    INDEPENDENCE: "logistic regression",
    PENALISED: "logistic regression, Firth-penalised",
}
COVARIANCE = "cluster-robust Mancl-DeRouen covariance, t quantile"
_MANCL_DEROUEN = "Mancl and DeRouen, Biometrics 2001;57:126"
REFERENCES = {
    EXCHANGEABLE: f"Liang and Zeger, Biometrika 1986;73:13; {_MANCL_DEROUEN}",
    INDEPENDENCE: _MANCL_DEROUEN,
    PENALISED: f"Firth, Biometrika 1993;80:27; {_MANCL_DEROUEN}",
}
_SMALLEST_MARGIN = 1e-4
LARGEST_LOG_ODDS = 700
"""The exponential of more overflows."""
SAME, KEPT = "same class", "class kept"
OUTCOMES = {
    SAME: "same class with both masks, of the lesions that both masks classify",
    KEPT: "class kept, of all lesions that the reader's mask classifies; "
    "no class with the automatic mask counts as changed, and a lesion without overlap has Dice 0",
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
        return f"{FITTED[self.fitter]}, {COVARIANCE}"

    def events_needed(self, settings: StatisticsSettings) -> int:
        """The fewest lesions of the rarer outcome on which this model is fitted."""
        penalised = self.fitter == PENALISED
        each = settings.events_per_term_penalised if penalised else settings.events_per_term
        return math.ceil(each * (self.terms - 1))


def ladder(settings: StatisticsSettings) -> tuple[Step, ...]:
    """Interaction, main effects, independence, penalised: the first one that the data carry is taken."""
    first = settings.working_correlation
    steps = [Step("with interaction", first, 4), Step("main effects", first, 3)]
    if first == EXCHANGEABLE:
        steps.append(Step("main effects, lesions of a patient taken as independent", INDEPENDENCE, 3))
    return (*steps, Step("main effects, penalised", PENALISED, 3))


@dataclass(frozen=True, eq=False)
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

    def overlap(self, dice: NDArray) -> NDArray:
        """Dice in the units of the model."""
        return (dice - self.dice_mean) / DICE_STEP

    def dice(self, overlap: float) -> float:
        """The Dice of a value in the units of the model."""
        return self.dice_mean + DICE_STEP * overlap

    def size(self, diameter_mm: float) -> float:
        """A longest diameter in the units of the model."""
        return (diameter_mm - self.diameter_mean_mm) / DIAMETER_STEP_MM

    def quantile(self, level: float) -> float:
        """Student's t quantile of two-sided intervals."""
        return stats.t.ppf(0.5 + level / 2, self.degrees_of_freedom)


@dataclass(frozen=True, eq=False)
class _Modelled:
    """The lesions of one outcome as the model sees them."""

    design: NDArray[np.float64]
    agree: NDArray[np.float64]
    patient: NDArray
    diameter_mm: NDArray[np.float64]
    dice_mean: float
    diameter_mean_mm: float
    outcome: str

    @classmethod
    def of(cls, used: pd.DataFrame, outcome: str) -> _Modelled:
        agree, patient = used["agree"].to_numpy(float), used["patient"].to_numpy()
        dice, diameter = used["dice"].to_numpy(float), used["longest_diameter_mm"].to_numpy(float)
        if not len(used):
            return cls(np.empty((0, len(TERMS))), agree, patient, diameter, math.nan, math.nan, outcome)
        dice_mean, diameter_mean = float(dice.mean()), float(diameter.mean())
        x, d = (dice - dice_mean) / DICE_STEP, (diameter - diameter_mean) / DIAMETER_STEP_MM
        design = np.column_stack([np.ones(len(used)), x, d, x * d])
        return cls(design, agree, patient, diameter, dice_mean, diameter_mean, outcome)

    @property
    def patients(self) -> int:
        return len(np.unique(self.patient))

    @property
    def alike(self) -> int:
        """Lesions whose class is unchanged."""
        return int(self.agree.sum())

    @property
    def events(self) -> int:
        """Lesions of the rarer outcome."""
        return min(self.alike, len(self.agree) - self.alike)


def fit_agreement_model(
    lesions: pd.DataFrame, settings: StatisticsSettings, outcome: str = SAME
) -> tuple[AgreementModel | None, str]:
    """The richest model of the ladder that the lesions carry, or None; and why no richer one was fitted.

    A model needs a number of events (lesions of the rarer outcome) per term: Peduzzi et al., J Clin Epidemiol
    1996;49:1373; penalised half of it: Vittinghoff and McCulloch, Am J Epidemiol 2007;165:710, Puhr et al., Stat Med
    2017;36:2302. Covariance: Mancl and DeRouen's, since the plain sandwich is too small for few patients."""
    used = _Modelled.of(modelled(lesions, outcome), outcome)
    why = _obstacle(used)
    if why:
        return None, f"agreement model not fitted ({outcome}): {why}"
    reasons: list[str] = []
    for step in ladder(settings):
        fit, why = _attempt(used, step, settings)
        if fit is not None:
            note = f"agreement model ({outcome}): {step.name}; not fitted: {'; '.join(reasons)}" if reasons else ""
            return _completed(used, step, fit), note
        reasons.append(f"{step.name}: {why}")
    needed = ladder(settings)[-1].events_needed(settings)
    why = _too_few_events(used, needed) if used.events < needed else "; ".join(reasons)
    return None, f"agreement model not fitted ({outcome}): {why}"


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


def coefficient_table(model: AgreementModel, level: float) -> pd.DataFrame:
    """One row per fitted term."""
    terms = model.step.terms
    value, error = model.coefficients[:terms], np.sqrt(np.diag(model.covariance)[:terms])
    reach = model.quantile(level) * error
    columns = {
        "term": TERMS[:terms],
        "coefficient": value,
        "std_error": error,
        "low": value - reach,
        "high": value + reach,
        "p": 2 * stats.t.sf(np.abs(value) / error, model.degrees_of_freedom),
        "odds_ratio": np.exp(np.clip(value, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)),
        "level": level,
        "method": model.step.method,
        "dice_mean": model.dice_mean,
        "diameter_mean_mm": model.diameter_mean_mm,
        "working_correlation": model.correlation,
        "n_lesions": model.n_lesions,
        "n_patients": model.n_patients,
        "reference": REFERENCES[model.step.fitter],
        "outcome": model.outcome,
        "n_events": model.n_events,
    }
    return pd.DataFrame(columns)


def _obstacle(used: _Modelled) -> str:
    """Why no model of the ladder can be fitted."""
    if used.patients < 2:
        return f"{used.patients} patient{'s' * (used.patients != 1)}"
    if used.alike in (0, len(used.agree)):
        done = "are classified alike" if used.outcome == SAME else "keep their class"
        return f"{used.alike} of {len(used.agree)} lesions {done}, so nothing varies"
    if np.linalg.matrix_rank(used.design[:, :3]) < 3:
        return "Dice and diameter vary too little to tell their effects apart"
    return ""


def _too_few_events(used: _Modelled, needed: int) -> str:
    lost = "changed class" if used.outcome == SAME else "changed or lost their class"
    what = lost if len(used.agree) - used.alike == used.events else "kept their class"
    return f"{used.events} lesion{'s' * (used.events != 1)} {what}: too few for a model, which needs at least {needed}"


def _attempt(used: _Modelled, step: Step, settings: StatisticsSettings) -> tuple[LogisticFit | None, str]:
    """The fit of one step, or why it does not apply."""
    needed, design = step.events_needed(settings), used.design[:, : step.terms]
    if used.events < needed:
        return None, f"{used.events} events, at least {needed} are needed"
    if used.patients <= step.terms:
        return None, f"{used.patients} patients for {step.terms} coefficients; at least {step.terms + 1} are needed"
    if np.linalg.matrix_rank(design) < step.terms:
        return None, "Dice and diameter vary too little to tell their effects apart"
    if step.fitter == PENALISED:
        fit = firth_with_patients(design, used.agree, used.patient)
    else:
        fit = gee_logistic(design, used.agree, used.patient, step.fitter)
    if fit is None:
        return None, "the estimation did not converge"
    if np.min(np.minimum(fit.fitted, 1 - fit.fitted)) < _SMALLEST_MARGIN and np.max(np.abs(fit.coefficients)) > 10:
        return None, "Dice and diameter separate unchanged from changed lesions completely"
    return fit, ""


def _completed(used: _Modelled, step: Step, fit: LogisticFit) -> AgreementModel:
    missing = len(TERMS) - step.terms
    return AgreementModel(
        np.pad(fit.coefficients, (0, missing)),
        np.pad(fit.covariance, (0, missing)),
        used.dice_mean,
        used.diameter_mean_mm,
        used.patients - step.terms,
        len(used.agree),
        used.patients,
        used.events,
        step,
        used.outcome,
        (float(used.diameter_mm.min()), float(used.diameter_mm.max())),
        fit.correlation,
    )
