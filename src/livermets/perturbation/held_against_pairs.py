"""Whether the masks of networks and readers change classes as often as altered masks of the same Dice do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.detected import is_detected
from livermets.masks.identity import LESION_KEY
from livermets.masks.pairs import SOURCE, pair, sources_in
from livermets.masks.sizes import EVERY_SIZE, size_groups, sizes
from livermets.perturbation.altered import MEASURES, Altered
from livermets.perturbation.curves import lesion_curves, rising
from livermets.perturbation.means import METHOD
from livermets.perturbation.patients import patients_of
from livermets.stats.resampling import PatientBootstrap, Resampling, per_patient_sum
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


def class_changed(pairs: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether the source's mask gives another class than the reference's, or none."""
    return (pairs["predicted"].astype(float) != pairs["predicted_reference"].astype(float)).to_numpy(bool)


def places_among(lesions: pd.DataFrame, sought: pd.DataFrame) -> NDArray[np.intp]:
    """The row of ``lesions`` that is each of the ``sought`` lesions; -1: it is none of them."""
    among, of = (pd.MultiIndex.from_frame(table[list(LESION_KEY)].astype(str)) for table in (lesions, sought))
    return among.get_indexer(of)


def held_against_pairs(
    altered: Altered, pairs: pd.DataFrame, diameter_cuts_mm: tuple[float, ...], resampling: Resampling
) -> pd.DataFrame:
    """Per source and size: lesions whose class the source's mask changes (another class or none), as many as are
    expected of altered masks of the same Dice, and observed / expected as ``value``.

    The expectation is read off the lesion's own curve of agreement over Dice, made monotone and 1 at Dice 1, else off
    its size's, else off that of all lesions. Patients are resampled whole, their real and their altered masks together,
    and curves of several lesions are estimated anew in every resample. ``n_apart``: lesions that the source's mask does
    not overlap (Dice 0 or none), which are left out, as are lesions that the reference gives no class."""
    pairs = pairs[pairs["predicted_reference"].notna()].reset_index(drop=True)
    if pairs.empty or not len(altered.masks):
        return pd.DataFrame(columns=list(HELD_COLUMNS))
    met = is_detected(pairs["dice"], 0.0)
    compared = pairs[met].reset_index(drop=True)
    patient, of_altered = patients_of(compared, altered.lesions)
    boot = resampling.draw(int(max(patient.max(initial=-1), of_altered.max())) + 1)
    found = _Compared.of(compared, patient, _Expected(altered, compared, diameter_cuts_mm), of_altered, boot)
    rows = []
    for source, everything in pairs.groupby(SOURCE, sort=False, dropna=False):
        left_out = dict(size_groups(everything[~met[everything.index]], diameter_cuts_mm))
        for size, lesions in size_groups(compared[compared[SOURCE] == source], diameter_cuts_mm):
            row = found.row(lesions.index.to_numpy())
            rows.append({"mask_source": source, "size": size, **row, "n_apart": len(left_out[size])})
    return pd.DataFrame(rows, columns=list(HELD_COLUMNS))


class _Expected:
    """What the altered masks lead one to expect of real ones: the share of masks of their Dice that change the
    class."""

    def __init__(self, altered: Altered, pairs: pd.DataFrame, cuts_mm: tuple[float, ...]) -> None:
        self._curves = lesion_curves(altered, MEASURES[0])
        self._groups = altered.size_groups(cuts_mm)
        self._dice = pairs["dice"].to_numpy(float)
        self._size = sizes(pairs["longest_diameter_mm"], cuts_mm).to_numpy()
        self._own = self._of_own(altered, pairs)
        of_size = self._of_sizes(np.ones(len(altered.lesions)))
        self.curve = np.where(np.isfinite(self._own), OWN, np.where(np.isfinite(of_size), SIZE, EVERYTHING))

    def shares(self, weight: NDArray) -> NDArray[np.float64]:
        """One share per pair, with every lesion of altered masks as often as its weight says (NaN: none is left)."""
        found = self._own.copy()
        for values in (self._of_sizes, self._of_everything):
            if (missing := np.isnan(found)).any():
                found[missing] = values(weight)[missing]
        return found

    def _of_own(self, altered: Altered, pairs: pd.DataFrame) -> NDArray[np.float64]:
        place = places_among(altered.lesions, pairs)
        found = np.full(len(pairs), np.nan)
        for row in np.flatnonzero(place >= 0):
            found[row] = self._changed(np.arange(len(altered.lesions)) == place[row], self._dice[row])
        return found

    def _of_sizes(self, weight: NDArray) -> NDArray[np.float64]:
        found = np.full(len(self._dice), np.nan)
        for size, inside in self._groups.items():
            if size != EVERY_SIZE and (of_size := self._size == size).any():
                found[of_size] = self._changed(weight * inside, self._dice[of_size])
        return found

    def _of_everything(self, weight: NDArray) -> NDArray[np.float64]:
        return self._changed(weight, self._dice)

    def _changed(self, weight: NDArray, dice: NDArray) -> NDArray[np.float64]:
        """Linear between the cells of the mean curve; below the worst masks as there."""
        has = np.isfinite(self._curves.agreement)
        total, count = weight @ np.where(has, self._curves.agreement, 0.0), weight @ has.astype(float)
        height = rising(total / np.where(count > 0, count, 1), count)
        known = np.isfinite(height)
        if not known.any():
            return np.full(np.shape(dice), np.nan)
        position, agreement = np.append(self._curves.position[known], 1.0), np.append(height[known], 1.0)
        return np.asarray(1 - np.interp(dice, position, agreement))


@dataclass(frozen=True, eq=False)
class _Compared:
    """Real masks and what is expected of them, in the study and in every resample of its patients."""

    changed: NDArray[np.bool_]
    patient: NDArray[np.intp]
    curve: NDArray
    expected: NDArray[np.float64]
    again: NDArray[np.float64]
    """(replicates, pairs)."""
    boot: PatientBootstrap

    @classmethod
    def of(
        cls, pairs: pd.DataFrame, patient: NDArray, expected: _Expected, of_altered: NDArray, boot: PatientBootstrap
    ) -> _Compared:
        """``patient``, ``of_altered``: the patients of the pairs and of the lesions with altered masks."""
        once = expected.shares(np.ones(len(of_altered)))
        again = np.broadcast_to(once, (len(boot.weights), len(once)))
        if (expected.curve != OWN).any():
            again = np.array([expected.shares(weight[of_altered]) for weight in boot.weights]).reshape(again.shape)
        return cls(class_changed(pairs), patient, expected.curve, once, again, boot)

    def row(self, place: NDArray) -> dict[str, object]:
        """Some of the pairs together."""
        patient, patients = self.patient[place], self.boot.weights.shape[1]
        drawn = self.boot.weights[:, patient]
        sums = float(self.expected[place].sum()), float(self.changed[place].sum())
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = (drawn @ self.changed[place]) / (drawn * self.again[:, place]).sum(axis=1)
        contributing = np.count_nonzero(per_patient_sum(self.expected[place], patient, patients))
        (low, high), why = self.boot.interval(ratios, int(contributing))
        counted = {name: int((self.curve[place] == name).sum()) for name in (OWN, SIZE, EVERYTHING)}
        return {
            "n_lesions": len(place),
            "n_patients": len(np.unique(patient)),
            "expected_changed": sums[0],
            "observed_changed": int(sums[1]),
            "value": sums[1] / sums[0] if sums[0] > 0 else NAN,
            "low": low,
            "high": high,
            "level": self.boot.level,
            "method": METHOD,
            "statement": ratio_statement(sums, low, high, why, _WORDS),
            "n_by_own_curve": counted[OWN],
            "n_by_size": counted[SIZE],
            "n_by_all": counted[EVERYTHING],
        }


class RatioWords(NamedTuple):
    """What is said of changed classes, observed and expected: expected none, more, fewer, no difference."""

    unexpected: str
    more: str
    fewer: str
    untold: str


_WORDS = RatioWords(
    "classes change where altered masks of the same Dice change none",
    "real masks change the class more often than altered ones of the same Dice",
    "real masks change the class less often than altered ones of the same Dice",
    "no difference between real and altered masks of the same Dice can be told",
)


def ratio_statement(sums: tuple[float, float], low: float, high: float, why: str, words: RatioWords) -> str:
    """A verdict from the expected and the observed number, and the interval of observed / expected (``why`` there is
    none)."""
    if sums == (0.0, 0.0):
        return "no class is expected to change, and none does"
    if sums[0] == 0:
        return words.unexpected
    if np.isnan(low):
        return f"no interval: {why}"
    if low > 1:
        return words.more
    return words.fewer if high < 1 else words.untold
