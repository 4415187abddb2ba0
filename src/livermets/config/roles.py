"""What a scan is for, task by task: networks that draw masks, and the model that calls R+ or R-."""

from __future__ import annotations

from typing import Literal

from livermets.config.base import Section

Task = Literal["segmentation", "response"]
"""segmentation: networks that draw masks; response: the model that calls a lesion R+ or R-."""
Role = Literal["train", "validation", "predict", "none"]
"""train: fitted on it; validation: the truth is known, only measured; predict: only applied; none: not used."""
USED: tuple[Role, ...] = ("train", "validation", "predict")
"""Roles of a task that uses a scan."""
KNOWN: tuple[Role, ...] = ("train", "validation")
"""Roles that need the truth: a reader's mask for segmentation, that and the outcome for response."""


class Roles(Section):
    """The role in either task."""

    segmentation: Role = "none"
    """Networks that draw masks: train, validation, predict, or none (no network draws a mask of it)."""
    response: Role = "none"
    """The model of response: train, validation, predict, or none (no lesion gets a class, no outcome is asked)."""

    def of(self, task: Task) -> Role:
        """The role in one task."""
        role: Role = getattr(self, task)
        return role

    @property
    def is_used(self) -> bool:
        """Whether any task uses such a scan."""
        return (self.segmentation, self.response) != ("none", "none")

    @property
    def needs_reference(self) -> bool:
        """Whether a reader's lesion mask is needed."""
        return self.segmentation in KNOWN or self.response in KNOWN

    @property
    def needs_outcome(self) -> bool:
        """Whether the outcome of every lesion is needed."""
        return self.response in KNOWN

    def __str__(self) -> str:
        if self.segmentation == self.response:
            return self.segmentation
        return f"segmentation {self.segmentation}, response {self.response}"


UNUSED = Roles()
"""Of what no task uses."""


def in_both(role: Role | Roles) -> Roles:
    """Roles by task of what may be written short: one word for both tasks."""
    return role if isinstance(role, Roles) else Roles(segmentation=role, response=role)
