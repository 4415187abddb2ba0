"""Sections of several forms: which one is meant is said by one key, and a key of another form is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, Discriminator

FORMS = {"architecture": "unet", "view": "axial"}
"""The keys by which forms are told apart, and the form of a section without its key."""


def told_by(tag: str) -> Discriminator:
    """Tells the forms of a section apart by the key ``tag``."""

    def form(value: Any) -> str | None:
        if isinstance(value, Mapping):
            return str(value.get(tag, FORMS[tag]))
        found = getattr(value, tag, None)
        return None if found is None else str(found)

    form.__name__ = tag  # what pydantic calls it in an error
    return Discriminator(form)


def other_form(below: Mapping[str, Any], above: Mapping[str, Any]) -> bool:
    """Whether a section laid on top of another is of another form, so that the keys below mean nothing to it."""
    return any(tag in above and above[tag] != below.get(tag, default) for tag, default in FORMS.items())


@dataclass(frozen=True)
class Place:
    """Where an error of pydantic's lies: the keys as they are written, the models that may stand there, and, within a
    section of several forms, the one that is meant and all that there are."""

    path: tuple[str, ...]
    models: tuple[type[BaseModel], ...]
    form: str | None = None
    forms: tuple[type[BaseModel], ...] = ()

    def others_with(self, key: str) -> list[str]:
        """The other forms that have this key."""
        return [name for model in self.forms if key in model.model_fields for name in _names(model)]


def place_of(section: type[BaseModel], location: tuple[int | str, ...]) -> Place:
    """Walks the models along a location, in which pydantic names the forms among the keys."""
    path: list[str] = []
    models: tuple[type[BaseModel], ...] = (section,)
    beside, form = models, None
    forms: tuple[type[BaseModel], ...] = ()
    for part in location:
        meant = tuple(model for model in models if part in _names(model)) if len(models) > 1 else ()
        if meant:
            form, forms, models, beside = str(part), models, meant, meant
            continue
        path.append(str(part))
        beside = models
        inner = [m for model in models if part in model.model_fields for m in _models_in(model.model_fields[str(part)])]
        models = tuple(inner) or models
    return Place(tuple(path), beside, form, forms)


def _names(model: type[BaseModel]) -> tuple[str, ...]:
    fields = (model.model_fields[tag].annotation for tag in FORMS if tag in model.model_fields)
    return tuple(name for field in fields if get_origin(field) is Literal for name in get_args(field))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    annotation = getattr(annotation, "annotation", annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]
