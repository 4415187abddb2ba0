"""Leave one centre out: the whole fit repeated without a hospital, and judged there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import ProblemList
from livermets.model.data import TrainingData, patients_per_class
from livermets.model.enough import centre_problems
from livermets.model.evaluation import COLUMNS, within_folds_estimate
from livermets.randomness import generator
from livermets.stats.diagnostics import auc_estimates, class_diagnostics
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import to_frame

CENTRE = "centre"
EVERY_CENTRE = "all centres"
_FEWEST = 2
"""Patients of each class that the other centres must have for a fit."""


def centres_of(data: TrainingData, tables: Sequence[pd.DataFrame], where: str) -> NDArray[np.str_]:
    """The centre of every lesion, from the lesion tables that have a column `centre`.

    Raises `InputError` where one is not known, a patient is in two, there is one centre only, or the other centres have
    too few patients of a class to fit on."""
    keys = [name for name in data.lesions.columns if name != "group"]
    known = [table[[*keys, CENTRE]] for table in tables if {*keys, CENTRE} <= set(table.columns)]
    stated = (
        pd.concat(known, ignore_index=True).drop_duplicates(keys) if known else pd.DataFrame(columns=[*keys, CENTRE])
    )
    centre = data.lesions[keys].merge(stated, on=keys, how="left")[CENTRE].fillna("").astype(str)
    problems = centre_problems(centre, where)
    per_patient = centre.groupby(data.patient, dropna=False).nunique()
    for code in per_patient[per_patient > 1].index:
        patient = data.lesions["group"][data.patient == code].iloc[0]
        problems.error(where, f"patient {patient} has lesions in two centres", "Give a patient one centre")
    problems.raise_if_errors()
    _check_others(data, centre.to_numpy(str), problems, where)
    problems.raise_if_errors()
    return centre.to_numpy(str)


def _check_others(data: TrainingData, centre: NDArray[np.str_], problems: ProblemList, where: str) -> None:
    for name in np.unique(centre):
        left = data.subset(centre != name)
        if len(np.unique(left.response)) < 2 or patients_per_class(left) < _FEWEST:
            what = f"without centre {name} fewer than {_FEWEST} patients of a class are left to fit on"
            problems.error(where, what, "Join small centres, or set audit.leave_one_centre_out to false")


def centre_table(
    predictions: pd.DataFrame, centre: NDArray[np.str_], level: float, replicates: int, seed: int
) -> pd.DataFrame:
    """Of each centre what a model that never saw it makes of its lesions (``auc`` and the classes' diagnostics), with
    its patients resampled; and of all centres together ``auc_within_folds``, which compares lesions of one centre only.

    Scores of different centres come from different models. ``predictions`` are those of our model, one per lesion."""
    of_lesion = centre[predictions["lesion"].to_numpy()]
    frames = []
    for name in [*np.unique(centre), EVERY_CENTRE]:
        own = predictions if name == EVERY_CENTRE else predictions[of_lesion == name]
        patients, patient = np.unique(own["patient"], return_inverse=True)
        boot = PatientBootstrap.draw(len(patients), replicates, level, generator(seed, "evaluation", CENTRE, str(name)))
        response = own["response"].to_numpy()
        if name == EVERY_CENTRE:
            found = [within_folds_estimate(own.assign(patient=patient), level, boot)]
        else:
            found = auc_estimates(own["score"].to_numpy(), response, patient, boot)
        found += class_diagnostics(response, own["predicted"].to_numpy(), patient, boot)
        frames.append(to_frame(found, COLUMNS, centre=name))
    return pd.concat(frames, ignore_index=True)
