"""RTSTRUCT: polygons of known area, holes, names, and the CT's own slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
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


def test_contours_drawn_on_thinner_slices() -> None:
    """Three planes within one slice: the one nearest to its centre counts, they do not punch holes into each other."""
    cone = [circle(12.0 + z, 13.0 + z) for z in (-1.0, 0.2, 1.2)]
    np.testing.assert_array_equal(filled(cone, GRID), filled([circle(12.2, 13.2)], GRID))


def test_contours_drawn_on_thicker_slices() -> None:
    fine = Grid((200, 180, 40), (0.7, 0.7, 1.0), (-70.0, -63.0, 10.0))
    with pytest.raises(ContourError, match="on every 5th slice of this CT only"):
        filled([circle(9.0, z) for z in (12.0, 17.0, 22.0)], fine)


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


def test_names_as_hospitals_write_them(tmp_path: Path) -> None:
    """Case, accents (composed or not), blanks and brackets; several structures under one pattern; XOR contours."""
    rois = {"Me\u0301tastase [1]": [circle(8.0, 13.0)], "M\u00c9TASTASE  [2] ": [circle(6.0, 16.0, (20.0, 0.0))]}
    write_rtstruct(tmp_path / "rs.dcm", rois)
    dataset = pydicom.dcmread(tmp_path / "rs.dcm")
    dataset.ROIContourSequence[0].ContourSequence[0].ContourGeometricType = "CLOSEDPLANAR_XOR"
    dataset.save_as(tmp_path / "rs.dcm")
    for pattern in ("m\u00e9tastase*", "metastase*", "Me\u0301tastase*"):
        assert read_mask(tmp_path / "rs.dcm", GRID, [pattern]).names == dict(enumerate(map(str.strip, rois), start=1))
    one = read_mask(tmp_path / "rs.dcm", GRID, ["metastase [1]"])
    np.testing.assert_array_equal(one.labels > 0, filled([circle(8.0, 13.0)], GRID))
