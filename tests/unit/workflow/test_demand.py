"""What jobs ask for follows the size of their scans, which is read from headers alone."""

import gzip

import numpy as np
import pytest
import SimpleITK as sitk

from livermets.config.preprocess import PreprocessSettings
from livermets.workflow.demand import DEMANDS, asked_memory_mb, asked_minutes, grid_growth, megavoxels


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nii", "a.nrrd", "a.mha"])
@pytest.mark.parametrize("pixel", [np.int16, np.float32])
def test_a_header_tells_the_size_whatever_the_format(tmp_path, name, pixel):
    image = sitk.GetImageFromArray(np.zeros((7, 20, 30), pixel))
    sitk.WriteImage(image, str(tmp_path / name), useCompression=True)
    assert megavoxels(tmp_path / name) == pytest.approx(7 * 20 * 30 / 1e6)


def test_a_dicom_folder_is_its_slices(tmp_path):
    for number in range(10):
        (tmp_path / f"{number}.dcm").touch()
    assert megavoxels(tmp_path) == pytest.approx(10 * 512 * 512 / 1e6)


@pytest.mark.parametrize(
    "content", [b"", b"no image", gzip.compress(b"short", mtime=0)], ids=["empty", "text", "too short"]
)
def test_a_broken_file_is_left_to_the_checks(tmp_path, content):
    (tmp_path / "broken.nii.gz").write_bytes(content)
    assert megavoxels(tmp_path / "broken.nii.gz") < 1
    assert megavoxels(tmp_path / "missing.nii.gz") == 0


def test_a_network_grid_grows_with_its_pixels_and_slices_and_never_below_the_usual_one():
    for keys, growth in (
        ({}, 1),
        ({"network_grid": 128}, 1),
        ({"network_grid": 512}, 4),
        ({"pixel_spacing_mm": 0.78125}, 4),
        ({"slice_spacing_mm": 1.25}, 2),
        ({"pixel_spacing_mm": 3, "slice_spacing_mm": 3}, 1),
    ):
        assert grid_growth(PreprocessSettings(**keys)) == pytest.approx(growth)


@pytest.mark.parametrize("rule", sorted(DEMANDS))
def test_requests_grow_with_the_scan_and_double_with_a_retry(rule):
    assert asked_memory_mb(rule, 100) >= asked_memory_mb(rule, 1) >= 1000
    assert asked_minutes(rule, 100) >= asked_minutes(rule, 1) >= 10
    assert asked_memory_mb(rule, 100, attempt=3) == 4 * asked_memory_mb(rule, 100)
    assert asked_minutes(rule, 100, attempt=2) == 2 * asked_minutes(rule, 100)
