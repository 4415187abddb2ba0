"""How good a mask must be: the Dice, surface distance and volume ratio that keep a lesion's class often enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.perturbation.altered import MEASURES, Altered, Measure
from livermets.perturbation.curves import LesionCurves, lesion_curves, rising
from livermets.perturbation.means import METHOD
from livermets.perturbation.neighbours import Neighbours, local_line, neighbours
from livermets.stats.resampling import MINIMUM_PATIENTS, PatientBootstrap, expanded_tail
from livermets.stats.results import NAN

_FEWEST_LESIONS = 3.0
_COVERED = 0.05
"""A cell is left out of the curve of a diameter where lesions of less than this part of the kernel have masks in it."""
CANNOT_TELL = "the data cannot tell"
_CURVE = ("level", "n_lesions_effective", "n_patients_effective")
NEEDED_COLUMNS = (
    "measure", "longest_diameter_mm", "target_agreement", "value", "low", "high", "level", "method", "statement",
    "bandwidth_log_diameter", "n_lesions_effective", "n_patients_effective", "n_lesions", "n_patients",
)  # fmt: skip
"""``value``: the Dice from which, or the ASSD (mm) or |log volume ratio| up to which, the ``target_agreement`` is
reached at ``longest_diameter_mm``; empty where ``statement`` says why. An end at the reference mask's own
value (1, 0, 0), or at that of the worst masks, is open. ``bandwidth_log_diameter``: standard deviation of the
kernel, in natural logarithms; ``n_*_effective``: as many lesions (patients) of just that diameter would say as much."""
CURVE_COLUMNS = ("measure", "longest_diameter_mm", "position", "value", "low", "high", *_CURVE)
"""``value``: the share of masks of an unchanged class where the measure has the value ``position``, monotone."""


def needed_tables(
    altered: Altered, diameters_mm: Sequence[float], targets: Sequence[float], boot: PatientBootstrap
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What masks must be like for each diameter and target agreement, and the curves of agreement behind it.

    The curves of lesions are averaged by local linear regression over log diameter with a Gaussian kernel, made
    monotone, and read off where they first reach the target. Interval: see `_interval`."""
    rows, curves = [], []
    for measure in MEASURES:
        lesions = lesion_curves(altered, measure)
        for diameter in diameters_mm:
            near = neighbours(altered, diameter)
            if near is None:
                continue
            resampled = resampled_curves(lesions, near, boot)
            rows += [needed_row(lesions, near, resampled, target, boot) for target in targets]
            curves.append(_curve(lesions, near, resampled, boot))
    found = pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=list(CURVE_COLUMNS))
    return pd.DataFrame(rows, columns=list(NEEDED_COLUMNS)), found


def resampled_curves(curves: LesionCurves, near: Neighbours, boot: PatientBootstrap) -> NDArray[np.float64]:
    """(1 + replicates, cells): monotone agreement near a diameter, of the patients as they are and of each resample.
    NaN in cells where next to no lesion of about this diameter has a mask."""
    known = np.isfinite(curves.agreement)
    value = np.where(known, curves.agreement, 0.0)
    weights = np.vstack([np.ones(near.patients), boot.weights])
    sums = [weights @ _by_patient(near, power, known) for power in range(3)]
    totals = [weights @ _by_patient(near, power, value) for power in range(2)]
    found = np.clip(local_line(sums, totals, near.bandwidth), 0, 1)
    found[:, sums[0][0] < _COVERED * near.kernel.sum()] = np.nan
    return np.array([rising(row, weight) for row, weight in zip(found, sums[0], strict=True)])


def needed_row(
    curves: LesionCurves, near: Neighbours, resampled: NDArray, target: float, boot: PatientBootstrap
) -> dict[str, object]:
    """One row of the needed values, with what is to be said of it."""
    measure = curves.measure
    lesions, patients = near.effective_lesions, near.effective_patients
    value, *others = (crossing(row, goodness(curves), target) for row in resampled)
    worst, low, high = worst_position(curves, resampled[0]), NAN, NAN
    if lesions < _FEWEST_LESIONS:
        value, said = NAN, [f"{CANNOT_TELL}: too few lesions of about this diameter"]
    else:
        ends, why = _interval(value, np.array(others), measure, patients, boot)
        said = [_reached(value, measure, worst), why or _cut(ends, measure)]
        if ends == (-np.inf, np.inf):
            value, said = NAN, said[1:]
        elif not why:
            low, high = sorted(_number(end, measure, worst) for end in ends)
    return {
        "measure": measure.name,
        "longest_diameter_mm": near.diameter_mm,
        "target_agreement": target,
        "value": _number(value, measure, NAN) if np.isfinite(value) else NAN,
        "low": low,
        "high": high,
        "level": boot.level,
        "method": METHOD,
        "statement": "; ".join(filter(None, [*said, near.reservation])),
        "bandwidth_log_diameter": near.bandwidth,
        "n_lesions_effective": lesions,
        "n_patients_effective": patients,
        "n_lesions": int(np.count_nonzero(near.kernel)),
        "n_patients": len(np.unique(near.patient[near.kernel > 0])),
    }


def crossing(curve: NDArray, position: NDArray, target: float) -> float:
    """Where a curve that never falls first reaches the target, linear between cells (NaN: no data).

    -inf: it does so in its first cell; inf: in none; NaN: no cell has data."""
    known = np.isfinite(curve)
    heights, places = curve[known], position[known]
    if not len(heights):
        return NAN
    first = int(np.searchsorted(heights, target - 1e-12))
    if first == len(heights):
        return np.inf
    if first == 0:
        return -np.inf
    rise = (target - heights[first - 1]) / (heights[first] - heights[first - 1])
    return float(places[first - 1] + min(rise, 1.0) * (places[first] - places[first - 1]))


def goodness(curves: LesionCurves) -> NDArray[np.float64]:
    """The positions of a curve on a scale on which larger is better."""
    return curves.position if curves.measure.rises else -curves.position


def worst_position(curves: LesionCurves, curve: NDArray) -> float:
    """The measure of the worst masks of a curve (NaN: no data)."""
    known = np.isfinite(curve)
    return float(curves.position[np.argmax(known)]) if known.any() else NAN


def _by_patient(near: Neighbours, power: int, values: NDArray) -> NDArray[np.float64]:
    """(patients, cells): sum over lesions of kernel times offset to a power times the value."""
    weighted = (near.kernel * near.offset**power)[:, None] * values
    total = np.zeros((near.patients, values.shape[1]))
    np.add.at(total, near.patient, weighted)
    return total


def _interval(
    value: float, crossings: NDArray, measure: Measure, effective_patients: float, boot: PatientBootstrap
) -> tuple[tuple[float, float], str]:
    """Ends of the interval of a crossing, infinite where it is open, and why there is none; larger is better.

    Expanded percentiles over resamples of patients, with as many clusters as patients are effective. The upper end is
    at least as far from the value as the same part of the resamples is at most, of those that cross at all: no resample
    holds a lesion that is harder than the hardest one, so that percentiles alone end too low (with 24 patients they
    hold the truth in some 85 % of studies)."""
    crossings = crossings[~np.isnan(crossings)]
    if effective_patients < MINIMUM_PATIENTS:
        few = f"{effective_patients:.1f} effective patients of about this diameter"
        return (NAN, NAN), f"no interval: {few}, at least {MINIMUM_PATIENTS} are needed to resample"
    if not len(crossings):
        return (NAN, NAN), "no interval was asked for (no resamples of patients)"
    if (crossings == crossings[0]).all():
        return (NAN, NAN), "no interval: the same in every resample of patients"
    tail = expanded_tail(boot.level, round(effective_patients))
    low, high = map(float, np.quantile(crossings, [tail, 1 - tail], method="nearest"))
    away = np.abs(crossings[np.isfinite(crossings)] - value)
    if np.isfinite(value) and len(away):
        high = max(high, value + float(np.quantile(away, 1 - 2 * tail)))
    best = measure.best if measure.rises else -measure.best
    return (low, np.inf if high >= best else high), ""


def _number(crossed: float, measure: Measure, worst: float) -> float:
    """A crossing in the units of the measure; an open end is the reference mask's value or that of the worst masks."""
    if np.isinf(crossed):
        return measure.best if crossed > 0 else worst
    return crossed if measure.rises else -crossed


def _reached(value: float, measure: Measure, worst: float) -> str:
    if value == np.inf:
        return f"target agreement not reached at any {measure.words} of the altered masks"
    if value == -np.inf:
        return f"target agreement reached at every {measure.words} of the altered masks (the worst: {worst:.3g})"
    return ""


def _cut(ends: tuple[float, float], measure: Measure) -> str:
    """What an interval that is open on one or both sides leaves open."""
    if ends == (-np.inf, np.inf):
        return f"{CANNOT_TELL}: the rise of agreement with {measure.words} is too uncertain at this diameter"
    if np.inf in ends:
        return f"that any altered mask suffices is not certain: the interval is cut at {measure.best:g}"
    if -np.inf in ends:
        return "that the worst altered masks do not suffice is not certain: the interval is cut there"
    return ""


def _curve(curves: LesionCurves, near: Neighbours, resampled: NDArray, boot: PatientBootstrap) -> pd.DataFrame:
    """Agreement near a diameter along the measure, with a pointwise interval."""
    known = np.isfinite(resampled[0])
    columns = resampled[1:, known]
    patients = near.effective_patients
    low = high = np.full(int(known.sum()), NAN)
    if patients >= MINIMUM_PATIENTS and len(columns) and known.any():
        tail = expanded_tail(boot.level, round(patients))
        low, high = np.nanquantile(columns, [tail, 1 - tail], axis=0)
    frame = pd.DataFrame({"position": curves.position[known], "value": resampled[0, known], "low": low, "high": high})
    return frame.assign(
        measure=curves.measure.name,
        longest_diameter_mm=near.diameter_mm,
        level=boot.level,
        n_lesions_effective=near.effective_lesions,
        n_patients_effective=patients,
    )[list(CURVE_COLUMNS)]
