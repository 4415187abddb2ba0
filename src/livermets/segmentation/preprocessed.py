"""Preprocessed scans on disk: one folder with the normalised image, its masks and how it was normalised."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livermets.errors import ProblemList, input_error
from livermets.imaging.geometry import Volume
from livermets.io.atomic import write_json
from livermets.io.ct import read_image, read_labels
from livermets.io.images import read_volume, write_volume
from livermets.provenance import canonical_json, file_digest, text_digest

IMAGE, LIVER, LESIONS, NORMALISATION = "image.nii.gz", "liver.nii.gz", "lesions.nii.gz", "normalisation.json"


@dataclass(frozen=True, eq=False)
class Preprocessed:
    """What the networks see of one scan, on the network grid."""

    image: Volume
    liver: Volume
    lesions: Volume | None
    normalisation: dict[str, Any]


def write_preprocessed(folder: Path, scan: Preprocessed) -> None:
    """Writes the folder; the JSON comes last, so a folder that has it is complete."""
    write_volume(folder / IMAGE, scan.image)
    write_volume(folder / LIVER, scan.liver)
    if scan.lesions is None:
        (folder / LESIONS).unlink(missing_ok=True)
    else:
        write_volume(folder / LESIONS, scan.lesions)
    write_json(folder / NORMALISATION, scan.normalisation)


def read_preprocessed(folder: Path) -> Preprocessed:
    """Reads such a folder. Raises `InputError` if it is not one."""
    description = folder / NORMALISATION
    if not description.exists():
        raise input_error(folder, f"this is not a preprocessed scan: {NORMALISATION} is missing", "Run preprocess")
    lesions = read_volume(folder / LESIONS) if (folder / LESIONS).exists() else None
    return Preprocessed(
        read_volume(folder / IMAGE),
        read_volume(folder / LIVER),
        lesions,
        json.loads(description.read_text(encoding="utf-8")),
    )


def preprocessed_digest(folder: Path) -> str:
    """Digest of everything in such a folder that a network can see."""
    files = [folder / name for name in (IMAGE, LIVER, LESIONS, NORMALISATION)]
    return text_digest(canonical_json({file.name: file_digest(file) for file in files if file.exists()}))


def read_ct_and_masks(image: Path, masks: dict[str, Path | None]) -> tuple[Volume, dict[str, Volume | None]]:
    """A CT and its masks by name; those without a path stay empty.

    Raises `InputError` with every mask that is not on the CT's grid."""
    volume = read_image(image)
    problems = ProblemList()
    found: dict[str, Volume | None] = {
        name: read_labels(path, volume.grid) if path else None for name, path in masks.items()
    }
    for name, mask in found.items():
        for difference in volume.grid.differences(mask.grid) if mask else []:
            problems.error(masks[name], f"the {name} mask is not on the grid of {image}: {difference}", "Resample it")
    problems.raise_if_errors()
    return volume, found
