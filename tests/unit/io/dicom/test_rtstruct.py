"""RTSTRUCT: polygons of known area, holes, names, and the CT's own slices."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pydicom
import pytest
from tests.dicom_files import write_rtstruct

from livermets.errors import InputError
from livermets.imaging.geometry import Grid
from livermets.io.labels import LabelMap
from livermets.io.masks import read_mask

GRID = Grid((200, 180, 4), (0.7, 0.7, 3.0), (-70.0, -63.0, 10.0))


def circle(radius_mm: float, z_mm: float, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    return np.column_stack([
        centre[0] + radius_mm * np.cos(angle), centre[1] + radius_mm * np.sin(angle), np.full(200, z_mm)
    ])  # fmt: skip


def drawn(contours: list[np.ndarray], grid: Grid = GRID, kind: str = "CLOSED_PLANAR") -> np.ndarray:
    """The voxels of one ROI read from a file."""
    return roi(contours, grid, kind).labels > 0


def roi(contours: list[np.ndarray], grid: Grid = GRID, kind: str = "CLOSED_PLANAR") -> LabelMap:
    with TemporaryDirectory() as folder:
        write_rtstruct(Path(folder) / "rs.dcm", {"mts": contours}, kind)
        return read_mask(Path(folder) / "rs.dcm", grid)


def test_area_of_a_circle() -> None:
    mask = drawn([circle(30.0, 13.0)])
    assert mask.any(axis=(1, 2)).tolist() == [False, True, False, False]
    assert mask.sum() * 0.7**2 == pytest.approx(np.pi * 30.0**2, rel=0.01)


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
def test_a_contour_inside_another_is_a_hole(kind: str) -> None:
    ring = drawn([circle(30.0, 13.0), circle(20.0, 13.0)], kind=kind)
    assert ring.sum() * 0.7**2 == pytest.approx(np.pi * (30.0**2 - 20.0**2), rel=0.01)
    island = drawn([circle(30.0, 13.0), circle(20.0, 13.0), circle(5.0, 13.0)], kind=kind)
    assert (island.sum() - ring.sum()) * 0.7**2 == pytest.approx(np.pi * 5.0**2, rel=0.03)


@pytest.mark.parametrize("inner_way", [-1, 1])
def test_a_keyhole_polygon_is_a_ring_too(inner_way: int) -> None:
    outer, inner = circle(30.0, 13.0), circle(20.0, 13.0)[::inner_way]
    keyhole = np.vstack([outer, outer[:1], inner[-1:], inner, inner[:1]])
    np.testing.assert_allclose(drawn([keyhole]).sum(), drawn([outer, inner]).sum(), rtol=0.01)
    np.testing.assert_array_equal(drawn([keyhole, keyhole[::-1]]), drawn([keyhole]))


def test_a_figure_of_eight_has_two_lobes() -> None:
    left, right = circle(10.0, 13.0, (-10.0, 0.0)), circle(10.0, 13.0, (10.0, 0.0))
    eight = np.vstack([left, np.roll(right[::-1], 101, axis=0)])
    np.testing.assert_allclose(drawn([eight]).sum(), drawn([left]).sum() + drawn([right]).sum(), rtol=0.02)


COPIES = {
    "stored twice": lambda points: points,
    "from another first point": lambda points: np.roll(points, 57, axis=0),
    "the other way round": lambda points: points[::-1],
    "closed by its first point": lambda points: np.vstack([points, points[:1]]),
    "with half of the points": lambda points: points[::2],
    "rounded to a tenth of a millimetre": lambda points: np.round(points, 1),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_contour_again_counts_once(copy: str) -> None:
    once = [circle(30.0, 10.0), circle(30.0, 13.0), circle(20.0, 13.0)]
    twice = roi([*once, *(COPIES[copy](points) for points in once)])
    changed = np.count_nonzero((twice.labels > 0) != drawn(once))
    assert changed <= (20 if "rounded" in copy else 0)  # of 9 000: centres between an outline and its rounded copy
    assert (
        "3 of 6 contours are used; left out: 3 with the outline of another one, which counts once" in twice.remarks[0]
    )


def test_a_contour_that_goes_round_twice_counts_once() -> None:
    once = circle(9.0, 13.0)
    np.testing.assert_array_equal(drawn([np.vstack([once, once])]), drawn([once]))


def test_contours_that_overlap_are_united() -> None:
    """Only contours of the type made for it cancel where they overlap (DICOM PS3.3 C.8.8.6.3)."""
    one, other = circle(20.0, 13.0, (-8.0, 0.0)), circle(20.0, 13.0, (8.0, 0.0))
    np.testing.assert_array_equal(drawn([one, other]), drawn([one]) | drawn([other]))
    np.testing.assert_array_equal(drawn([one, other], kind="CLOSEDPLANAR_XOR"), drawn([one]) ^ drawn([other]))
    hole_in_one = circle(4.0, 13.0, (-20.0, 0.0))
    np.testing.assert_array_equal(
        drawn([one, other, hole_in_one]), drawn([one]) & ~drawn([hole_in_one]) | drawn([other])
    )
    hole_in_both = circle(4.0, 13.0)
    np.testing.assert_array_equal(
        drawn([one, other, hole_in_both]), (drawn([one]) | drawn([other])) & ~drawn([hole_in_both])
    )


def test_a_contour_counts_for_the_nearest_slice() -> None:
    assert drawn([circle(9.0, 14.4)]).any(axis=(1, 2)).tolist() == [False, True, False, False]


def test_contours_half_way_between_slices_take_one_slice_each() -> None:
    planes = [circle(9.0, 11.5), circle(9.0, 14.5), circle(9.0, 17.5)]
    found = roi(planes)
    assert ((found.labels > 0).any(axis=(1, 2)).tolist(), found.remarks) == ([False, True, True, True], ())


def test_parts_at_other_heights_of_one_slice_are_united() -> None:
    """Heights are rounded, and lesions of one ROI may be drawn on different reformats."""
    one, other = circle(9.0, 13.0, (-20.0, 0.0)), circle(9.0, 13.6, (20.0, 0.0))
    found = roi([one, other])
    np.testing.assert_array_equal(found.labels > 0, drawn([one]) | drawn([other]))
    assert found.remarks == ()


def test_contours_drawn_on_thinner_slices() -> None:
    """Three planes of one body within one slice: the one nearest to its centre counts, the others are said."""
    cone = [circle(12.0 + z, 13.0 + z) for z in (-1.0, 0.2, 1.2)]
    found = roi(cone)
    np.testing.assert_array_equal(found.labels > 0, drawn([circle(12.2, 13.2)]))
    assert "2 in a plane farther from the slice than another plane of the same body" in found.remarks[0]


def test_contours_drawn_on_thicker_slices() -> None:
    fine = Grid((200, 180, 40), (0.7, 0.7, 1.0), (-70.0, -63.0, 10.0))
    with pytest.raises(InputError, match="on every 5th slice of this CT only"):
        drawn([circle(9.0, z) for z in (12.0, 17.0, 22.0)], fine)


def test_contours_that_are_not_axial() -> None:
    tilted = circle(30.0, 13.0) + np.column_stack([np.zeros((200, 2)), np.linspace(0, 5, 200)])
    with pytest.raises(InputError, match="not drawn in the slices"):
        drawn([tilted])


def test_what_does_not_count_is_said() -> None:
    plain, speck = circle(9.0, 13.0), circle(0.1, 13.0, (20.65, 20.65))
    assert roi([plain, plain[:2], speck]).remarks == (
        '1 "mts": 1 of 3 contours are used; left out: 1 of fewer than 3 points, 1 without a voxel centre inside',
    )
    assert roi([plain], kind="OPEN_PLANAR").remarks == (
        '1 "mts": 0 of 1 contours are used; left out: 1 not closed (points or open lines)',
        'no voxel lies inside 1 "mts"',
    )
    assert roi([circle(9.0, 13.0, (-66.0, 0.0))]).remarks == (
        '1 "mts": 1 of 1 contours reach beyond the picture and are cut at its border',
    )
    assert roi([circle(9.0, 10.0), circle(9.0, 13.0), circle(9.0, 19.0)]).remarks == (
        '1 "mts": 1 slice(s) between drawn ones have no contour, the first is slice 3 from the feet',
    )
    assert (
        "2 of 3 contours are used; left out: 1 of type CLOSEDPLANAR_XOR with the outline of another one"
        in (roi([plain, plain, circle(3.0, 13.0)], kind="CLOSEDPLANAR_XOR").remarks[0])
    )


def test_rois_that_share_a_number(tmp_path: Path) -> None:
    write_rtstruct(tmp_path / "rs.dcm", {"mts 1": [circle(8.0, 13.0)], "mts 2": [circle(6.0, 16.0, (20.0, 0.0))]})
    dataset = pydicom.dcmread(tmp_path / "rs.dcm")
    dataset.StructureSetROISequence[1].ROINumber = dataset.ROIContourSequence[1].ReferencedROINumber = 1
    dataset.save_as(tmp_path / "rs.dcm")
    with pytest.raises(InputError, match='"mts 1" and "mts 2" have the same number, 1'):
        read_mask(tmp_path / "rs.dcm", GRID)


def test_contours_of_one_roi_in_two_items_and_of_a_roi_without_name(tmp_path: Path) -> None:
    rois = {"mts": [circle(8.0, 13.0)], "more": [circle(6.0, 16.0, (20.0, 0.0))], "lost": [circle(6.0, 16.0)]}
    write_rtstruct(tmp_path / "rs.dcm", rois)
    dataset = pydicom.dcmread(tmp_path / "rs.dcm")
    dataset.ROIContourSequence[1].ReferencedROINumber = 1
    del dataset.StructureSetROISequence[1:]
    dataset.save_as(tmp_path / "rs.dcm")
    found = read_mask(tmp_path / "rs.dcm", GRID)
    np.testing.assert_array_equal(found.labels > 0, drawn([*rois["mts"], *rois["more"]]))
    assert found.remarks == ("contours of ROI 3, which the file does not name, are left out",)


def test_rois_by_name_pattern_and_number(tmp_path: Path) -> None:
    rois = {"Liver": [circle(40.0, 13.0)], "mts 1": [circle(8.0, 13.0)], "mts 2": [circle(6.0, 16.0, (20.0, 0.0))]}
    write_rtstruct(tmp_path / "rs.dcm", rois)
    lesions = read_mask(tmp_path / "rs.dcm", GRID, ["MTS*"])
    assert lesions.names == {2: "mts 1", 3: "mts 2"}
    np.testing.assert_array_equal(lesions.labels[1] == 2, drawn(rois["mts 1"])[1])
    np.testing.assert_array_equal(read_mask(tmp_path / "rs.dcm", GRID, [1]).labels > 0, drawn(rois["Liver"]))
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
    np.testing.assert_array_equal(one.labels > 0, drawn([circle(8.0, 13.0)]))
