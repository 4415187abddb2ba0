"""What a network's mask as a start changes: readers' corrected masks beside those that they drew from nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

import pandas as pd

from livermets.readers.ceiling import LARGER_IS_BETTER, paired_difference
from livermets.readers.comparisons import Part
from livermets.readers.origins import ADJUSTED, READER, Origin
from livermets.readers.scan import STRUCTURES
from livermets.readers.tables import START_COLUMNS
from livermets.stats.results import NAN

BETWEEN_READERS, TO_THE_START, OWN_CORRECTION = COMPARISONS = ("between readers", "to the start", "own correction")
"""Two readers, from nothing and with a start; a reader and the mask that was the start, likewise; a reader's mask from
nothing and the same reader's correction, which are one pair."""
Pair = tuple[str, str]


def both_ways(origins: Mapping[str, Origin]) -> list[tuple[str, str]]:
    """Every reader's source drawn from nothing with each of the same reader's corrected ones."""
    by_maker = {
        maker: [name for name, origin in origins.items() if origin.maker == maker] for maker in (READER, ADJUSTED)
    }
    both = product(by_maker[READER], by_maker[ADJUSTED])
    return [(free, adjusted) for free, adjusted in both if origins[free].reader == origins[adjusted].reader]


def start_table(part: Part, origins: Mapping[str, Origin]) -> pd.DataFrame:
    """One row per comparison (`COMPARISONS`), structure and measure: the pair from nothing (``without``), the pair with
    a start (``with``) on the same lesions (scans), and with minus without."""
    rows = [row for how in _comparisons(origins) for row in _compared(part, *how)]
    return pd.DataFrame(rows, columns=list(START_COLUMNS))


def _comparisons(origins: Mapping[str, Origin]) -> Iterator[tuple[str, Pair | None, Pair]]:
    """(comparison, pair from nothing, pair with a start)."""
    own = both_ways(origins)
    for (free_a, adjusted_a), (free_b, adjusted_b) in combinations(own, 2):
        if origins[free_a].reader != origins[free_b].reader:
            yield BETWEEN_READERS, (free_a, free_b), (adjusted_a, adjusted_b)
    for free, adjusted in own:
        start = origins[adjusted].start
        if start in origins and start != free:
            yield TO_THE_START, (start, free), (start, adjusted)
    for free, adjusted in own:
        yield OWN_CORRECTION, None, (free, adjusted)


def _compared(part: Part, comparison: str, without: Pair | None, adjusted: Pair) -> Iterator[dict[str, object]]:
    pairs = {"with": adjusted} if without is None else {"without": without, "with": adjusted}
    where = {
        "cohort": part.cohort,
        "comparison": comparison,
        **dict(zip(("source_a", "source_b"), without or ("", ""), strict=True)),
        **dict(zip(("adjusted_a", "adjusted_b"), adjusted, strict=True)),
    }
    for structure in STRUCTURES:
        for measure in LARGER_IS_BETTER:
            values = part.together(structure, measure, pairs)
            if values.empty:
                continue
            yield {**where, "structure": structure, "measure": measure, **_row(part, values)}


def _row(part: Part, values: pd.DataFrame) -> dict[str, object]:
    defined = values.dropna()
    means = {
        f"{name}_{statistic}": getattr(defined[name], statistic)()
        for name in defined.columns
        for statistic in ("median", "mean")
    }
    one = defined["with"] - defined["without"] if "without" in defined else defined["with"] * NAN
    found = paired_difference(part, one)
    if "without" not in defined:
        found |= {"method": "", "note": "one pair: its interval is in pairs.csv"}
    return {"n": len(defined), "n_left_out": len(values) - len(defined), **means, **found}
