"""What becomes of the classes with every mask source, beside how well its masks fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from livermets.figures.style import BLACK, BLUE, GREY, VERMILION, panels

_FATES = (
    ("same", "same class", BLUE, ""),
    ("other", "other class", VERMILION, "//"),
    ("no_class", "no class", GREY, ".."),
)


def fates_by_source(sources: pd.DataFrame) -> Figure:
    """Share of lesions with the same, another or no class, one bar per source, the counts within; beside it the mean
    Dice over the same lesions, 0 for those that were missed."""
    names = [f"{row.mask_source} ({row.n_lesions})" for row in sources.itertuples()]
    places = np.arange(len(sources))[::-1]
    with panels(2, 165, 32 + 11 * len(sources), common=False) as (drawn, (left, right)):
        start = np.zeros(len(sources))
        for name, label, colour, hatch in _FATES:
            share = sources[name].to_numpy(float)
            left.barh(places, share, left=start, color=colour, hatch=hatch, edgecolor="white", label=label, height=0.7)
            for y, x, width, count in zip(places, start, share, sources[f"n_{name}"], strict=True):
                if width > 0:
                    behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}
                    left.text(x + width / 2, y, f"{count}", ha="center", va="center", fontsize=8, bbox=behind)
            start = start + np.nan_to_num(share)
        left.set_yticks(places, names)
        left.set(xlim=(0, 1), xlabel="Share of lesions (numbers: lesions)")
        right.plot(sources["mean_dice"].to_numpy(float), places, "o", color=BLACK)
        right.set_yticks(places, [])
        right.set(xlim=(0, 1), ylim=left.get_ylim(), xlabel="Mean Dice with the reference")
        drawn.legend(loc="outside upper center", ncols=3)
    return drawn
