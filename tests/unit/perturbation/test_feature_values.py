"""Features over altered masks: what `livermets rois` would say of each mask, averaged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.perturbation.lesions import SPACING, image, labels

from livermets.config.radiomics import RadiomicsSettings
from livermets.config.selection import StableFeaturesSettings
from livermets.errors import InputError
from livermets.features import feature_columns
from livermets.perturbation.draws import alterations, shapes_of
from livermets.perturbation.feature_values import altered_features, as_perturbation
from livermets.perturbation.neighbourhood import Scan, neighbourhood
from livermets.radiomics.sliding import roi_features

SETTINGS = StableFeaturesSettings(icc=0.75, draws=8)
PURPOSE = ("stable features", "a", "p", "baseline")


def made(radiomics: RadiomicsSettings, threads: int = 1, seed: int = 3, settings=SETTINGS) -> pd.DataFrame:
    scan = Scan(image(), labels(), None, SPACING)
    return altered_features(scan, radiomics, settings, seed, PURPOSE, threads)


def by_hand(radiomics: RadiomicsSettings) -> pd.DataFrame:
    """Every mask put back into the CT, with the windows of the whole CT that lie in it."""
    rows = []
    for label in (3, 7):
        chosen = as_perturbation(SETTINGS)
        near = neighbourhood(labels(), label, None, SPACING, chosen.margin_mm, radiomics.step)
        for kind in chosen.kinds:
            for shape in range(shapes_of(chosen)):
                for one in alterations(near, chosen, 3, (*PURPOSE, label), kind, shape):
                    whole = np.zeros(labels().shape, np.uint8)
                    whole[near.box] = one.mask
                    table = roi_features(image(), whole, SPACING, radiomics)
                    mean = table[feature_columns(table)].mean()
                    rows.append({"lesion_id": label, "kind": kind, "draw": one.draw, "n_roi": len(table), **mean})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    "settings",
    [
        {"classes": ["firstorder", "glcm"], "step": 3},
        {"classes": ["firstorder"], "image_types": ["original", "log"], "log_sigmas_mm": [2.0]},
        {"classes": ["firstorder"], "binning": "mask"},
    ],
    ids=["roi", "filtered", "mask"],
)
def test_each_mask_has_the_mean_over_the_windows_in_it(settings) -> None:
    radiomics = RadiomicsSettings.model_validate(settings)
    table = made(radiomics)
    expected = by_hand(radiomics)
    pd.testing.assert_frame_equal(table.drop(columns="dice"), expected, check_dtype=False, rtol=1e-9)
    assert table["dice"].between(0.55, 0.99).all()
    assert table.groupby("lesion_id")["dice"].nunique().gt(5).all()
    assert (table["n_roi"] > 0).any()


def test_threads_change_nothing_and_seeds_do() -> None:
    radiomics = RadiomicsSettings(classes=("firstorder",))
    table = made(radiomics)
    pd.testing.assert_frame_equal(made(radiomics, threads=3), table)
    assert not made(radiomics, seed=4)["dice"].equals(table["dice"])


def test_a_mask_without_a_window_has_no_feature() -> None:
    """Windows of 15 pixels, which no altered mask of the small lesion holds."""
    table = made(RadiomicsSettings(classes=("firstorder",), size=15))
    none = table["n_roi"] == 0
    assert none[table["lesion_id"] == 3].all()
    assert table.loc[none, feature_columns(table)].isna().all(axis=None)
    assert table.loc[~none, feature_columns(table)].notna().all(axis=None)


def test_a_scan_without_a_lesion_has_the_columns_and_no_row() -> None:
    scan = Scan(image(), np.zeros_like(labels()), None, SPACING)
    radiomics = RadiomicsSettings(classes=("firstorder",))
    table = altered_features(scan, radiomics, SETTINGS, 3, PURPOSE)
    assert len(table) == 0
    assert list(table) == list(made(radiomics))


def test_bins_of_the_mask_in_filtered_images_are_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match=r"binning mask and filtered images .* selection\.stable_features\.icc empty"):
        made(RadiomicsSettings(binning="mask", image_types=("log",)))
