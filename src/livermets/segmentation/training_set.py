"""Which scans a network is trained on, which monitor it, and what is written down about that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from livermets.config.training import TrainingSettings
from livermets.errors import ProblemList, input_error
from livermets.segmentation.classes import Classes
from livermets.segmentation.folds import validation_split
from livermets.segmentation.training_scan import TrainingScan
from livermets.segmentation.views.protocol import Samples, View


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Samples to train on and to monitor with, of different patients."""

    training: Samples
    validation: Samples | None
    training_patients: list[str]
    validation_patients: list[str]
    training_scans: int
    """How many scans of the former there are."""
    validation_scans: list[TrainingScan]
    """What the network is shown of the scans that monitor it (without any: of those that it is trained on)."""
    validation_volumes: list[TrainingScan]
    """The scans that monitor it, whole."""

    def description(self) -> dict[str, Any]:
        """Counts and patients, as the network's description has them."""
        return {
            "training_patients": self.training_patients,
            "validation_patients": self.validation_patients,
            "training_scans": self.training_scans,
            "training_samples": len(self.training),
            "training_samples_with_focus": int(self.training.with_focus.sum()),
            "validation_samples": len(self.validation) if self.validation is not None else 0,
        }


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
    ours, held_back = validation_split([scan.patient_id for scan in scans], training.validation_fraction, seed)
    volumes = [scan for scan in scans if scan.patient_id in set(held_back)]
    shown = view.shown(scans, network)
    train_scans = [scan for scan in shown if scan.patient_id in set(ours)]
    monitor_scans = [scan for scan in shown if scan.patient_id in set(held_back)]
    monitor = view.samples(monitor_scans, network) if monitor_scans else None
    samples = view.samples(train_scans, network)
    whole = sum(scan.patient_id in set(ours) for scan in scans)
    return TrainingSet(samples, monitor, ours, held_back, whole, monitor_scans or train_scans, volumes)
