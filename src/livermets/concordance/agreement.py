"""How often a lesion's class is the same with both masks, and beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.identity import PREDICTED, SIDES
from livermets.masks.lesion_table import SAME
from livermets.stats.agreement import kappa_estimates, mcnemar_estimates, specific_agreement
from livermets.stats.diagnostics import proportion_estimates
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import Estimate, to_frame

AGREEMENT, READER_CLASSIFIED, ALL = "agreement", "agreement_reader_classified", "agreement_all"
"""The share of lesions that keep their class, of three populations."""
POPULATIONS = {
    READER_CLASSIFIED: "lesions classified with the manual mask; no class with the automatic one counts as changed",
    ALL: "all lesions; no class with either mask counts as changed",
}
COMPARED = "lesions classified with both masks"
COLUMNS = (
    "measure",
    "value",
    "low",
    "high",
    "level",
    "method",
    "n_lesions",
    "n_patients",
    "k",
    "n",
    "reference",
    "note",
)


def population(measure: str) -> str:
    """The lesions that a measure of agreement is about, in words."""
    return POPULATIONS.get(measure, COMPARED)


def agreement_table(lesions: pd.DataFrame, boot: PatientBootstrap) -> pd.DataFrame:
    """The shares of the three populations, then what the compared lesions say: of which class, and beyond chance."""
    compared = lesions[lesions["compared"]]
    manual, automatic = (compared[column].to_numpy(float) for column in PREDICTED)
    classes = class_agreement_estimates(manual, automatic, compared["patient"].to_numpy(np.intp), boot)
    frame = to_frame([*fate_estimates(lesions, boot), *classes], COLUMNS)
    return frame.assign(population=frame["measure"].map(population))


def kept_class(lesions: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Among which lesions those that keep their class are counted: those classified with both masks, those that the
    reader's mask classifies, and all. The first is conditional on the network's success; the others are not."""
    return {
        AGREEMENT: lesions["compared"].to_numpy(bool),
        READER_CLASSIFIED: lesions["predicted_manual"].notna().to_numpy(),
        ALL: np.ones(len(lesions), bool),
    }


def fate_estimates(lesions: pd.DataFrame, boot: PatientBootstrap) -> list[Estimate]:
    """The share of lesions that keep their class, of the populations of `kept_class`."""
    patient, same = lesions["patient"].to_numpy(np.intp), (lesions["fate"] == SAME).to_numpy()
    return [
        estimate
        for measure, among in kept_class(lesions).items()
        for estimate in proportion_estimates(measure, same, among, patient, boot)
    ]


def agreement_estimates(
    manual: NDArray, automatic: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """Share of lesions classified alike, Cohen's kappa, McNemar's test and the two discordant counts.

    ``manual`` and ``automatic`` are 0/1 for the same lesions."""
    every = np.ones(len(manual), bool)
    agreement = proportion_estimates(AGREEMENT, manual == automatic, every, patient, boot)
    return [*agreement, *class_agreement_estimates(manual, automatic, patient, boot)]


def class_agreement_estimates(
    manual: NDArray, automatic: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """Positive and negative agreement, kappa, McNemar's test and the discordant counts of 0/1 classes of the same
    lesions; nothing without lesions."""
    if len(manual) == 0:
        return []
    return [
        *specific_agreement("positive_agreement", 1, manual, automatic, patient, boot),
        *specific_agreement("negative_agreement", 0, manual, automatic, patient, boot),
        *kappa_estimates(manual, automatic, patient, boot, SIDES),
        *mcnemar_estimates(manual, automatic, patient, boot, SIDES),
    ]
