"""How many patients the next study needs: what this one says, and what studies of other sizes would find.

Of agreement, studies are made up (beta-binomial) from the numbers of lesions of this study's patients, an assumed share
and a correlation: planning asks what happens at a stated truth, and a study of few patients holds too few kinds of
patients to be drawn from. Of the areas, patients are drawn whole from this study: how two shares and an outcome of one
lesion, and of the lesions of one patient, hang together has no simple model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.concordance.agreement import READER_CLASSIFIED, kept_class, population
from livermets.concordance.diagnostics import scored
from livermets.concordance.equivalence import AUC_DIFFERENCE, OF_AREAS
from livermets.config.statistics import StatisticsSettings
from livermets.errors import ProblemList, input_error
from livermets.masks.identity import SHARES
from livermets.masks.lesion_table import (
    SAME,
    VALIDATION,
    checked_lesions,
    of_these_patients,
    with_headline,
    without_other_roles,
)
from livermets.randomness import generator
from livermets.stats.diagnostics import auc_obstacle, clustered_obstacle
from livermets.stats.equivalence import tost_level
from livermets.stats.power import (
    Levels,
    Power,
    agreement_power,
    auc_power,
    design_effect,
    intraclass_correlation,
)
from livermets.stats.resampling import per_patient_sum
from livermets.stats.results import NAN
from livermets.stats.sample_size import ModelSampleSize, maximum_cox_snell, model_sample_size

PATIENTS = (20, 30, 40, 60, 80, 100, 150, 200, 300)
"""Numbers of patients that are tried unless others are named."""
SIMULATED = 1000
COLUMNS = (
    "measure",
    "population",
    "n_patients",
    "n_lesions",
    "assumed",
    "correlation",
    "lower_margin",
    "upper_margin",
    "test_level",
    "power",
    "power_low",
    "power_high",
    "half_width",
    "level",
    "n_simulated",
)


@dataclass(frozen=True)
class Assumptions:
    """What is taken to be true of the next study."""

    agreement: float | None = None
    """Share of lesions that keep their class; None: this study's."""
    correlation: float | None = None
    """Of agreement within patients, 0 to 1; None: this study's."""
    auc_difference: float = 0.0
    """Area with the manual mask minus that with the automatic one."""

    def check(self, settings: StatisticsSettings) -> None:
        """Raises `InputError` for every value that makes no sense, or that no number of patients could show."""
        found, margins = ProblemList(), settings.equivalence
        if self.agreement is not None and not margins.agreement < self.agreement <= 1:
            what = f"{self.agreement:g} is not between the margin {margins.agreement:g} and 1"
            found.error(
                "assumed agreement", what, "A share at or below the margin is equivalent for no number of patients"
            )
        if self.correlation is not None and not 0 <= self.correlation <= 1:
            found.error("assumed correlation", f"{self.correlation:g} is not between 0 and 1", "0: lesions independent")
        if not abs(self.auc_difference) < margins.auc:
            what = f"{self.auc_difference:g} is not between the margins ±{margins.auc:g}"
            found.error("assumed difference of the areas", what, "Such areas are equivalent for no number of patients")
        found.raise_if_errors()


@dataclass(frozen=True)
class Pilot:
    """What this study says of its lesions."""

    n_lesions: int
    n_patients: int
    agreement: float
    correlation: float
    """Of agreement within patients; NaN where it cannot be estimated."""


def checked_patients(numbers: Sequence[int]) -> list[int]:
    """The numbers of patients to try, in order, each once; raises `InputError` for fewer than 3."""
    wrong = [number for number in numbers if number < 3]
    if wrong:
        what = f"{', '.join(map(str, wrong))}: an interval by patient needs at least 3"
        raise input_error("numbers of patients", what, "Name larger ones with --patients")
    return sorted(set(numbers))


def lesions_to_plan_from(
    lesions: pd.DataFrame, where: str, timepoints: Sequence[str] = (), roles: Sequence[str] = (VALIDATION,)
) -> pd.DataFrame:
    """The lesions of a pair whose classes count as predictions, as `concordance` takes them; raises `InputError` for a
    wrong table."""
    lesions, _ = without_other_roles(lesions, roles, where)
    everything = with_headline(checked_lesions(lesions, where), timepoints, where, roles)
    return of_these_patients(everything[everything["headline"]])


def pilot(lesions: pd.DataFrame, where: str, measure: str = READER_CLASSIFIED) -> Pilot:
    """Agreement of a checked lesion table, of one population of `kept_class`, and its correlation within patients.

    Raises `InputError` where there is no lesion of it, or one patient only."""
    among = lesions[kept_class(lesions)[measure]]
    if among.empty:
        raise input_error(where, f"there are no {population(measure).split(';')[0]}: nothing to plan a study from")
    if among["patient"].nunique() == 1:
        what = "all lesions are of one patient: how alike lesions of a patient are, and how patients differ, is unknown"
        raise input_error(where, what, "Give a table of at least two patients")
    same, patient = (among["fate"] == SAME).to_numpy(float), among["patient"].to_numpy(np.intp)
    correlation = intraclass_correlation(same, patient)
    return Pilot(len(among), among["patient"].nunique(), float(same.mean()), correlation)


def plan_table(
    lesions: pd.DataFrame,
    patients: Sequence[int],
    settings: StatisticsSettings,
    assumptions: Assumptions,
    where: str,
    measure: str = READER_CLASSIFIED,
    simulated: int = SIMULATED,
    seed: int = 0,
) -> tuple[pd.DataFrame, list[str]]:
    """Power and half-width for each number of patients, of agreement and (where shares and outcomes allow it) of the
    areas; and what could not be planned. ``lesions``: checked, with ``patient`` numbered from 0.

    Raises `InputError` as `pilot` and `Assumptions.check`, and where the correlation is needed and unknown."""
    found = pilot(lesions, where, measure)
    assumptions.check(settings)
    share = _share(found, assumptions, settings, where)
    correlation = _correlation(found, assumptions, where)
    levels = Levels(tost_level(settings.equivalence.significance), settings.level)
    random, margins = generator(seed, "concordance", "sample size"), settings.equivalence
    sizes = per_patient_sum(kept_class(lesions)[measure], lesions["patient"].to_numpy(np.intp), 0).astype(np.intp)
    sizes = sizes[sizes > 0]
    rows = []
    for number in checked_patients(patients):
        power = agreement_power(sizes, number, share, correlation, margins.agreement, levels, simulated, random)
        given = {"measure": measure, "population": population(measure), "assumed": share, "correlation": correlation}
        rows.append({**given, "lower_margin": margins.agreement, "upper_margin": NAN, **_cells(power, levels)})
    of_areas, notes = _of_areas(lesions, patients, settings, assumptions.auc_difference, levels, simulated, random)
    return pd.DataFrame([*rows, *of_areas], columns=list(COLUMNS)), notes


def smallest(table: pd.DataFrame, measure: str, reached: Callable[[pd.DataFrame], pd.Series]) -> int | None:
    """The smallest tried number of patients from which on ``reached`` holds of every row of a measure, None if none."""
    rows = table[table["measure"] == measure].sort_values("n_patients", ascending=False)
    held = rows.loc[reached(rows).cummin(), "n_patients"]
    return int(held.iloc[-1]) if len(held) else None


@dataclass(frozen=True)
class ModelPlan:
    """What the development of a prediction model on such lesions needs."""

    parameters: int
    prevalence: float
    """Share of responding lesions in this study."""
    explained: float
    """Anticipated share of the largest possible R² (Nagelkerke's R²)."""
    needed: ModelSampleSize
    """Lesions, if each were of another patient."""
    design_effect: float
    """By which resemblance of the outcomes within patients inflates this; NaN if unknown."""
    n_patients: float
    """Patients with as many lesions as here, so inflated; NaN if unknown."""


def model_plan(lesions: pd.DataFrame, parameters: int, explained: float, where: str) -> ModelPlan:
    """The sample size of Riley et al. for a model that chooses among ``parameters`` candidate features, at the share of
    responders of these lesions. Their criteria take participants as independent; the inflation for lesions of one
    patient is the design effect of the outcome, an approximation of ours.

    Raises `InputError` where no outcome is known or all are alike, or for values out of range."""
    known = lesions[lesions["response"].notna()]
    prevalence = float(known["response"].mean()) if len(known) else NAN
    problems = ProblemList()
    if not 0 < prevalence < 1:
        what = "no lesion has a known outcome" if known.empty else "all lesions have the same outcome"
        problems.error(where, f"{what}: the size of a model's study cannot be said", "Leave --candidates out")
    if parameters < 1:
        problems.error("candidate features", f"{parameters} is not a number of features", "Give 1 or more")
    if not 0 < explained < 1:
        problems.error("share of R²", f"{explained:g} is not between 0 and 1", "0.15 where nothing is known")
    problems.raise_if_errors()
    needed = model_sample_size(parameters, prevalence, explained * maximum_cox_snell(prevalence))
    patient = known["patient"].to_numpy(np.intp)
    effect = design_effect(patient, intraclass_correlation(known["response"].to_numpy(float), patient))
    per_patient = len(known) / len(np.unique(patient))
    return ModelPlan(parameters, prevalence, explained, needed, effect, needed.participants * effect / per_patient)


def _share(found: Pilot, assumptions: Assumptions, settings: StatisticsSettings, where: str) -> float:
    share = found.agreement if assumptions.agreement is None else assumptions.agreement
    margin = settings.equivalence.agreement
    if share <= margin:
        what = f"{share:.3g} of the lesions keep their class, which is not above the margin {margin:g}"
        fix = "No number of patients shows equivalence then: assume another share with --agreement, or another margin"
        raise input_error(where, what, fix)
    return share


def _correlation(found: Pilot, assumptions: Assumptions, where: str) -> float:
    correlation = found.correlation if assumptions.correlation is None else assumptions.correlation
    if math.isnan(correlation):
        what = "how alike lesions of one patient are cannot be estimated: they are all alike, or nobody has two"
        raise input_error(where, what, "Assume a correlation with --correlation, 0 to 1")
    return correlation


def _of_areas(
    lesions: pd.DataFrame,
    patients: Sequence[int],
    settings: StatisticsSettings,
    difference: float,
    levels: Levels,
    simulated: int,
    random: np.random.Generator,
) -> tuple[list[dict[str, object]], list[str]]:
    known = scored(lesions[lesions["compared"]])
    response, patient = known["response"].to_numpy(float), known["patient"].to_numpy(np.intp)
    why = auc_obstacle(response) or clustered_obstacle(response, patient)
    if why:
        return [], [f"the areas under the ROC curve are not planned: {why}"]
    manual, automatic = (known[column].to_numpy(float) for column in SHARES)
    if np.array_equal(manual, automatic):
        return [], ["the areas under the ROC curve are not planned: both masks give every lesion the same share"]
    margin = settings.equivalence.auc
    given = {"measure": AUC_DIFFERENCE, "population": OF_AREAS, "assumed": difference, "correlation": NAN}
    margins = {"lower_margin": -margin, "upper_margin": margin}
    rows = []
    for number in checked_patients(patients):
        data: tuple[tuple[NDArray, NDArray], NDArray, NDArray[np.intp]] = ((manual, automatic), response, patient)
        power = auc_power(*data, number, difference, margin, levels, simulated, random)
        rows.append({**given, **margins, **_cells(power, levels)})
    return rows, []


def _cells(power: Power, levels: Levels) -> dict[str, object]:
    cells = asdict(power)
    ends = {"power_low": cells.pop("low"), "power_high": cells.pop("high")}
    return {**cells, **ends, "test_level": levels.test, "level": levels.width}
