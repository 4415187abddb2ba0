"""What the bundle of a finished study says of itself, and the settings that a study takes from it.

Only `bundle.json` is read here, so that every job can ask; what else is in the file, `livermets.bundle` reads."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from livermets.config.networks import LIVER
from livermets.config.overlay import overlaid
from livermets.config.paths import TemplateError, located
from livermets.config.roles import Task
from livermets.errors import input_error

KEY = "model"
"""The key of the configuration that names a bundle."""
FACTS_FILE = "bundle.json"
FORMAT: Literal[1] = 1
"""What `bundle.json` looks like; another number is another form."""


class BundledNetwork(BaseModel):
    """What is told of one network: nobody of those who trained it is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[str, ...]
    """What it tells apart; the first one is the background."""
    training_patients: int
    """Patients that it was trained on or monitored with."""
    parameter_count: int


class BundledModel(BaseModel):
    """What is told of the response model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    training_lesions: int
    training_patients: int
    training_responders: int
    """Lesions that responded."""
    features: int
    """Selected features."""


class BundleFacts(BaseModel):
    """``bundle.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    study: str
    """Title of the study that made it."""
    created: str
    """When that study's results were complete."""
    trained_on_synthetic: bool
    """Whether anything was fitted on synthetic cohorts."""
    networks: dict[str, BundledNetwork]
    model: BundledModel | None
    settings: dict[str, Any]
    """Sections of the configuration, every default filled in."""
    versions: dict[str, str]
    """Of the program and of the libraries that can change a number."""
    members: dict[str, str]
    """SHA-256 of every other file of the bundle, by name."""

    def brings(self, task: Task) -> bool:
        """Whether what a task fits is here, so that nothing is to be fitted for it."""
        return self.model is not None if task == "response" else any(name != LIVER for name in self.networks)


def bundle_path(model: str) -> Path:
    """The file that the key `model` names."""
    try:
        return located(model)
    except TemplateError as error:
        raise input_error(KEY, str(error), "Set it, or write the path out") from error


def read_facts(path: Path) -> BundleFacts:
    """What a bundle says of itself; raises `InputError` for a file that is none, or of another form."""
    if not path.is_file():
        raise input_error(path, "there is no such file", f"`{KEY}` names the file that `livermets bundle` has written")
    try:
        with zipfile.ZipFile(path) as bundle:
            values = json.loads(bundle.read(FACTS_FILE))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError) as error:
        what = f"this is no bundle of a study, or a damaged one ({error})"
        raise input_error(path, what, "Copy it again from where it was written") from error
    form = values.get("format") if isinstance(values, dict) else None
    if form != FORMAT:
        what = f"this bundle has the form {form!r}, and this version of livermets reads {FORMAT}"
        raise input_error(path, what, "Use the version that wrote it, or have it written again")
    try:
        return BundleFacts.model_validate(values)
    except ValidationError as error:
        keys = ", ".join(sorted({".".join(map(str, detail["loc"])) for detail in error.errors()}))
        what = f"{FACTS_FILE} in this bundle is not as it was written ({keys})"
        raise input_error(path, what, "Copy it again from where it was written") from error


def facts_named_by(values: Mapping[str, Any]) -> BundleFacts | None:
    """The facts of the bundle that a configuration names; None: it names none, or no text that could be a path."""
    model = values.get(KEY)
    return read_facts(bundle_path(model)) if isinstance(model, str) else None


def with_bundle(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of a configuration on top of what its bundle states. What is given twice is compared later."""
    facts = facts_named_by(values)
    if facts is None:
        return dict(values)
    merged = overlaid(facts.settings, values)
    networks, own = facts.settings.get("networks", {}), values.get("networks") or {}
    if isinstance(own, Mapping) and networks:
        merged["networks"] = {**networks, **own}  # an entry is whole, or its preset would be hidden by what is bundled
    return merged
