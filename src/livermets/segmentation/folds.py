"""Folds of patients for out-of-fold masks: known before anything is computed, so the workflow can plan with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from livermets.errors import input_error
from livermets.randomness import generator


def fold_of(patient_ids: Iterable[str], k: int, seed: int) -> dict[str, int]:
    """The fold (0 to k - 1) whose network never sees each patient.

    Depends on the set of patients and the seed only, not on their order; fold sizes differ by at most one.
    Raises `InputError` when there are fewer patients than folds."""
    patients = sorted(set(patient_ids))
    if not 2 <= k <= len(patients):
        raise input_error(
            "segmentation.cross_fit", f"{k} folds of {len(patients)} training patients", "Use between 2 and that many"
        )
    order = generator(seed, "segmentation", "cross-fit").permutation(len(patients))
    return {patients[int(index)]: position % k for position, index in enumerate(order)}


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
