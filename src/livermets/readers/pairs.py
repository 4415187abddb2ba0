"""Every pair of sources over all scans: how alike their masks are, with intervals that resample patients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.identity import SCAN_KEY
from livermets.readers.comparisons import OUTSIDE, Part
from livermets.readers.origins import Origin, lineage, pair_kind
from livermets.readers.scan import LACKING, SCAN, STRUCTURES
from livermets.readers.tables import MEASURES, PAIR_COLUMNS
from livermets.stats.proportions import share_by_patient
from livermets.stats.resampling import per_patient_sum
from livermets.stats.results import NAN
from livermets.stats.spread import clustered_spread


def pairs_table(part: Part, origins: Mapping[str, Origin]) -> pd.DataFrame:
    """One row per pair, structure and measure.

    ``volume_ratio`` is that of b over that of a; `OUTSIDE` has in ``mean`` the share of ratios outside the limits
    (``k`` of ``n``), one that is not defined because a source has nothing counted as outside."""
    rows = []
    for a, b in dict.fromkeys(zip(part.table["source_a"], part.table["source_b"], strict=True)):
        described = _described(a, b, origins)
        for structure in STRUCTURES:
            counts = _counts(part, structure, a, b)
            found = part.pair(structure, a, b)
            if found.empty and not counts["n_seen"]:
                continue
            patient = part.patients(found.index)
            where = {"cohort": part.cohort, **described, "structure": structure}
            for measure in MEASURES:
                spread = clustered_spread(found[measure].to_numpy(float), patient, part.boot)
                rows.append({**where, "measure": measure, **spread, **counts})
            outside = _share(found[OUTSIDE].to_numpy(float), patient, len(part.codes), part.boot.level)
            rows.append({**where, "measure": OUTSIDE, **outside, **counts})
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))


def _described(a: str, b: str, origins: Mapping[str, Origin]) -> dict[str, object]:
    first, second = origins[a], origins[b]
    return {
        "source_a": a,
        "source_b": b,
        "kind": pair_kind(first, second),
        "reader_a": first.reader,
        "reader_b": second.reader,
        "start_a": first.start,
        "start_b": second.start,
        "from_start": int(b in lineage(a, origins) or a in lineage(b, origins)),
    }


def _counts(part: Part, structure: str, a: str, b: str) -> dict[str, object]:
    found, table = part.pair(structure, a, b), part.table
    of_pair = (table["structure"] == structure) & (table["source_a"] == a) & (table["source_b"] == b)
    counts: dict[str, object] = {f"n_lacking_{side}": int((found["lacking"] == side).sum()) for side in LACKING}
    for side in "ab":
        unmatched = found[f"n_unmatched_{side}"]
        counts[f"n_unmatched_{side}"] = int(unmatched.sum()) if structure == SCAN else NAN
    counts["n_scans"] = len(found[list(SCAN_KEY)].drop_duplicates())
    counts["n_seen"] = int((of_pair & table["seen"]).sum())
    return counts


def _share(hits: NDArray, patient: NDArray[np.intp], patients: int, level: float) -> dict[str, object]:
    """The share of 1 among values of 0 and 1 (NaN: left out), with its interval by patient."""
    defined = np.isfinite(hits)
    hits, patient = hits[defined], patient[defined]
    k = per_patient_sum(hits, patient, patients)
    n = per_patient_sum(np.ones(len(hits)), patient, patients)
    (low, high), method = share_by_patient(k, n, level)
    why = "an interval by patient needs two patients, or more" if len(hits) else "no value"
    return {
        "k": int(hits.sum()),
        "n": len(hits),
        "n_patients": int(np.count_nonzero(n)),
        "mean": float(hits.mean()) if len(hits) else NAN,
        "mean_low": low,
        "mean_high": high,
        "level": level,
        "method": method,
        "note": "" if np.isfinite(low) else why,
    }
