"""Somebody else's program that makes a mask of a CT: run, and its mask read and checked."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.errors import InputError, input_error
from livermets.imaging.geometry import Volume
from livermets.io.images import read_volume
from livermets.io.labels import chosen_labels
from livermets.io.masks import integer_labels
from livermets.surroundings import outer_environment

LISTED_LABELS = 12
IMAGE_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha")
IN_FOLDER = "ct_0000.nii.gz"
"""How the CT is called where a program is given a folder; nnU-Net wants the number of the channel at the end."""


@dataclass(frozen=True)
class ExternalProgram:
    """A command line and what messages call it."""

    command: str
    """With `{image}` or `{image_folder}`, and `{out}` or `{out_folder}` (`livermets.config.programs`)."""
    words: str
    """Who it is in a sentence: "the liver command"."""
    key: str
    """Where in the configuration it is described; its command is there under `command`."""

    def labels_of(self, path: Path, image: Volume) -> NDArray[np.uint16]:
        """The labels that the program gives the voxels of a CT, which is in the file ``path``, on the CT's grid.

        Raises `InputError` if it fails, makes no mask, or one that does not fit the CT."""
        with tempfile.TemporaryDirectory() as folder:
            found = self._read(path, self._run(path, Path(folder)))
        differences = image.grid.differences(found.grid)
        if differences:
            what = f"{self.words}'s mask is not on the grid of the CT: {'; '.join(differences)}"
            raise input_error(path, what, "Change the command")
        return integer_labels(found.array, self.mask_words(path))

    def chosen(
        self, labels: NDArray[np.uint16], wanted: Sequence[int], path: Path, example: str, optional: bool = False
    ) -> NDArray[np.bool_]:
        """The voxels of the labels that are wanted, or of the only one. ``example``: of what to write where there are
        several; ``optional``: a label may be absent. Raises `InputError` for labels that cannot be told or are not
        there."""
        where, present = self.mask_words(path), [int(value) for value in np.unique(labels) if value]
        if wanted:
            return np.isin(labels, chosen_labels(dict.fromkeys(present, ""), wanted, where, optional))
        if len(present) > 1:
            listed = ", ".join(map(str, present[:LISTED_LABELS])) + (", …" if len(present) > LISTED_LABELS else "")
            raise input_error(where, f"it has {len(present)} labels ({listed})", f"{example[0].upper()}{example[1:]}")
        return labels > 0

    def mask_words(self, path: Path) -> str:
        """How a problem names the mask of a CT."""
        return f"{path}, mask of {self.words} `{self.command}`"

    def _run(self, image: Path, folder: Path) -> Path:
        """Runs the program within an empty folder; where its mask is. Raises `InputError` with its last words if it
        fails or writes nothing."""
        out, outs, images = folder / "mask.nii.gz", folder / "out", folder / "images"
        outs.mkdir()
        if "{image_folder}" in self.command:  # a copy, since a container may not see where a link leads
            images.mkdir()
            shutil.copyfile(image, images / IN_FOLDER)
        places = {"{image}": image, "{image_folder}": images, "{out}": out, "{out_folder}": outs}
        words = [_filled(word, places) for word in shlex.split(self.command)]
        try:
            # What a program prints is in its own encoding, and may be in none.
            done = subprocess.run(
                words, capture_output=True, encoding="utf-8", errors="replace", check=False, env=outer_environment()
            )
        except OSError as error:
            what = f"`{words[0]}` cannot be started ({error.strerror})"
            raise input_error(f"{self.key}.command", what, "Install it, or check it") from error
        made = [out] if out.exists() else sorted(file for file in outs.iterdir() if file.name.endswith(IMAGE_ENDINGS))
        if done.returncode != 0 or not made:
            last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
            what = f"{self.words} ended with status {done.returncode} and no mask was made: {last}"
            raise input_error(image, what, f"Try it by hand: {shlex.join(words)}")
        if len(made) > 1:
            listed = ", ".join(file.name for file in made[:LISTED_LABELS])
            raise input_error(image, f"{self.words} makes {len(made)} images ({listed})", "Let it write one label map")
        return made[0]

    def _read(self, path: Path, out: Path) -> Volume:
        """The file that the program wrote; that it was written to a place of ours need not be said."""
        if out.is_dir():
            fix = "Let it write one file (TotalSegmentator: --ml), or write {out_folder}"
            raise input_error(path, f"{self.words} makes {{out}} a folder, not a mask", fix)
        try:
            return read_volume(out)
        except InputError as error:
            what = f"{self.words}'s mask cannot be used: {error.problems[0].what}"
            raise input_error(path, what, "Try the command by hand") from error


def _filled(word: str, places: dict[str, Path]) -> str:
    for place, path in places.items():
        word = word.replace(place, str(path))
    return word
