"""Windows on pixels of a stated size: as many mm on every scanner, at the place where they belong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

import livermets.cli.radiomics  # noqa: F401 (its verbs)
from livermets.cli import app
from livermets.config.radiomics import RadiomicsSettings
from livermets.imaging.geometry import Grid, Volume
from livermets.io.images import write_volume
from livermets.io.tables import read_table
from livermets.radiomics import feature_map, roi_features
from livermets.radiomics.files import read_scan
from livermets.radiomics.pixels import image_on_windows, labels_on_windows, on_native_pixels, window_grid

FIELD_MM = 72.0


def grid_of(pixel_mm: float) -> Grid:
    """The same field of view, its borders at 0 and `FIELD_MM`, on a scanner with such pixels."""
    pixels = round(FIELD_MM / pixel_mm)
    return Grid((pixels, pixels, 3), (pixel_mm, pixel_mm, 2.5), (pixel_mm / 2, pixel_mm / 2, 0.0))


def seen_by(pixel_mm: float) -> tuple[Volume, Volume]:
    """A smooth texture (waves of 12 mm) and a disc of 36 mm across it."""
    grid = grid_of(pixel_mm)
    _, y, x = np.indices(grid.shape_zyx) * np.reshape(grid.spacing_zyx_mm, (3, 1, 1, 1)) + pixel_mm / 2
    image = 60 + 40 * np.sin(2 * np.pi * x / 12) * np.cos(2 * np.pi * y / 12)
    disc = (x - FIELD_MM / 2) ** 2 + (y - FIELD_MM / 2) ** 2 < 18**2
    return Volume(np.rint(image), grid), Volume(disc.astype(np.uint8), grid)


def table_of(pixel_mm: float, settings: RadiomicsSettings) -> pd.DataFrame:
    image, labels = (made(volume, settings) for made, volume in zip(
        (image_on_windows, labels_on_windows), seen_by(pixel_mm), strict=True
    ))  # fmt: skip
    return roi_features(image.array, labels.array, image.grid.spacing_zyx_mm, settings)


def test_pixels_that_the_image_has_change_nothing() -> None:
    same = table_of(0.8, RadiomicsSettings(pixel_spacing_mm=0.8))
    pd.testing.assert_frame_equal(same, table_of(0.8, RadiomicsSettings()))


def test_two_scanners_agree_once_a_window_is_as_many_mm_on_both() -> None:
    """Of one object, the features of windows of 7 pixels differ by what 7 pixels are in mm, and no longer after it."""

    def apart(settings: RadiomicsSettings) -> NDArray[np.float64]:
        fine, coarse = (table_of(pixel_mm, settings) for pixel_mm in (0.6, 0.9))
        named = ["original_firstorder_Range", "original_firstorder_Variance", "original_glcm_Contrast"]
        return (fine[named].mean() / coarse[named].mean() - 1).abs().to_numpy()

    assert (apart(RadiomicsSettings(bin_width=5)) > 0.2).all()
    assert (apart(RadiomicsSettings(bin_width=5, pixel_spacing_mm=0.75)) < 0.05).all()


def test_hu_are_whole_after_it_and_z_scores_are_not() -> None:
    image, _ = seen_by(0.6)
    rounded = image_on_windows(image, RadiomicsSettings(pixel_spacing_mm=0.75)).array
    kept = image_on_windows(image, RadiomicsSettings(pixel_spacing_mm=0.75, intensity="zscore", bin_width=0.25)).array
    assert np.array_equal(rounded, np.rint(kept))
    assert not np.array_equal(rounded, kept)


def test_a_map_lies_where_its_windows_are() -> None:
    """Windows that carry their own place in mm give a map that reads off the place of every pixel."""
    settings = RadiomicsSettings(pixel_spacing_mm=0.5)
    native = grid_of(0.9)
    table = table_of(0.9, settings)
    middle_mm = (table["x"] + (settings.size - 1) / 2) * 0.5 + 0.25
    found = feature_map(table.assign(place=middle_mm), "place", native, settings)
    assert found.shape == native.shape_zyx
    z, y, x = np.nonzero(np.isfinite(found))
    inner = (np.abs((x + 0.5) * 0.9 - FIELD_MM / 2) < 9) & (np.abs((y + 0.5) * 0.9 - FIELD_MM / 2) < 9)
    assert inner.sum() > 500
    np.testing.assert_allclose(found[z, y, x][inner], (x[inner] + 0.5) * 0.9, atol=0.5 + 0.25)


def test_fields_that_no_whole_number_of_pixels_fills_keep_their_centre() -> None:
    native, settings = grid_of(0.9), RadiomicsSettings(pixel_spacing_mm=0.7)
    grid = window_grid(native, settings)
    assert grid.size_xyz == (103, 103, 3)
    middle = [(np.array(of.shape_zyx)[None] - 1) / 2 for of in (native, grid)]
    np.testing.assert_allclose(native.points_xyz_mm(middle[0]), grid.points_xyz_mm(middle[1]), atol=1e-9)
    numbered = np.broadcast_to(np.arange(103), grid.shape_zyx)
    assert on_native_pixels(numbered, native, settings)[0, 0, [0, -1]].tolist() == [0, 102]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    image, labels = seen_by(0.6)
    drawn = labels.array.copy()
    drawn[0, 2, 2] = 2  # a lesion of one pixel, which coarser ones lose
    paths = tmp_path / "ct.nii.gz", tmp_path / "lesions.nii.gz", tmp_path / "liver.nii.gz"
    liver = Volume(np.ones_like(drawn), image.grid)
    for path, volume in zip(paths, (image, labels.with_array(drawn), liver), strict=True):
        write_volume(path, volume)
    return paths


def test_image_mask_and_liver_come_on_one_grid(files) -> None:
    read = read_scan(*files, RadiomicsSettings(pixel_spacing_mm=1.5))
    assert read.liver is not None
    assert read.image.grid == read.labels.grid == read.liver.grid
    assert read.image.grid.size_xyz == (48, 48, 3)
    assert set(np.unique(read.labels.array)) == {0, 1}
    assert read.lesions == [1, 2]


def test_a_lesion_lost_on_coarser_pixels_keeps_its_row(files, tmp_path: Path) -> None:
    settings = '{"pixel_spacing_mm": 1.5, "classes": ["firstorder"]}'
    out = tmp_path / "rois.parquet", tmp_path / "lesions.csv"
    command = ["rois", str(files[0]), str(files[1]), "--settings", settings, "--out", str(out[0])]
    done = CliRunner().invoke(app, [*command, "--lesion-features", str(out[1])])
    assert done.exit_code == 0, done.output
    whole = read_table(out[1]).set_index("lesion_id")
    assert whole.index.tolist() == [1, 2]
    assert whole.loc[2, "original_firstorder_Mean"] != whole.loc[2, "original_firstorder_Mean"]
    assert set(read_table(out[0])["lesion_id"]) == {1}
    mapped = tmp_path / "map.nii.gz"
    column = ["--column", "original_firstorder_Mean", "--out", str(mapped)]
    done = CliRunner().invoke(app, ["feature-map", str(out[0]), str(files[0]), *column])
    assert done.exit_code == 0, done.output
    assert mapped.exists()
