"""The roles that a proposal may have, by the words of its option."""

from __future__ import annotations

from typing import Any

from livermets.config.roles import Roles, in_both

APPLIED = in_both("predict")
"""What needs neither masks nor an outcome."""
ROLES: dict[str, Roles] = {
    "train": in_both("train"),
    "validation": in_both("validation"),
    "predict": APPLIED,
    "segmentation=train": Roles(segmentation="train"),
    "segmentation=validation": Roles(segmentation="validation"),
}


def as_written(roles: Roles) -> Any:
    """The value of a cohort's `role`: one word where it says the same of both tasks."""
    return roles.segmentation if roles.segmentation == roles.response else roles.model_dump()
