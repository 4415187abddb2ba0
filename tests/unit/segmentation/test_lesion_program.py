"""An external program draws lesions; whatever it does wrong is one clear sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.small_study import patient_arrays, save

from livermets.config.load import validate_section
from livermets.config.programs import LesionProgram
from livermets.errors import InputError
from livermets.io.images import read_volume
from livermets.segmentation.lesion_program import ProgramMask, lesions_by_program

CT, LIVER, LESIONS = patient_arrays(0)
TWO_LABELS = np.where(LESIONS > 0, 2, LIVER).astype(np.uint8)
PLACES = "{image} {out}"
COPY = "import shutil, sys; shutil.copy({mask!r}, sys.argv[2])"
"""A program that gives a finished mask, whatever the CT."""


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    save(tmp_path / "a ct.nii.gz", CT)
    return tmp_path / "a ct.nii.gz"


def drawn(ct: Path, code: str, places: str = PLACES, **settings: Any) -> ProgramMask:
    program = ct.parent / "program.py"
    program.write_text(code)
    chosen = LesionProgram(command=f"{sys.executable} {program} {places}", **settings)
    return lesions_by_program(ct, read_volume(ct), "tool", chosen)


def with_mask(ct: Path, mask: np.ndarray, **settings: Any) -> ProgramMask:
    save(ct.parent / "made.nii.gz", mask)
    return drawn(ct, COPY.format(mask=str(ct.parent / "made.nii.gz")), **settings)


def test_the_labels_that_are_lesions_make_the_mask(ct: Path) -> None:
    found = with_mask(ct, TWO_LABELS, labels=[2])
    assert (found.volume.array == (LESIONS > 0)).all()
    assert found.volume.array.dtype == np.uint8
    assert found.warnings == []


def test_the_only_label_needs_no_word(ct: Path) -> None:
    assert (with_mask(ct, 7 * (LESIONS > 0).astype(np.uint8)).volume.array == (LESIONS > 0)).all()


@pytest.mark.parametrize("mask, listed", [(0 * LIVER, "none"), (LIVER, "1")], ids=["empty", "liver alone"])
def test_a_program_may_find_nothing_which_is_said(ct: Path, mask: np.ndarray, listed: str) -> None:
    found = with_mask(ct, mask, labels=[2])
    assert not found.volume.array.any()
    (warning,) = found.warnings
    assert warning.what == f"the program tool finds no lesion (labels of its mask: {listed})"
    assert "check programs.tool.labels" in warning.fix


def test_several_labels_without_a_word_are_refused(ct: Path) -> None:
    with pytest.raises(InputError, match=r"it has 2 labels \(1, 2\). Say which are lesions: programs.tool.labels"):
        with_mask(ct, TWO_LABELS)


IN_FOLDERS = """
import pathlib, shutil, sys
images, out = map(pathlib.Path, sys.argv[1:])
(ct,) = images.iterdir()
assert ct.name == "ct_0000.nii.gz", ct
(out / "plans.json").write_text("{}")
for name in NAMES:
    shutil.copy(ct, out / name)
"""


def in_folders(ct: Path, *names: str) -> ProgramMask:
    code = IN_FOLDERS.replace("NAMES", repr(names)).replace(
        "shutil.copy(ct,", f"shutil.copy({str(ct.parent)!r} + '/m.nii.gz',"
    )
    save(ct.parent / "m.nii.gz", TWO_LABELS)
    return drawn(ct, code, "{image_folder} {out_folder}", labels=[2])


def test_a_program_may_work_on_folders(ct: Path) -> None:
    assert (in_folders(ct, "ct.nii.gz").volume.array == (LESIONS > 0)).all()


@pytest.mark.parametrize(
    "names, sentence",
    [
        ((), "ended with status 0 and no mask was made"),
        (("a.nii.gz", "b.nii.gz"), "makes 2 images (a.nii.gz, b.nii.gz)"),
    ],
)
def test_a_folder_must_hold_one_mask(ct: Path, names: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(InputError) as error:
        in_folders(ct, *names)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    "code, sentence",
    [
        ("import sys; sys.exit('no licence')", "the program tool ended with status 1 and no mask was made: no licence"),
        ("pass", "ended with status 0 and no mask was made: it said nothing. Try it by hand: "),
        ("import sys; open(sys.argv[2], 'w').write('no image')", "the program tool's mask cannot be used"),
        ("import os, sys; os.mkdir(sys.argv[2])", "makes {out} a folder, not a mask. Let it write one file"),
        (
            "import SimpleITK as s, sys; s.WriteImage(s.Image(3, 3, 3, s.sitkUInt8), sys.argv[2])",
            "the program tool's mask is not on the grid of the CT: ",
        ),
        (
            "import SimpleITK as s, sys; i = s.Cast(s.ReadImage(sys.argv[1]), s.sitkFloat32); "
            "s.WriteImage(i * 0.3, sys.argv[2])",
            "the mask has fractions as values",
        ),
    ],
    ids=["fails", "writes nothing", "no image", "a folder", "another grid", "probabilities"],
)
def test_what_a_program_does_wrong_is_said(ct: Path, code: str, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        drawn(ct, code)
    assert sentence in str(error.value)


def test_a_program_that_is_not_there_is_named_by_its_key(ct: Path) -> None:
    with pytest.raises(InputError, match=r"programs.tool.command: `/no/such` cannot be started"):
        lesions_by_program(ct, read_volume(ct), "tool", LesionProgram(command="/no/such {image} {out}"))


@pytest.mark.parametrize(
    "values, sentence",
    [
        ({"command": "tool {image}"}, "the command needs {out} in it"),
        ({"command": "tool"}, "the command needs {image} and {out} in it"),
        ({"command": "tool '{image} {out}"}, "the command is no command line (no closing quotation)"),
        ({}, "command"),
        ({"command": "tool {image} {out}", "labels": [0]}, "greater than or equal to 1"),
    ],
)
def test_a_command_must_say_where_its_files_are(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as error:
        validate_section(LesionProgram, values, "programs.tool")
    assert sentence in str(error.value)
