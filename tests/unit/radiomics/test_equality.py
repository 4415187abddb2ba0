"""The compiled engine against PyRadiomics 3.0.1, value by value."""

from __future__ import annotations

import numpy as np
import pytest
from tests.adversarial_windows import adversarial
from tests.exact_glcm import ABSOLUTE, ILL_CONDITIONED, RELATIVE, differing

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics import reference
from livermets.radiomics.engine import fast
from livermets.radiomics.names import COLUMNS

pytestmark = pytest.mark.xdist_group("radiomics")  # one worker compiles the engine

SPACING_ZYX_MM = (2.5, 0.8, 0.7)


def assert_equal_or_closer_to_the_truth(image: np.ndarray, settings: RadiomicsSettings, origins: np.ndarray) -> int:
    """Every value agrees with PyRadiomics, or is one of `ILL_CONDITIONED` that agrees with the exact value while
    PyRadiomics' does not. Returns how many of the latter there were."""
    inside = np.ones(image.shape, dtype=bool)
    ours = fast.window_features(image, inside, origins, SPACING_ZYX_MM, settings)
    theirs = reference.window_features(image, inside, origins, SPACING_ZYX_MM, settings)
    noise = 0
    for row, column in np.argwhere(differing(ours, theirs)):
        name, (z, y, x) = COLUMNS[column], origins[row]
        found = f"{name}, window {z, y, x}: ours {ours[row, column]!r}, PyRadiomics {theirs[row, column]!r}"
        assert name in ILL_CONDITIONED, found
        crop = image[z, y : y + settings.size, x : x + settings.size]
        exact = ILL_CONDITIONED[name](crop, image.ravel(), settings)
        assert ours[row, column] == pytest.approx(exact, rel=RELATIVE, abs=ABSOLUTE), found
        noise += 1
    return noise


@pytest.mark.slow
@pytest.mark.parametrize("size", [3, 5, 7, 11, 15])
def test_adversarial_windows(size: int) -> None:
    for name, (window, bin_width) in adversarial(size).items():
        settings = RadiomicsSettings(size=size, bin_width=bin_width)
        noise = assert_equal_or_closer_to_the_truth(window[None], settings, np.zeros((1, 3), dtype=int))
        assert noise <= 2, name


@pytest.mark.parametrize("size", [3, 7])
@pytest.mark.parametrize("options", [{"bin_width": 25.0}, {"bin_width": 7.3}, {"bin_count": 16}])
def test_levels_made_over_the_whole_mask(size: int, options: dict) -> None:
    flat_and_noisy = [window for window, width in adversarial(size).values() if width == 25.0]
    image = np.clip(np.concatenate([window[None] for window in flat_and_noisy]), -400, 600)
    origins = np.array([(z, 0, 0) for z in range(len(image))])
    assert_equal_or_closer_to_the_truth(image, RadiomicsSettings(size=size, binning="mask", **options), origins)


@pytest.mark.parametrize("bin_count", [2, 5, 16, 64])
def test_fixed_number_of_levels(bin_count: int) -> None:
    image = np.stack([window for window, _ in adversarial(7).values()])
    origins = np.array([(z, 0, 0) for z in range(len(image))])
    assert_equal_or_closer_to_the_truth(image, RadiomicsSettings(bin_count=bin_count), origins)


@pytest.mark.parametrize("sd", [2.0, 10.0, 30.0, 120.0])
def test_random_windows(sd: float) -> None:
    image = np.rint(np.random.default_rng(int(sd)).normal(100, sd, (60, 7, 7)))
    origins = np.array([(z, 0, 0) for z in range(len(image))])
    assert_equal_or_closer_to_the_truth(image, RadiomicsSettings(), origins)


def test_flat_window_by_value() -> None:
    """The values that PyRadiomics gives a flat window, written down."""
    settings = RadiomicsSettings()
    image = np.full((1, 7, 7), 5.0)
    row = fast.window_features(image, image > 0, np.zeros((1, 3), dtype=int), SPACING_ZYX_MM, settings)[0]
    value = dict(zip(COLUMNS, row, strict=True))
    assert value["firstorder_Skewness"] == value["firstorder_Kurtosis"] == 0
    for name in ("Correlation", "MCC", "Id", "Idm", "Idn", "Idmn", "JointEnergy", "MaximumProbability"):
        assert value[f"glcm_{name}"] == 1
    for name in ("Imc1", "Imc2", "Contrast", "InverseVariance"):
        assert value[f"glcm_{name}"] == 0
    assert value["firstorder_Entropy"] == pytest.approx(-3.2e-16, abs=1e-17)
    assert value["ngtdm_Coarseness"] == 1e6
    assert [value[f"ngtdm_{name}"] for name in ("Busyness", "Complexity", "Contrast", "Strength")] == [0, 0, 0, 0]


def test_independent_levels_have_no_correlation() -> None:
    """Where neighbours are independent, MCC and IMC2 are 0, not the root of rounding noise."""
    left, right = np.array([[0.0, 0.0], [0.0, 0.0]]), np.array([[30.0, 30.0], [30.0, 30.0]])
    block = np.block([[left, right, left], [right, right, left], [left, left, right]])
    image = np.pad(block, ((0, 1), (0, 1)), mode="wrap")[None]
    assert_equal_or_closer_to_the_truth(image, RadiomicsSettings(), np.zeros((1, 3), dtype=int))


def test_threads_do_not_change_a_bit() -> None:
    image = np.rint(np.random.default_rng(5).normal(100, 30, (3, 90, 90)))
    origins = np.array([(z, y, x) for z in range(3) for y in range(0, 84, 2) for x in range(0, 84, 2)])
    inside = np.ones(image.shape, dtype=bool)
    one, two = (
        fast.window_features(image, inside, origins, SPACING_ZYX_MM, RadiomicsSettings(), threads) for threads in (1, 2)
    )
    assert np.array_equal(one, two)
