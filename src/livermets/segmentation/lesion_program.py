"""The lesions by somebody else's program, as a mask that is then brought in like one that was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from livermets.config.programs import LesionProgram
from livermets.errors import Problem
from livermets.imaging.geometry import Volume
from livermets.segmentation.external_program import ExternalProgram


@dataclass(frozen=True, eq=False)
class ProgramMask:
    """The 0/1 mask on the CT's grid, and what is to be said of it."""

    volume: Volume
    warnings: list[Problem] = field(default_factory=list)


def lesions_by_program(path: Path, image: Volume, name: str, settings: LesionProgram) -> ProgramMask:
    """The lesion mask that a program makes of a CT, which is in the file ``path``. It may be empty: nothing was found.

    Raises `InputError` if it makes none, or one that does not fit the CT or whose lesions cannot be told."""
    key = f"programs.{name}"
    program = ExternalProgram(settings.command, f"the program {name}", key)
    labels = program.labels_of(path, image)
    example = f"say which are lesions: {key}.labels, e.g. [2] where 1 is the liver"
    mask = program.chosen(labels, settings.labels, path, example, optional=True)
    found = ProgramMask(image.with_array(mask.astype(np.uint8)))
    if not mask.any():
        present = ", ".join(str(int(value)) for value in np.unique(labels) if value) or "none"
        what = f"the program {name} finds no lesion (labels of its mask: {present})"
        found.warnings.append(Problem(str(path), what, f"It counts as drawn; check {key}.labels", "warning"))
    return found
