"""Altered masks reduced to what statistics need: each mask a row, each lesion a unit, each patient a cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.perturbation import KINDS
from livermets.masks.detected import is_detected
from livermets.masks.identity import LESION_KEY
from livermets.masks.lesion_table import CLASS_GIVEN
from livermets.masks.sizes import EVERY_SIZE, size_labels, sizes
from livermets.perturbation.patients import patients_of

EVERY_KIND = "all"
VANISHED = "vanished"
"""The fate of a mask of which nothing is left."""
SAME, OTHER, NO_CLASS = OUTCOMES = ("same", "other", "no_class")
"""What an altered mask makes of a lesion's class: the class of the reference mask, the other one, or none."""


@dataclass(frozen=True)
class Measure:
    """A way to say how far a mask is from the reference."""

    name: str
    best: float
    """Its value for the reference mask itself."""
    rises: bool
    """Whether larger is better."""
    words: str


MEASURES = (
    Measure("dice", 1.0, True, "Dice"),
    Measure("assd_mm", 0.0, False, "ASSD"),
    Measure("log_volume_ratio", 0.0, False, "|log volume ratio|"),
)
"""Dice; the average symmetric surface distance in mm; the absolute natural logarithm of the volume ratio."""


@dataclass(frozen=True, eq=False)
class Altered:
    """The altered masks of the lesions that the reference mask gives a class."""

    masks: pd.DataFrame
    """Per mask: ``lesion`` and ``kind`` (codes), the `MEASURES`, the `OUTCOMES` (0 or 1, adding up to 1), ``share``,
    ``share_reference`` and ``weight``. Weights of a lesion add up to 1, every kind of it having the same part."""
    lesions: pd.DataFrame
    """Per lesion (row i has the code i): its key, ``longest_diameter_mm``, ``patient`` (code) and ``n_masks``."""
    kinds: tuple[str, ...]
    n_without_class: int
    """Lesions left out, since the reference mask itself gives no class."""

    @property
    def patient(self) -> NDArray[np.intp]:
        """The patient's code of every lesion."""
        return self.lesions["patient"].to_numpy(np.intp)

    @property
    def patients(self) -> int:
        """How many patients there are."""
        return int(self.lesions["patient"].nunique())

    def size_groups(self, cuts_mm: tuple[float, ...]) -> dict[str, NDArray[np.bool_]]:
        """Which lesions are in "all" and in each class of the longest diameter; one without a diameter is in "all"
        alone."""
        size = sizes(self.lesions["longest_diameter_mm"], cuts_mm).to_numpy()
        every = {EVERY_SIZE: np.ones(len(self.lesions), bool)}
        return every | {label: size == label for label in size_labels(cuts_mm)}


def whole_errors_apart(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The masks that are spread over Dice, and those with a whole error of a source, which are the distribution of
    real errors and no part of that spread."""
    whole = table["whole_error"].eq(1) if "whole_error" in table else pd.Series(False, index=table.index)
    return table[~whole].reset_index(drop=True), table[whole]


def altered_masks(table: pd.DataFrame) -> Altered:
    """The masks of a table with one row per altered mask, as the statistics take them.

    A mask of which nothing is left has Dice 0 and is infinitely far from the reference in mm and in volume. Lesions
    whose reference mask gives no class (``same_class`` is empty) are counted and left out."""
    code = table.groupby(list(LESION_KEY), dropna=False, sort=False, observed=True).ngroup()
    classified = table["same_class"].notna()
    left_out = int(code[~classified].nunique())
    table = table[classified].reset_index(drop=True)
    lesion = (
        table.groupby(list(LESION_KEY), dropna=False, sort=False, observed=True).ngroup().to_numpy().astype(np.intp)
    )
    kinds = _in_order(table["kind"].astype(str))
    kind = pd.Categorical(table["kind"].astype(str), categories=kinds).codes.astype(np.intp)
    masks = _measured(table).assign(lesion=lesion, kind=kind)
    masks["weight"] = _weights(lesion, kind, len(kinds))
    lesions = table.drop_duplicates(list(LESION_KEY))[[*LESION_KEY, "longest_diameter_mm"]].reset_index(drop=True)
    lesions["longest_diameter_mm"] = lesions["longest_diameter_mm"].astype(float)
    (lesions["patient"],) = patients_of(lesions)
    lesions["n_masks"] = np.bincount(lesion, minlength=len(lesions))
    return Altered(masks, lesions, kinds, left_out)


def _in_order(kinds: pd.Series) -> tuple[str, ...]:
    """The kinds that there are, in the order of the settings."""
    present = [str(kind) for kind in kinds.unique()]
    return (*(kind for kind in KINDS if kind in present), *sorted(set(present) - set(KINDS)))


def _measured(table: pd.DataFrame) -> pd.DataFrame:
    names = ("dice", "assd_mm", "volume_ratio", "same_class", "share", "share_reference")
    numbers = {name: table[name].astype(float).to_numpy() for name in names}
    vanished = (table["fate"] == VANISHED).to_numpy()
    unmeasured = ~is_detected(numbers["dice"], 0.0) & np.isnan(numbers["assd_mm"])
    with np.errstate(divide="ignore"):
        log_ratio = np.abs(np.log(np.where(vanished, 0.0, numbers["volume_ratio"])))
    same, with_class = numbers["same_class"] == 1, (table["fate"] == CLASS_GIVEN).to_numpy()
    return pd.DataFrame(
        {
            "dice": np.where(vanished, 0.0, numbers["dice"]),
            "assd_mm": np.where(vanished | unmeasured, np.inf, numbers["assd_mm"]),
            "log_volume_ratio": log_ratio,
            SAME: same.astype(float),
            OTHER: (~same & with_class).astype(float),
            NO_CLASS: (~same & ~with_class).astype(float),
            "share": numbers["share"],
            "share_reference": numbers["share_reference"],
        }
    )


def _weights(lesion: NDArray[np.intp], kind: NDArray[np.intp], kinds: int) -> NDArray[np.float64]:
    cell = lesion * kinds + kind
    masks = np.bincount(cell, minlength=(int(lesion.max(initial=-1)) + 1) * kinds)
    n_kinds = np.count_nonzero(masks.reshape(-1, max(kinds, 1)), axis=1)
    return 1 / (masks[cell] * n_kinds[lesion])
