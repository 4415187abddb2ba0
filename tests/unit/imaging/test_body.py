"""The box of the body: whole on every slice, without air and table."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.errors import InputError
from livermets.imaging.body import body_box


def scan() -> np.ndarray:
    """A body of three slices that moves forwards, full of lung, on a table of its own."""
    hu = np.full((3, 30, 40), -1000.0)
    for z in range(3):
        hu[z, 5 - z : 20 - z, 8:31] = 40.0
        hu[z, 9:14, 12:25] = -800.0
    hu[:, 24:26, 2:38] = 200.0
    return hu


def test_the_box_holds_every_slice_of_the_body_and_no_table():
    assert body_box(scan()) == (slice(0, 3), slice(3, 20), slice(8, 31))


def test_all_slices_are_kept_and_fat_counts_as_body():
    hu = np.concatenate([np.full((2, 30, 40), -1000.0), scan()])
    hu[2, 20, 15] = -100.0
    assert body_box(hu) == (slice(0, 5), slice(3, 21), slice(8, 31))


def test_what_touches_by_a_corner_alone_is_apart():
    hu = scan()
    hu[0, 20, 31] = 40.0
    assert body_box(hu)[2] == slice(8, 31)


def test_an_image_of_air_is_refused_by_name():
    with pytest.raises(InputError, match="scan7: nothing is above -300 HU, so there is no body to crop to"):
        body_box(np.full((2, 4, 4), -1000.0), "scan7")
