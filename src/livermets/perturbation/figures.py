"""What altered masks look like: one of every kind, beside the reference mask."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from livermets.config.perturbation import PerturbationSettings
from livermets.figures.overlay import slices_figure
from livermets.figures.slices import Pane
from livermets.masks.identity import AUTOMATIC, MANUAL
from livermets.perturbation.draws import Purpose, alterations, shapes_of
from livermets.perturbation.neighbourhood import Neighbourhood

SHOWN_DICE = 0.7
"""Of every kind the mask whose Dice is nearest to this: far enough to be seen, and no rarity."""
_SHAPES_TRIED, _COLUMNS = 4, 4


def altered_lesion(
    image: NDArray, near: Neighbourhood, settings: PerturbationSettings, seed: int, purpose: Purpose, title: str
) -> Figure:
    """One lesion with a mask of every kind that it allows, each on the lesion's slice where it differs most. ``image``
    is in HU; the masks are among those of the table of the same seed and purpose."""
    panes = []
    for kind in settings.kinds:
        tried = range(min(_SHAPES_TRIED, shapes_of(settings)))
        found = [one for shape in tried for one in alterations(near, settings, seed, purpose, kind, shape)]
        if not found:
            continue
        dice = [_dice(near.reference, one.mask) for one in found]
        chosen = int(np.argmin(np.abs(np.array(dice) - SHOWN_DICE)))
        mask = found[chosen].mask
        shown = near.reference.any(axis=(1, 2))
        z = int(np.argmax((mask != near.reference).sum(axis=(1, 2)) * shown))
        heading = f"{kind}, Dice {dice[chosen]:.2f}"
        spacing_mm = (float(near.spacing_zyx_mm[1]), float(near.spacing_zyx_mm[2]))
        drawn = near.reference[z].astype(np.uint16)
        panes.append(Pane(heading, image[near.box][z], spacing_mm, {AUTOMATIC: mask[z]}, drawn))
    words = {MANUAL: "reference", AUTOMATIC: "altered"}
    width_mm = 44.0
    height, width = panes[0].size_mm
    size = (width_mm * height / width, width_mm)
    return slices_figure(panes, _COLUMNS, size, title=title, legend=True, words=words)


def _dice(reference: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    return float(2 * (reference & mask).sum() / (reference.sum() + mask.sum()))
