"""From the configuration's paths to files: environment variables, `~`, the cohort's folder, and templates with
`{patient}`, `{timepoint}`, `{lesion}` and table columns. No other module resolves a path of the configuration."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from pathlib import Path

LESION = "{lesion}"
_FIELD = re.compile(r"\{([^{}]*)\}")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


class TemplateError(ValueError):
    """A path template that cannot be filled in; the message says why."""


def fill(template: str, values: Mapping[str, str], folder: str | None, base: Path) -> str:
    """The template with everything but `{lesion}` filled in, starting from `folder` and `base` unless absolute.

    Values are glob-escaped where the template still holds `{lesion}`, because it is then looked up as a pattern."""

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if name == "lesion":
            return match[0]
        if name not in values:
            raise TemplateError(f"{{{name}}} is neither {{patient}}, {{timepoint}} nor a column of the table")
        if not values[name]:
            raise TemplateError(f"{{{name}}} is empty for this patient")
        return values[name]

    return _placed(_FIELD.sub(value_of, _expand(template)), folder, base)


def located(path: str, folder: str | None = None, base: Path = Path()) -> Path:
    """A path without fields, starting from `folder` and `base` unless absolute."""
    return Path(_placed(_expand(path), folder, base))


def _placed(path: str, folder: str | None, base: Path) -> str:
    if folder is not None:
        path = os.path.join(_expand(folder), path)
    return str(base / path)


def lesion_files(pattern: str) -> list[tuple[int | None, Path]]:
    """The files of a filled-in pattern: with `{lesion}`, every file that has a number there, in the order of those
    numbers; without, the one path itself, whether it exists or not."""
    if LESION not in pattern:
        return [(None, Path(pattern))]
    before, *others = pattern.split(LESION)
    anything = "*".join(glob.escape(part) for part in [before, *others])
    number = re.compile(re.escape(before) + r"(\d+)" + "".join(re.escape(part) + r"\1" for part in others[:-1])
                        + re.escape(others[-1]))  # fmt: skip
    found = []
    for path in glob.glob(anything):
        match = number.fullmatch(path)
        if match:
            found.append((int(match[1]), Path(path)))
    return sorted(found)


def _expand(text: str) -> str:
    def value_of(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise TemplateError(f"the environment variable {match[1]} is not set")
        return os.environ[match[1]]

    return os.path.expanduser(_VARIABLE.sub(value_of, text))
