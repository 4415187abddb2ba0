"""The public data sets of LIVERMETS_DATA, each read as its description (README.md of that folder) says."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from scipy import ndimage
from tests.small_study import SmallStudy

from livermets.errors import InputError
from livermets.imaging.geometry import Volume
from livermets.intake.scan_data import read_ct
from livermets.io.dicom.volumes import read_series_folder
from livermets.io.images import read_volume
from livermets.io.masks import read_mask
from livermets.io.rows import read_rows
from livermets.io.tables import read_table
from livermets.masks.measured import measure_lesions

DATA = Path(os.environ.get("LIVERMETS_DATA", "/nowhere"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="LIVERMETS_DATA names no folder with the public data sets")

# voxels, volume in ml, longest diameter in mm, mean HU
IRCADB_TUMOURS = {
    1: (162_337, 84.4, 79.3, 75.6), 2: (14_464, 7.52, 28.8, 76.3), 3: (7_192, 3.74, 22.7, 97.1),
    4: (4_859, 2.53, 17.9, 125.5), 5: (19_426, 10.1, 32.0, 89.9), 6: (766, 0.40, 9.4, 90.6),
    7: (5_224, 2.72, 20.8, 89.9),
}  # fmt: skip


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2.0 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def described(volume: Volume) -> tuple:
    spacing = tuple(round(step, 3) for step in volume.grid.spacing_xyz_mm)
    return volume.grid.size_xyz, spacing, int(volume.array.min()), int(volume.array.max())


def diameter_mm(mask: np.ndarray, volume: Volume) -> float:
    return float(measure_lesions(mask.astype(np.uint8), volume.grid.spacing_zyx_mm)["longest_diameter_mm"][0])


@pytest.mark.parametrize(
    "path, size, spacing, low, high",
    [
        ("crlm-ct-1006/image", (512, 512, 51), (0.805, 0.805, 5.0), -3024, 1184),
        ("totalseg-abdomen-dicom/image", (512, 512, 20), (0.977, 0.977, 2.0), -1024, 1839),
        ("dcmqi-liver-seg/ct-3slice", (512, 512, 3), (0.811, 0.811, 1.0), -3024, 1381),
        ("sts-002-ct-rtstruct/dicom/image", (161, 143, 48), (0.977, 0.977, 3.27), -1000, 1156),
        ("sts-002-ct-rtstruct/nifti/CT_image.nii.gz", (161, 143, 48), (0.977, 0.977, 3.27), -1000, 1156),
    ],
)
def test_sizes_spacings_and_values(path: str, size: tuple, spacing: tuple, low: int, high: int) -> None:
    volume = read_volume(DATA / path) if path.endswith(".nii.gz") else read_series_folder(DATA / path).volume
    assert described(volume) == (size, spacing, low, high)


def test_padding_of_real_scans_becomes_air() -> None:
    """-3024 outside the scan circle; everything else as it was."""
    raw = read_series_folder(DATA / "crlm-ct-1006/image")
    data = read_ct(DATA / "crlm-ct-1006/image")
    padding = raw.volume.array < -1100
    assert data.padding_voxels == np.count_nonzero(padding) > 1_000_000
    assert (data.ct.array.min(), data.ct.array.dtype) == (-1024, np.int16)
    assert np.all(data.ct.array[padding] == -1024)
    np.testing.assert_array_equal(data.ct.array[~padding], raw.volume.array[~padding])
    assert (data.facts["manufacturer"], data.facts["model"]) == ("GE MEDICAL SYSTEMS", "LightSpeed16")
    assert data.facts["contrast_given"]


def test_ircadb_tumours() -> None:
    folder = DATA / "ircadb01-p01"
    ct = read_volume(folder / "ct.nii.gz")
    assert described(ct) == ((512, 512, 129), (0.57, 0.57, 1.6), -1024, 1023)
    assert ct.array.dtype == np.int16
    liver = read_volume(folder / "liver.nii.gz").array > 0
    assert np.count_nonzero(liver) == 2_865_131
    assert np.count_nonzero(liver) * ct.grid.voxel_ml == pytest.approx(1489, abs=1)
    assert ct.array[liver].mean() == pytest.approx(110.6, abs=0.1)
    for name, voxels in {"liverkyst": 108, "portalvein": 103_533, "venoussystem": 143_180}.items():
        assert np.count_nonzero(read_volume(folder / f"{name}.nii.gz").array) == voxels
    union = np.zeros(liver.shape, bool)
    for number, (voxels, volume_ml, longest_mm, mean_hu) in IRCADB_TUMOURS.items():
        mask = read_volume(folder / f"livertumor{number:02d}.nii.gz").array > 0
        assert np.count_nonzero(mask) == voxels
        assert voxels * ct.grid.voxel_ml == pytest.approx(volume_ml, rel=0.01)
        assert diameter_mm(mask, ct) == pytest.approx(longest_mm, abs=0.1)
        assert ct.array[mask].mean() == pytest.approx(mean_hu, abs=0.1)
        union |= mask
    assert np.count_nonzero(union) == 214_268
    assert ndimage.label(union, np.ones((3, 3, 3)))[1] == 7
    assert not np.any(union & ~liver)
    assert ct.array[liver & ~union].mean() == pytest.approx(113.1, abs=0.1)


def test_ircadb_pictures_equal_the_nifti_masks(tmp_path: Path) -> None:
    """The masks as shipped (DICOM pictures, 0/255, file names not in slice order) against the same masks as NIfTI;
    three of the eleven that are there in both forms, each costs seconds."""
    folder = DATA / "ircadb01-p01"
    counts = {"liverkyst": 108, "livertumor02": 14_464, "liver": 2_865_131}
    with zipfile.ZipFile(folder / "MASKS_DICOM.zip") as masks:
        assert len({name.split("/")[1] for name in masks.namelist() if name.count("/") == 2}) == 19
        masks.extractall(tmp_path, [name for name in masks.namelist() if name.split("/")[1] in counts])
    for name, voxels in counts.items():
        nifti = read_volume(folder / f"{name}.nii.gz")
        pictures = read_mask(tmp_path / "MASKS_DICOM" / name, nifti.grid)
        np.testing.assert_array_equal(pictures.labels > 0, nifti.array > 0)
        assert np.count_nonzero(pictures.labels) == voxels


def test_segmentation_equals_its_nrrd() -> None:
    folder = DATA / "dcmqi-liver-seg"
    ct = read_series_folder(folder / "ct-3slice")
    segment = read_mask(folder / "liver.dcm", ct.volume.grid, ["Liver"])
    assert segment.names == {1: "Liver"}
    np.testing.assert_array_equal(segment.labels, read_mask(folder / "liver_seg.nrrd", ct.volume.grid).labels)
    assert [int(plane.sum()) for plane in segment.labels] in ([36233, 35645, 35220], [35220, 35645, 36233])
    assert segment.labels.sum() == 107_098
    assert ct.volume.array[segment.labels > 0].mean() == pytest.approx(37, abs=0.5)
    assert ct.facts["slice_thickness_mm"] == 1.25  # not the spacing, which is 1 mm
    for name, labels in {"spine_seg": [0, 2], "heart_seg": [0, 3], "liver_spine_seg": [0, 1, 2]}.items():
        assert np.unique(read_mask(folder / f"{name}.nrrd", ct.volume.grid).labels).tolist() == labels


def test_structure_set_equals_the_reference_mask() -> None:
    folder = DATA / "sts-002-ct-rtstruct"
    ct = read_series_folder(folder / "dicom/image").volume
    nifti = read_volume(folder / "nifti/CT_image.nii.gz")
    np.testing.assert_array_equal(ct.array, nifti.array)
    assert ct.grid.differences(nifti.grid) == []
    drawn = read_mask(folder / "dicom/mask", ct.grid, ["GTV_Mass_CT"]).labels > 0
    assert np.count_nonzero(drawn.any(axis=(1, 2))) == 16
    reference = read_volume(folder / "nifti/CT_mask.nii.gz").array > 0
    assert np.count_nonzero(reference) == 17_090
    assert diameter_mm(reference, ct) == pytest.approx(55.3, abs=0.1)
    assert dice(drawn, reference) >= 0.97
    assert drawn.sum() == pytest.approx(17_090, rel=0.02)
    assert diameter_mm(drawn, ct) == pytest.approx(55.3, abs=1.0)


def test_dicom_and_nifti_of_a_real_scan_give_the_same_roi_features(tmp_path: Path) -> None:
    """The CT as DICOM series and as NIfTI, with the same structure set."""
    study = SmallStudy(tmp_path)
    place = "$LIVERMETS_DATA/sts-002-ct-rtstruct/"
    for name, image in (("dicom", "{patient}/image"), ("nifti", "nifti/CT_image.nii.gz")):
        study.config["cohorts"] = {
            "real": {"role": "predict", "patients": ["dicom"], "folder": place, "image": image,
                     "lesions": "dicom/mask", "lesion_labels": ["GTV*"]}
        }  # fmt: skip
        assert study.run("intake", "--cohort", "real", "--patient", "dicom", "--out", name) == 0
        masks = (f"{name}/image.nii.gz", f"{name}/lesions.nii.gz")
        assert study.run("rois", *masks, "--out", f"{name}.parquet", "--step", "4") == 0
    one, other = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("dicom", "nifti"))
    assert len(one) > 300
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_organs_in_another_axis_order_land_on_their_ct() -> None:
    folder = DATA / "totalseg-abdomen-dicom"
    series = read_series_folder(folder / "image")
    slices = [pydicom.dcmread(file, stop_before_pixels=True) for file in (folder / "image").iterdir()]
    assert {slice_.file_meta.TransferSyntaxUID.name for slice_ in slices} == {
        "JPEG 2000 Image Compression (Lossless Only)"
    }
    assert series.facts["slice_thickness_mm"] == 3.0  # overlapping slices every 2 mm
    ct = series.volume
    assert read_volume(folder / "example_seg_dicom.nii.gz").stored_orientation != ct.stored_orientation
    liver = read_mask(folder / "example_seg_dicom.nii.gz", ct.grid, [5]).labels > 0
    assert liver.sum() == 366_708
    assert liver.any(axis=(1, 2)).all()
    assert 80 < ct.array[liver].mean() < 100  # read by array index, the liver would be half in air


def test_the_mask_of_another_scan_is_refused() -> None:
    grid = read_series_folder(DATA / "totalseg-abdomen-dicom/image").volume.grid
    with pytest.raises(InputError, match=r"not on the pixels of its CT|reaches outside its CT"):
        read_mask(DATA / "dcmqi-liver-seg/liver.dcm", grid, ["Liver"])


def test_the_clinical_table() -> None:
    table = read_rows(DATA / "crlm-clinical/Colorectal Liver Metastases Clinical data October 2022.xlsx", "TCIA_n=197")
    assert (len(table.rows), len(table.columns)) == (197, 28)
    assert table.rows[0]["Patient-ID"] == "CRLM-CT-1001"
    chemo = next(name for name in table.columns if "chemo" in name.casefold())
    assert sorted(row[chemo] for row in table.rows) == ["0"] * 75 + ["1"] * 122
    assert sum(row["total_response_percent"] == "-999" for row in table.rows) == 3
    (patient,) = (row for row in table.rows if row["Patient-ID"] == "CRLM-CT-1006")
    assert (patient[chemo], float(patient["total_response_percent"])) == ("1", pytest.approx(0.45))


@pytest.mark.parametrize(
    "name, size, voxels",
    [("brain1", (256, 256, 25), 4137), ("breast1", (45, 120, 21), 143)],
)
def test_pyradiomics_cases(name: str, size: tuple, voxels: int) -> None:
    folder = DATA / "pyradiomics-baseline"
    image = read_volume(folder / f"{name}_image.nrrd")
    mask = read_mask(folder / f"{name}_label.nrrd", image.grid, [1])
    assert sorted(image.grid.size_xyz) == sorted(size)
    assert np.count_nonzero(mask.labels) == voxels


def test_ibsi_phantom() -> None:
    folder = DATA / "ibsi1-digital-phantom"
    image, mask = read_volume(folder / "image.nii.gz"), read_volume(folder / "mask.nii.gz")
    assert (image.grid.size_xyz, image.grid.spacing_xyz_mm) == ((5, 4, 4), (2.0, 2.0, 2.0))
    assert np.count_nonzero(mask.array) == 74


@pytest.mark.parametrize(
    "name, rows, features, positive", [("Colorectal-Liver-Metastases", 90, 525, 76), ("HCC-TACE-Seg", 84, 420, 12)]
)
def test_feature_tables(name: str, rows: int, features: int, positive: int) -> None:
    table = read_table(DATA / f"radiomics-tables/{name}.csv.gz")
    assert (len(table), len(table.columns) - 2) == (rows, features)
    assert int(table["Target"].sum()) == positive
