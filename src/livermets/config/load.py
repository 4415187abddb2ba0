"""YAML and JSON into typed sections, with every problem said in one sentence."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from livermets.config.base import LONG, SHORT
from livermets.config.bundled import with_bundle
from livermets.config.duplicates import parsed_json, parsed_yaml
from livermets.config.replaced import replacement
from livermets.config.unions import Place, place_of
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


def sections_from_option(option: str, sections: type[SectionType]) -> SectionType:
    """Several sections, the fields of a type, from a verb's ``--settings``: JSON of them, or a configuration file."""
    values = values_from_option(option)
    if not is_json(option):
        values = {key: values[key] for key in sections.model_fields if values.get(key)}
    return validate_section(sections, values, "")


def _problems(section: type[BaseModel], error: ValidationError, where: str, source: Path | None) -> list[Problem]:
    problems = []
    for detail in error.errors():
        location = tuple(part for part in detail["loc"] if part not in (SHORT, LONG))
        place = place_of(section, location)
        path = place.path[:-2] if place.path and place.path[-1] == KEY else place.path
        key = ".".join([where, *path] if where else path)
        if detail["type"] == "string_type" and not isinstance(detail["input"], (str, list, dict)):
            text = written_text(source, location, detail["input"])
            problems.append(Problem(key, *not_a_text(detail["input"], text)))
        elif detail["type"] == "extra_forbidden" and (instead := replacement(key)):
            problems.append(Problem(key, "this key is no longer known", instead))
        elif detail["type"] == "extra_forbidden":
            problems.append(Problem(key, *_unknown_key(place)))
        elif detail["type"] == "union_tag_invalid":
            tag, names = detail["ctx"]["discriminator"].strip("'()"), detail["ctx"]["expected_tags"].replace("'", "")
            found = detail["ctx"]["tag"]
            problems.append(Problem(f"{key}.{tag}", f"there is no {found!r}", _advice(found, names.split(", "), "")))
        elif detail["type"] == "missing":
            problems.append(Problem(key, "this key is missing", "Add it"))
        else:
            message = detail["msg"].removeprefix("Value error, ")
            if not key and ": " in message:  # what several sections say of each other names its own key
                key, _, message = message.partition(": ")
            found = "" if isinstance(detail["input"], dict) else f" (found {detail['input']!r})"
            problems.append(Problem(key, f"{message[0].lower()}{message[1:]}{found}"))
    return problems


def _unknown_key(place: Place) -> tuple[str, str]:
    """What is wrong with a key that is not known where it stands, and what to do."""
    key, known = place.path[-1], sorted({name for model in place.models for name in model.model_fields})
    others = place.others_with(key)
    if others:
        return f"{place.form} has no such key, it belongs to {' and '.join(others)}", "Remove it"
    return "unknown key", _advice(key, known, "keys")


def _advice(found: str, known: list[str], what: str) -> str:
    near = difflib.get_close_matches(found, known, n=1)
    return f"Did you mean `{near[0]}`?" if near else f"Known{f' {what}' if what else ''}: {', '.join(known)}"
