"""The pairs of sources of many scans in one order, with what may not be counted: scans a network was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import ProblemList
from livermets.masks.identity import LESION_KEY, PATIENT_KEY, SCAN_KEY
from livermets.readers.origins import MAKERS, Origin, lineage
from livermets.readers.scan import LACKING, STRUCTURES
from livermets.readers.tables import SCAN_TABLE_COLUMNS, SEEN
from livermets.stats.resampling import PatientBootstrap, Resampling

OUTSIDE = "volume_ratio_outside"
"""1 where the volume ratio lies outside the limits, or where one of the two sources has nothing; else 0."""
EVERY_COHORT = "all"
_SIDES = (("source_a", "source_b"), ("volume_a_ml", "volume_b_ml"), ("n_unmatched_a", "n_unmatched_b"), SEEN)


def checked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The tables of `readers-scan` (by the file they came from) under each other; raises `InputError` with everything
    that is wrong in them."""
    problems = ProblemList()
    first: dict[tuple[str, ...], str] = {}
    for where, table in tables.items():
        missing = [name for name in SCAN_TABLE_COLUMNS if name not in table]
        if missing:
            problems.error(where, f"there is no column {', '.join(missing)}", "Give tables written by `readers-scan`")
            continue
        for key in table[list(SCAN_KEY)].drop_duplicates().itertuples(index=False, name=None):
            known = first.setdefault(tuple(map(str, key)), where)
            if known != where:
                scan = ", ".join(f"{name} {value}" for name, value in zip(SCAN_KEY, key, strict=True))
                problems.error(where, f"the scan {scan} is in {known} too", "Give every scan once")
        unknown = set(table["structure"].dropna()) - set(STRUCTURES)
        if unknown:
            fix = f"It is one of {', '.join(STRUCTURES)}"
            problems.error(where, f"structure is {', '.join(sorted(map(str, unknown)))}", fix)
        pairs = [" and ".join(sorted(pair)) for pair in zip(table["source_a"], table["source_b"], strict=True)]
        twice = int(table[[*LESION_KEY, "structure"]].assign(pair=pairs).duplicated().sum())
        if twice:
            problems.error(where, f"{twice} rows repeat a pair of the same lesion or scan", "Keep each pair once")
    problems.raise_if_errors()
    filled = [table[list(SCAN_TABLE_COLUMNS)] for table in tables.values() if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(SCAN_TABLE_COLUMNS))


def in_order(table: pd.DataFrame, origins: Mapping[str, Origin], limits: tuple[float, float]) -> pd.DataFrame:
    """Every pair the same way round in all scans (readers first, then corrected masks, programs and networks; within
    these as they appear), with `OUTSIDE`, and ``seen``: whether a network that one of the two is, or was corrected
    from, was trained on the patient."""
    rank = {name: (MAKERS.index(origin.maker), place) for place, (name, origin) in enumerate(origins.items())}
    turned = np.array(
        [rank[a] > rank[b] for a, b in zip(table["source_a"], table["source_b"], strict=True)], dtype=bool
    )
    swap = {old: new for pair in _SIDES for old, new in (pair, pair[::-1])}
    other_way = table.rename(columns=swap)
    other_way["volume_ratio"] = 1 / other_way["volume_ratio"].astype(float)
    other_way["lacking"] = other_way["lacking"].map(lambda side: {"a": "b", "b": "a"}.get(side, side))
    ordered = pd.concat([table[~turned], other_way.loc[turned, table.columns]]).sort_index(kind="stable")
    ratio = ordered["volume_ratio"].astype(float)
    outside = ((ratio < limits[0]) | (ratio > limits[1]) | ordered["lacking"].isin(LACKING[:2])).astype(float)
    ordered[OUTSIDE] = outside.where(ordered["lacking"] != LACKING[2])
    ordered["lesion_id"] = ordered["lesion_id"].fillna(0).astype(int)
    ordered["patient"] = ordered.groupby(list(PATIENT_KEY), sort=False, dropna=False).ngroup()
    return ordered.assign(seen=_seen(ordered, origins))


def _seen(table: pd.DataFrame, origins: Mapping[str, Origin]) -> NDArray[np.bool_]:
    """Whether a row speaks of a network, or of a correction of one, that was trained on the patient."""
    scans = list(zip(*(table[name] for name in SCAN_KEY), strict=True))
    trained = {
        (scan, source)
        for side, column in zip("ab", SEEN, strict=True)
        for scan, source, seen in zip(scans, table[f"source_{side}"], table[column], strict=True)
        if seen == 1
    }
    lines = {name: lineage(name, origins) for name in origins}
    pairs = zip(scans, table["source_a"], table["source_b"], strict=True)
    return np.array(
        [any((scan, one) in trained for name in pair for one in lines[name]) for scan, *pair in pairs],
        dtype=np.bool_,
    )


@dataclass(frozen=True, eq=False)
class Part:
    """The scans of one cohort, or of all, and the resamples of their patients: the same for every number of it."""

    cohort: str
    table: pd.DataFrame
    """From `in_order`."""
    codes: Mapping[int, int]
    """Number of every patient of the table among the resamples."""
    boot: PatientBootstrap

    @cached_property
    def _by_pair(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        unseen = self.table[~self.table["seen"]].set_index([*LESION_KEY, "patient"], drop=False)
        places = zip(unseen["structure"], unseen["source_a"], unseen["source_b"], strict=True)
        return {key: unseen.iloc[rows] for key, rows in _positions(places).items()}

    def pair(self, structure: str, a: str, b: str) -> pd.DataFrame:
        """What is counted of a pair (in either order), by lesion (0: all of the scan) and patient."""
        found = self._by_pair
        for key in ((structure, a, b), (structure, b, a)):
            if key in found:
                return found[key]
        return self.table.iloc[:0].set_index([*LESION_KEY, "patient"], drop=False)

    def together(self, structure: str, measure: str, pairs: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
        """A measure of several pairs side by side, one column each by the names of ``pairs``, of the lesions (scans)
        that all pairs have; NaN where it is not defined."""
        columns = {name: self.pair(structure, *pair)[measure].astype(float) for name, pair in pairs.items()}
        return pd.concat(columns, axis=1, join="inner")

    def patients(self, index: pd.Index) -> NDArray[np.intp]:
        """The patients of an index of `pair` or `together`, numbered as the resamples have them."""
        return np.array([self.codes[patient] for patient in index.get_level_values("patient")], dtype=np.intp)


def parts(table: pd.DataFrame, resampling: Resampling) -> Iterator[Part]:
    """All cohorts together, if there are several, and each."""
    cohorts = list(dict.fromkeys(table["cohort"]))
    chosen = [(str(name), table[table["cohort"] == name]) for name in cohorts]
    for name, rows in [(EVERY_COHORT, table), *chosen] if len(chosen) > 1 else chosen:
        codes = {patient: code for code, patient in enumerate(dict.fromkeys(rows["patient"]))}
        yield Part(name, rows, codes, resampling.draw(len(codes)))


def _positions(keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], list[int]]:
    found: dict[tuple[str, str, str], list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return found
