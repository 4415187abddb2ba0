"""Which scans a network is trained on, which monitor it, and what is written down about that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from torch.nn import functional

from livermets.config.segmentation import NetworkSettings, OutputSettings, TrainingSettings
from livermets.errors import input_error
from livermets.segmentation.architectures.build import build_network, check_size, size_multiple
from livermets.segmentation.field import crop_scans, padding_to
from livermets.segmentation.folds import fold_of, validation_split
from livermets.segmentation.slices import Slices, select_slices
from livermets.segmentation.training_scan import TrainingScan


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Slices to train on and to monitor with, of different patients."""

    training: Slices
    validation: Slices | None
    training_patients: list[str]
    validation_patients: list[str]
    validation_scans: list[TrainingScan]

    def description(self) -> dict[str, Any]:
        """Counts and patients, as the network's description has them."""
        return {
            "training_patients": self.training_patients,
            "validation_patients": self.validation_patients,
            "training_slices": len(self.training),
            "training_slices_with_target": int(self.training.with_target.sum()),
            "validation_slices": len(self.validation) if self.validation is not None else 0,
        }


def patients_of_fold(patients: list[str], fold: int | None, folds: int, seed: int) -> list[str]:
    """The patients that the network of this fold may see: all but the fold's own."""
    if fold is None:
        return sorted(set(patients))
    if not 0 <= fold < folds:
        raise input_error("--fold", f"fold {fold} of {folds} does not exist", f"Use 0 to {folds - 1}")
    return sorted(patient for patient, own in fold_of(patients, folds, seed).items() if own != fold)


def assemble(
    scans: list[TrainingScan],
    network: NetworkSettings,
    training: TrainingSettings,
    output: OutputSettings,
    seed: int,
) -> TrainingSet:
    """Splits scans by patient and cuts them into slices as the settings say.

    Raises `InputError` if no scan shows the target, the split leaves no patient, or slices are too small."""
    if not any(scan.target.any() for scan in scans):
        raise input_error("training scans", "none of them shows the target", "Add scans with masks of it")
    multiple = size_multiple(build_network(network))
    check_size(network, min(scans[0].image.shape[1:]), scans[0].name)
    if output.field == "liver":
        scans = crop_scans(scans, multiple)
    ours, held_back = validation_split([scan.patient_id for scan in scans], training.validation_fraction, seed)
    train_scans = [scan for scan in scans if scan.patient_id in set(ours)]
    monitor_scans = [scan for scan in scans if scan.patient_id in set(held_back)]
    slices = padded(select_slices(train_scans, training.slices, network.context_slices), multiple)
    monitor = None
    if monitor_scans:
        monitor = padded(select_slices(monitor_scans, training.slices, network.context_slices), multiple)
    return TrainingSet(slices, monitor, ours, held_back, monitor_scans or train_scans)


def padded(slices: Slices, multiple: int) -> Slices:
    """Slices whose height and width are a multiple: edges repeated in the image, nothing in the masks."""
    height, width = slices.stack.shape[1:]
    margins = padding_to((height, width), multiple)
    if not any(margins):
        return slices

    stack = functional.pad(slices.stack[None], margins, mode="replicate")[0]
    return replace(
        slices, stack=stack, target=functional.pad(slices.target, margins), liver=functional.pad(slices.liver, margins)
    )
