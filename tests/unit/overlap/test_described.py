"""What the table of networks says of a network's grid."""

from __future__ import annotations

from math import inf

import numpy as np
import pandas as pd
import pytest
from tests.network_descriptions import network_description

from livermets.config.preprocess import PreprocessSettings
from livermets.io.tables import read_table, write_csv
from livermets.overlap.described import described
from livermets.segmentation.description import WHOLE_IMAGE


@pytest.mark.parametrize(
    "keys, grid",
    [
        ({}, (256, None, None)),
        ({"network_grid": 128, "slice_spacing_mm": 2.0}, (128, None, 2.0)),
        ({"pixel_spacing_mm": 1.4, "slice_spacing_mm": 1.4}, (None, 1.4, 1.4)),
    ],
)
def test_a_grid_has_so_many_pixels_or_pixels_of_a_size(keys, grid):
    row = described(network_description(preprocess=PreprocessSettings(**keys)))
    assert (row["network_grid"], row["pixel_spacing_mm"], row["slice_spacing_mm"]) == grid


@pytest.mark.parametrize("field, sides", [((92, 100), (92, 100)), (WHOLE_IMAGE, (inf, inf)), (None, (None, None))])
def test_a_receptive_field_has_its_smallest_and_largest_side(tmp_path, field, sides):
    row = described(network_description(receptive_field=field))
    columns = ["receptive_field_smallest_pixels", "receptive_field_largest_pixels"]
    assert tuple(row[column] for column in columns) == sides
    write_csv(tmp_path / "networks.csv", pd.DataFrame([row]))
    read = read_table(tmp_path / "networks.csv")[columns].to_numpy(float)
    np.testing.assert_array_equal(read, np.array([sides], dtype=float))


def test_a_network_that_is_not_known_has_an_empty_row():
    assert set(described(None)) == set(described(network_description()))
    assert not any(described(None).values())


def test_a_row_says_whom_a_network_was_trained_on():
    row = described(network_description(training_share=0.5, training_patients=("a", "b"), training_scans=3))
    assert (row["training_share"], row["n_training_patients"], row["n_training_scans"]) == (0.5, 2, 3)
    assert described(network_description())["n_training_scans"] is None  # of a version that did not count them
