"""The plan of a study in sentences: what it rests on, and how many patients it needs."""

from __future__ import annotations

import math

import pandas as pd

from livermets.concordance.planning import ModelPlan, Pilot, smallest
from livermets.report import formatting as fmt
from livermets.report.equivalence import AREAS, setting_percent
from livermets.report.findings import FEW_PATIENTS
from livermets.report.rows import rows_of
from livermets.stats.sample_size import OPTIMISM, RISK_ERROR, SHRINKAGE

POWERS = (0.8, 0.9)


def plan_in_words(table: pd.DataFrame, found: Pilot, half_width: float | None = None) -> str:
    """A paragraph per measure, plain text."""
    correlation = "unknown" if math.isnan(found.correlation) else fmt.number(found.correlation)
    first = (
        f"This study: {fmt.plural(found.n_lesions, 'lesion')} of {fmt.plural(found.n_patients, 'patient')}, of which "
        f"{fmt.percent(found.agreement)} keep their class; correlation within patients {correlation}."
    )
    if found.n_patients < FEW_PATIENTS:
        first += " That is few patients: their numbers of lesions and the correlation are uncertain; try others too."
    parts = [_of_measure(table, str(measure), half_width) for measure in table["measure"].unique()]
    return "\n".join([first, *parts]).replace("\u00a0", " ") + "\n"


def model_in_words(plan: ModelPlan) -> str:
    """What the development of a model needs, and what it rests on."""
    needed = plan.needed
    criteria = (
        f"{fmt.integer(needed.overall_risk)} for the overall risk to within {RISK_ERROR:g}, "
        f"{fmt.integer(needed.shrinkage)} for a shrinkage of {SHRINKAGE:g}, "
        f"{fmt.integer(needed.optimism)} for an optimism of R² of {OPTIMISM:g}"
    )
    text = (
        f"A model that chooses among {fmt.plural(plan.parameters, 'candidate feature')}, at "
        f"{fmt.percent(plan.prevalence)} responding lesions and an anticipated R² of {plan.explained:g} of its "
        f"maximum, needs at least {fmt.plural(needed.participants, 'independent lesion')}: {criteria} "
        "(Riley et al., Stat Med 2019;38:1276)."
    )
    if not math.isnan(plan.n_patients):
        text += (
            f" With as many lesions per patient as here and a design effect of {fmt.number(plan.design_effect)} these "
            f"are about {fmt.plural(math.ceil(plan.n_patients), 'patient')}."
        )
    return text.replace("\u00a0", " ") + "\n"


def _of_measure(table: pd.DataFrame, measure: str, half_width: float | None) -> str:
    rows = rows_of(table, measure)
    row, tried = rows.iloc[0], f"{rows['n_patients'].min()} to {rows['n_patients'].max()} tried"
    if measure == AREAS:
        assumed = (
            f"Difference of the areas within ±{row['upper_margin']:g}, if it is {row['assumed']:g} (patients of this "
            "study drawn whole)"
        )
    else:
        assumed = (
            f"Agreement above {setting_percent(row['lower_margin'])}, of the {row['population']}, if "
            f"{fmt.percent(row['assumed'])} keep their class and the correlation is {fmt.number(row['correlation'])}"
        )
    said = [f"{fmt.percent(power, 0)} power {_from(table, measure, power)}" for power in POWERS]
    if half_width is not None:
        needed = smallest(table, measure, lambda found: found["half_width"] <= half_width)
        level = setting_percent(row["level"])
        said.append(f"a {level} interval of ±{half_width:g} on average {_patients(needed)}")
    return f"{assumed}: {'; '.join(said)} ({tried}; {fmt.integer(row['n_simulated'])} simulated studies each)."


def _from(table: pd.DataFrame, measure: str, power: float) -> str:
    return _patients(smallest(table, measure, lambda rows: rows["power"] >= power))


def _patients(number: int | None) -> str:
    return "with none of these numbers of patients" if number is None else f"with {fmt.integer(number)} patients"
