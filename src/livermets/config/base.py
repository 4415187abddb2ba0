"""The base of every configuration section: frozen, typed, and without room for a typo."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of ``config.yaml``. Unknown keys are refused; every field has a type, a default and a description."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True)


class PathMark:
    """Marks a setting as a path: it is resolved by `livermets.intake.paths` and by nothing else."""


PathText = Annotated[str, PathMark()]
"""A path as people write it: environment variables (`$DATA/...`) and `~` are filled in where it is used."""
