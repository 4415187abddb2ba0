"""The base of every configuration section: frozen, typed, and without room for a typo."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator
from pydantic_core import CoreSchema, core_schema


class Section(BaseModel):
    """A part of ``config.yaml``. Unknown keys are refused; every field has a type, a default and a description."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class PathMark:
    """Marks a setting as a path: it is resolved by `livermets.config.paths` and by nothing else."""


PathText = Annotated[str, PathMark()]
"""A path as people write it: environment variables (`$DATA/...`) and `~` are filled in where it is used."""


SHORT, LONG = "short form", "long form"
"""Tags of a setting that may be written short (a word, a path, a list) or as a mapping."""


def _form(value: object) -> str:
    return LONG if isinstance(value, (dict, BaseModel)) else SHORT


FORM = Discriminator(_form)
"""Chooses between the two by what is written, so that only what is wrong with that one is said."""


@dataclass(frozen=True)
class Allowed:
    """A text that must fit a pattern (which editors get by the schema); who breaks it is told in words."""

    pattern: str
    words: str

    def check(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise ValueError(f"use {self.words}")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}
