"""Which training patients a network learns from that is given a share of them: one order, so that shares are nested."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from livermets.errors import input_error
from livermets.randomness import generator
from livermets.segmentation.folds import Fold

_DIGITS = 9
"""Decimal places of a product: 0.1 of 30 patients are 3, although the product is a little above."""


def patients_of_share(patients: int, share: float) -> int:
    """How many of some patients a share is, rounded up to whole ones."""
    return math.ceil(round(share * patients, _DIGITS))


def drawn_patients(patient_ids: Iterable[str], share: float, seed: int) -> list[str]:
    """The patients of a share (above 0, at most 1) of some patients, sorted.

    Every patient has a place in one order, made of the seed and the id alone: the patients of a smaller share are among
    those of a larger one, and leaving a fold's patients out, or adding a patient, moves nobody past another. Those who
    will only monitor the training are drawn with the others and split off afterwards (`folds.validation_split`), so the
    patients that weights are fitted on need not be nested."""
    patients = sorted(set(patient_ids))
    in_order = sorted(patients, key=lambda patient: generator(seed, "segmentation", "training-share", patient).random())
    return sorted(in_order[: patients_of_share(len(patients), share)])


@dataclass(frozen=True)
class TrainingShare:
    """A share of the training patients, as one network is given it."""

    share: float
    patients: Collection[str]
    """Everybody whom it is drawn from, those of a fold too that is left out."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise input_error("--training-share", f"{self.share:g} is no share", "Use one above 0 and at most 1")

    def shown(self, patient_ids: Iterable[str], fold: Fold | None, seed: int) -> list[str]:
        """Those of some patients that a network of this share may see, without those of the fold that it leaves out.

        Raises `InputError` for a patient of whom nobody knows whether the share has him."""
        asked = set(patient_ids)
        unknown = sorted(asked - set(self.patients))
        if unknown:
            what = f"patient {', '.join(unknown)} of the scans is not among them"
            raise input_error("--fold-patients", what, "Name everybody whom the share is drawn from")
        left = self.patients if fold is None else fold.seen(self.patients, seed)
        return [patient for patient in drawn_patients(left, self.share, seed) if patient in asked]
