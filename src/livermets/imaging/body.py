"""The body on a CT, told from the air around it and from the table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from livermets.errors import input_error
from livermets.imaging.geometry import Box

BODY_HU = -300.0
"""What is above is tissue: fat lies near -100 HU; foam, clothes, lung and air far below."""


def body_box(hu: NDArray, where: object = "image") -> Box:
    """The box in plane that holds the body on every axial slice, over all slices: the body is the largest component
    above `BODY_HU`, connected by faces. A table is left out unless it touches the skin at that density.

    Raises `InputError` if nothing is above it."""
    tissue = hu > BODY_HU
    components, _ = ndimage.label(tissue)
    voxels = np.bincount(components[tissue])
    if not len(voxels):
        what = f"nothing is above {BODY_HU:g} HU, so there is no body to crop to"
        raise input_error(where, what, "Check that the image is in HU, or set preprocess.crop: none")
    body = (components == int(np.argmax(voxels))).any(axis=0)
    return slice(0, len(hu)), _reach(body.any(axis=1)), _reach(body.any(axis=0))


def _reach(line: NDArray[np.bool_]) -> slice:
    """From the first to the last of a line's true places."""
    places = np.flatnonzero(line)
    return slice(int(places[0]), int(places[-1]) + 1)
