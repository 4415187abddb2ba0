"""The liver mask of a scan: the given one, or one that is found by a network or a program."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from livermets.cohort.disclosure import without_paths
from livermets.config.segmentation import LiverSettings
from livermets.errors import Problem, input_error
from livermets.imaging.geometry import Volume
from livermets.intake.liver_checks import liver_problems
from livermets.io.images import write_volume
from livermets.io.tables import write_csv
from livermets.segmentation.liver_command import liver_by_command


@dataclass(frozen=True, eq=False)
class LiverMask:
    """The 0/1 mask on the CT's grid, and what is odd about one that was made and not given."""

    volume: Volume
    warnings: list[Problem] = field(default_factory=list)


def liver_mask(
    path: Path, image: Volume, given: Volume | None, network: Path | None, settings: LiverSettings
) -> LiverMask:
    """The liver mask of a CT: the given one, unless the settings replace it. It was checked when it was read; one that
    is made here is checked the same way.

    Raises `InputError` if there is none, or what cannot be a liver."""
    if given is not None and not settings.replace_given:
        if not given.array.any():
            raise input_error(path, "the given liver mask of this scan is empty", "Correct it, or leave it out")
        return LiverMask(image.with_array((given.array > 0).astype(np.uint8)))
    if settings.missing == "command":
        program = Path(shlex.split(settings.command or "")[0]).name  # not its path: remarks reach the report
        mask, maker = liver_by_command(path, image, settings), f"the liver command's mask (`{program}`)"
    elif network is None:
        what = "there is no liver mask of this scan, and no network is named that could find it"
        raise input_error(path, what, "Name its folder (--network), or give the mask (--given)")
    else:
        from livermets.segmentation.liver_network import liver_by_network  # torch is needed for nothing else here

        mask, maker = liver_by_network(path, image, network, settings), "the liver network's mask"
    fix = "Look at it on the CT; give a liver mask for this scan, or exclude the scan"
    problems = liver_problems(image, mask > 0, str(path), maker, fix)
    problems.raise_if_errors()
    return LiverMask(image.with_array(mask), problems.warnings)


def problems_path(mask: Path) -> Path:
    """Where the remarks on a mask are kept: beside it."""
    return mask.with_name(f"{mask.name.removesuffix('.gz').removesuffix('.nii')}_problems.csv")


def write_liver(out: Path, found: LiverMask) -> None:
    """Writes the mask and, if there are any, the remarks on it beside it."""
    remarks = problems_path(out)
    remarks.unlink(missing_ok=True)
    if found.warnings:
        table = pd.DataFrame([asdict(without_paths(warning)) for warning in found.warnings])
        write_csv(remarks, table[["severity", "where", "what", "fix"]])
    write_volume(out, found.volume)
