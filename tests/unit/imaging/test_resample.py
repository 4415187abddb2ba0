"""Grids by physical position: where a voxel was, it stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.resample import network_grid, resample_image, resample_labels


def volume(array: np.ndarray, spacing=(0.7, 0.7, 3.0), direction=(1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)) -> Volume:
    return Volume(array, Grid(array.shape[::-1], spacing, (-12.0, 33.0, -400.0), direction))


def test_halving_averages_two_by_two_pixels():
    array = np.random.default_rng(0).normal(size=(3, 16, 16)).astype(np.float32)
    scan = volume(array)
    half = resample_image(scan, network_grid(scan.grid, 8), 0)
    assert np.allclose(half.array, array.reshape(3, 8, 2, 8, 2).mean(axis=(2, 4)), atol=1e-5)


@pytest.mark.parametrize("size", [(5, 20, 30), (5, 30, 20), (2, 33, 33)])
def test_field_of_view_is_kept_and_pixels_are_square(size):
    grid = volume(np.zeros(size)).grid
    small = network_grid(grid, 32)
    assert small.spacing_xyz_mm[0] == small.spacing_xyz_mm[1]
    assert small.spacing_xyz_mm[2] == grid.spacing_xyz_mm[2]
    centre = np.array(grid.origin_xyz_mm) + (np.array(grid.size_xyz) - 1) / 2 * grid.spacing_xyz_mm
    small_centre = np.array(small.origin_xyz_mm) + (np.array(small.size_xyz) - 1) / 2 * small.spacing_xyz_mm
    assert np.allclose(centre, small_centre)
    assert 32 * small.spacing_xyz_mm[0] == pytest.approx(max(size[1:]) * 0.7)


@pytest.mark.parametrize("size", [(5, 20, 30), (7, 33, 28), (1, 40, 20)])
def test_a_spacing_covers_the_image_and_keeps_its_centre(size):
    native = volume(np.zeros(size), spacing=(0.7, 0.7, 3.0)).grid
    for pixel_mm, slice_mm in ((1.4, 1.4), (0.5, None), (None, 0.9), (2.1, 6.5)):
        grid = network_grid(native, 32, pixel_mm, slice_mm)
        for axis, wanted in enumerate((pixel_mm, pixel_mm, slice_mm)):
            if wanted is None:
                continue
            before, after = (g.size_xyz[axis] * g.spacing_xyz_mm[axis] for g in (native, grid))
            assert grid.spacing_xyz_mm[axis] == wanted
            assert before - 1e-6 <= after < before + wanted
        middles = [(np.array(g.shape_zyx)[None] - 1) / 2 for g in (native, grid)]
        assert np.allclose(native.points_xyz_mm(middles[0]), grid.points_xyz_mm(middles[1]))


def test_a_spacing_that_fits_exactly_adds_no_voxel():
    """20 × 0.7 mm are 10 × 1.4 mm, whatever the rounding of their quotient."""
    native = volume(np.zeros((7, 20, 30))).grid
    assert network_grid(native, 32, 1.4, 3.0).shape_zyx == (7, 10, 15)
    assert network_grid(native, 32, 0.1, 0.3).shape_zyx == (70, 140, 210)


def test_slices_between_are_interpolated_linearly():
    ramp = volume(np.repeat(np.arange(8, dtype=np.float32), 16).reshape(8, 4, 4))
    finer = resample_image(ramp, network_grid(ramp.grid, 4, 0.7, 1.0), 0).array[:, 1, 1]
    assert len(finer) == 24
    assert np.allclose(finer[1:-1], np.arange(22) / 3, atol=1e-4)
    assert np.allclose(finer[[0, -1]], [0, 7])


def test_oblique_direction_is_followed():
    turn = np.deg2rad(20)
    direction = (np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1.0)
    ramp = np.broadcast_to(np.arange(32, dtype=np.float32), (2, 32, 32))
    scan = volume(np.ascontiguousarray(ramp), direction=direction)
    half = resample_image(scan, network_grid(scan.grid, 16), 0).array
    assert np.allclose(half, np.arange(16) * 2 + 0.5, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 28), st.integers(3, 28), st.integers(4, 12), st.sampled_from([24, 40, 64]))
def test_labels_return_to_where_they_were(y, x, side, pixels):
    labels = np.zeros((3, 40, 40), dtype=np.uint16)
    labels[1, y : y + side, x : x + side] = 700
    scan = volume(labels)
    back = resample_labels(resample_labels(scan, network_grid(scan.grid, pixels)), scan.grid).array
    assert set(np.unique(back)) <= {0, 700}
    # A border may move by half a network pixel on each side, and by half a native one on the way back.
    moved = 0.5 * 40 / pixels + 0.5
    assume(side > 2 * moved)
    kept = side - 2 * moved
    overlap = 2 * ((back > 0) & (labels > 0)).sum() / ((back > 0).sum() + (labels > 0).sum())
    assert overlap >= 2 * kept**2 / (kept**2 + side**2)


def test_halved_labels_are_not_shifted():
    labels = np.zeros((2, 32, 32), dtype=np.uint8)
    labels[:, 8:20, 6:26] = 1
    scan = volume(labels)
    half = resample_labels(scan, network_grid(scan.grid, 16))
    assert (half.array == labels[:, ::2, ::2]).all()
    assert (resample_labels(half, scan.grid).array == labels).all()
