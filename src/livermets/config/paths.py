"""From the configuration's paths to files: environment variables, `~`, the cohort's folder, and templates with
`{patient}`, `{timepoint}`, `{lesion}` and table columns. No other module resolves a path of the configuration."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from pathlib import Path

from livermets.errors import InputError, input_error

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
    """The files of a filled-in pattern: with `{lesion}`, every file that has a number there (and any text at a `*`), in
    the order of those numbers; without, the one path itself, whether it exists or not.

    Raises `InputError` where a `*` leaves open which number of a name is meant."""
    if LESION not in pattern:
        return [(None, Path(pattern))]
    anything = "*".join(map(glob.escape, re.split(r"\{lesion\}|\*", pattern)))
    widest, narrowest = (_lesion_number(pattern, text) for text in ("[^/]*", "[^/]*?"))
    found = []
    for path in [*glob.glob(anything), *_behind_lost_links(pattern)]:
        match, other = widest.fullmatch(path), narrowest.fullmatch(path)
        if match and other and match[1] != other[1]:
            what = f"{other[1]} and {match[1]} may both be the lesion's number in {Path(pattern).name}"
            raise input_error(path, what, "Write more of the file's name around {lesion}")
        if match:
            found.append((int(match[1]), Path(path)))
    return sorted(found)


def is_absent(pattern: str) -> bool:
    """Whether a filled-in pattern stands for nothing that is there, not even for a link that leads nowhere."""
    try:
        files = lesion_files(pattern)
    except InputError:
        return False  # something is there; what is wrong with it is said where it is read
    return not files or not any(os.path.lexists(path) for _, path in files)


def _behind_lost_links(pattern: str) -> list[str]:
    """What the pattern stands for in folders that are links to nothing, which a listing passes over."""
    slash = pattern.find(os.sep, pattern.index(LESION))
    if slash < 0:
        return []
    place, rest = pattern[:slash], pattern[slash:]
    number, found = _lesion_number(place, "[^/]*"), []
    for folder in glob.glob("*".join(map(glob.escape, re.split(r"\{lesion\}|\*", place)))):
        match = number.fullmatch(folder)
        if match and os.path.islink(folder) and not os.path.exists(folder):
            found.append(folder + rest.replace(LESION, match[1]))
    return found


def _lesion_number(pattern: str, text: str) -> re.Pattern[str]:
    """A number at the first `{lesion}` and the same one at every other; ``text`` is what a `*` stands for."""
    pieces = (re.split(r"(\*)", piece) for piece in pattern.split(LESION))
    before, *others = ("".join(text if part == "*" else re.escape(part) for part in parts) for parts in pieces)
    return re.compile(before + r"(\d+)" + r"\1".join(others))


def _expand(text: str) -> str:
    def value_of(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise TemplateError(f"the environment variable {match[1]} is not set")
        return os.environ[match[1]]

    return os.path.expanduser(_VARIABLE.sub(value_of, text))
