"""The `intake` verb: what it leaves, that the CT's grid stays, and that no identifier gets through."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from scipy import ndimage
from tests.dicom_files import PLANTED, write_rtstruct, write_seg, write_series
from tests.small_study import SmallStudy, image_of, patient_arrays, save

from livermets.io.images import read_volume

pytestmark = pytest.mark.slow

DATA = Path(os.environ.get("LIVERMETS_DATA", "/nowhere"))
OUT = "results/train/intake/T1/baseline"
COLUMNS = ["cohort", "patient_id", "timepoint", "centre", "lesion_id", "role", "response", "longest_diameter_mm",
           "volume_ml", "baseline_diameter_mm", "followup_diameter_mm"]  # fmt: skip


def intake(study: SmallStudy, out: str = OUT) -> int:
    return study.run("intake", "--cohort", "train", "--patient", "T1", "--timepoint", "baseline", "--out", out)


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    return SmallStudy.written(tmp_path)


def as_dicom(study: SmallStudy, masks: str = "seg") -> None:
    """Both training patients as DICOM series with DICOM-SEG (or RTSTRUCT) masks that hold the same lesions."""
    for seed, patient in enumerate(("T1", "T2")):
        ct, liver, lesions = patient_arrays(seed)
        files = write_series(study.folder / patient / "dicom", ct)
        named = {"Liver": liver > 0, "Tumor_1": lesions == 1, "Tumor_2": lesions == 2}
        write_seg(study.folder / patient / "seg.dcm", files, named)
    study.cohort().update(
        image="{patient}/dicom", liver="{patient}/seg.dcm", liver_labels=["Liver"], lesions="{patient}/seg.dcm",
        lesion_labels=["Tumor_*"],
    )  # fmt: skip


def test_what_it_leaves(study: SmallStudy) -> None:
    assert intake(study) == 0
    out = study.folder / OUT
    assert sorted(file.name for file in out.iterdir()) == [
        "image.nii.gz", "lesions.csv", "lesions.nii.gz", "liver.nii.gz", "qc.png", "scan.json",
    ]  # fmt: skip
    table = pd.read_csv(out / "lesions.csv")
    assert list(table.columns) == COLUMNS
    assert table["response"].tolist() == [1, 0]
    assert table["centre"].tolist() == ["A", "A"]
    # The spheres have radii of 10 and 8 mm; voxel centres span up to one pixel less.
    assert table["longest_diameter_mm"].tolist() == pytest.approx([20.0, 16.0], abs=2.0)
    facts = json.loads((out / "scan.json").read_text())
    assert facts["source"] == "NIfTI"
    assert facts["size_xyz"] == [48, 48, 16]


@pytest.mark.parametrize("form", ["segments", "files"])
def test_a_lesion_inside_another_is_kept_and_said(study: SmallStudy, form: str) -> None:
    """The inner one has the higher number; both ways of numbering lesions give both of them."""
    outer = patient_arrays(0)[2] == 1
    inner = ndimage.binary_erosion(outer)
    if form == "segments":
        as_dicom(study)
        files = sorted((study.folder / "T1/dicom").iterdir())
        write_seg(
            study.folder / "T1/seg.dcm", files, {"Liver": patient_arrays(0)[1], "Tumor_1": outer, "Tumor_2": inner}
        )
        called = '3 "Tumor_2"', '2 "Tumor_1"'
    else:
        for number, mask in enumerate((outer, inner), start=1):
            save(study.folder / f"T1/mts{number}.nii.gz", mask.astype(np.uint8))
        study.cohort()["lesions"] = "{patient}/mts{lesion}.nii.gz"
        called = "lesion 2", "lesion 1"
    assert intake(study) == 0
    labels = read_volume(study.folder / OUT / "lesions.nii.gz").array
    np.testing.assert_array_equal(labels, np.where(inner, 2, outer))
    sizes = [f"{name} ({mask.sum()} voxels)" for name, mask in zip(called, (inner, outer), strict=True)]
    said = json.loads((study.folder / OUT / "scan.json").read_text())["warnings"]
    assert f"{sizes[0]} lies wholly inside {sizes[1]}" in " ".join(said)


def test_a_lesion_without_voxels_of_its_own_can_be_excluded(study: SmallStudy, capsys: pytest.CaptureFixture) -> None:
    lesion = (patient_arrays(0)[2] == 1).astype(np.uint8)
    for number in (1, 2):
        save(study.folder / f"T1/mts{number}.nii.gz", lesion)
    study.cohort()["lesions"] = "{patient}/mts{lesion}.nii.gz"
    assert intake(study) == 2
    said = f"lesion 2 has no voxel of its own: all of its {lesion.sum()} belong to lesion 1"
    assert f"{said}. Correct the mask, or exclude lesion 2 with a reason." in capsys.readouterr().err
    study.cohort()["exclude"] = [{"patient": "T1", "lesion": 2, "reason": "drawn twice"}]
    assert intake(study) == 0
    assert said in json.loads((study.folder / OUT / "scan.json").read_text())["warnings"]


def test_contours_that_are_left_out_are_said(study: SmallStudy) -> None:
    write_series(study.folder / "T1/dicom", patient_arrays(0)[0])
    square = np.array([[-25.0, -11, -68], [-9.0, -11, -68], [-9.0, 7, -68], [-25.0, 7, -68]])
    beside = np.add(square, [26.0, 0, 0])
    write_rtstruct(study.folder / "T1/rs.dcm", {"mts 1": [square, square], "mts 2": [beside], "mts 3": []})
    study.cohort().update(image="{patient}/dicom", lesions="{patient}/rs.dcm")
    assert intake(study) == 0
    assert set(np.unique(read_volume(study.folder / OUT / "lesions.nii.gz").array)) == {0, 1, 2}
    said = " ".join(json.loads((study.folder / OUT / "scan.json").read_text())["warnings"])
    assert '1 "mts 1": 1 of 2 contours are used; left out: 1 with the outline of another one' in said
    assert 'no voxel lies inside 3 "mts 3"' in said


@pytest.mark.parametrize("axes", ["LPS", "RAS", "SPL", "AIR"])
def test_the_stored_grid_of_the_ct_is_kept(study: SmallStudy, axes: str) -> None:
    ct, liver, lesions = patient_arrays(0)
    for name, array in (("ct", ct), ("liver", liver), ("lesions", lesions)):
        stored = axes if name != "liver" else "LAS"  # a mask in yet another order lands on its CT
        sitk.WriteImage(sitk.DICOMOrient(image_of(array), stored), str(study.folder / f"T1/{name}.nii.gz"))
    assert intake(study) == 0
    given = sitk.ReadImage(str(study.folder / "T1/ct.nii.gz"))
    for name in ("image", "liver", "lesions"):
        kept = sitk.ReadImage(str(study.folder / OUT / f"{name}.nii.gz"))
        assert kept.GetSize() == given.GetSize()
        assert kept.GetSpacing() == pytest.approx(given.GetSpacing())
        assert kept.GetOrigin() == pytest.approx(given.GetOrigin())
        assert kept.GetDirection() == pytest.approx(given.GetDirection())
    image = sitk.GetArrayFromImage(sitk.ReadImage(str(study.folder / OUT / "image.nii.gz")))
    np.testing.assert_array_equal(image, sitk.GetArrayFromImage(given))
    np.testing.assert_array_equal(read_volume(study.folder / OUT / "liver.nii.gz").array, liver)


def test_dicom_and_nifti_give_the_same_scan_and_features(study: SmallStudy) -> None:
    assert intake(study, "nifti") == 0
    as_dicom(study)
    assert intake(study, "dicom") == 0
    for name in ("image", "liver", "lesions"):
        one, other = (read_volume(study.folder / kind / f"{name}.nii.gz") for kind in ("nifti", "dicom"))
        np.testing.assert_array_equal(one.array, other.array)
        assert one.grid.differences(other.grid) == []
    assert (study.folder / "nifti/lesions.csv").read_bytes() == (study.folder / "dicom/lesions.csv").read_bytes()
    digests = [
        json.loads((study.folder / kind / "scan.json").read_text())["image_sha256"] for kind in ("nifti", "dicom")
    ]
    assert digests[0] == digests[1]
    for kind in ("nifti", "dicom"):
        status = study.run(
            "rois", f"{kind}/image.nii.gz", f"{kind}/lesions.nii.gz", "--out", f"{kind}/rois.parquet", "--size", "3"
        )
        assert status == 0
    one, other = (pd.read_parquet(study.folder / kind / "rois.parquet") for kind in ("nifti", "dicom"))
    assert len(one) > 20
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_of_several_series_the_one_that_was_drawn_on(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    """Two phases in one folder, also as acquisitions of one series: the segmentation says which one it belongs to."""
    ct, _, lesions = patient_arrays(0)
    named = {"Tumor_1": lesions == 1, "Tumor_2": lesions == 2}
    alike = {"uid": "1.2.3", "StudyInstanceUID": "1.2.4", "FrameOfReferenceUID": "1.2.5"}
    study.cohort().update(image="{patient}/dicom", lesions="{patient}/seg.dcm")
    for more in ({}, alike):
        write_series(study.folder / "T1/dicom", ct + 30, names="A{}", AcquisitionNumber=1, **more)
        files = write_series(study.folder / "T1/dicom", ct, names="B{}", AcquisitionNumber=2, **more)
        write_seg(study.folder / "T1/seg.dcm", files, named)
        assert intake(study) == 0
        np.testing.assert_array_equal(read_volume(study.folder / OUT / "image.nii.gz").array, ct)
    study.cohort()["lesions"] = "{patient}/lesions.nii.gz"
    assert intake(study) == 2
    assert "2 DICOM series in this folder" in capsys.readouterr().err


def test_one_file_per_lesion_and_components_give_the_same_lesions(study: SmallStudy) -> None:
    assert intake(study, "labels") == 0
    lesions = patient_arrays(0)[2]
    for number in (1, 2):
        save(study.folder / f"T1/mts{number:02d}.nrrd", (255 * (lesions == number)).astype(np.uint8))
    study.cohort()["lesions"] = "{patient}/mts{lesion}.nrrd"
    assert intake(study, "files") == 0
    save(study.folder / "T1/binary.mha", (lesions > 0).astype(np.float32))
    study.cohort().update(lesions="{patient}/binary.mha", lesion_ids="components")
    assert intake(study, "components") == 0
    for kind in ("files", "components"):
        np.testing.assert_array_equal(read_volume(study.folder / kind / "lesions.nii.gz").array, lesions)


def test_a_mask_on_another_grid_is_moved_when_asked(study: SmallStudy) -> None:
    fine = sitk.Resample(
        sitk.ReadImage(str(study.folder / "T1/lesions.nii.gz")), (96, 96, 32), sitk.Transform(),
        sitk.sitkNearestNeighbor, (-47.5, -45.5, -101.0), (1.0, 1.0, 2.0),
    )  # fmt: skip
    sitk.WriteImage(fine, str(study.folder / "T1/lesions.nii.gz"))
    assert intake(study) == 2
    study.cohort()["resample_masks"] = True
    assert intake(study) == 0
    np.testing.assert_array_equal(read_volume(study.folder / OUT / "lesions.nii.gz").array, patient_arrays(0)[2])


def test_padding_is_raised_to_air(study: SmallStudy) -> None:
    ct = patient_arrays(0)[0].astype(np.int32)
    ct[:, 0, :] = -3024
    save(study.folder / "T1/ct.nii.gz", ct)
    assert intake(study) == 0
    image = read_volume(study.folder / OUT / "image.nii.gz").array
    assert image.dtype == np.int16
    assert image.min() == -1024
    facts = json.loads((study.folder / OUT / "scan.json").read_text())
    assert facts["padding_voxels_raised_to_air"] == 48 * 16
    assert "padding" in facts["warnings"][0]


def test_an_excluded_lesion_stays_in_the_mask_without_outcome(study: SmallStudy) -> None:
    study.cohort()["exclude"] = [{"patient": "T1", "lesion": 1, "reason": "ablated before CT"}]
    assert intake(study) == 0
    table = pd.read_csv(study.folder / OUT / "lesions.csv")
    assert table["response"].isna().tolist() == [True, False]
    assert read_volume(study.folder / OUT / "lesions.nii.gz").array.max() == 2


def test_no_identifier_gets_through(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    as_dicom(study)
    assert intake(study) == 0
    assert study.run("check", "--out", "results/check", "--pictures") == 0
    write_series(study.folder / "T1/dicom", patient_arrays(3)[0], names="B{}", SeriesNumber=9,
                 SeriesDescription="Rossi arterial HOSP-4711-99 ACC8839201 19510423")  # fmt: skip
    study.cohort()["series"] = {"phase": "late"}
    assert intake(study, "results/again") == 2
    write_rtstruct(study.folder / "T1/rt.dcm", {"mts 1": []})
    study.cohort()["image"] = "{patient}/rt.dcm"
    assert intake(study, "results/again") == 2
    said = capsys.readouterr()
    contents = [said.out.encode(), said.err.encode()]
    for file in (study.folder / "results").rglob("*"):
        if file.is_file():
            contents.append(file.read_bytes())
            if file.suffix == ".gz":
                contents.append(gzip.decompress(file.read_bytes()))
    secrets = [part for value in PLANTED.values() for part in value.split("^")]
    import pydicom

    header = pydicom.dcmread(next((study.folder / "T1/dicom").glob("IM*")))
    secrets += [str(header[name].value) for name in ("SeriesInstanceUID", "SOPInstanceUID", "StudyInstanceUID")]
    assert len(contents) > 10
    for content in contents:
        for secret in secrets:
            assert secret.encode().lower() not in content.lower()


@pytest.mark.skipif(not DATA.is_dir(), reason="LIVERMETS_DATA names no folder with the public data sets")
def test_a_real_ct(tmp_path: Path) -> None:
    study = SmallStudy(tmp_path)
    folder = "$LIVERMETS_DATA/ircadb01-{patient}/"
    study.config["cohorts"] = {
        "real": {"role": "predict", "patients": ["p01"], "image": folder + "ct.nii.gz",
                 "liver": folder + "liver.nii.gz", "lesions": folder + "livertumor{lesion}.nii.gz"}
    }  # fmt: skip
    assert study.run("intake", "--cohort", "real", "--patient", "p01", "--out", "out") == 0
    table = pd.read_csv(tmp_path / "out/lesions.csv")
    assert table["lesion_id"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    expected = [79.3, 28.8, 22.7, 17.9, 32.0, 9.4, 20.8]
    assert table["longest_diameter_mm"].tolist() == pytest.approx(expected, abs=1.0)
    assert table["response"].isna().all()
    given = sitk.ReadImage(str(DATA / "ircadb01-p01/ct.nii.gz"))
    kept = sitk.ReadImage(str(tmp_path / "out/image.nii.gz"))
    assert kept.GetPixelID() == given.GetPixelID()
    assert not sitk.GetArrayFromImage(sitk.NotEqual(kept, given)).any()
