"""The window table, its wrong inputs, maps and whole-lesion features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from livermets.config.load import validate_section
from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import InputError
from livermets.imaging.geometry import Grid, Volume
from livermets.radiomics import FEATURES_BY_CLASS, feature_map, lesion_features, roi_features
from livermets.radiomics.engine.discretise import floor_quotient, multiples_are_exact
from livermets.radiomics.sliding import count_windows

pytestmark = pytest.mark.xdist_group("radiomics")

SPACING = (2.0, 0.8, 0.8)


@pytest.fixture(scope="module")
def scan() -> tuple[np.ndarray, np.ndarray]:
    """HU and two lesions plus one too small for any window."""
    image = np.rint(np.random.default_rng(2).normal(90, 30, (6, 40, 40))).astype(np.int16)
    labels = np.zeros(image.shape, dtype=np.uint8)
    labels[1:4, 4:20, 4:18], labels[2:5, 22:36, 20:36], labels[1, 30:34, 4:8] = 1, 4, 9
    return image, labels


def test_table_has_ids_then_pyradiomics_names(scan) -> None:
    table = roi_features(*scan, SPACING, RadiomicsSettings())
    assert list(table.columns[:4]) == ["lesion_id", "z", "y", "x"]
    assert len(table.columns) == 4 + 93
    assert table.columns[4] == "original_firstorder_10Percentile"
    assert (table.dtypes.iloc[4:] == np.float64).all()
    assert sorted(table.lesion_id.unique()) == [1, 4]
    assert len(table) == count_windows(scan[1], RadiomicsSettings())
    assert table.notna().all().all()


def test_names_and_order_are_those_of_pyradiomics() -> None:
    from livermets.radiomics.reference import feature_classes

    for name, feature_class in feature_classes().items():
        enabled = [feature for feature, deprecated in feature_class.getFeatureNames().items() if not deprecated]
        assert list(FEATURES_BY_CLASS[name]) == enabled


def test_both_engines_give_one_table(scan) -> None:
    options = {"step": 7, "binning": "mask"}
    fast, slow = (
        roi_features(*scan, SPACING, RadiomicsSettings(engine=engine, **options), labels=[4])
        for engine in ("fast", "pyradiomics")
    )
    pd.testing.assert_frame_equal(fast, slow, rtol=1e-9, atol=1e-12)


def test_chosen_classes_and_features_are_the_same_numbers(scan) -> None:
    everything = roi_features(*scan, SPACING, RadiomicsSettings())
    some = roi_features(
        *scan, SPACING, RadiomicsSettings(classes=("glcm", "ngtdm"), features=("ngtdm_Contrast", "glcm_Idn"))
    )
    assert list(some.columns[4:]) == ["original_glcm_Idn", "original_ngtdm_Contrast"]
    pd.testing.assert_frame_equal(some, everything[some.columns])


def test_filtered_images_are_pyradiomics_filters(scan) -> None:
    """Columns of a filtered image are the features of that image."""
    from livermets.radiomics.filters import images_of

    image, labels = scan
    settings = RadiomicsSettings(image_types=("log", "wavelet"), log_sigmas_mm=(1.5,), classes=("firstorder",), step=6)
    table = roi_features(image, labels, SPACING, settings, labels=[1])
    made = dict(images_of(image, SPACING, settings))
    assert list(made) == ["log-sigma-1-5-mm-3D", *[f"wavelet-{a}{b}{c}" for a in "LH" for b in "LH" for c in "LH"][1:],
                          "wavelet-LLL"]  # fmt: skip
    for prefix, filtered in made.items():
        z, y, x = table.loc[3, ["z", "y", "x"]].astype(int)
        assert table.loc[3, f"{prefix}_firstorder_Mean"] == pytest.approx(filtered[z, y : y + 7, x : x + 7].mean())


def test_empty_mask_gives_an_empty_table_with_all_columns(scan) -> None:
    image, labels = scan
    table = roi_features(image, np.zeros_like(labels), SPACING, RadiomicsSettings(image_types=("original", "log")))
    assert len(table) == 0
    assert len(table.columns) == 4 + 3 * 93


def test_all_wrong_inputs_are_said_at_once(scan) -> None:
    image, labels = scan
    broken = image.astype(float)
    broken[0, 0, :3] = np.nan
    with pytest.raises(InputError) as error:
        roi_features(broken, labels[:, :, :-1], (2.0, 0.8, 0.0), RadiomicsSettings())
    assert len(error.value.problems) == 3
    with pytest.raises(InputError, match="2 dimensions"):
        roi_features(image[0], labels[0], SPACING, RadiomicsSettings())
    with pytest.raises(InputError, match="label 3 is not there"):
        roi_features(image, labels, SPACING, RadiomicsSettings(), labels=[1, 3])
    with pytest.raises(InputError, match="grey levels"):
        roi_features(image, labels, SPACING, RadiomicsSettings(bin_width=0.01))
    with pytest.raises(InputError, match="Laplacian"):
        roi_features(image, labels, SPACING, RadiomicsSettings(image_types=("log",), log_sigmas_mm=(40.0,)))
    with pytest.raises(InputError, match="glcm_Contrats"):
        roi_features(image, labels, SPACING, RadiomicsSettings(features=("glcm_Contrats",)))


@pytest.mark.parametrize(
    "values",
    [{"size": 8}, {"size": 17}, {"bin_width": 0}, {"bin_width": -1}, {"bin_width": float("nan")}, {"bin_count": 1},
     {"intensity": "zscore"}, {"classes": ("shape",)}, {"classes": ()}, {"features": ("Contrast",)},
     {"image_types": ("log",), "log_sigmas_mm": ()}, {"log_sigmas_mm": (0.0,)}, {"step": 0},
     {"classes": ("glcm",), "features": ("ngtdm_Contrast",)}],
)  # fmt: skip
def test_wrong_settings_are_refused(values: dict) -> None:
    with pytest.raises(InputError) as caught:
        validate_section(RadiomicsSettings, values, "radiomics")
    named = {key for problem in caught.value.problems for key in values if key in str(problem)}
    assert named, caught.value


@pytest.mark.parametrize(
    "width, exact", [(25.0, True), (10.0, True), (5.5, True), (0.25, True), (0.1, False), (7.3, False), (1 / 3, False)]
)
def test_which_widths_have_exact_multiples(width: float, exact: bool) -> None:
    assert multiples_are_exact(np.array([-1024.0, 3071.0]), width) is exact


def test_floor_quotient_is_right_beside_the_multiples() -> None:
    multiples = np.arange(-4000, 4001) * 5.5
    quotients = np.arange(-4000, 4001)
    assert np.array_equal(floor_quotient(multiples, 5.5), quotients)
    assert np.array_equal(floor_quotient(np.nextafter(multiples, -np.inf), 5.5), quotients - 1)
    assert np.array_equal(floor_quotient(np.nextafter(multiples, np.inf), 5.5), quotients)


def test_feature_map_is_the_mean_over_covering_windows() -> None:
    table = pd.DataFrame({"z": [0, 0], "y": [0, 0], "x": [0, 2], "f": [1.0, 4.0]})
    found = feature_map(table, "f", Grid((6, 4, 2), (1, 1, 1)), RadiomicsSettings(size=3))
    nothing = np.nan
    expected = [[1, 1, 2.5, 4, 4, nothing]] * 3 + [[nothing] * 6]
    np.testing.assert_allclose(found[0], expected)
    assert np.isnan(found[1]).all()


def test_feature_map_refuses_another_image() -> None:
    table = pd.DataFrame({"z": [0], "y": [0], "x": [2], "f": [1.0]})
    with pytest.raises(InputError, match="outside the image"):
        feature_map(table, "f", Grid((4, 4, 1), (1, 1, 1)), RadiomicsSettings(size=3))
    with pytest.raises(InputError, match="no column g"):
        feature_map(table, "g", Grid((8, 4, 1), (1, 1, 1)), RadiomicsSettings(size=3))


def test_lesion_features_has_one_row_per_lesion(scan) -> None:
    image, labels = scan[0], scan[1].copy()
    labels[0, 0, 0] = 7  # one voxel: nothing to compute on
    grid = Grid((40, 40, 6), (0.8, 0.8, 2.0))
    table = lesion_features(Volume(image, grid), Volume(labels, grid), RadiomicsSettings(classes=("firstorder",)))
    assert table.lesion_id.tolist() == [1, 4, 7, 9]
    row = table.set_index("lesion_id").loc[1]
    assert row["original_shape_VoxelVolume"] == pytest.approx((labels == 1).sum() * 0.8 * 0.8 * 2.0)
    assert row["original_firstorder_Mean"] == pytest.approx(image[labels == 1].mean())
    assert table.set_index("lesion_id").loc[7].isna().all()
