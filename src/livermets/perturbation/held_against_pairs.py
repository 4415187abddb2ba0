"""Whether the masks of networks and readers change classes as often as altered masks of the same Dice do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.detected import is_detected
from livermets.masks.identity import LESION_KEY, PATIENT_KEY
from livermets.masks.pairs import SOURCE, pair, sources_in
from livermets.masks.sizes import EVERY_SIZE, size_groups
from livermets.perturbation.altered import MEASURES, Altered
from livermets.perturbation.curves import LesionCurves, lesion_curves, rising
from livermets.perturbation.means import METHOD
from livermets.stats.resampling import Resampling, per_patient_sum
from livermets.stats.results import NAN

OWN, SIZE, EVERYTHING = ("own", "size", "all")
"""Whose curve a lesion's expectation comes from: its own, its size's, or that of all lesions."""
PAIR_COLUMNS = (*LESION_KEY, "longest_diameter_mm", SOURCE, "dice", "predicted", "predicted_reference")
HELD_COLUMNS = (
    "mask_source", "size", "n_lesions", "n_patients", "expected_changed", "observed_changed", "value", "low", "high",
    "level", "method", "statement", "n_by_own_curve", "n_by_size", "n_by_all", "n_apart",
)  # fmt: skip
"""``value``: observed / expected number of changed classes; ``n_by_*``: lesions by whose curve is expected from."""


def real_pairs(long: pd.DataFrame, reference: str) -> pd.DataFrame:
    """The `PAIR_COLUMNS` of every other source of a long lesion table, with the class that the reference gives."""
    tables = []
    for source in sources_in(long):
        if source != reference:
            wide = pair(long, reference, source)
            wide = wide[wide["kind"] == "manual"].assign(**{SOURCE: source})
            names = {"predicted_manual": "predicted_reference", "predicted_automatic": "predicted"}
            tables.append(wide.rename(columns=names)[list(PAIR_COLUMNS)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(PAIR_COLUMNS))


def held_against_pairs(
    altered: Altered, pairs: pd.DataFrame, diameter_cuts_mm: tuple[float, ...], resampling: Resampling
) -> pd.DataFrame:
    """Per source and size: lesions whose class the source's mask changes (another class or none), as many as are
    expected of altered masks of the same Dice, and observed / expected as ``value``; patients resampled whole.

    The expectation is read off the lesion's own curve of agreement over Dice, made monotone and 1 at Dice 1, else off
    its size's, else off that of all lesions. ``n_apart``: lesions that the source's mask does not overlap (Dice 0 or
    none), which are left out, as are lesions that the reference gives no class. That curves are estimated is not in the
    interval."""
    pairs = pairs[pairs["predicted_reference"].notna()].reset_index(drop=True)
    if pairs.empty or not len(altered.masks):
        return pd.DataFrame(columns=list(HELD_COLUMNS))
    apart = pd.Series(~is_detected(pairs["dice"], 0.0), index=pairs.index)
    compared = _Expected(altered, diameter_cuts_mm).of(pairs[~apart])
    rows = []
    for source, everything in pairs.groupby(SOURCE, sort=False, dropna=False):
        left_out = dict(size_groups(everything[apart[everything.index]], diameter_cuts_mm))
        found = compared[compared[SOURCE] == source]
        for size, lesions in size_groups(found, diameter_cuts_mm):
            row = _row(lesions, resampling)
            rows.append({"mask_source": source, "size": size, **row, "n_apart": len(left_out[size])})
    return pd.DataFrame(rows, columns=list(HELD_COLUMNS))


@dataclass(frozen=True, eq=False)
class _Curve:
    dice: NDArray[np.float64]
    agreement: NDArray[np.float64]

    @classmethod
    def mean_of(cls, curves: LesionCurves, chosen: NDArray) -> _Curve | None:
        """The mean of some lesions' curves; None without a mask."""
        part = curves.agreement[chosen]
        count = np.isfinite(part).sum(axis=0)
        mean = np.nansum(part, axis=0) / np.maximum(count, 1)
        height = rising(mean, count.astype(float))
        known = np.isfinite(height)
        if not known.any():
            return None
        return cls(np.append(curves.position[known], 1.0), np.append(height[known], 1.0))

    def at(self, dice: float) -> float:
        """Agreement at a Dice, linear between cells; below the worst masks as there."""
        return float(np.interp(dice, self.dice, self.agreement))


class _Expected:
    """What the altered masks lead one to expect of a real one."""

    def __init__(self, altered: Altered, diameter_cuts_mm: tuple[float, ...]) -> None:
        curves = lesion_curves(altered, MEASURES[0])
        self._cuts = diameter_cuts_mm
        self._curves = curves
        keys = altered.lesions[list(LESION_KEY)].astype(str)
        self._place = {key: place for place, key in enumerate(keys.itertuples(index=False, name=None))}
        groups = altered.size_groups(diameter_cuts_mm)
        self._of_size = {size: _Curve.mean_of(curves, inside) for size, inside in groups.items()}

    def of(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """The pairs with the ``expected`` share of changed classes, whose ``curve`` it is, and ``changed`` (0 or 1)."""
        size = {index: label for label, rows in size_groups(pairs, self._cuts)[1:] for index in rows.index}
        keys = pairs[list(LESION_KEY)].astype(str).itertuples(index=False, name=None)
        found = [
            self._one(key, str(size.get(index, EVERY_SIZE)), float(dice))
            for key, index, dice in zip(keys, pairs.index, pairs["dice"], strict=True)
        ]
        expected = pd.DataFrame(found, columns=["expected", "curve"], index=pairs.index)
        changed = (pairs["predicted"].astype(float) != pairs["predicted_reference"].astype(float)).astype(float)
        return pairs.assign(expected=expected["expected"], curve=expected["curve"], changed=changed)

    def _one(self, key: tuple[str, ...], size: str, dice: float) -> tuple[float, str]:
        own = self._place.get(key)
        choices = {OWN: _Curve.mean_of(self._curves, np.array([own])) if own is not None else None}
        choices |= {SIZE: self._of_size.get(size) if size != EVERY_SIZE else None}
        choices |= {EVERYTHING: self._of_size[EVERY_SIZE]}
        return next((1 - curve.at(dice), name) for name, curve in choices.items() if curve is not None)


def _row(lesions: pd.DataFrame, resampling: Resampling) -> dict[str, object]:
    patient: NDArray[np.intp] = (
        lesions.groupby(list(PATIENT_KEY), dropna=False, sort=False).ngroup().to_numpy().astype(np.intp)
    )
    patients = int(patient.max(initial=-1)) + 1
    boot = resampling.draw(patients)
    expected, observed = (per_patient_sum(lesions[name], patient, patients) for name in ("expected", "changed"))
    sums = float(expected.sum()), float(observed.sum())
    row = {"n_lesions": len(lesions), "n_patients": patients, "level": boot.level, "method": METHOD}
    row |= {"expected_changed": sums[0], "observed_changed": int(sums[1])}
    row |= {f"n_by_{name}": int((lesions["curve"] == name).sum()) for name in (SIZE, EVERYTHING)}
    row["n_by_own_curve"] = int((lesions["curve"] == OWN).sum())
    (low, high), why = boot.ratio(observed, expected)
    return row | {
        "value": sums[1] / sums[0] if sums[0] > 0 else NAN,
        "low": low,
        "high": high,
        "statement": _statement(sums, low, high, why),
    }


def _statement(sums: tuple[float, float], low: float, high: float, why: str) -> str:
    if sums == (0.0, 0.0):
        return "no class is expected to change, and none does"
    if sums[0] == 0:
        return "classes change where altered masks of the same Dice change none"
    if np.isnan(low):
        return f"no interval: {why}"
    if low > 1:
        return "real masks change the class more often than altered ones of the same Dice"
    if high < 1:
        return "real masks change the class less often than altered ones of the same Dice"
    return "no difference between real and altered masks of the same Dice can be told"
