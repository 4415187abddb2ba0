"""Altered masks by hand: a scan and a model in, a table and a picture out; from tables, how good a mask must be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from tests.unit.perturbation.lesions import SPACING, image, labels, model
from typer.testing import CliRunner, Result

import livermets.cli.perturbation
import livermets.cli.radiomics  # noqa: F401 (both register their verbs)
from livermets.cli import app
from livermets.errors import InputError
from livermets.io.tables import read_parquet_metadata, read_table, write_csv
from livermets.model.classify import roi_probabilities
from livermets.model.fitted import write_model
from livermets.perturbation.answer import TABLES
from livermets.perturbation.error_files import ERROR_COLUMNS
from livermets.perturbation.transported import DIRECTIONS

KEY = ("--cohort", "a", "--patient", "p", "--timepoint", "baseline")
EXTRACTION = {"classes": ["firstorder", "glcm"]}


def run(verb: str, *arguments: object) -> Result:
    return CliRunner().invoke(app, [verb, *map(str, arguments)])


@pytest.fixture
def scan(tmp_path: Path) -> tuple[Path, ...]:
    """CT, lesions and model."""
    paths = tmp_path / "ct.nii.gz", tmp_path / "lesions.nii.gz", tmp_path / "model"
    for path, array in zip(paths, (image(), labels()), strict=False):
        made = sitk.GetImageFromArray(array)
        made.SetSpacing(SPACING[::-1])
        sitk.WriteImage(made, str(path))
    paths[2].mkdir()
    write_model(paths[2], replace(model(), extraction=EXTRACTION))
    return paths


def perturb(scan: tuple[Path, ...], out: Path, *more: object, draws: int = 22) -> Result:
    settings = json.dumps({"draws": draws, "margin_mm": 8})
    return run("perturb", *scan[:2], "--model", scan[2], "--out", out, "--settings", settings, *KEY, *more)


def test_a_scan_becomes_a_table_and_a_picture_and_tables_an_answer(scan: tuple[Path, ...], tmp_path: Path) -> None:
    out, picture = tmp_path / "p.parquet", tmp_path / "p.png"
    done = perturb(scan, out, "--picture", picture, "--seed", 3)
    assert done.exit_code == 0, done.output
    table = read_table(out)
    assert table["lesion_id"].unique().tolist() == [3, 7]
    assert set(table["patient_id"]) == {"p"}
    assert len(table) == 2 * 22
    assert picture.stat().st_size > 10_000
    assert read_parquet_metadata(out)["settings"]["draws"] == 22
    again = tmp_path / "again.parquet"
    assert perturb(scan, again, "--seed", 3, "--threads", 2).exit_code == 0
    pd.testing.assert_frame_equal(read_table(again), table)
    folder = tmp_path / "answer"
    done = run(
        "required-mask", out, again, "--out", folder, "--target", "0.8", "--settings", '{"bootstrap_replicates": 200}'
    )
    assert done.exit_code == 0, done.output
    assert {path.stem for path in folder.glob("*.csv")} == set(TABLES)
    assert set(read_table(folder / "needed.csv")["target_agreement"]) == {0.8}
    assert "There is 1 patient" in done.output


def test_windows_of_a_size_in_mm_are_those_of_the_verb_rois(scan: tuple[Path, ...], tmp_path: Path) -> None:
    extraction = {**EXTRACTION, "pixel_spacing_mm": 0.5}
    fitted = replace(model(), extraction=extraction)
    write_model(scan[2], fitted)
    out, rois = tmp_path / "p.parquet", tmp_path / "rois.parquet"
    assert perturb(scan, out).exit_code == 0
    done = CliRunner().invoke(
        app, ["rois", *map(str, scan[:2]), "--out", str(rois), "--settings", json.dumps(extraction)]
    )
    assert done.exit_code == 0, done.output
    probabilities = roi_probabilities(fitted, read_table(rois))
    shares = probabilities.groupby("lesion_id")["probability"].agg(lambda ones: (ones >= 0.5).mean())
    found = read_table(out).groupby("lesion_id")["share_reference"].first()
    np.testing.assert_allclose(found.dropna(), shares)
    assert len(shares) > 0


def drawn_by_net(scan: tuple[Path, ...], folder: Path, patient: str, seen: int = 0) -> tuple[str, ...]:
    """The reference's lesions moved by a voxel, as the mask that a network has drawn of a patient."""
    folder.mkdir(parents=True)
    mask = sitk.ReadImage(str(scan[1]))
    moved = sitk.GetImageFromArray(np.roll(sitk.GetArrayFromImage(mask), 1, axis=2))
    moved.CopyInformation(mask)
    sitk.WriteImage(moved, str(folder / "lesions.nii.gz"))
    who = {"cohort": "a", "patient_id": patient, "timepoint": "baseline", "seen_in_training": seen}
    write_csv(folder / "scan_metrics.csv", pd.DataFrame([who]))
    return "--mask", f"net={folder}", "--reference", str(scan[1])


def test_errors_of_other_patients_are_transported_and_answered(scan: tuple[Path, ...], tmp_path: Path) -> None:
    words = [word for name in "pqrst" for word in drawn_by_net(scan, tmp_path / name, name, name == "t")]
    errors = tmp_path / "errors.parquet"
    done = run("mask-errors", *words, "--out", errors)
    assert done.exit_code == 0, done.output
    table = read_table(errors)
    assert list(table) == list(ERROR_COLUMNS)
    assert sorted(table["patient_id"].unique()) == ["p", "q", "r", "s"]  # t trained the network
    assert table["displacement"].map(len).eq(DIRECTIONS).all()
    out = tmp_path / "p.parquet"
    pictures = tmp_path / "p.png", tmp_path / "without.png"
    assert perturb(scan, out, "--errors", errors, "--picture", pictures[0]).exit_code == 0
    masks = read_table(out)
    like = masks[masks["kind"] == "transported"]
    assert set(like["mask_source"]) == {"net"}
    assert like.groupby("lesion_id", dropna=False)["whole_error"].sum().tolist() == [6, 6]  # two lesions of q, r and s
    assert masks.loc[masks["kind"] != "transported", "mask_source"].isna().all()
    without = perturb(scan, tmp_path / "without.parquet", "--picture", pictures[1])
    assert without.exit_code == 0
    assert pictures[0].read_bytes() != pictures[1].read_bytes()
    assert set(read_parquet_metadata(out)["inputs"]) == {"image", "lesions", "model", "errors"}
    folder = tmp_path / "answer"
    fewer = '{"bootstrap_replicates": 200}'
    done = run("required-mask", out, "--errors", errors, "--out", folder, "--settings", fewer)
    assert done.exit_code == 0, done.output
    answered = read_table(folder / "like_sources.csv")
    assert answered.loc[answered["size"] == "all", ["n_lesions", "n_masks", "n_judged"]].values.tolist() == [[2, 12, 8]]


@pytest.mark.parametrize(
    "words, said",
    [
        (["--mask", "net", "--reference", "x.nii.gz"], "this is not NAME=FOLDER"),
        (["--mask", "a=b", "--mask", "c=d", "--reference", "x.nii.gz"], "1 label maps for 2 folders of masks"),
        (["--mask", "a=b", "--reference", "x.nii.gz"], "x.nii.gz"),
    ],
)
def test_errors_of_what_is_not_there_are_refused(tmp_path: Path, words: list[str], said: str) -> None:
    done = run("mask-errors", *words, "--out", tmp_path / "errors.parquet")
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
    assert not (tmp_path / "errors.parquet").exists()


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"draws": 0}, "perturbation.draws"),
        ({"kinds": ["explosion"]}, "perturbation.kinds"),
        ({"dice": [0.9, 0.1]}, "give the lower end first"),
        ({"margin_mm": -1, "masks_per_shape": 0}, "perturbation.masks_per_shape"),
    ],
)
def test_settings_out_of_range_are_named(scan: tuple[Path, ...], tmp_path: Path, settings, said) -> None:
    out = tmp_path / "p.parquet"
    done = run("perturb", *scan[:2], "--model", scan[2], "--out", out, "--settings", json.dumps(settings))
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)
    assert not out.exists()


def test_a_model_that_hides_its_settings_is_refused(scan: tuple[Path, ...], tmp_path: Path) -> None:
    write_model(scan[2], model())
    done = perturb(scan, tmp_path / "p.parquet")
    assert isinstance(done.exception, InputError)
    assert "does not say with which settings its features were computed" in str(done.exception)


def test_levels_of_the_whole_mask_in_filtered_images_are_refused(scan: tuple[Path, ...], tmp_path: Path) -> None:
    filtered = {**EXTRACTION, "binning": "mask", "image_types": ["original", "wavelet"]}
    write_model(scan[2], replace(model(), extraction=filtered))
    done = perturb(scan, tmp_path / "p.parquet")
    assert isinstance(done.exception, InputError)
    assert "cannot be computed for altered masks" in str(done.exception)


def test_tables_that_are_not_there_are_named(tmp_path: Path) -> None:
    done = run("required-mask", tmp_path / "none.parquet", "--out", tmp_path / "answer")
    assert isinstance(done.exception, InputError)
    assert "none.parquet" in str(done.exception)
    assert not (tmp_path / "answer").exists()


STUDY = {
    "radiomics": {"classes": ["firstorder"]},
    "selection": {"stable_features": {"draws": 4, "kinds": ["erosion", "border"], "dice": [0.6, 0.9]}},
}


def test_features_over_altered_masks_say_what_they_were_made_with(scan: tuple[Path, ...], tmp_path: Path) -> None:
    out, again = tmp_path / "a.parquet", tmp_path / "again.parquet"
    done = run("altered-features", *scan[:2], "--out", out, "--settings", json.dumps(STUDY), *KEY, "--seed", 2)
    assert done.exit_code == 0, done.output
    table = read_table(out)
    assert table[["patient_id", "lesion_id", "kind", "draw"]].drop_duplicates().shape[0] == len(table) == 2 * 4
    assert set(table["kind"]) == {"erosion", "border"}
    assert "original_firstorder_Mean" in table
    stored = read_parquet_metadata(out)
    assert stored["settings"]["classes"] == ["firstorder"]
    assert stored["masks"]["draws"] == 4
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({**STUDY, "seed": 7}))  # the other keys of a study are not this verb's
    done = run("altered-features", *scan[:2], "--out", again, "--settings", config, *KEY, "--seed", 2, "--threads", 2)
    assert done.exit_code == 0, done.output
    pd.testing.assert_frame_equal(read_table(again), table)


@pytest.mark.parametrize(
    "stable, says",
    [
        ({"draws": 1}, "selection.stable_features.draws"),
        ({"kinds": ["explosion"]}, "selection.stable_features.kinds"),
        ({"dice": [0.9, 0.7]}, "selection.stable_features.dice: give the lower end first"),
    ],
)
def test_wrong_masks_are_said_before_anything_is_written(scan: tuple[Path, ...], tmp_path: Path, stable, says) -> None:
    out, settings = tmp_path / "a.parquet", json.dumps({"selection": {"stable_features": stable}})
    done = run("altered-features", *scan[:2], "--out", out, "--settings", settings, *KEY)
    assert done.exit_code != 0
    assert says in str(done.exception)
    assert not out.exists()
