"""YAML and JSON into typed sections, with every problem said in one sentence."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from livermets.config.bundled import with_bundle
from livermets.config.duplicates import parsed_json, parsed_yaml
from livermets.config.replaced import replacement
from livermets.config.written import KEY, not_a_text, written_text
from livermets.errors import InputError, Problem, input_error

SectionType = TypeVar("SectionType", bound=BaseModel)


def read_yaml(path: Path | str) -> dict[str, Any]:
    """A YAML file as a mapping; a key that stands twice in it is an error."""
    path = Path(path)
    if not path.exists():
        raise input_error(path, "this configuration file does not exist")
    try:
        content = parsed_yaml(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise input_error(
            path, f"this cannot be read ({error.strerror})", "Give the file of a configuration"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise input_error(path, f"this is not valid YAML ({reason})") from error
    if not isinstance(content, dict):
        raise input_error(path, "the configuration must be a mapping of keys to values")
    return content


def validate_section(
    section: type[SectionType], values: Mapping[str, Any], where: str = "config", source: Path | None = None
) -> SectionType:
    """``values`` (of the YAML file ``source``) as a typed section; raises `InputError` with one problem per wrong
    key."""
    try:
        return section.model_validate(values)
    except ValidationError as error:
        raise InputError(_problems(section, error, where, source)) from error


def is_json(option: str) -> bool:
    """Whether a verb's ``--settings`` is JSON (what the workflow passes) and not the path of a file."""
    return option.lstrip().startswith("{")


def values_from_option(option: str) -> dict[str, Any]:
    """The mapping that a verb's ``--settings`` gives: JSON as it stands, or the content of a configuration file."""
    if not is_json(option):
        return read_yaml(option)
    try:
        return parsed_json(option, "--settings")
    except json.JSONDecodeError as error:
        fix = "Quote it for the shell, or give the path of a file"
        raise input_error("--settings", f"this is not valid JSON ({error})", fix) from error


def section_from_option(option: str, key: str, section: type[SectionType]) -> SectionType:
    """A section from a verb's ``--settings``: JSON of the section itself (what the workflow passes), or the path of a
    configuration file from which the section ``key`` is taken (what a person types)."""
    values = values_from_option(option)
    return validate_section(section, values if is_json(option) else with_bundle(values).get(key) or {}, key)


def _problems(section: type[BaseModel], error: ValidationError, where: str, source: Path | None) -> list[Problem]:
    problems = []
    for detail in error.errors():
        path = [str(part) for part in detail["loc"]]
        key = ".".join([where, *path]) if where else ".".join(path)
        if path and path[-1] == KEY:
            key = ".".join([where, *path[:-2]]) if where else ".".join(path[:-2])
        if detail["type"] == "string_type" and not isinstance(detail["input"], (str, list, dict)):
            text = written_text(source, detail["loc"], detail["input"])
            problems.append(Problem(key, *not_a_text(detail["input"], text)))
        elif detail["type"] == "extra_forbidden" and (instead := replacement(key)):
            problems.append(Problem(key, "this key is no longer known", instead))
        elif detail["type"] == "extra_forbidden":
            known = _keys_beside(section, detail["loc"])
            near = difflib.get_close_matches(path[-1], known, n=1)
            fix = f"Did you mean `{near[0]}`?" if near else f"Known keys: {', '.join(known)}"
            problems.append(Problem(key, "unknown key", fix))
        elif detail["type"] == "missing":
            problems.append(Problem(key, "this key is missing", "Add it"))
        else:
            message = detail["msg"].removeprefix("Value error, ")
            found = "" if isinstance(detail["input"], dict) else f" (found {detail['input']!r})"
            problems.append(Problem(key, f"{message[0].lower()}{message[1:]}{found}"))
    return problems


def _keys_beside(section: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys allowed where an unknown one was found: walks the models along the error's location."""
    models: list[type[BaseModel]] = [section]
    for part in location[:-1]:
        inner = [m for model in models if part in model.model_fields for m in _models_in(model.model_fields[str(part)])]
        models = inner or models
    return sorted({name for model in models for name in model.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    annotation = getattr(annotation, "annotation", annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models_in(inner)]
