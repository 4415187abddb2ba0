"""Which labels of the masks are liver and lesions: by the names of structures, else by the values of one mask."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from livermets.errors import InputError
from livermets.intake.choosing import Chosen
from livermets.intake.readings import LESION_WORDS
from livermets.io.dicom.headers import structure_names
from livermets.io.images import read_volume

_LESION = re.compile(LESION_WORDS, re.IGNORECASE)
_TARGET = re.compile(r"(?<![a-z])gtv", re.IGNORECASE)
"""The gross tumour volume of radiotherapy."""
_LIVER = re.compile(r"liver|hepat|leber|fegato|foie|higado", re.IGNORECASE)
_LIVER_ML = 300.0
"""Lesions together are smaller, livers larger, with few exceptions."""


def label_lines(place: Path, masks: dict[str, Chosen]) -> tuple[dict[str, Any], list[str]]:
    """Keys `liver_labels`, `lesion_labels`, `lesion_ids` and remarks. `liver_labels: []` says that the liver is not in
    the file that was taken for both."""
    lesions = masks.get("lesions")
    if lesions is None or "{lesion}" in lesions.template:
        return {}, []
    both = masks.get("liver") is not None and masks["liver"].template == lesions.template
    names = _names(place, lesions)
    if any(names.values()):
        return _by_name(names, both)
    return _by_value(place, lesions, both)


def _names(place: Path, mask: Chosen) -> dict[str, list[str]]:
    if all(item.kind in ("volume", "slices") for items in mask.items.values() for item in items):
        return {}
    return {
        patient: structure_names(place / mask.template.replace("{patient}", patient))
        for patient in sorted({patient for patient, _ in mask.scans})
    }


def _by_name(names: dict[str, list[str]], both: bool) -> tuple[dict[str, Any], list[str]]:
    keys: dict[str, Any] = {}
    everyone = list(names.values())
    if both:
        livers = [name for name in everyone[0] if _LIVER.search(name) and all(name in others for others in everyone)]
        keys["liver_labels"] = [min(livers, key=len)] if livers else []
    common = _common(everyone, _LESION) or _common(everyone, _TARGET)
    first = f"structures of the first patient: {', '.join(everyone[0])}"
    if common:
        keys["lesion_labels"] = common
        return keys, [first]
    return keys, ["lesion_labels: no structure of all patients is named like a lesion; choose", first]


def _common(everyone: list[list[str]], words: re.Pattern[str]) -> list[str]:
    """Names with these words that every patient has, a number at their end as `*`."""
    patterns = [{re.sub(r"\d+$", "*", name) for name in names if words.search(name)} for names in everyone]
    return sorted(set.intersection(*patterns))


def _by_value(place: Path, mask: Chosen, both: bool) -> tuple[dict[str, Any], list[str]]:
    """One mask for all is looked into: which values it holds, and how much of them."""
    scan = min(mask.scans)
    try:
        volume = read_volume(place / mask.items[scan][0].path)
    except (InputError, OSError):
        return {}, ["the first mask cannot be read: say under liver_labels, lesion_labels what its values are"]
    values, counts = np.unique(volume.array[volume.array > 0], return_counts=True)
    sizes = {int(value): float(count) * volume.grid.voxel_ml for value, count in zip(values, counts, strict=True)}
    seen = f"values of the first patient's mask: {', '.join(f'{value} ({ml:.3g} ml)' for value, ml in sizes.items())}"
    if both and len(sizes) == 2:
        liver = max(sizes, key=lambda value: sizes[value])
        (lesion,) = set(sizes) - {liver}
        keys = {"liver_labels": sorted(sizes), "lesion_labels": [lesion], "lesion_ids": "components"}
        return keys, [f"one label map for both: {liver} taken for liver, {lesion} for lesions; check", seen]
    if len(sizes) == 1:
        keys = {"lesion_ids": "components"} if not both or max(sizes.values()) < _LIVER_ML else {}
        return {**({"liver_labels": []} if both else {}), **keys}, [f"taken for lesions, each piece one; check; {seen}"]
    return ({"liver_labels": []} if both else {}), [seen]
