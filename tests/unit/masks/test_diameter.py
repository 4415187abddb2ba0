import os
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from livermets.masks.diameter import longest_axial_diameter_mm

DATA = os.environ.get("LIVERMETS_DATA")


def test_diagonal_of_a_rectangle_uses_each_axis_spacing():
    mask = np.zeros((3, 10, 12), dtype=bool)
    mask[1, 2:6, 3:8] = True  # 4 rows and 5 columns: 3 and 4 steps between the outer centres
    assert longest_axial_diameter_mm(mask, (5.0, 1.0, 1.0)) == pytest.approx(5.0)
    assert longest_axial_diameter_mm(mask, (5.0, 4.0, 1.0)) == pytest.approx(np.hypot(12, 4))


def test_only_distances_within_one_slice_count():
    mask = np.zeros((2, 1, 50), dtype=bool)
    mask[0, 0, 0] = mask[1, 0, 49] = True
    assert longest_axial_diameter_mm(mask, (1.0, 1.0, 1.0)) == 0.0


def test_an_empty_mask_has_no_diameter():
    assert np.isnan(longest_axial_diameter_mm(np.zeros((2, 3, 4), dtype=bool), (1.0, 1.0, 1.0)))


@settings(max_examples=60, deadline=None)
@given(
    mask=arrays(bool, st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))),
    spacing=st.tuples(*[st.floats(0.3, 5.0)] * 3),
)
def test_equals_the_largest_of_all_pairwise_distances(mask, spacing):
    def all_pairs(points):
        return max(np.hypot(*((p - q) * np.asarray(spacing[1:]))) for p, q in product(points, points))

    expected = [all_pairs(np.argwhere(layer)) for layer in mask if layer.any()]
    measured = longest_axial_diameter_mm(mask, spacing)
    assert measured == pytest.approx(max(expected)) if expected else np.isnan(measured)


@pytest.mark.skipif(not DATA, reason="LIVERMETS_DATA is not set: the 3D-IRCADb-01 liver CT is needed")
@pytest.mark.parametrize("lesion, expected_mm", list(enumerate([79.3, 28.8, 22.7, 17.9, 32.0, 9.4, 20.8], start=1)))
def test_tumours_of_a_real_ct(lesion, expected_mm):
    """3D-IRCADb-01 patient 1, the diameters that came with the study's acceptance criteria (1 mm)."""
    from livermets.io.images import read_volume

    mask = read_volume(Path(str(DATA)) / "ircadb01-p01" / f"livertumor{lesion:02d}.nii.gz")
    measured = longest_axial_diameter_mm(mask.array > 0, mask.grid.spacing_zyx_mm)
    assert measured == pytest.approx(expected_mm, abs=1.0)
