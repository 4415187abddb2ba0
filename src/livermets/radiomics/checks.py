"""What must hold before features are computed; everything that does not is said at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livermets.errors import ProblemList
from livermets.radiomics.lattice import labels_in


def check_arrays(image_zyx: NDArray, labels_zyx: NDArray, spacing_zyx_mm: Sequence[float]) -> None:
    """Image and label map are 3D, of one shape, finite and integral, with a positive spacing."""
    problems = ProblemList()
    for name, array in (("image", image_zyx), ("mask", labels_zyx)):
        if array.ndim != 3:
            problems.error(name, f"a 3D array (slices, rows, columns) is needed, this has {array.ndim} dimensions")
    if image_zyx.ndim == labels_zyx.ndim == 3 and image_zyx.shape != labels_zyx.shape:
        problems.error(
            "mask",
            f"it has {_words(labels_zyx.shape)} voxels, the image {_words(image_zyx.shape)}",
            "Resample the mask to the image's grid",
        )
    if not np.issubdtype(image_zyx.dtype, np.integer):
        bad = int(image_zyx.size - np.count_nonzero(np.isfinite(image_zyx)))
        if bad:
            problems.error("image", f"{bad} voxels are not finite numbers", "Replace them, for example by air (-1024)")
    whole = np.issubdtype(labels_zyx.dtype, np.integer) or labels_zyx.dtype == bool
    if not whole and not np.array_equal(labels_zyx, np.rint(labels_zyx)):
        problems.error("mask", "it holds values that are not whole numbers", "Use a label map")
    if len(spacing_zyx_mm) != 3 or not all(np.isfinite(value) and value > 0 for value in spacing_zyx_mm):
        problems.error("spacing", f"three positive numbers in mm are needed, not {tuple(spacing_zyx_mm)}")
    problems.raise_if_errors()


def checked_labels(labels_zyx: NDArray, labels: Sequence[int] | None) -> list[int]:
    """The labels to work on: those asked for, all of which must be there, or all that are there."""
    present = labels_in(labels_zyx)
    if labels is None:
        return present
    problems = ProblemList()
    for label in labels:
        if label not in present:
            there = ", ".join(map(str, present)) or "none"
            problems.error("mask", f"label {label} is not there", f"Labels in this mask: {there}")
    problems.raise_if_errors()
    return list(labels)


def _words(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
