"""The description of a network without anybody in it.

An id that is hashed can be guessed, and two hospitals may use the same ids for different patients, so that a network
would seem to have seen the patients of another hospital. Patients are numbered instead, in a spelling that no id can
have; their number is all that is told of them."""

from __future__ import annotations

from typing import Any

from livermets.config.applied import without_paths
from livermets.segmentation.description import NetworkDescription


def anonymous(description: NetworkDescription) -> dict[str, Any]:
    """``network.json`` without ids, scans and paths; everything else is kept."""
    nobody = {
        "scans": {},
        "training_patients": _numbered(description.training_patients),
        "validation_patients": _numbered(description.validation_patients, len(description.training_patients)),
    }
    return without_paths(description.model_dump(mode="json")) | nobody


def _numbered(patients: tuple[str, ...], before: int = 0) -> list[str]:
    """`#` is in no patient id (`cohorts.Code`)."""
    return [f"#{before + number}" for number in range(1, len(patients) + 1)]
