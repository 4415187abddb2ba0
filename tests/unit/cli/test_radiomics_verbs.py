"""The radiomics verbs on files."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import livermets.cli.radiomics  # noqa: F401
from livermets.cli import app
from livermets.errors import InputError
from livermets.imaging.geometry import Grid, Volume
from livermets.io.images import read_volume, write_volume
from livermets.io.tables import read_parquet_metadata

pytestmark = pytest.mark.xdist_group("radiomics")

GRID = Grid((40, 40, 4), (0.8, 0.8, 2.0))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("scan")
    image = np.rint(np.random.default_rng(4).normal(90, 30, GRID.shape_zyx)).astype(np.int16)
    labels = np.zeros(GRID.shape_zyx, dtype=np.uint8)
    labels[1:3, 5:20, 5:20], labels[1:3, 25:30, 25:30] = 2, 5
    arrays = {
        "image": (image, GRID),
        "mask": (labels, GRID),
        "liver": (np.ones(GRID.shape_zyx, dtype=np.uint8), GRID),
        "shifted": (labels, Grid(GRID.size_xyz, GRID.spacing_xyz_mm, (5.0, 0.0, 0.0))),
    }
    paths = {}
    for name, (array, grid) in arrays.items():
        paths[name] = folder / f"{name}.nii.gz"
        write_volume(paths[name], Volume(array, grid))
    return paths


def run(*arguments: object) -> None:
    CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def test_rois_needs_no_configuration(files, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "rois.parquet"
    run("rois", files["image"], files["mask"], "--out", out, "--step", 3, "--source", "manual", "--patient", "P1")
    table = pd.read_parquet(out)
    assert list(table.columns[:8]) == [
        "cohort", "patient_id", "timepoint", "lesion_id", "mask_source", "z", "y", "x",
    ]  # fmt: skip
    assert set(table.patient_id) == {"P1"}
    assert set(table.mask_source) == {"manual"}
    assert set(table.lesion_id) == {2}
    metadata = read_parquet_metadata(out)
    assert metadata["settings"]["step"] == 3
    assert set(metadata["inputs"]) == {"image", "mask"}
    assert "pyradiomics" in metadata["versions"]


def test_zscore_is_taken_over_the_liver(files, tmp_path) -> None:
    out = tmp_path / "rois.parquet"
    settings = json.dumps({"intensity": "zscore", "bin_width": 0.25, "features": ["firstorder_Mean"]})
    run("rois", files["image"], files["mask"], "--out", out, "--settings", settings, "--liver", files["liver"])
    row = pd.read_parquet(out).iloc[0]
    image = read_volume(files["image"]).array
    window = image[row.z, row.y : row.y + 7, row.x : row.x + 7]
    assert row.original_firstorder_Mean == pytest.approx((window.mean() - image.mean()) / image.std(), abs=1e-5)


@pytest.mark.parametrize(
    "mask, options, said",
    [
        ("shifted", [], "its grid is not that of"),
        ("mask", ["--label", 3], "label 3 is not there"),
        ("mask", ["--size", 6], "odd"),
        ("mask", ["--bin-width", 0], "greater than 0"),
        ("mask", ["--bin-width", 0.001], "grey levels"),
        ("mask", ["--binning", "slice"], "'roi' or 'mask'"),
        ("mask", ["--settings", '{"intensity": "zscore", "bin_width": 1}'], "needs the liver mask"),
        ("absent", [], "does not exist"),
    ],
)
def test_wrong_input_is_one_sentence_and_leaves_nothing(files, tmp_path, mask, options, said) -> None:
    out = tmp_path / "rois.parquet"
    with pytest.raises(InputError, match=said):
        run("rois", files["image"], files.get(mask, tmp_path / "absent.nii.gz"), "--out", out, *options)
    assert list(tmp_path.iterdir()) == []


def test_feature_map_is_on_the_image_grid(files, tmp_path) -> None:
    table, out = tmp_path / "rois.parquet", tmp_path / "map.nii.gz"
    run("rois", files["image"], files["mask"], "--out", table, "--size", 5)
    run("feature-map", table, files["image"], "--column", "original_glcm_Contrast", "--out", out)
    stored = nibabel.load(out)  # ITK reads NaN in a NIfTI file as 0
    assert stored.shape == GRID.size_xyz
    assert stored.header.get_zooms() == pytest.approx(GRID.spacing_xyz_mm)
    covered = np.isfinite(stored.get_fdata()).T
    assert covered[1:3, 6:19, 6:19].all()
    assert not covered[0].any()


def test_lesion_features_has_a_row_for_every_lesion(files, tmp_path) -> None:
    out = tmp_path / "lesions.csv"
    settings = json.dumps({"classes": ["firstorder"]})
    run("lesion-features", files["image"], files["mask"], "--out", out, "--settings", settings, "--cohort", "A")
    table = pd.read_csv(out)
    assert table.lesion_id.tolist() == [2, 5]
    assert table.original_shape_MeshVolume.gt(0).all()


def test_rois_writes_the_table_of_lesion_features_too(files, tmp_path) -> None:
    common = (files["image"], files["mask"], "--settings", json.dumps({"classes": ["firstorder"]}), "--patient", "P1")
    run("lesion-features", *common, "--out", tmp_path / "alone.csv")
    run("rois", *common, "--out", tmp_path / "rois.parquet", "--lesion-features", tmp_path / "beside.csv")
    assert (tmp_path / "beside.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()
    assert len(pd.read_parquet(tmp_path / "rois.parquet"))
