"""What altered masks look like, and how often they keep a lesion's class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from livermets.config.perturbation import PerturbationSettings
from livermets.figures.overlay import slices_figure
from livermets.figures.slices import Pane
from livermets.figures.style import BLACK, BLUE, VERMILION, figure, panels, unit_axes
from livermets.masks.identity import AUTOMATIC, LESION_KEY, MANUAL
from livermets.masks.metrics import overlap_metrics
from livermets.masks.pairs import SOURCE
from livermets.perturbation.class_noise import MASK, RETRAINING
from livermets.perturbation.draws import Alteration, Purpose, alterations, alterations_like, shapes_of
from livermets.perturbation.neighbourhood import Neighbourhood
from livermets.perturbation.transported import Donors

SHOWN_DICE = 0.7
"""Of every kind the mask whose Dice is nearest to this: far enough to be seen, and no rarity."""
_SHAPES_TRIED, _COLUMNS = 4, 4


def altered_lesion(
    image: NDArray,
    near: Neighbourhood,
    settings: PerturbationSettings,
    seed: int,
    purpose: Purpose,
    title: str,
    donors: Donors | None = None,
) -> Figure:
    """One lesion with a mask of every kind that it allows and one with a whole error of every source, each on the
    lesion's slice where it differs most. ``image`` is in HU; the masks are among those of the table of the same seed,
    purpose and ``donors``."""
    drawn_as: dict[str, list[Alteration]] = {}
    for kind in settings.kinds:
        tried = range(min(_SHAPES_TRIED, shapes_of(settings)))
        drawn_as[kind] = [one for shape in tried for one in alterations(near, settings, seed, purpose, kind, shape)]
    for source, errors in (donors or {}).items():
        each = (alterations_like(near, settings, seed, purpose, source, errors, donor) for donor in range(len(errors)))
        drawn_as[f"as {source}"] = [next(one) for one in each]
    panes = []
    for words_of_mask, found in drawn_as.items():
        if not found:
            continue
        dice = [overlap_metrics(near.reference, one.mask)["dice"] for one in found]
        chosen = int(np.argmin(np.abs(np.array(dice) - SHOWN_DICE)))
        mask = found[chosen].mask
        shown = near.reference.any(axis=(1, 2))
        z = int(np.argmax((mask != near.reference).sum(axis=(1, 2)) * shown))
        heading = f"{words_of_mask}, Dice {dice[chosen]:.2f}"
        spacing_mm = (float(near.spacing_zyx_mm[1]), float(near.spacing_zyx_mm[2]))
        drawn = near.reference[z].astype(np.uint16)
        panes.append(Pane(heading, image[near.box][z], spacing_mm, {AUTOMATIC: mask[z]}, drawn))
    words = {MANUAL: "reference", AUTOMATIC: "altered"}
    width_mm = 44.0
    height, width = panes[0].size_mm
    size = (width_mm * height / width, width_mm)
    return slices_figure(panes, _COLUMNS, size, title=title, legend=True, words=words)


def agreement_over_dice(curves: pd.DataFrame, pairs: pd.DataFrame, targets: Sequence[float]) -> Figure:
    """The share of altered masks that keep a lesion's class over Dice, a panel for every diameter (`needed_curves` of
    Dice), with intervals; dotted: the targets. Ticks: lesions of the real ``pairs`` whose own diameter is nearest to
    the panel's (``dice, longest_diameter_mm, same``), above those that kept their class, below the others."""
    diameters = sorted(curves["longest_diameter_mm"].unique())
    apart = np.abs(np.log(pairs["longest_diameter_mm"].to_numpy(float)[:, None] / np.array(diameters)))
    nearest = apart.argmin(axis=1)
    with panels(len(diameters), 33 * len(diameters) + 12, 62) as (drawn, row):
        for number, (diameter, axes) in enumerate(zip(diameters, row, strict=True)):
            curve = curves[curves["longest_diameter_mm"] == diameter]
            axes.fill_between(curve["position"], curve["low"], curve["high"], color=BLUE, alpha=0.15, linewidth=0)
            axes.plot(curve["position"], curve["value"], color=BLUE)
            for target in targets:
                axes.axhline(target, color=BLACK, linewidth=0.8, linestyle=":")
            own = pairs[nearest == number]
            for same, height, colour in ((1, 1.05, BLUE), (0, -0.05, VERMILION)):
                dice = own.loc[own["same"] == same, "dice"]
                axes.plot(dice, np.full(len(dice), height), "|", color=colour, markersize=6)
            axes.set(title=f"{diameter:g} mm", xlim=(0, 1), ylim=(-0.1, 1.1), xticks=(0, 0.5, 1))
            if not number:
                axes.set_ylabel("Masks that keep the class")
        drawn.supxlabel("Dice with the reference mask", size=8)
    return drawn


def changes_by_lesion(rates: pd.DataFrame, kind: str, source: str) -> Figure:
    """Per lesion the share of refits of a kind that change its class over the share of them in which a source's mask
    does (`class_noise.RATE_COLUMNS`). A dot's area grows with the lesions that lie there; dotted: as many by both."""
    of_kind = rates[rates["models"].eq(kind)].set_index(list(LESION_KEY))
    by_mask = of_kind.loc[of_kind["changed_by"].eq(MASK) & of_kind[SOURCE].eq(source), "rate"]
    by_refits = of_kind.loc[of_kind["changed_by"].eq(RETRAINING), "rate"]
    both = pd.DataFrame({"mask": by_mask, "refits": by_refits}).dropna()
    places = both.groupby(["mask", "refits"], dropna=False).size().reset_index(name="lesions")
    with figure(76, 72) as (drawn, axes):
        axes.plot((0, 1), (0, 1), color=BLACK, linewidth=0.8, linestyle=":")
        axes.scatter(places["mask"], places["refits"], s=14 * places["lesions"], color=BLUE, alpha=0.6, linewidth=0)
        unit_axes(axes, 0.06)
        axes.set(xlabel="By the mask (share of refits)", ylabel="By refitting (share of refits)", title="Class changed")
        axes.set(xticks=(0, 0.5, 1), yticks=(0, 0.5, 1), aspect="equal")
    return drawn
