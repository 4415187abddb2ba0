"""Masks that lie a slice, a few pixels or a mirror beside what the CT shows.

The limits were set on 17 public portal-phase CTs of 13 people and on synthetic ones: their masks as drawn, also
smoothed, coarsened to 8 mm, or drawn 2 pixels too wide or too narrow, all pass. Moved by a slice or by 4 pixels, or
mirrored, every liver mask is told; of lesions alone, most that are moved by 2 slices or by 4 pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from numpy.typing import NDArray

from livermets.errors import Problem
from livermets.imaging.border_fit import Box, Placement, Shift, placement
from livermets.imaging.geometry import Volume

_AXES = (("slice", "towards the feet", "towards the head"), ("pixel", "to the front", "to the back"),
         ("pixel", "to the patient's right", "to the patient's left"))  # fmt: skip
_TURNS = ("upside down", "front to back", "left to right")


@dataclass(frozen=True)
class Limits:
    """From where on a better place counts."""

    least_fit: float
    """The fit that the better place must have: below, the image shows no clear border there either."""
    share: float
    """Said if the fit where the mask is is below this share of the better one."""
    least_mirrored_fit: float


LIVER = Limits(0.32, 0.93, 0.32)
FEW_LESIONS = Limits(0.30, 0.60, 0.35)
MANY_LESIONS = Limits(0.25, 0.60, 0.30)
"""Chance makes many lesions fit a wrong place less often than a few."""
MANY = 4
MIRRORED_SHARE = 0.5
_PIXELS = 2


def lesion_limits(n_lesions: int) -> Limits:
    """Limits for so many lesions taken together."""
    return MANY_LESIONS if n_lesions >= MANY else FEW_LESIONS


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
    if _moved(found, limits):
        what = (
            f"{masks} would fit the CT better moved {_said(found.shift_zyx)} ({_contrast(found.best_fit, found.fit)})"
        )
        return Problem(where, what, "Was it drawn on this very series? Look at the QC picture", "warning")
    return None


def _mirrored(found: Placement, limits: Limits) -> bool:
    other = max(found.fit / MIRRORED_SHARE, found.best_fit)
    return found.mirrored_fit >= limits.least_mirrored_fit and found.mirrored_fit > other


def _moved(found: Placement, limits: Limits) -> bool:
    z, y, x = map(abs, found.shift_zyx)
    far = z >= 1 or max(y, x) >= _PIXELS
    return far and found.best_fit >= limits.least_fit and found.fit < limits.share * found.best_fit


def _said(shift: Shift) -> str:
    moves = []
    for steps, (unit, back, forth) in zip(shift, _AXES, strict=True):
        if steps:
            moves.append(f"{abs(steps)} {unit}{'s' if abs(steps) > 1 else ''} {forth if steps > 0 else back}")
    return " and ".join([", ".join(moves[:-1]), moves[-1]] if len(moves) > 1 else moves)


def _contrast(there: float, here: float) -> str:
    return f"contrast along the border {there:.2f} there, {here:.2f} here"
