"""The liver by somebody else's program."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.config.segmentation import LiverSettings
from livermets.errors import InputError, input_error
from livermets.imaging.geometry import Volume
from livermets.io.images import read_volume
from livermets.io.labels import chosen_labels
from livermets.io.masks import integer_labels
from livermets.segmentation.postprocess import clean_liver
from livermets.surroundings import outer_environment

LISTED_LABELS = 12


def run_command(template: str, image: Path, out: Path) -> None:
    """Runs an external segmentation program; ``{image}`` and ``{out}`` in its template are the two files.

    Raises `InputError` with the program's last words if it fails or writes nothing."""
    words = [word.replace("{image}", str(image)).replace("{out}", str(out)) for word in shlex.split(template)]
    try:
        # What a program prints is in its own encoding, and may be in none.
        done = subprocess.run(
            words, capture_output=True, encoding="utf-8", errors="replace", check=False, env=outer_environment()
        )
    except OSError as error:
        raise input_error(
            "segmentation.liver.command",
            f"`{words[0]}` cannot be started ({error.strerror})",
            "Install it, or check it",
        ) from error
    if done.returncode != 0 or not out.exists():
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        what = f"the liver command ended with status {done.returncode} and no mask was made: {last}"
        raise input_error(image, what, f"Try it by hand: {shlex.join(words)}")


def liver_by_command(path: Path, image: Volume, settings: LiverSettings) -> NDArray[np.uint8]:
    """The liver mask that the configured program makes of a CT, cleaned up as configured, on the CT's grid.

    Raises `InputError` if it makes none, or one that cannot be told to be the liver."""
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
