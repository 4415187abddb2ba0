"""Scalars as they stand in a YAML file: YAML itself makes 8 of 010, false of NO and a date of 2020-01-02."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

KEY = "[key]"
"""How pydantic names a mapping's key, after the key itself."""


def written_text(path: Path | None, location: Sequence[int | str], value: object) -> str | None:
    """The scalar at a place of a file as it is typed there, e.g. 007; None where it cannot be found."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader) if path is not None else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    if location[-1] == KEY:
        for part in location[:-2]:
            node = _inner(node, part)
        node = next((key for key, _ in _pairs(node) if _same(key, value)), None)
    else:
        for part in location:
            node = _inner(node, part)
    return str(node.value) if isinstance(node, yaml.ScalarNode) else None


def not_a_text(value: object, text: str | None) -> tuple[str, str]:
    """What YAML made of an unquoted text, and what to do."""
    kind = "true or false" if isinstance(value, bool) else "nothing" if value is None else "a date"
    kind = f"the number {value}" if isinstance(value, (int, float)) and not isinstance(value, bool) else kind
    if text is None:
        return f"YAML reads this as {kind}, a text is needed", 'Quote it as it is written, e.g. "007"'
    return f"YAML reads {text or 'an empty entry'} as {kind}, a text is needed", f'Quote it: "{text}"'


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def _inner(node: Any, part: int | str) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return node.value[part] if isinstance(part, int) and part < len(node.value) else None
    return next((inner for key, inner in _pairs(node) if _same(key, part)), None)


def _same(node: Any, value: object) -> bool:
    made = yaml.SafeLoader("").construct_object(node) if isinstance(node, yaml.ScalarNode) else None
    return (made == value and type(made) is type(value)) or str(made) == str(value)
