"""Is this mask the liver of this CT? The same questions for a given mask, a network's and a program's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from livermets.errors import Finding, ProblemList
from livermets.imaging.geometry import CONNECTIVITY_26, Volume
from livermets.intake.air import LIVER_AIR_HU, air_below
from livermets.intake.placement_checks import LIVER, placement_problem

UNENHANCED_LIVER_HU = 75.0
"""Portal-phase liver is about 100-130 HU, unenhanced liver 45-65 HU."""
LARGEST_LIVER_ML = 6000.0
SMALLEST_LIVER_ML = 50.0
"""On an image that shows a whole body across and 150 mm of it along."""
USUAL_LIVER_ML = (300.0, 4500.0)
_PIECES_ML = 50.0
_BODY_MM = (150.0, 200.0, 200.0)


def liver_problems(
    ct: Volume,
    liver: NDArray[np.bool_],
    where: str,
    mask: str = "the liver mask",
    fix: str = "It is flipped, shifted or of another patient; look at it on the CT",
    portal: bool = False,
    whole: bool | None = None,
    accepted: Mapping[Finding, str] | None = None,
) -> ProblemList:
    """What speaks against a mask being the liver of a CT in HU: errors where it cannot be, warnings where it is odd.

    ``mask`` is how to call it; ``portal``: the phase is known to be that; ``whole``: whether the image shows a whole
    liver (not given: if it is as wide as a body); ``accepted``: what the cohort accepts (not given: nobody drew
    the mask, so nothing can be accepted)."""
    problems = _LiverProblems(accepted=accepted or {}, given=accepted is not None)
    box = ndimage.find_objects(liver.view(np.uint8), max_label=1)[0] if liver.any() else None
    if box is None:
        return problems
    inside = liver[box]
    air_hu = air_below(LIVER_AIR_HU, float(ct.array.min()))
    _check_values(ct.array[box][inside], air_hu, where, mask, fix, portal, problems)
    _check_volume(ct, float(np.count_nonzero(inside)) * ct.grid.voxel_ml, where, mask, fix, whole, problems)
    _check_pieces(inside, ct.grid.voxel_ml, where, mask, problems)
    found = placement_problem(ct, liver.view(np.uint8), [(1, box)], LIVER, where, mask)
    if found is not None and found.severity == "error":
        problems.refuse("liver_mirrored", where, found.what, found.fix)
    elif found is not None:
        problems.extend([found])
    return problems


@dataclass
class _LiverProblems(ProblemList):
    """Problems of a mask that somebody drew, which a cohort may accept with a reason, or of one that was made."""

    given: bool = False

    def refuse(self, finding: Finding, where: str, what: str, fix: str) -> None:
        if self.given:
            self.refusal(finding, where, what, fix)
        else:
            self.error(where, what, fix)


def _check_values(
    values: NDArray, air_hu: float, where: str, mask: str, fix: str, portal: bool, problems: _LiverProblems
) -> None:
    mean = float(values.mean())
    gas = 100.0 * float(np.mean(values < air_hu))
    if gas > 5:
        problems.refuse("liver_air", where, f"{gas:.0f} % of {mask} is air or lung", fix)
    elif not 0 <= mean <= 250:
        what = f"the mean under {mask} is {mean:.0f} HU"
        problems.refuse("liver_hu", where, what, "Check mask and CT: it is not liver")
    elif mean < UNENHANCED_LIVER_HU and not portal:
        what = f"the liver's mean is {mean:.0f} HU: rather an unenhanced or arterial scan than the portal phase"
        problems.warning(where, what, "Check the contrast phase")
    if 0.5 < gas <= 5:
        problems.warning(where, f"{gas:.1f} % of {mask} is air or lung", "Look at the QC picture")


def _check_volume(
    ct: Volume, volume_ml: float, where: str, mask: str, fix: str, whole: bool | None, problems: ProblemList
) -> None:
    shown_mm = np.multiply(ct.grid.spacing_zyx_mm, ct.grid.shape_zyx)
    body = bool(np.all(shown_mm >= _BODY_MM))
    low, high = USUAL_LIVER_ML
    if volume_ml > LARGEST_LIVER_ML or (volume_ml < SMALLEST_LIVER_ML and body):
        problems.error(where, f"{mask} has {volume_ml:.0f} ml, which is no liver", fix)
    elif not low <= volume_ml <= high and (body if whole is None else whole):
        problems.warning(where, f"{mask} has {volume_ml:.0f} ml", "A whole liver has about 800-3000 ml")


def _check_pieces(inside: NDArray[np.bool_], voxel_ml: float, where: str, mask: str, problems: ProblemList) -> None:
    steps = (max(1, inside.shape[0] // 64), 2, 2)
    numbers, pieces = ndimage.label(inside[:: steps[0], ::2, ::2], CONNECTIVITY_26)
    if pieces > 10:
        problems.warning(where, f"{mask} falls into about {pieces} pieces", "Look at the QC picture")
    volumes = np.sort(np.bincount(numbers.ravel())[1:] * voxel_ml * float(np.prod(steps)))[::-1]
    if len(volumes) > 1 and volumes[1] > _PIECES_ML:
        listed = ", ".join(f"{volume:.0f}" for volume in volumes[volumes > _PIECES_ML])
        fix = "Are other organs among its labels? Say which are liver (liver_labels)"
        problems.warning(where, f"{mask} is in separate pieces of about {listed} ml", fix)
