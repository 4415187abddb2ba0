"""The liver by somebody else's program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.config.segmentation import LiverSettings
from livermets.errors import input_error
from livermets.imaging.geometry import Volume
from livermets.segmentation.external_program import ExternalProgram
from livermets.segmentation.postprocess import clean_liver

_EXAMPLE = "say which are liver: segmentation.liver.labels, e.g. [5] of TotalSegmentator's organs"


def liver_by_command(path: Path, image: Volume, settings: LiverSettings) -> NDArray[np.uint8]:
    """The liver mask that the configured program makes of a CT, cleaned up as configured, on the CT's grid.

    Raises `InputError` if it makes none, or one that cannot be told to be the liver."""
    program = ExternalProgram(settings.command or "", "the liver command", "segmentation.liver")
    liver = program.chosen(program.labels_of(path, image), settings.labels, path, _EXAMPLE)
    mask = clean_liver(liver, image.grid.spacing_zyx_mm, settings.postprocess)
    if not mask.any():
        raise input_error(path, "the liver command finds no liver in this scan", "Give a liver mask for it")
    return mask.astype(np.uint8)
