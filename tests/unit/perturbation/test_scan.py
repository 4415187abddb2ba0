"""The fast path gives what the ordinary one gives: the altered mask through `rois`, and its ROIs through the model."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.perturbation.lesions import SPACING, image, labels, model

from livermets.config.perturbation import KINDS, PerturbationSettings
from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import InputError
from livermets.perturbation.draws import alterations, alterations_like, shapes_of
from livermets.perturbation.neighbourhood import Scan, neighbourhood
from livermets.perturbation.scan import perturbed_scan, scored_windows
from livermets.perturbation.transported import DIRECTIONS
from livermets.radiomics.sliding import roi_features

SETTINGS = PerturbationSettings(draws=55, margin_mm=8)
RADIOMICS = RadiomicsSettings(classes=("firstorder", "glcm"))
SCAN = Scan(image(), labels(), None, SPACING)


@pytest.fixture(scope="module")
def table():
    return perturbed_scan(SCAN, model(), RADIOMICS, SETTINGS, 9, ("test",))


MANY = PerturbationSettings(draws=550, margin_mm=8)


@pytest.fixture(scope="module")
def many():
    """More than 1,000 masks of both lesions, by the score that the model goes by."""
    tables = {
        score: perturbed_scan(SCAN, model(score), RADIOMICS, MANY, 9, ("test",))
        for score in ("share", "mean_probability")
    }
    assert all(len(table) > 1000 for table in tables.values())
    return {score: table.set_index(["lesion_id", "kind", "draw"]) for score, table in tables.items()}


@pytest.mark.slow
@pytest.mark.parametrize("lesion", [3, 7])
def test_every_altered_mask_has_the_rois_and_the_score_of_the_ordinary_path(many, lesion):
    near = neighbourhood(SCAN.labels, lesion, None, SPACING, MANY.margin_mm, RADIOMICS.step)
    drawn = [
        one
        for kind in KINDS
        for shape in range(shapes_of(MANY))
        for one in alterations(near, MANY, 9, ("test", lesion), kind, shape)
    ]
    assert len(drawn) == len(many["share"].loc[lesion])
    _equal_to_the_ordinary_path(near, drawn, {score: table.loc[lesion] for score, table in many.items()})


def _equal_to_the_ordinary_path(near, drawn, tables):
    compared = 0
    for one in drawn:
        whole = np.zeros_like(SCAN.labels)
        whole[near.box] = one.mask
        rois = roi_features(SCAN.image, whole, SPACING, RADIOMICS, labels=[1] if one.mask.any() else [])
        probability = model().roi_probabilities(rois) if len(rois) else np.empty(0)
        for score, said in (("share", probability >= 0.5), ("mean_probability", probability)):
            row = tables[score].loc[(one.kind, one.draw)]
            assert row["n_roi"] == len(rois)
            if len(rois):
                assert row["share"] == pytest.approx(said.mean(), abs=1e-9)
                assert row["predicted"] == model(score).classify(said.mean())
                compared += 1
    assert compared > 0.6 * len(drawn)


@pytest.mark.slow
def test_transported_errors_have_the_rois_and_the_score_of_the_ordinary_path():
    random = np.random.default_rng(3)
    errors = random.normal(-0.1, 0.15, (8, 1)) + random.normal(0, 0.1, (8, DIRECTIONS))
    settings = PerturbationSettings(draws=110, margin_mm=8, kinds=("erosion",))
    tables = {
        score: perturbed_scan(SCAN, model(score), RADIOMICS, settings, 9, ("test",), donors=lambda _: {"net": errors})
        for score in ("share", "mean_probability")
    }
    near = neighbourhood(SCAN.labels, 7, None, SPACING, settings.margin_mm, RADIOMICS.step)
    purpose = ("test", 7)
    drawn = [one for donor in range(8) for one in alterations_like(near, settings, 9, purpose, "net", errors, donor)]
    assert len(drawn) == 118
    of_lesion = {score: table[table["lesion_id"] == 7].set_index(["kind", "draw"]) for score, table in tables.items()}
    _equal_to_the_ordinary_path(near, drawn, of_lesion)


def test_a_lesion_is_given_the_errors_for_its_diameter():
    asked = []
    settings = PerturbationSettings(draws=2, margin_mm=8, kinds=("erosion",))
    perturbed_scan(SCAN, model(), RADIOMICS, settings, 9, ("test",), donors=lambda mm: asked.append(mm) or {})
    assert asked == pytest.approx([11, 18], abs=1.5)


def test_levels_of_the_whole_mask_are_made_anew_for_every_mask():
    of_mask = RADIOMICS.model_copy(update={"binning": "mask"})
    settings = PerturbationSettings(draws=6, margin_mm=6, kinds=("erosion", "border", "leakage"))
    table = perturbed_scan(SCAN, model(), of_mask, settings, 9, ("test",)).set_index(["lesion_id", "kind", "draw"])
    near = neighbourhood(SCAN.labels, 7, None, SPACING, 6, of_mask.step)
    for one in alterations(near, settings, 9, ("test", 7), "border", 0):
        whole = np.zeros_like(SCAN.labels)
        whole[near.box] = one.mask
        rois = roi_features(SCAN.image, whole, SPACING, of_mask)
        assert len(rois) == table.loc[(7, "border", one.draw), "n_roi"]
        said = model().roi_probabilities(rois) >= 0.5
        assert table.loc[(7, "border", one.draw), "share"] == pytest.approx(said.mean(), abs=1e-9)


def test_levels_of_the_whole_mask_in_filtered_images_are_refused():
    filtered = RADIOMICS.model_copy(update={"binning": "mask", "image_types": ("original", "wavelet")})
    with pytest.raises(InputError, match="cannot be computed for altered masks"):
        perturbed_scan(SCAN, model(), filtered, SETTINGS, 9, ("test",))


def test_windows_of_the_whole_neighbourhood_are_those_of_the_ct():
    near = neighbourhood(SCAN.labels, 7, None, SPACING, 8.0, 2)
    lattice = scored_windows(SCAN, [near], model(), RADIOMICS)
    assert np.isfinite(lattice.within(near.box).score).all()
    assert set(np.unique(lattice.score[np.isfinite(lattice.score)])) == {0, 1}


def test_classes_are_held_against_that_of_the_reference(table):
    assert len(table) == 2 * 55 - table["kind"].eq("merging").sum() % 5
    for _, lesion in table.groupby("lesion_id", dropna=False):
        assert lesion["predicted_reference"].nunique() == 1
        own = lesion["predicted_reference"].iloc[0]
        called = lesion[lesion["fate"] == "classified"]
        assert (called["same_class"] == (called["predicted"] == own)).all()
        lost = lesion[lesion["fate"] != "classified"]
        assert (lost["same_class"] == 0).all()
        assert lost["predicted"].isna().all()
    assert 0 < table["same_class"].mean() < 1


def test_a_reference_without_a_class_has_none_to_keep():
    table = perturbed_scan(SCAN, model(), RADIOMICS, SETTINGS, 9, ("test",), minimum_rois=10**6)
    assert table["same_class"].isna().all()
    assert table["predicted"].isna().all()
    assert set(table["fate"]) <= {"no ROI", "vanished"}


def test_a_scan_without_a_lesion_has_the_columns_and_no_row(table):
    empty = Scan(SCAN.image, SCAN.labels * 0, None, SPACING)
    found = perturbed_scan(empty, model(), RADIOMICS, SETTINGS, 9, ("test",))
    assert set(found) == set(table)
    assert found.empty


def test_the_mask_of_a_lesion_names_its_diameter(table):
    diameters = table.groupby("lesion_id", dropna=False)["longest_diameter_mm"].first()
    assert diameters[7] == pytest.approx(18, abs=1.5)
    assert diameters[3] == pytest.approx(11, abs=1.5)
