"""Verbs that take an image by hand open a DICOM folder as the intake does, or say in one sentence why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from tests.dicom_files import write_seg, write_series
from tests.small_study import SmallStudy, patient_arrays, save

from livermets.io.images import read_volume
from livermets.io.tables import read_parquet_metadata

pytestmark = pytest.mark.slow

CT, LIVER, LESIONS = patient_arrays(0)
MEANS = ("--settings", json.dumps({"size": 3, "features": ["firstorder_Mean"], "classes": ["firstorder"]}))


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    """One patient as NIfTI files and as DICOM: slices with padding, a segmentation, masks as slices."""
    folder = tmp_path_factory.mktemp("scan")
    padded = CT.copy()
    padded[:, :3] = -2000
    for name, array in {"ct": np.maximum(padded, -1024), "liver": LIVER, "lesions": LESIONS}.items():
        save(folder / f"{name}.nii.gz", array)
    files = write_series(folder / "ct", padded + 2000, RescaleIntercept=-3024)
    write_seg(folder / "lesions.dcm", files, {"a": LESIONS == 1, "b": LESIONS == 2})
    write_series(folder / "liver", LIVER.astype(np.int16))
    return SmallStudy(folder)


def same(one: Path, other: Path) -> bool:
    return bool(np.array_equal(read_volume(one).array, read_volume(other).array))


def test_rois_and_lesion_features(scan: SmallStudy) -> None:
    settings = {"intensity": "zscore", "bin_width": 0.25, "size": 3, "features": ["firstorder_Mean"]}
    zscore = ("--settings", json.dumps({**settings, "classes": ["firstorder"]}))
    inputs = {"nifti": ("ct.nii.gz", "lesions.nii.gz", "liver.nii.gz"), "dicom": ("ct", "lesions.dcm", "liver")}
    tables = {}
    for kind, (image, mask, liver) in inputs.items():
        beside = ("--lesion-features", f"{kind}.csv", "--liver", liver, *zscore)
        assert scan.run("rois", image, mask, "--out", f"{kind}.parquet", *beside) == 0
        tables[kind] = [pd.read_parquet(scan.folder / f"{kind}.parquet"), pd.read_csv(scan.folder / f"{kind}.csv")]
        assert len(tables[kind][0]) > 10
    for one, other in zip(*tables.values(), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert len(read_parquet_metadata(scan.folder / "dicom.parquet")["inputs"]["image"]) == 64


def test_feature_map(scan: SmallStudy) -> None:
    assert scan.run("rois", "ct", "lesions.dcm", "--out", "map.parquet", *MEANS) == 0
    column = ("--column", "original_firstorder_Mean")
    for kind, image in (("dicom", "ct"), ("nifti", "ct.nii.gz")):
        assert scan.run("feature-map", "map.parquet", image, *column, "--out", f"map_{kind}.nii.gz") == 0
    maps = [nibabel.load(scan.folder / f"map_{kind}.nii.gz").get_fdata() for kind in ("dicom", "nifti")]
    np.testing.assert_array_equal(*maps)
    assert np.isfinite(maps[0]).any()


def test_liver_and_preprocess(scan: SmallStudy) -> None:
    inputs = {"dicom": ("ct", "liver", "lesions.dcm"), "nifti": ("ct.nii.gz", "liver.nii.gz", "lesions.nii.gz")}
    for kind, (image, liver, lesions) in inputs.items():
        given = ("--image", image, "--given", liver, "--settings", "{}")
        assert scan.run("liver", *given, "--out", f"liver_{kind}.nii.gz") == 0
        masks = ("--liver", liver, "--lesions", lesions, "--settings", "{}")
        assert scan.run("preprocess", "--image", image, *masks, "--out", f"seen_{kind}") == 0
    assert same(scan.folder / "liver_dicom.nii.gz", scan.folder / "liver.nii.gz")
    for name in ("image", "liver", "lesions"):
        assert same(scan.folder / f"seen_dicom/{name}.nii.gz", scan.folder / f"seen_nifti/{name}.nii.gz")


VERBS = {
    "rois": ["rois", "IMAGE", "MASK", "--out", "x"],
    "lesion-features": ["lesion-features", "IMAGE", "MASK", "--out", "x"],
    "liver": ["liver", "--image", "IMAGE", "--given", "MASK", "--settings", "{}", "--out", "x"],
    "preprocess": ["preprocess", "--image", "IMAGE", "--liver", "MASK", "--settings", "{}", "--out", "x"],
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "image, mask, said",
    [
        ("notes", "lesions.nii.gz", "notes: no DICOM image in this folder"),
        ("mr", "lesions.nii.gz", "mr: this is an MR series, not CT"),
        ("link", "lesions.nii.gz", "link: this image is a link that leads nowhere (to gone)"),
        ("absent", "lesions.nii.gz", "absent: this image does not exist"),
        ("ct", "notes", "notes: no DICOM image in this folder"),
        ("ct.nii.gz", "absent", "absent: this mask does not exist"),
    ],
)
def test_what_is_no_image_gets_one_sentence(
    scan: SmallStudy, tmp_path: Path, capfd: pytest.CaptureFixture[str], verb: str, image: str, mask: str, said: str
) -> None:
    """Also nothing from the libraries underneath, which print past Python."""
    study = SmallStudy(tmp_path)
    for name in ("ct", "ct.nii.gz", "lesions.nii.gz"):
        (tmp_path / name).symlink_to(scan.folder / name)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.txt").write_text("hello")
    write_series(tmp_path / "mr", CT[:3], Modality="MR")
    (tmp_path / "link").symlink_to("gone")
    words = {"IMAGE": image, "MASK": mask}
    assert study.run(*(words.get(word, word) for word in VERBS[verb])) == 2
    printed = capfd.readouterr().err.splitlines()
    assert len(printed) == 1
    assert printed[0].startswith(f"error: {said}")
    assert not (tmp_path / "x").exists()


def test_what_was_left_out_is_said(scan: SmallStudy, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    study = SmallStudy(tmp_path)
    shutil.copytree(scan.folder / "ct", tmp_path / "ct")
    shutil.copy(next((tmp_path / "ct").iterdir()), tmp_path / "ct/again")
    shutil.copy(scan.folder / "lesions.nii.gz", tmp_path)
    assert study.run("lesion-features", "ct", "lesions.nii.gz", "--out", "x.csv", *MEANS) == 0
    assert caplog.messages == ["warning: ct: left out of the series: 1 copy of a slice"]
