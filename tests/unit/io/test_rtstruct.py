"""RTSTRUCT: polygons of known area, holes, names, and the CT's own slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.dicom_files import write_rtstruct

from livermets.errors import InputError
from livermets.imaging.contours import ContourError, filled
from livermets.imaging.geometry import Grid
from livermets.io.masks import read_mask

GRID = Grid((200, 180, 4), (0.7, 0.7, 3.0), (-70.0, -63.0, 10.0))


def circle(radius_mm: float, z_mm: float, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    return np.column_stack([
        centre[0] + radius_mm * np.cos(angle), centre[1] + radius_mm * np.sin(angle), np.full(200, z_mm)
    ])  # fmt: skip


def test_area_of_a_circle() -> None:
    mask = filled([circle(30.0, 13.0)], GRID)
    assert mask.any(axis=(1, 2)).tolist() == [False, True, False, False]
    assert mask.sum() * 0.7**2 == pytest.approx(np.pi * 30.0**2, rel=0.01)


def test_a_contour_inside_another_is_a_hole() -> None:
    ring = filled([circle(30.0, 13.0), circle(20.0, 13.0)], GRID)
    assert ring.sum() * 0.7**2 == pytest.approx(np.pi * (30.0**2 - 20.0**2), rel=0.01)
    island = filled([circle(30.0, 13.0), circle(20.0, 13.0), circle(5.0, 13.0)], GRID)
    assert (island.sum() - ring.sum()) * 0.7**2 == pytest.approx(np.pi * 5.0**2, rel=0.03)


def test_a_keyhole_polygon_is_a_ring_too() -> None:
    outer, inner = circle(30.0, 13.0), circle(20.0, 13.0)[::-1]
    keyhole = np.vstack([outer, outer[:1], inner[-1:], inner, inner[:1]])
    np.testing.assert_allclose(filled([keyhole], GRID).sum(), filled([outer, inner], GRID).sum(), rtol=0.01)


def test_a_contour_counts_for_the_nearest_slice() -> None:
    assert filled([circle(9.0, 14.4)], GRID).any(axis=(1, 2)).tolist() == [False, True, False, False]


def test_contours_that_are_not_axial() -> None:
    tilted = circle(30.0, 13.0) + np.column_stack([np.zeros((200, 2)), np.linspace(0, 5, 200)])
    with pytest.raises(ContourError, match="not drawn in the slices"):
        filled([tilted], GRID)


def test_rois_by_name_pattern_and_number(tmp_path: Path) -> None:
    rois = {"Liver": [circle(40.0, 13.0)], "mts 1": [circle(8.0, 13.0)], "mts 2": [circle(6.0, 16.0, (20.0, 0.0))]}
    write_rtstruct(tmp_path / "rs.dcm", rois)
    lesions = read_mask(tmp_path / "rs.dcm", GRID, ["MTS*"])
    assert lesions.names == {2: "mts 1", 3: "mts 2"}
    np.testing.assert_array_equal(lesions.labels[1] == 2, filled(rois["mts 1"], GRID)[1])
    np.testing.assert_array_equal(read_mask(tmp_path / "rs.dcm", GRID, [1]).labels > 0, filled(rois["Liver"], GRID))
    with pytest.raises(InputError, match="Labels of this mask: 1 Liver, 2 mts 1, 3 mts 2"):
        read_mask(tmp_path / "rs.dcm", GRID, ["Tumor*"])
