"""The grid and the steps in words are those of the settings."""

from __future__ import annotations

import pandas as pd
import pytest

from livermets.config.preprocess import PreprocessSettings
from livermets.report.preprocessing import grid_words, steps_words

SCANS = pd.DataFrame({"column_spacing_mm": [0.7, 0.8], "size_x": [512, 512]})


def settings(**keys) -> PreprocessSettings:
    return PreprocessSettings.model_validate(keys)


@pytest.mark.parametrize(
    "keys, classes, words",
    [
        ({}, ("lesion",), "the image, resampled and z-scored over the whole liver volume"),
        ({}, ("liver", "lesion"), "the image, resampled and in a fixed window of HU"),
        (
            {"crop": "body", "median_filter": {}, "scale": "window"},
            ("lesion",),
            "the image, cropped to the body, resampled, median filtered and in a fixed window of HU",
        ),
        (
            {"histogram_equalisation": True, "median_filter": {}, "filter_grid": "acquired", "scale": "window"},
            ("lesion",),
            "the image, with the histogram of every slice equalised, median filtered, resampled and in a fixed window "
            "of HU",
        ),
    ],
)
def test_the_steps_are_named_in_their_order(keys, classes, words):
    assert steps_words(settings(**keys), classes) == words


@pytest.mark.parametrize(
    "keys, grid, slices, pixels",
    [
        ({}, "256 × 256 pixels", "slices as acquired", "1.40 to 1.60 mm"),
        ({"crop": "body"}, "256 × 256 pixels", "slices as acquired", "at most 1.40 to 1.60 mm"),
        ({"pixel_spacing_mm": 1.4, "slice_spacing_mm": 2}, "pixels of 1.40 mm", "slices 2 mm apart", "1.40 mm"),
    ],
)
def test_the_grid_is_said_in_pixels_or_in_mm(keys, grid, slices, pixels):
    words = grid_words(settings(**keys), SCANS)
    assert words == {"grid": grid, "slices": slices, "pixel_mm": "0.70 to 0.80 mm", "network_pixel_mm": pixels}
    assert grid_words(settings(**keys), pd.DataFrame()) == {"grid": grid, "slices": slices}
