"""The noise ceiling: is a network as near to a reader as another reader is?

On the same lesions (scans), a network's agreement with a reader is compared with the agreement of two readers who both
began from nothing. The verdict is one of non-inferiority (Piaggio et al., JAMA 2012;308:2594): *within* what readers
differ if the interval of the difference excludes that the network is worse by the margin or more, *below* if it
excludes that it is not, else it *cannot say*. A network surely worse, but by less than the margin, is within."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from livermets.readers.comparisons import OUTSIDE, Part
from livermets.readers.origins import READER, Origin, pair_kind
from livermets.readers.scan import STRUCTURES
from livermets.readers.tables import CEILING_COLUMNS
from livermets.stats.equivalence import VERDICTS as OF_MARGINS
from livermets.stats.equivalence import against_margins
from livermets.stats.results import NAN
from livermets.stats.spread import METHOD, clustered_mean

WITHIN, BELOW, CANNOT_SAY = VERDICTS = ("within", "below", "cannot say")
LARGER_IS_BETTER = {"dice": True, OUTSIDE: False, "assd_mm": False, "hausdorff_mm": False}
"""The measures that are compared."""
READER_PAIR = f"{READER}-{READER}"


def verdict(low: float, high: float, margin: float | None, larger_is_better: bool) -> str:
    """What the interval of network minus reader says about a margin (`VERDICTS`); empty without a margin."""
    if margin is None:
        return ""
    worst, best = (low, high) if larger_is_better else (-high, -low)
    return dict(zip(OF_MARGINS, VERDICTS, strict=True))[against_margins(worst, best, lower=-margin)]


def ceiling_table(part: Part, origins: Mapping[str, Origin], margins: Mapping[str, float]) -> pd.DataFrame:
    """One row per network (or program), pair of readers, structure and measure, against reader ``a``, ``b`` and the
    mean of ``both``. Only lesions (scans) where every pair has the measure count; ``n_left_out``: the others."""
    machines = [name for name, origin in origins.items() if not origin.is_drawn]
    drawn = [name for name, origin in origins.items() if origin.is_drawn]
    readers = [pair for pair in combinations(drawn, 2) if pair_kind(*(origins[name] for name in pair)) == READER_PAIR]
    rows = [row for machine in machines for pair in readers for row in _compared(part, machine, pair, margins)]
    return pd.DataFrame(rows, columns=list(CEILING_COLUMNS))


def _compared(
    part: Part, machine: str, readers: tuple[str, str], margins: Mapping[str, float]
) -> Iterator[dict[str, object]]:
    a, b = readers
    against = {"a": (machine, a), "b": (machine, b)}
    for structure in STRUCTURES:
        for measure in LARGER_IS_BETTER:
            values = part.together(structure, measure, {"readers": readers, **against})
            if values.empty:
                continue
            values["both"] = values[["a", "b"]].mean(axis=1, skipna=False)
            where = {"cohort": part.cohort, "mask_source": machine, "source_a": a, "source_b": b}
            for side in (*against, "both"):
                row = _row(part, values["readers"], values[side], measure, margins.get(measure))
                yield {**where, "against": side, "structure": structure, "measure": measure, **row}


def _row(part: Part, readers: pd.Series, network: pd.Series, measure: str, margin: float | None) -> dict[str, object]:
    defined = readers.notna() & network.notna()
    left_out = int((~defined).sum())
    readers, network = readers[defined], network[defined]
    found = paired_difference(part, network - readers)
    low, high = float(str(found["low"])), float(str(found["high"]))
    return {
        "n": len(readers),
        "n_left_out": left_out,
        "readers_median": readers.median(),
        "readers_mean": readers.mean(),
        "network_median": network.median(),
        "network_mean": network.mean(),
        **found,
        "margin": NAN if margin is None else margin,
        "verdict": verdict(low, high, margin, LARGER_IS_BETTER[measure]),
    }


def paired_difference(part: Part, difference: pd.Series) -> dict[str, object]:
    """The mean of paired differences, with its interval by patient and how many scans and patients there are."""
    index = difference.index
    patient = part.patients(index)
    (low, high), why = clustered_mean(difference.to_numpy(float), patient, part.boot)
    return {
        "n_scans": len(index.droplevel(["lesion_id", "patient"]).unique()),
        "n_patients": len(np.unique(patient)),
        "difference": float(difference.mean()) if len(difference) else NAN,
        "low": low,
        "high": high,
        "level": part.boot.level,
        "method": METHOD,
        "note": why,
    }
