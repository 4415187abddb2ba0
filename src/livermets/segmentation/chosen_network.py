"""Which of several trained networks a scan is segmented by: one that never saw the patient, where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from livermets.segmentation.classes import LESION
from livermets.segmentation.description import NetworkDescription
from livermets.segmentation.folds import unseen_network
from livermets.segmentation.weights import checked_description, load_network


@dataclass(frozen=True, eq=False)
class ChosenNetwork:
    """A trained network, and whether it saw the patient at hand, and the very scan, in training or in monitoring it."""

    name: str
    network: nn.Module
    description: NetworkDescription
    seen: bool
    scan_seen: bool


def choose_network(folders: list[Path], cohort: str, patient: str, scan_digest: str = "") -> ChosenNetwork:
    """The first of these networks that never saw the patient; the first one if all did. ``scan_digest`` is that of the
    preprocessed scan, to tell whether the network saw this very one or another timepoint.

    Patients are known to a network by the ids of its training, plain or as cohort/patient."""
    descriptions = {str(folder): checked_description(folder) for folder in folders}
    for folder, description in descriptions.items():
        description.told_apart.index(LESION, folder)
    names = {f"{cohort}/{patient}", patient}
    seen = {
        folder: {patient} if description.patients & names else set() for folder, description in descriptions.items()
    }
    unseen = unseen_network(patient, seen)
    chosen = Path(unseen or str(folders[0]))
    network, description = load_network(chosen)
    return ChosenNetwork(
        name=chosen.name,
        network=network,
        description=description,
        seen=unseen is None,
        scan_seen=unseen is None and scan_digest in description.scans.values(),
    )
