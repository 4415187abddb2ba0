"""Keys that stand twice in one mapping: YAML and JSON readers keep the last one and drop the others without a word."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from livermets.errors import InputError, Problem

_MERGE = "tag:yaml.org,2002:merge"
KEEP_ONE = "Keep one of the two"


def parsed_yaml(text: str, where: str) -> Any:
    """The content of a YAML text; raises `InputError` with every key that stands twice, `yaml.YAMLError` if broken."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        problems = list(_repeated(node, where, "", set())) if node is not None else []
        if problems:
            raise InputError(problems)
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def parsed_json(text: str, where: str) -> Any:
    """The content of a JSON text; raises `InputError` for a key that stands twice, `json.JSONDecodeError` if broken."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise InputError([Problem(where, f"the key `{key}` stands there twice", KEEP_ONE) for key in twice])
        return dict(pairs)

    return json.loads(text, object_pairs_hook=unique)


def repeated_keys(paths: Iterable[str | Path]) -> list[Problem]:
    """The keys that stand twice in configuration files which another program has read. Files may repeat each other's:
    the later one is an overlay."""
    found: list[Problem] = []
    for path in dict.fromkeys(map(Path, paths)):
        try:
            _parsed_as_snakemake_does(path)
        except InputError as error:
            found += error.problems
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            continue  # not this function's business: whoever reads the values says it
    return found


def _parsed_as_snakemake_does(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    try:
        parsed_json(text, str(path))
    except json.JSONDecodeError:
        parsed_yaml(text, str(path))


def _repeated(node: yaml.Node, where: str, place: str, seen: set[int]) -> Iterator[Problem]:
    if id(node) in seen:  # an alias: its anchor has been looked at
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(item, where, f"{place}[{index}]", seen)
    if not isinstance(node, yaml.MappingNode):
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        full, line = f"{place}.{key.value}".lstrip("."), key.start_mark.line + 1
        if key.value in first and key.tag != _MERGE:
            yield Problem(f"{where}, line {line}", f"the key `{full}` is already in line {first[key.value]}", KEEP_ONE)
        first.setdefault(key.value, line)
        yield from _repeated(value, where, full, seen)
