"""Folds of patients for out-of-fold masks: known before anything is computed, so the workflow can plan with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from livermets.config.segmentation import LEAVE_ONE_OUT
from livermets.errors import ProblemList, input_error
from livermets.randomness import generator


def fold_count(asked: int | str, patient_ids: Iterable[str]) -> int:
    """How many folds of these patients a setting (`segmentation.cross_fit`) asks for."""
    return len(set(patient_ids)) if asked == LEAVE_ONE_OUT else int(asked)


def fold_of(patient_ids: Iterable[str], k: int, seed: int) -> dict[str, int]:
    """The fold (0 to k - 1) whose network never sees each patient.

    Depends on the set of patients and the seed only, not on their order; fold sizes differ by at most one.
    Raises `InputError` when there are fewer patients than folds."""
    patients = sorted(set(patient_ids))
    if not 2 <= k <= len(patients):
        what = f"{k} fold{'s' * (k != 1)} of {len(patients)} training patient{'s' * (len(patients) != 1)}"
        raise input_error("segmentation.cross_fit", what, _remedy(patients))
    order = generator(seed, "segmentation", "cross-fit").permutation(len(patients))
    return {patients[int(index)]: position % k for position, index in enumerate(order)}


def _remedy(patients: Collection[str]) -> str:
    if len(patients) < 2:
        return "Folds take at least 2 patients; set it to 0, or add patients"
    return "Use between 2 and that many"


@dataclass(frozen=True)
class Fold:
    """One of the folds that some patients are put into, and left out of the training of its network."""

    number: int
    count: int
    patients: Collection[str]
    """Everybody whom the folds are made of: a network may learn from a part of them."""

    def seen(self, patient_ids: Iterable[str], seed: int) -> list[str]:
        """Those of some patients that the network of this fold may see: all but the fold's own.

        Raises `InputError` if there is no such fold, or if nobody knows which one a patient is in."""
        if not 0 <= self.number < self.count:
            what = f"fold {self.number} of {self.count} does not exist"
            fix = f"Use 0 to {self.count - 1}" if self.count else "Say how many there are (--folds)"
            raise input_error("--fold", what, fix)
        fold, asked = fold_of(self.patients, self.count, seed), sorted(set(patient_ids))
        unknown = ProblemList()
        for patient in (patient for patient in asked if patient not in fold):
            unknown.error("--fold-patients", f"patient {patient} of the scans is not among them", "Name everybody")
        unknown.raise_if_errors()
        return [patient for patient in asked if fold[patient] != self.number]


def unseen_network(patient_id: str, seen: Mapping[str, Iterable[str]]) -> str | None:
    """The first network (by name, as listed) neither trained nor monitored on this patient; none if all were."""
    return next((name for name, patients in seen.items() if patient_id not in set(patients)), None)


def validation_split(patient_ids: Iterable[str], fraction: float, seed: int) -> tuple[list[str], list[str]]:
    """Patients trained on and patients held back to monitor the training.

    At least one patient is held back unless ``fraction`` is 0. Raises `InputError` if none would be left."""
    patients = sorted(set(patient_ids))
    if fraction == 0:
        return patients, []
    held_back = max(1, round(fraction * len(patients)))
    if held_back >= len(patients):
        raise input_error(
            "segmentation.training.validation_fraction",
            f"holding back {held_back} of {len(patients)} training patients leaves none to train on",
            "Lower it, set it to 0, or add patients",
        )
    order = generator(seed, "segmentation", "validation-split").permutation(len(patients))
    validation = {patients[int(index)] for index in order[:held_back]}
    return [p for p in patients if p not in validation], sorted(validation)
