"""The base of every configuration section: frozen, typed, and without room for a typo."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of ``config.yaml``. Unknown keys are refused; every field has a type, a default and a description."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
