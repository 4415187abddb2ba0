"""The public data sets of LIVERMETS_DATA, each read as its description says."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from livermets.errors import InputError
from livermets.imaging.geometry import Volume
from livermets.io.dicom import read_series_folder
from livermets.io.images import read_volume
from livermets.io.masks import read_mask
from livermets.lesions.table import measure_lesions

DATA = Path(os.environ.get("LIVERMETS_DATA", "/nowhere"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="LIVERMETS_DATA names no folder with the public data sets")


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2.0 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def described(volume: Volume) -> tuple:
    spacing = tuple(round(step, 2) for step in volume.grid.spacing_xyz_mm)
    return volume.grid.size_xyz, spacing, int(volume.array.min()), int(volume.array.max())


@pytest.mark.parametrize(
    "folder, size, spacing, low, high",
    [
        ("crlm-ct-1006/image", (512, 512, 51), (0.8, 0.8, 5.0), -3024, 1184),
        ("totalseg-abdomen-dicom/image", (512, 512, 20), (0.98, 0.98, 2.0), -1024, 1839),
        ("dcmqi-liver-seg/ct-3slice", (512, 512, 3), (0.81, 0.81, 1.0), -3024, 1381),
        ("sts-002-ct-rtstruct/dicom/image", (161, 143, 48), (0.98, 0.98, 3.27), -1000, 1156),
    ],
)
def test_dicom_series(folder: str, size: tuple, spacing: tuple, low: int, high: int) -> None:
    assert described(read_series_folder(DATA / folder).volume) == (size, spacing, low, high)


def test_segmentation_equals_its_nrrd() -> None:
    folder = DATA / "dcmqi-liver-seg"
    grid = read_series_folder(folder / "ct-3slice").volume.grid
    segment = read_mask(folder / "liver.dcm", grid, ["Liver"])
    nrrd = read_mask(folder / "liver_seg.nrrd", grid)
    np.testing.assert_array_equal(segment.labels, nrrd.labels)
    assert segment.labels.sum() == 107098
    assert [int(plane.sum()) for plane in segment.labels[::-1]] in ([36233, 35645, 35220], [35220, 35645, 36233])


def test_structure_set_equals_the_reference_mask() -> None:
    folder = DATA / "sts-002-ct-rtstruct"
    ct = read_series_folder(folder / "dicom/image").volume
    nifti = read_volume(folder / "nifti/CT_image.nii.gz")
    np.testing.assert_array_equal(ct.array, nifti.array)
    assert ct.grid.differences(nifti.grid) == []
    drawn = read_mask(folder / "dicom/mask", ct.grid, ["GTV_*"]).labels > 0
    reference = read_volume(folder / "nifti/CT_mask.nii.gz").array > 0
    assert dice(drawn, reference) >= 0.97
    assert drawn.sum() == pytest.approx(17090, rel=0.02)
    table = measure_lesions(drawn.astype(np.uint8), ct.grid.spacing_zyx_mm)
    assert table["longest_diameter_mm"][0] == pytest.approx(55.3, abs=1.0)


def test_organs_in_another_axis_order_land_on_their_ct() -> None:
    folder = DATA / "totalseg-abdomen-dicom"
    ct = read_series_folder(folder / "image").volume
    liver = read_mask(folder / "example_seg_dicom.nii.gz", ct.grid, [5]).labels > 0
    assert liver.sum() == 366_708
    assert 80 < ct.array[liver].mean() < 100  # read by array index, the liver would be half in air


def test_the_mask_of_another_scan_is_refused() -> None:
    grid = read_series_folder(DATA / "totalseg-abdomen-dicom/image").volume.grid
    with pytest.raises(InputError, match=r"not on the pixels of its CT|reaches outside its CT"):
        read_mask(DATA / "dcmqi-liver-seg/liver.dcm", grid, ["Liver"])
