"""Masks that lie a slice, a few pixels or a mirror beside what the CT shows.

The limits were set on 17 public portal-phase CTs of 13 people and 50 synthetic ones: their masks as drawn all pass, and
118 of 119 of the livers smoothed, coarsened to 8 mm, cut in half, or drawn 2 pixels too wide or too narrow. Moved by a
slice or by 4 pixels, or mirrored, every real liver is told; of lesions alone, most that are moved by 4 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livermets.errors import Problem
from livermets.imaging.border_fit import Box, Placement, Shift, placement
from livermets.imaging.geometry import Volume

_AXES = (
    ("slice", "towards the feet", "towards the head"),
    ("pixel", "to the front", "to the back"),
    ("pixel", "to the patient's right", "to the patient's left"),
)
_TURNS = ("upside down", "front to back", "left to right")


@dataclass(frozen=True)
class Limits:
    """From where on a better place counts."""

    least_fit: float
    """The fit that the better place must have: below, the image shows no clear border there either."""
    share: float
    """Said if the fit where the mask is is below this share of the better one."""
    side: float
    """The part of the gain that the border's poorer side must have."""
    least_mirrored_fit: float
    """As `least_fit`, for a mirrored place: chance has seven of them to choose from."""


LIVER = Limits(0.32, 0.93, 0.0, 0.32)
LESIONS = Limits(0.32, 0.60, 0.25, 0.40)
"""Lesions have less border and stranger neighbours: only what is plain on both sides of them counts."""
MIRRORED_SHARE = 0.5
NEAR_MM = 1.6
"""A border drawn a little wide can look misplaced by so much in the slice: then both sides have to say so."""


def placement_problem(
    ct: Volume, labels: NDArray, boxes: Sequence[tuple[int, Box]], limits: Limits, where: str, masks: str
) -> Problem | None:
    """What to say if the masks together would fit the CT clearly better moved, or mirrored: of a liver, whose border
    leaves no doubt, that is an error."""
    found = placement(ct.array, labels, boxes, ct.grid.spacing_zyx_mm)
    if found is None:
        return None
    if _mirrored(found, limits):
        turned = " and ".join(_TURNS[axis] for axis in found.mirrored_axes)
        what = f"{masks} would fit the CT mirrored {turned} ({_contrast(found.mirrored_fit, found.fit)})"
        severity: Literal["error", "warning"] = "error" if limits is LIVER else "warning"
        return Problem(where, what, "Its file states other axes than it has; export it again", severity)
    if _moved(found, limits, ct.grid.spacing_zyx_mm):
        what = (
            f"{masks} would fit the CT better moved {_said(found.shift_zyx)} ({_contrast(found.best_fit, found.fit)})"
        )
        return Problem(where, what, "Was it drawn on this very series? Look at the QC picture", "warning")
    return None


def _mirrored(found: Placement, limits: Limits) -> bool:
    other = max(found.fit / MIRRORED_SHARE, found.best_fit)
    return found.mirrored_fit >= limits.least_mirrored_fit and found.mirrored_fit > other


def _moved(found: Placement, limits: Limits, spacing_zyx_mm: tuple[float, float, float]) -> bool:
    gain = found.best_fit - found.fit
    if found.best_fit < limits.least_fit or found.fit >= limits.share * found.best_fit:
        return False
    z, *in_plane = np.abs(found.shift_zyx)
    near = z == 0 and np.max(np.multiply(in_plane, spacing_zyx_mm[1:])) < NEAR_MM
    return min(found.sides_gain) >= limits.side * gain if near or limits.side else True


def _said(shift: Shift) -> str:
    moves = []
    for steps, (unit, back, forth) in zip(shift, _AXES, strict=True):
        if steps:
            moves.append(f"{abs(steps)} {unit}{'s' if abs(steps) > 1 else ''} {forth if steps > 0 else back}")
    return " and ".join([", ".join(moves[:-1]), moves[-1]] if len(moves) > 1 else moves)


def _contrast(there: float, here: float) -> str:
    return f"contrast along the border {there:.2f} there, {here:.2f} here"
