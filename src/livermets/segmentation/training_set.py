"""Which scans a network is trained on, which monitor it, and what is written down about that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from livermets.config.segmentation import TrainingSettings
from livermets.errors import ProblemList, input_error
from livermets.segmentation.classes import Classes
from livermets.segmentation.folds import fold_of, validation_split
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.protocol import Samples, View


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Samples to train on and to monitor with, of different patients."""

    training: Samples
    validation: Samples | None
    training_patients: list[str]
    validation_patients: list[str]
    validation_scans: list[TrainingScan]

    def description(self) -> dict[str, Any]:
        """Counts and patients, as the network's description has them."""
        return {
            "training_patients": self.training_patients,
            "validation_patients": self.validation_patients,
            "training_samples": len(self.training),
            "training_samples_with_focus": int(self.training.with_focus.sum()),
            "validation_samples": len(self.validation) if self.validation is not None else 0,
        }


def patients_of_fold(patients: list[str], fold: int | None, folds: int, seed: int) -> list[str]:
    """The patients that the network of this fold may see: all but the fold's own."""
    if fold is None:
        return sorted(set(patients))
    if not 0 <= fold < folds:
        raise input_error("--fold", f"fold {fold} of {folds} does not exist", f"Use 0 to {folds - 1}")
    return sorted(patient for patient, own in fold_of(patients, folds, seed).items() if own != fold)


def assemble(
    scans: list[TrainingScan], view: View, network: nn.Module, classes: Classes, training: TrainingSettings, seed: int
) -> TrainingSet:
    """Splits scans by patient and cuts them into samples for a network, as its view does.

    Raises `InputError` if no scan shows what is looked for, the split leaves no patient, or scans are too small."""
    if not any((scan.target == classes.focus).any() for scan in scans):
        what = f"none of them shows the {classes.found[-1]}"
        raise input_error("training scans", what, "Add scans with masks of it")
    problems = ProblemList()
    for scan in scans:
        with problems.collected():
            view.check_image(scan.image.shape, scan.name)
    problems.raise_if_errors()
    scans = view.shown(scans, network)
    ours, held_back = validation_split([scan.patient_id for scan in scans], training.validation_fraction, seed)
    train_scans = [scan for scan in scans if scan.patient_id in set(ours)]
    monitor_scans = [scan for scan in scans if scan.patient_id in set(held_back)]
    monitor = view.samples(monitor_scans, network) if monitor_scans else None
    samples = view.samples(train_scans, network)
    return TrainingSet(samples, monitor, ours, held_back, monitor_scans or train_scans)
