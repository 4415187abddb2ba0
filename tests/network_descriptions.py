"""Descriptions of networks, as if they had been trained."""

from __future__ import annotations

from typing import Any

from livermets.config.architectures import UNetSettings
from livermets.config.preprocess import PreprocessSettings
from livermets.config.sampling import AxialSampling
from livermets.config.training import TrainingSettings
from livermets.segmentation.description import NetworkDescription


def network_description(**differences: Any) -> NetworkDescription:
    """A lesion network of one patient, but for these fields."""
    usual: dict[str, Any] = {
        "classes": ("background", "lesion"),
        "network": UNetSettings(),
        "sampling": AxialSampling(),
        "training": TrainingSettings(),
        "preprocess": PreprocessSettings(),
        "seed": 1,
        "fold": None,
        "folds": 0,
        "scans": {"preprocess/a/baseline": "ab" * 32},
        "code": "0123456789abcdef",
        "digest": "cd" * 32,
        "parameter_count": 1_943_000,
        "convolution_count": 18,
        "device": "cpu",
        "versions": {"livermets": "0.1.0"},
        "training_patients": ("a",),
        "validation_patients": (),
        "training_samples": 30,
        "training_samples_with_focus": 12,
        "validation_samples": 0,
        "best_epoch": 4,
        "kept_epoch": 4,
        "epochs": 9,
        "class_weights": None,
        "samples_per_second": 50.0,
        "seconds": 120.0,
        "weights_sha256": "ef" * 32,
    }
    return NetworkDescription(**{**usual, **differences})
