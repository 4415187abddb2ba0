"""Whole scans, all metastases (or the liver) as one mask: means over scans, and one network minus another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.identity import SCAN_KEY
from livermets.masks.lesion_table import patient_numbers
from livermets.overlap.tables import cohort_parts, timepoint_parts
from livermets.stats.resampling import PatientBootstrap, Resampling, per_patient_sum
from livermets.stats.results import NAN

_NO_MEASURES = ("cohort", "timepoint", "patient_id", "seen_in_training", "scan_in_training", "fold")
_NOT_COMPARED = ("manual_lesions", "threshold", "seconds", "seconds_network", "liver_slices")
"""Of the measures, those that are no quality of a mask."""
_INTERVAL = ("low", "high", "level", "method", "note")
_SPREAD = ("sd", "median", "minimum", "maximum")
DIFFERENCES = ("scans", "timepoint", "measure", "n_scans", "n_patients", "value", *_INTERVAL)


def scan_summary(scan_metrics: pd.DataFrame, resampling: Resampling) -> pd.DataFrame:
    """Mean over scans (``low`` to ``high`` by bootstrap of patients), SD, median and range of every whole-scan measure,
    by cohort and timepoint, over the scans where it is defined: of distances those where both masks hold a voxel."""
    if not {"cohort", "timepoint"} <= set(scan_metrics):
        return pd.DataFrame()
    rows = []
    for cohort, timepoint, part in cohort_parts(scan_metrics):
        patients = patient_numbers(part)
        boot = resampling.draw(int(patients.max()) + 1)
        for name in _measures(part):
            values = _numbers(part[name])
            if values.notna().any():
                where = {"cohort": cohort, "timepoint": timepoint, "measure": name}
                rows.append({**where, **_mean(values, patients, boot), **_spread(values)})
    columns = ("cohort", "timepoint", "measure", "n_scans", "n_patients", "mean", *_INTERVAL, *_SPREAD)
    return pd.DataFrame(rows, columns=list(columns))


def scan_differences(first: pd.DataFrame, second: pd.DataFrame, resampling: Resampling) -> pd.DataFrame:
    """The mean of first minus second over the scans where a measure is defined for both, by timepoint and measure, with
    an interval by bootstrap of patients. ``first``, ``second``: the rows of ``scan_metrics.csv`` of two networks."""
    both = first.merge(second, on=list(SCAN_KEY), suffixes=("_first", "_second"))
    measures = [name for name in _measures(first) if name in second and name not in _NOT_COMPARED]
    rows = []
    for timepoint, part in timepoint_parts(both):
        patients = patient_numbers(part)
        boot = resampling.draw(int(patients.max()) + 1)
        for name in measures:
            values = _numbers(part[f"{name}_first"]) - _numbers(part[f"{name}_second"])
            if values.notna().any():
                found = _mean(values, patients, boot)
                rows.append({"timepoint": timepoint, "measure": name, "value": found.pop("mean"), **found})
    return pd.DataFrame(rows, columns=[name for name in DIFFERENCES if name != "scans"])


def _measures(scans: pd.DataFrame) -> list[str]:
    return [str(name) for name in scans.select_dtypes("number") if name not in _NO_MEASURES]


def _numbers(column: pd.Series) -> pd.Series:
    """Ratios to an empty mask are not defined."""
    return column.astype(float).replace([np.inf, -np.inf], np.nan)


def _mean(values: pd.Series, patients: NDArray[np.intp], boot: PatientBootstrap) -> dict[str, Any]:
    """The mean of the values that are there; the resamples are of all patients, so that every measure has the same."""
    count = boot.weights.shape[1]
    there = values.notna()
    numbers = per_patient_sum(there, patients, count)
    (low, high), why = boot.ratio(per_patient_sum(values.fillna(0.0), patients, count), numbers)
    return {
        "n_scans": int(there.sum()),
        "n_patients": int(np.count_nonzero(numbers)),
        "mean": float(values.mean()),
        "low": low,
        "high": high,
        "level": boot.level,
        "method": "cluster-bootstrap",
        "note": why,
    }


def _spread(values: pd.Series) -> dict[str, float]:
    there = values.dropna()
    spread = float(there.std(ddof=1)) if len(there) > 1 else NAN
    numbers = (spread, float(there.median()), float(there.min()), float(there.max()))
    return dict(zip(_SPREAD, numbers, strict=True))
