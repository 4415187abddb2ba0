"""Which lesions are pictured, and that their pictures show the right slice."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from livermets.imaging.geometry import Grid, Volume
from livermets.io.images import write_volume
from livermets.io.tables import write_parquet
from livermets.report.overlays import chosen_lesions, overlay_galleries


def _lesions(dice: list[float]) -> pd.DataFrame:
    n = len(dice)
    return pd.DataFrame(
        {
            "patient_id": "P",
            "lesion_id": range(1, n + 1),
            "dice": dice,
            "precision": dice,
            "recall": dice,
            "automatic_fate": "classified",
        }
    )


@pytest.mark.parametrize(
    "dice,most,shown",
    [
        ([0.1, 0.9, 0.5, 0.4, 0.8], 3, [("best", 0.9), ("median", 0.5), ("worst", 0.1)]),
        ([0.1, 0.9, 0.5, 0.4, 0.8], 1, [("median", 0.5)]),
        ([0.7], 3, [("only", 0.7)]),
        ([], 3, []),
    ],
)
def test_best_median_and_worst_are_chosen(dice, most, shown):
    chosen = chosen_lesions(_lesions(dice), most)
    assert list(zip(chosen["place"], chosen["dice"], strict=True)) == shown


def test_a_lesion_is_drawn_with_both_contours(made_study, tmp_path):
    grid = Grid((60, 50, 8), (1.0, 1.0, 2.0))
    image, manual, automatic = (np.zeros(grid.shape_zyx, np.int16) for _ in range(3))
    manual[3:6, 20:30, 20:32] = 1
    automatic[3:6, 22:30, 22:34] = 1
    scan = tmp_path / "external" / "intake" / "EX0001" / "baseline"
    write_volume(scan / "image.nii.gz", Volume(image, grid))
    write_volume(scan / "lesions.nii.gz", Volume(manual, grid))
    found = tmp_path / "external" / "segmentation" / "automatic" / "EX0001" / "baseline"
    write_volume(found / "lesions.nii.gz", Volume(automatic, grid))
    lesions = made_study.results.lesions
    one = lesions[(lesions.patient_id == "EX0001") & (lesions.lesion_id.astype(str) == "1")]
    galleries = overlay_galleries(replace(made_study.results, folder=tmp_path, lesions=one), 3)
    picture = galleries["external"][0].figures[0].image
    pixels = np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB")).astype(int)
    orange = (pixels[..., 0] > 180) & (pixels[..., 2] < 90)
    sky = (pixels[..., 2] > 180) & (pixels[..., 0] < 130)
    assert orange.sum() > 50
    assert sky.sum() > 50


def test_a_compared_network_is_drawn_beside_the_own_one(made_study, tmp_path):
    grid = Grid((60, 50, 8), (1.0, 1.0, 2.0))
    masks = {name: np.zeros(grid.shape_zyx, np.int16) for name in ("image", "manual", "automatic", "other")}
    masks["manual"][3:6, 20:30, 20:32] = 1
    masks["other"][3:6, 22:30, 22:34] = 1  # the own network finds nothing
    cohort = tmp_path / "external"
    places = {
        "image": cohort / "intake/EX0001/baseline/image.nii.gz",
        "manual": cohort / "intake/EX0001/baseline/lesions.nii.gz",
        "automatic": cohort / "segmentation/automatic/EX0001/baseline/lesions.nii.gz",
        "other": cohort / "segmentation/other/EX0001/baseline/lesions.nii.gz",
    }
    for name, place in places.items():
        write_volume(place, Volume(masks[name], grid))
    lesions = made_study.results.lesions
    one = lesions[(lesions.patient_id == "EX0001") & (lesions.lesion_id.astype(str) == "1")]
    galleries = overlay_galleries(replace(made_study.results, folder=tmp_path, lesions=one, model={}), 3)["external"]
    assert [gallery.id for gallery in galleries] == ["overlays-external", "networks-external"]
    content = galleries[1].figures[0].image.content
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
    orange = (pixels[..., 0] > 180) & (pixels[..., 2] < 90)
    left, right = np.array_split(orange, 2, axis=1)
    assert left.sum() == 0
    assert right.sum() > 50


def test_the_share_of_responder_rois_is_drawn_over_the_slice(made_study, tmp_path):
    grid = Grid((60, 50, 8), (1.0, 1.0, 2.0))
    image, mask = np.zeros(grid.shape_zyx, np.int16), np.zeros(grid.shape_zyx, np.int16)
    mask[3:6, 20:34, 20:34] = 1
    scan = tmp_path / "external" / "intake" / "EX0001" / "baseline"
    found = tmp_path / "external" / "segmentation" / "automatic" / "EX0001" / "baseline"
    write_volume(scan / "image.nii.gz", Volume(image, grid))
    for folder in (scan, found):
        write_volume(folder / "lesions.nii.gz", Volume(mask, grid))
    lesions = made_study.results.lesions
    one = lesions[(lesions.patient_id == "EX0001") & (lesions.lesion_id.astype(str) == "1")]
    without_model = replace(made_study.results, folder=tmp_path, lesions=one, model={})

    def picture(probability):
        where = {"patient_id": "EX0001", "timepoint": "baseline", "lesion_id": 1, "z": 3, "y": 22, "x": 22}
        rois = pd.DataFrame([{**where, "mask_source": s, "probability": probability} for s in ("manual", "automatic")])
        rois.to_parquet(tmp_path / "external" / "roi_probabilities.parquet")
        galleries = overlay_galleries(without_model, 3)["external"]
        assert [gallery.id for gallery in galleries] == ["overlays-external", "response-external"]
        content = galleries[1].figures[0].image.content
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)

    responder, other = picture(1.0), picture(0.0)
    assert responder.shape == other.shape
    # Two maps of 7 x 7 mm turn from dark blue to yellow; nothing else in the picture changes.
    changed = np.abs(responder - other).sum(axis=2) > 150
    assert 200 < changed.sum() < 0.1 * changed.size
    assert (responder[changed][:, 0] > other[changed][:, 0]).all()


def test_the_feature_that_matters_most_is_drawn_where_its_table_has_it(made_study, tmp_path):
    grid = Grid((60, 50, 8), (1.0, 1.0, 2.0))
    image, mask = np.zeros(grid.shape_zyx, np.int16), np.zeros(grid.shape_zyx, np.int16)
    mask[3:6, 20:34, 20:34] = 1
    cohort = tmp_path / "external"
    scan = Path("EX0001") / "baseline"
    write_volume(cohort / "intake" / scan / "image.nii.gz", Volume(image, grid))
    for folder in ("intake", "segmentation/automatic"):
        write_volume(cohort / folder / scan / "lesions.nii.gz", Volume(mask, grid))
    lesions = made_study.results.lesions
    one = lesions[(lesions.patient_id == "EX0001") & (lesions.lesion_id.astype(str) == "1")]
    selection = pd.DataFrame({"feature": ["a", "b", "c"], "selected": [1, 1, 0], "gain": [0.01, 0.04, 0.09]})
    study = replace(made_study.results, folder=tmp_path, lesions=one, model={"selection": selection})
    rois = pd.DataFrame({"lesion_id": 1, "z": 3, "y": [22, 22], "x": [22, 26], "a": 0.0, "b": [5.0, 9.0], "c": 0.0})
    for source in ("manual", "automatic"):
        of_source = rois.assign(patient_id="EX0001", timepoint="baseline", mask_source=source)
        write_parquet(cohort / "features" / scan / f"rois_{source}.parquet", of_source, {})
    contours, feature = overlay_galleries(study, 3)["external"]
    assert (contours.id, feature.id) == ("overlays-external", "feature-external")
    assert "Colour: b, the selected feature" in feature.caption
    pixels = np.asarray(Image.open(io.BytesIO(feature.figures[0].image.content)).convert("RGB")).astype(int)
    yellow = (pixels[..., 0] > 200) & (pixels[..., 1] > 180) & (pixels[..., 2] < 110)
    dark_blue = (pixels[..., 2] > 70) & (pixels[..., 0] < 30) & (pixels[..., 1] < 60)
    assert yellow.sum() > 100
    assert dark_blue.sum() > 100
