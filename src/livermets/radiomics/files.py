"""The image and the label map that radiomics are computed from, read together."""

from __future__ import annotations

from pathlib import Path

from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import ProblemList, input_error
from livermets.imaging.geometry import Volume
from livermets.imaging.normalise import zscore_over_mask
from livermets.io.ct import read_image, read_labels
from livermets.io.masks import integer_labels


def read_pair(image: Path, mask: Path, liver: Path | None, settings: RadiomicsSettings) -> tuple[Volume, Volume]:
    """Image (z-scored over the liver if the settings say so) and label map, on one grid.

    Raises `InputError` for grids that differ, and without the liver that z-scores need."""
    volume = read_image(image)
    labels = read_labels(mask, volume.grid)
    labels = labels.with_array(integer_labels(labels.array, mask))
    others = {mask: labels}
    if settings.intensity == "zscore":
        if liver is None:
            raise input_error("--liver", "intensity zscore needs the liver mask", "Give --liver, or use intensity hu")
        others[liver] = read_labels(liver, volume.grid)
    problems = ProblemList()
    for path, other in others.items():
        differences = volume.grid.differences(other.grid)
        if differences:
            problems.error(path, f"its grid is not that of {image}: {'; '.join(differences)}", "Resample it")
    problems.raise_if_errors()
    if settings.intensity == "zscore" and liver is not None:
        scaled, _, _ = zscore_over_mask(volume.array, others[liver].array > 0, image)
        volume = volume.with_array(scaled)
    return volume, labels
