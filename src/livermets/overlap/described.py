"""What the description of a trained network says in a table of networks."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from livermets.segmentation.description import NetworkDescription

_COLUMNS = {
    "architecture": "network.architecture",
    "levels": "network.levels",
    "base_filters": "network.base_filters",
    "norm": "network.norm",
    "pretrained": "network.pretrained",
    "parameter_count": "parameter_count",
    "convolution_count": "convolution_count",
    "network_grid": "preprocess.network_grid",
    "patch": "training.patch",
    "loss": "training.loss",
    "n_training_patients": "training_patients",
    "training_slices": "training_slices",
    "epochs": "epochs",
    "kept_epoch": "kept_epoch",
}
"""Which part of a description is in which column."""


def described(description: NetworkDescription | None) -> dict[str, Any]:
    """One row of the table of networks; empty for a network whose description is not known."""
    if description is None:
        return dict.fromkeys(_COLUMNS)
    row = {column: attrgetter(part)(description) for column, part in _COLUMNS.items()}
    pretrained, patients = row["pretrained"] is not None, len(row["n_training_patients"])
    return row | {"pretrained": int(pretrained), "n_training_patients": patients or None}
