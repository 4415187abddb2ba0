"""All tables about readers, adjusted masks and the noise ceiling, and what could not be computed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from livermets.config.sources import ReaderStudy
from livermets.readers.ceiling import ceiling_table
from livermets.readers.comparisons import in_order, parts
from livermets.readers.origins import ADJUSTED, MAKERS, READER, Origin, origins
from livermets.readers.pairs import pairs_table
from livermets.readers.scores import scores_table
from livermets.readers.start import both_ways, start_table
from livermets.readers.tables import GIVEN_COLUMNS, TABLES
from livermets.stats.resampling import MINIMUM_PATIENTS, Resampling


@dataclass(frozen=True, eq=False)
class ReaderTables:
    """Tables as they are written, one file each; without a row where there is nothing to compare."""

    pairs: pd.DataFrame
    ceiling: pd.DataFrame
    start: pd.DataFrame
    scores: pd.DataFrame
    notes: pd.DataFrame
    """``table`` and, in words, what it lacks."""


def reader_tables(
    table: pd.DataFrame,
    scores: pd.DataFrame | None,
    study: ReaderStudy,
    networks: Collection[str],
    resampling: Resampling,
) -> ReaderTables:
    """Every table of the pairs of some scans (from `comparisons.checked`) and, where there are any, of their scores."""
    scores = pd.DataFrame(columns=list(GIVEN_COLUMNS)) if scores is None else scores
    names = dict.fromkeys([*table["source_a"], *table["source_b"], *scores["mask_source"]])
    known = origins(names, study.sources, networks)
    known = dict(sorted(known.items(), key=lambda item: MAKERS.index(item[1].maker)))
    ordered = in_order(table, known, study.readers.volume_ratio_limits)
    groups = list(parts(ordered, resampling))
    margins = {str(measure): margin for measure, margin in study.readers.margins.items()}
    found = {
        "pairs": _under("pairs", [pairs_table(part, known) for part in groups]),
        "ceiling": _under("ceiling", [ceiling_table(part, known, margins) for part in groups]),
        "start": _under("start", [start_table(part, known) for part in groups]),
        "scores": scores_table(scores, known, resampling),
    }
    notes = [*_missing(found, known), *_few(ordered), *_undescribed(known, study)]
    return ReaderTables(**found, notes=pd.DataFrame(notes, columns=list(TABLES["notes"])))


def _under(name: str, tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(TABLES[name]))


def _missing(found: Mapping[str, pd.DataFrame], known: Mapping[str, Origin]) -> list[tuple[str, str]]:
    """Why tables have no row."""
    readers = {origin.reader for origin in known.values() if origin.maker == READER}
    machines = [name for name, origin in known.items() if not origin.is_drawn]
    notes = []
    if found["pairs"].empty:
        notes.append(("pairs", "No scan has masks of two sources."))
    if found["ceiling"].empty:
        if len(readers) < 2:
            why = f"Masks that were drawn from nothing come from {len(readers)} reader{'s' * (len(readers) != 1)}."
        elif not machines:
            why = "There is no mask of a network or of another program."
        else:
            why = "No scan that a network was not trained on has masks of two readers and of the network."
        notes.append(("ceiling", f"{why} How much readers differ cannot be set beside a network."))
    if found["start"].empty:
        adjusted = any(origin.maker == ADJUSTED for origin in known.values())
        why = "No reader has drawn the same scans from nothing too" if adjusted else "No source has a `start`"
        same = "No scan that the network was not trained on has a reader's masks of both kinds"
        notes.append(("start", f"{same if both_ways(known) else why}: what a start changes cannot be said."))
    return notes


def _few(ordered: pd.DataFrame) -> list[tuple[str, str]]:
    n = ordered["patient"].nunique()
    if n >= MINIMUM_PATIENTS or not n:
        return []
    few = f"{n} patient{'s' * (n != 1)}: at least {MINIMUM_PATIENTS} are needed for an interval"
    return [("pairs", f"There {'is' if n == 1 else 'are'} {few}, and none is given.")]


def _undescribed(known: Mapping[str, Origin], study: ReaderStudy) -> list[tuple[str, str]]:
    """A corrected mask that is taken for a reader's own would make readers look more alike than they are."""
    readers = [name for name, origin in known.items() if origin.maker == READER]
    assumed = [name for name in readers if name not in study.sources]
    if len(readers) < 2 or not assumed:
        return []
    said = "taken for readers of their own who began from nothing, since `sources` does not describe them"
    return [("ceiling", f"{', '.join(assumed)}: {said}.")]
