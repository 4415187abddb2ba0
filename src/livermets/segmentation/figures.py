"""Pictures of a training and of its masks: curves, examples, overlays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from livermets.figures.overlay import slices_figure
from livermets.figures.slices import Pane, largest_slices, spread_slices
from livermets.figures.style import GREY, SERIES, panels
from livermets.figures.window import LIVER, Window, window_of
from livermets.imaging.geometry import Volume
from livermets.segmentation.training_scan import TrainingScan

_SLICES_PER_SCAN = 6
_SLICES_PER_EXAMPLE = 2
_COLUMNS = 3
_PANE_MM = (80.0, 80.0)


def training_curves(log: pd.DataFrame, kept_epoch: int | None) -> Figure:
    """Loss and Dice over epochs; an upright line marks the epoch whose weights were kept, where that is known."""
    looks = dict(zip(("training", "validation"), SERIES, strict=False))
    with panels(2, 150, 65, common=False) as (drawn, both):
        for axes, measure, word in zip(both, ("loss", "dice"), ("Loss", "Validation Dice"), strict=True):
            for of, look in looks.items():
                column = f"{of}_{measure}"
                # Not every epoch need have a validation.
                known = log[log[column].notna()] if column in log else log[:0]
                if len(known):
                    axes.plot(known["epoch"], known[column], color=look.colour, linestyle=look.line, label=of)
            if kept_epoch is not None:
                axes.axvline(kept_epoch, color=GREY, linewidth=0.8, linestyle=":")
            axes.set(xlabel="Epoch", ylabel=word)
        both[0].legend()
        both[1].set_ylim(0, 1)
    return drawn


def masks_on_slices(
    image: Volume,
    automatic: NDArray,
    manual: NDArray | None,
    liver: NDArray | None,
    title: str = "",
    words: Mapping[str, str] | None = None,
) -> Figure:
    """Axial slices of a CT with the contours of the masks that there are; ``words`` say in the legend whose they are.

    Shown are the slices with the largest lesion areas, spread over the scan; without a lesion, over the liver."""
    masks = {"liver": liver, "manual": manual, "automatic": automatic}
    there = {name: mask for name, mask in masks.items() if mask is not None}
    shown = automatic > 0
    if manual is not None:
        shown |= manual > 0
    if liver is not None and not shown.any():
        shown = liver > 0
    _, y_mm, x_mm = image.grid.spacing_zyx_mm
    panes = [
        Pane(f"slice {z}", image.array[z], (y_mm, x_mm), {name: mask[z] for name, mask in there.items()})
        for z in spread_slices(shown, _SLICES_PER_SCAN)
    ]
    return _in_rows(panes, LIVER, title, words)


def example_panes(scan: TrainingScan, manual: NDArray, automatic: NDArray) -> list[Pane]:
    """The slices of a preprocessed scan with most of a manual mask, with what a network found on them."""
    panes = []
    for z in largest_slices(manual, _SLICES_PER_EXAMPLE):
        contours = {"liver": scan.liver[z], "manual": manual[z], "automatic": automatic[z]}
        panes.append(Pane(f"{scan.patient_id}, slice {z}", scan.image[z], (1.0, 1.0), contours))
    return panes


def examples(panes: Sequence[Pane]) -> Figure:
    """Slices of normalised scans, all in the window of their livers."""
    livers = [pane.image[pane.contours["liver"] > 0] for pane in panes]
    return _in_rows(panes, window_of(np.concatenate(livers)))


def _in_rows(panes: Sequence[Pane], window: Window, title: str = "", words: Mapping[str, str] | None = None) -> Figure:
    columns = min(_COLUMNS, len(panes))
    return slices_figure(panes, columns, _PANE_MM, window, title, legend=True, words=words)
