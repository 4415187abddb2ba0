"""Settings on top of settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from livermets.config.unions import other_form


def overlaid(base: Mapping[str, Any], *overlays: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with others on top, key by key at every depth; what is no mapping is replaced whole, and so is a
    section by one of another form (`config.unions`)."""
    return merged(base, overlays, by_form=True)


def merged(base: Mapping[str, Any], overlays: Iterable[Mapping[str, Any]], by_form: bool) -> dict[str, Any]:
    """The same; ``by_form`` false: key by key as Snakemake does it, whatever the forms."""
    made = dict(base)
    for overlay in overlays:
        if by_form and other_form(made, overlay):
            made = {}
        for key, value in overlay.items():
            below = made.get(key)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                value = merged(below, [value], by_form)
            made[key] = value
    return made


def without(config: Mapping[str, Any], merged: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration less what is in ``merged`` and not in ``ours``; what the command line says beside them stays."""
    kept = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            theirs, own = ({} if not isinstance(side.get(key), Mapping) else side[key] for side in (merged, ours))
            kept[key] = without(value, theirs, own)
        elif key in ours or merged.get(key, ...) != value:
            kept[key] = value
    return kept
