"""Nothing that a study writes holds a patient's name: not from DICOM headers, not from folders and files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.dicom_files import PLANTED, write_series
from tests.small_study import SmallStudy, patient_arrays, save

from livermets.cohort.disclosure import without_paths
from livermets.cohort.scan import Scan
from livermets.errors import Problem

NAME = "PLANTED^NAME 1960-01-01"
WORDS = ("PLANTED", "1960-01-01", *PLANTED.values())


def planted_study(folder: Path) -> SmallStudy:
    """A cohort in a folder named after its patient: a DICOM CT whose slices are named so too, an absolute path, masks
    that cause remarks."""
    home = folder / "archive" / NAME
    ct, liver, lesions = patient_arrays(0)
    write_series(home / "CT", np.where(ct > 90, ct - 60, ct), names="PLANTED_NAME_{:04d}.dcm", SeriesDescription=NAME)
    save(home / "PLANTED liver.nii.gz", np.where(lesions > 0, 0, liver).astype(np.uint8))
    save(home / "PLANTED lesions.nii.gz", lesions)
    study = SmallStudy(folder)
    masks = {"liver": f"{NAME}/PLANTED liver.nii.gz", "lesions": f"{NAME}/PLANTED lesions.nii.gz"}
    study.config["cohorts"] = {
        "learn": {"role": "train", "phantom": {"patients": 6}},
        "c": {"role": "predict", "patients": ["P1"], "folder": str(folder / "archive"), "image": f"{NAME}/CT", **masks},
    }
    return study


def leaks(folder: Path) -> list[str]:
    """Files below a folder, and their names, that hold a planted word."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    return [f"{file.name}: {word}" for file in files for word in WORDS
            if word in file.name or word.encode() in file.read_bytes()]  # fmt: skip


def test_no_name_in_what_check_and_intake_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = planted_study(tmp_path)
    assert study.check() == 0
    assert study.run("intake", "--cohort", "c", "--patient", "P1", "--out", "results/c/intake/P1/baseline") == 0
    said = capsys.readouterr().err
    assert NAME in said, "on the screen the file is named, so that it can be found"
    table = (tmp_path / "results/check/problems.csv").read_text()
    assert "rather an unenhanced" in table
    assert "lesion 1 is outside the liver mask" in table
    assert leaks(tmp_path / "results") == []


def test_no_name_in_the_table_of_errors(tmp_path: Path) -> None:
    study = planted_study(tmp_path)
    save(tmp_path / "archive" / NAME / "PLANTED lesions.nii.gz", patient_arrays(0)[2][:-1])
    assert study.check() == 2
    assert (tmp_path / "results/check/problems.csv").exists()
    assert leaks(tmp_path / "results") == []


@pytest.mark.parametrize(
    "text, public",
    [
        ("/pacs/ROSSI M/CT/IM1.dcm is damaged", "the CT is damaged"),
        ("see /elsewhere/ROSSI/x.nii", "see …"),
        ("the CT has 3 slices and/or 2 mm / pixel", "the CT has 3 slices and/or 2 mm / pixel"),
    ],
)
def test_sentences_keep_their_words(text: str, public: str) -> None:
    scan = Scan("c", "P1", "baseline", Path("/pacs/ROSSI M/CT"))
    assert without_paths(Problem("cohort c, patient P1", text), None, scan).what == public
