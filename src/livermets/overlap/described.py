"""What the description of a trained network says in a table of networks."""

from __future__ import annotations

from functools import reduce
from typing import Any

from livermets.segmentation.description import NetworkDescription

_COLUMNS = {
    "architecture": "network.architecture",
    "view": "sampling.view",
    "levels": "network.levels",
    "base_filters": "network.base_filters",
    "norm": "network.norm",
    "pretrained": "network.pretrained",
    "parameter_count": "parameter_count",
    "convolution_count": "convolution_count",
    "receptive_field_smallest_pixels": "receptive_sides",
    "receptive_field_largest_pixels": "receptive_sides",
    "network_grid": "preprocess.network_grid",
    "pixel_spacing_mm": "preprocess.pixel_spacing_mm",
    "slice_spacing_mm": "preprocess.slice_spacing_mm",
    "patch": "sampling.patch",
    "loss": "training.loss",
    "training_share": "training_share",
    "n_training_patients": "training_patients",
    "n_training_scans": "training_scans",
    "training_samples": "training_samples",
    "epochs": "epochs",
    "kept_epoch": "kept_epoch",
}
"""Which part of a description is in which column."""


def described(description: NetworkDescription | None) -> dict[str, Any]:
    """One row of the table of networks; empty for a network whose description is not known."""
    if description is None:
        return dict.fromkeys(_COLUMNS)
    row = {column: _part(description, part) for column, part in _COLUMNS.items()}
    pretrained, patients = row["pretrained"] is not None, len(description.training_patients)
    smallest, largest = description.receptive_sides or (None, None)
    row |= {"receptive_field_smallest_pixels": smallest, "receptive_field_largest_pixels": largest}
    if row["pixel_spacing_mm"] is not None:
        row["network_grid"] = None
    return row | {"pretrained": int(pretrained), "n_training_patients": patients or None}


def _part(described: Any, part: str) -> Any:
    """A part of a description by its dotted name; none where an architecture or a view has no such setting."""
    return reduce(lambda inner, name: getattr(inner, name, None), part.split("."), described)
