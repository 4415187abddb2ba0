"""The ready-made configuration of public collections, on folders laid out as the collections are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from openpyxl import Workbook
from tests.dicom_files import write_seg, write_series
from tests.small_study import TRAINING, SmallStudy, patient_arrays, save

from livermets.config.cohorts import CohortSettings
from livermets.config.load import validate_section
from livermets.intake.proposal import propose
from livermets.io.images import read_volume

PRESETS = Path(__file__).parents[3] / "presets/cohorts"
DATA = Path(os.environ.get("LIVERMETS_DATA", "/nowhere"))


def cohort_of(preset: str, patients: list[str] | None = None) -> tuple[str, dict[str, Any]]:
    """A preset's one cohort, cut down to the patients at hand."""
    ((name, settings),) = yaml.safe_load((PRESETS / f"{preset}.yaml").read_text())["cohorts"].items()
    if patients is not None:
        settings["patients"] = patients
        settings["exclude"] = [entry for entry in settings["exclude"] if entry["patient"] in patients]
    return name, settings


def intake(study: SmallStudy, name: str, patient: str) -> Path:
    assert study.check() == 0
    assert study.run("intake", "--cohort", name, "--patient", patient, "--out", "out") == 0
    return study.folder / "out"


def combined(seed: int) -> np.ndarray:
    _, liver, lesions = patient_arrays(seed)
    return np.where(lesions > 0, 2, liver).astype(np.uint8)


@pytest.mark.parametrize("preset", sorted(file.stem for file in PRESETS.glob("*.yaml")))
def test_presets_are_valid(preset: str) -> None:
    _, settings = cohort_of(preset)
    cohort = validate_section(CohortSettings, settings)
    known = set(cohort.patients or [])
    assert all(entry.patient in known for entry in cohort.exclude)


@pytest.mark.parametrize(
    "preset, variable, image, mask",
    [
        ("lits", "LITS", "volume-{}.nii", "segmentation-{}.nii"),
        ("msd-task03-liver", "MSD_LIVER", "imagesTr/liver_{}.nii.gz", "labelsTr/liver_{}.nii.gz"),
    ],
)
def test_lits_and_decathlon(
    preset: str, variable: str, image: str, mask: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "collection"
    for seed in range(2):
        save(folder / image.format(seed), patient_arrays(seed)[0])
        save(folder / mask.format(seed), combined(seed))
    monkeypatch.setenv(variable, str(folder))
    name, settings = cohort_of(preset, ["0", "1"])
    study = SmallStudy(tmp_path)
    study.config["cohorts"] = {**TRAINING, name: settings}
    out = intake(study, name, "1")
    np.testing.assert_array_equal(read_volume(out / "liver.nii.gz").array, patient_arrays(1)[1])
    np.testing.assert_array_equal(read_volume(out / "lesions.nii.gz").array, patient_arrays(1)[2])
    proposed = yaml.safe_load(propose(folder))["cohorts"]["collection"]
    for key in ("image", "liver", "lesions", "liver_labels", "lesion_labels", "lesion_ids", "patients"):
        assert proposed[key] == settings[key]


def test_ircadb_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "collection"
    for number in (1, 2):
        ct, liver, lesions = patient_arrays(number)
        masks = {"liver": liver > 0, "livertumor01": lesions == 1, "livertumor02": lesions == 2, "skin": liver >= 0}
        write_series(folder / f"3Dircadb1.{number}/PATIENT_DICOM", ct, names="image_{}")
        for name, mask in masks.items():
            picture = np.where(mask, 255, 0) - 1024
            write_series(
                folder / f"3Dircadb1.{number}/MASKS_DICOM/{name}", picture, names="image_{}", RescaleIntercept=0
            )
    monkeypatch.setenv("IRCADB", str(folder))
    name, settings = cohort_of("3d-ircadb-01", ["1", "2"])
    study = SmallStudy(tmp_path)
    study.config["cohorts"] = {**TRAINING, name: settings}
    out = intake(study, name, "2")
    np.testing.assert_array_equal(read_volume(out / "image.nii.gz").array, patient_arrays(2)[0])
    np.testing.assert_array_equal(read_volume(out / "lesions.nii.gz").array, patient_arrays(2)[2])
    proposed = yaml.safe_load(propose(folder))["cohorts"]["collection"]
    assert proposed["image"] == "{patient}/PATIENT_DICOM"
    assert proposed["liver"] == "{patient}/MASKS_DICOM/liver"
    assert proposed["lesions"] == "{patient}/MASKS_DICOM/livertumor{lesion}"


def test_tcia_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CT series and DICOM-SEG in their own folders below the patient; the clinical table has one row per patient. The
    second patient's CT holds two phases."""
    folder = tmp_path / "collection"
    book = Workbook()
    book.active.title = "TCIA_n=197"
    book.active.append(["Patient-ID", "total_response_percent"])
    for number in (1001, 1002):
        ct, liver, lesions = patient_arrays(number)
        place = folder / f"CRLM-CT-{number}/01-01-1990-CT ANGIO-38910"
        alike = {"uid": f"1.2.{number}", "StudyInstanceUID": "1.2.4", "FrameOfReferenceUID": "1.2.5"}
        files = write_series(place / "100.000000-NA-79111", ct, names="1-{:02d}.dcm", **alike)
        if number == 1002:
            write_series(place / "100.000000-NA-79111", ct + 9, names="2-{:02d}.dcm", AcquisitionNumber=2, **alike)
        (place / "101.000000-Segmentation-1").mkdir()
        masks = {"Liver": liver > 0, "Liver Remnant": lesions > 0, "Hepatic": lesions == 1, "Portal": lesions == 2,
                 "Tumor_1": lesions == 1, "Tumor_2": lesions == 2}  # fmt: skip
        write_seg(place / "101.000000-Segmentation-1/1-1.dcm", files, masks)
        book.active.append([f"CRLM-CT-{number}", -999])
    name, settings = cohort_of("tcia-colorectal-liver-metastases")
    book.save(folder / settings["table"])
    monkeypatch.setenv("CRLM", str(folder))
    study = SmallStudy(tmp_path)
    study.config["cohorts"] = {**TRAINING, name: settings}
    out = intake(study, name, "CRLM-CT-1002")
    np.testing.assert_array_equal(read_volume(out / "image.nii.gz").array, patient_arrays(1002)[0])
    np.testing.assert_array_equal(read_volume(out / "liver.nii.gz").array, patient_arrays(1002)[1])
    np.testing.assert_array_equal(read_volume(out / "lesions.nii.gz").array, patient_arrays(1002)[2])


@pytest.mark.skipif(not DATA.is_dir(), reason="LIVERMETS_DATA names no folder with the public data sets")
def test_the_real_tcia_patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real slices and the real table; the collection's segmentation is not among the data, so no masks."""
    name, settings = cohort_of("tcia-colorectal-liver-metastases")
    folder = tmp_path / "collection"
    shutil.copytree(DATA / "crlm-ct-1006/image", folder / "CRLM-CT-1006/study/series")
    shutil.copy(DATA / "crlm-clinical" / settings["table"], folder)
    monkeypatch.setenv("CRLM", str(folder))
    for key in ("liver", "liver_labels", "lesions", "lesion_labels"):
        del settings[key]
    settings["role"] = "predict"
    settings["select"] = {"patients": ["CRLM-CT-1006"]}
    study = SmallStudy(tmp_path)
    study.config["cohorts"] = {**TRAINING, name: settings}
    out = intake(study, name, "CRLM-CT-1006")
    image = read_volume(out / "image.nii.gz")
    assert image.grid.size_xyz == (512, 512, 51)
    assert (int(image.array.min()), int(image.array.max())) == (-1024, 1184)
