"""The image and the label map that radiomics are computed from, read together, on the grid of the windows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import ProblemList, input_error
from livermets.imaging.geometry import Volume
from livermets.imaging.normalise import zscore_over_mask
from livermets.io.ct import read_image, read_labels
from livermets.io.masks import integer_labels
from livermets.radiomics.lattice import labels_in
from livermets.radiomics.pixels import image_on_windows, labels_on_windows


@dataclass(frozen=True, eq=False)
class ScanOfWindows:
    """A scan as its windows are cut from it, all on one grid (`livermets.radiomics.pixels.window_grid`)."""

    image: Volume
    """In the intensities that features are taken from."""
    labels: Volume
    liver: Volume | None
    """None: not given."""
    lesions: list[int]
    """Labels of the mask as it was read; one of a pixel or two may be without a voxel on a coarser grid."""


def read_scan(image: Path, mask: Path, liver: Path | None, settings: RadiomicsSettings) -> ScanOfWindows:
    """Image (z-scored over the liver if the settings say so), label map and liver, resampled in plane if the settings
    say so.

    Raises `InputError` for grids that differ, and without the liver that z-scores need."""
    volume = read_image(image)
    labels = read_labels(mask, volume.grid)
    labels = labels.with_array(integer_labels(labels.array, mask))
    others = {mask: labels}
    if liver is not None:
        others[liver] = read_labels(liver, volume.grid)
    elif settings.intensity == "zscore":
        raise input_error("--liver", "intensity zscore needs the liver mask", "Give --liver, or use intensity hu")
    problems = ProblemList()
    for path, other in others.items():
        differences = volume.grid.differences(other.grid)
        if differences:
            problems.error(path, f"its grid is not that of {image}: {'; '.join(differences)}", "Resample it")
    problems.raise_if_errors()
    if settings.intensity == "zscore" and liver is not None:
        scaled, _, _ = zscore_over_mask(volume.array, others[liver].array > 0, image)
        volume = volume.with_array(scaled)
    inside = None if liver is None else labels_on_windows(others[liver], settings)
    on_windows = image_on_windows(volume, settings), labels_on_windows(labels, settings)
    return ScanOfWindows(*on_windows, inside, labels_in(labels.array))
