"""Settings on top of settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def overlaid(base: Mapping[str, Any], *overlays: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with others on top, key by key at every depth; what is no mapping is replaced whole."""
    merged = dict(base)
    for overlay in overlays:
        for key, value in overlay.items():
            below = merged.get(key)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                value = overlaid(below, value)
            merged[key] = value
    return merged
