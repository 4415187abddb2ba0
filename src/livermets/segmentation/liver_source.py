"""The liver mask of a scan from whichever source the study uses."""

from __future__ import annotations

import shlex
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.cohort.disclosure import without_paths
from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import LiverSettings
from livermets.errors import InputError, Problem, input_error
from livermets.imaging.geometry import Volume
from livermets.intake.liver_checks import liver_problems
from livermets.io.images import read_volume, write_volume
from livermets.io.labels import chosen_labels
from livermets.io.masks import integer_labels
from livermets.io.tables import write_csv

LISTED_LABELS = 12


@dataclass(frozen=True, eq=False)
class LiverMask:
    """The 0/1 mask on the CT's grid, and what is odd about one that was made and not given."""

    volume: Volume
    warnings: list[Problem] = field(default_factory=list)


def liver_mask(
    path: Path, image: Volume, given: Volume | None, network: Path | None, settings: LiverSettings, threads: int
) -> LiverMask:
    """The liver mask of a CT. A given one was checked when it was read; one that is made here is checked the same way.

    Raises `InputError` if the source gives none, or what cannot be a liver."""
    if settings.source == "given":
        if given is None or not given.array.any():
            raise input_error(
                path, "there is no liver mask for this scan", "Give one, or set segmentation.liver.source to network"
            )
        return LiverMask(image.with_array((given.array > 0).astype(np.uint8)))
    if settings.source == "command":
        program = Path(shlex.split(settings.command or "")[0]).name  # not its path: remarks reach the report
        mask, maker = _by_command(path, image, settings), f"the liver command's mask (`{program}`)"
    elif network is None:
        raise input_error("--network", "segmentation.liver.source is network and none is given", "Name its folder")
    else:
        mask, maker = _by_network(path, image, network, settings, threads), "the liver network's mask"
    fix = "Look at it on the CT; give a liver mask for this scan, or exclude the scan"
    problems = liver_problems(image, mask > 0, str(path), maker, fix)
    problems.raise_if_errors()
    return LiverMask(image.with_array(mask), problems.warnings)


def problems_path(mask: Path) -> Path:
    """Where the remarks on a mask are kept: beside it."""
    return mask.with_name(f"{mask.name.split('.')[0]}_problems.csv")


def write_liver(out: Path, found: LiverMask) -> None:
    """Writes the mask and, if there are any, the remarks on it beside it."""
    remarks = problems_path(out)
    remarks.unlink(missing_ok=True)
    if found.warnings:
        table = pd.DataFrame([asdict(without_paths(warning)) for warning in found.warnings])
        write_csv(remarks, table[["severity", "where", "what", "fix"]])
    write_volume(out, found.volume)


def _by_command(path: Path, image: Volume, settings: LiverSettings) -> np.ndarray:
    from livermets.segmentation.liver import run_command
    from livermets.segmentation.postprocess import clean_liver

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "liver.nii.gz"
        run_command(settings.command or "", path, out)
        found = _read_made(path, out)
    differences = image.grid.differences(found.grid)
    if differences:
        raise input_error(
            path,
            f"the liver command's mask is not on the grid of the CT: {'; '.join(differences)}",
            "Change the command",
        )
    mask = clean_liver(_liver_labels(found, path, settings), image.grid.spacing_zyx_mm, settings.postprocess)
    if not mask.any():
        raise input_error(path, "the liver command finds no liver in this scan", "Give a liver mask for it")
    return mask.astype(np.uint8)


def _read_made(path: Path, out: Path) -> Volume:
    """The file that the command wrote; that it was written to a place of ours need not be said."""
    if out.is_dir():
        fix = "Let it write one file (TotalSegmentator: --ml)"
        raise input_error(path, "the liver command makes {out} a folder, not a mask", fix)
    try:
        return read_volume(out)
    except InputError as error:
        what = f"the liver command's mask cannot be used: {error.problems[0].what}"
        raise input_error(path, what, "Try the command by hand") from error


def _liver_labels(found: Volume, path: Path, settings: LiverSettings) -> NDArray[np.bool_]:
    """Which voxels are liver: the labels that the settings name, or the only one. An image is not a mask."""
    where = f"{path}, mask of the liver command `{settings.command}`"
    labels = integer_labels(found.array, where)
    present = [int(value) for value in np.unique(labels) if value]
    if settings.labels:
        return np.isin(labels, chosen_labels(dict.fromkeys(present, ""), settings.labels, where))
    if len(present) > 1:
        listed = ", ".join(map(str, present[:LISTED_LABELS])) + (", …" if len(present) > LISTED_LABELS else "")
        fix = "Say which are liver: segmentation.liver.labels, e.g. [5] of TotalSegmentator's organs"
        raise input_error(where, f"it has {len(present)} labels ({listed})", fix)
    return labels > 0


def _by_network(path: Path, image: Volume, folder: Path, settings: LiverSettings, threads: int) -> np.ndarray:
    from livermets.segmentation.architectures.build import pick_device
    from livermets.segmentation.liver import liver_by_network
    from livermets.segmentation.threads import use_threads
    from livermets.segmentation.weights import load_network, network_settings

    use_threads(threads)
    network, description = load_network(folder)
    if description["target"] != "liver":
        raise input_error(
            folder, f"this network finds {description['target']}, not the liver", "Name the liver network"
        )
    preprocess = PreprocessSettings.model_validate(description["preprocess"])
    architecture = network_settings(description, folder)
    return liver_by_network(image, network, architecture, preprocess, settings, pick_device(), path)
