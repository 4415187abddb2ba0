"""A part of a volume lies where it lay in the whole."""

from __future__ import annotations

import numpy as np

from livermets.imaging.geometry import Grid, Volume


def test_a_part_keeps_its_place_on_an_oblique_grid():
    turn = np.deg2rad(20)
    direction = (np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1.0)
    grid = Grid((7, 6, 5), (0.7, 0.7, 3.0), (-12.0, 33.0, -400.0), direction, (0.0, 0.1, 0.0, -0.1, 0.0))
    whole = Volume(np.arange(210).reshape(5, 6, 7), grid, "RAS")
    part = whole.within((slice(1, 4), slice(2, 6), slice(3, None)))
    assert part.array.shape == part.grid.shape_zyx == (3, 4, 4)
    assert np.array_equal(part.array, whole.array[1:4, 2:6, 3:])
    inner = np.argwhere(part.array >= 0)
    assert np.allclose(part.grid.points_xyz_mm(inner), grid.points_xyz_mm(inner + np.array([1, 2, 3])))
    assert part.grid.slice_offsets == (0.1, 0.0, -0.1)
    assert part.stored_orientation == "RAS"
