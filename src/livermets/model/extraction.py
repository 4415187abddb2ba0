"""Were two ROI tables extracted alike? Apart from the model, so that putting tables together does not load torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Which engine computed a feature, and which others were computed beside it, do not change its value.
_IRRELEVANT_SETTINGS = frozenset({"engine", "classes", "features"})


def setting_differences(model: Mapping[str, Any], table: Mapping[str, Any], prefix: str = "") -> list[str]:
    """What differs between two extraction settings, one phrase each: ``bin_width is 10 (model: 25)``."""
    found = []
    for key in sorted({*model, *table} - _IRRELEVANT_SETTINGS):
        ours, theirs = model.get(key), table.get(key)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            found += setting_differences(ours, theirs, f"{prefix}{key}.")
        elif ours != theirs:
            found.append(f"{prefix}{key} is {theirs!r} (model: {ours!r})")
    return found
