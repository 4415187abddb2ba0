"""The lesion table in both forms: long, one row per lesion and mask source, and wide, one row per lesion of a pair.

The long form holds any number of sources and is what statistics start from; of a pair, the reference's side is called
``manual`` and the other's ``automatic``, whatever the sources are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from livermets.errors import ProblemList, input_error
from livermets.masks.detected import OVERLAPS, RULE_COLUMN
from livermets.masks.identity import (
    AUTOMATIC,
    CALIBRATED,
    LESION_KEY,
    MANUAL,
    PREDICTED,
    REFERENCE,
    ROI_COUNTS,
    SCAN_KEY,
    SHARES,
    SIDES,
    present,
)
from livermets.masks.lesion_table import joined
from livermets.masks.table_checks import NEEDED_OF_KEY, checked_numbers, rules_of_numbers

SOURCE = "mask_source"
_FACTS = ("response", "longest_diameter_mm", "volume_ml")
_OVERLAP = (*OVERLAPS, "detected")
_OF_A_MASK = ("n_roi", "share", "predicted", "calibrated")
_RULES = ("threshold", "minimum_rois")
LONG_COLUMNS = (
    *SCAN_KEY,
    "centre",
    "lesion_id",
    "role",
    *_FACTS,
    SOURCE,
    "kind",
    *_OVERLAP,
    RULE_COLUMN,
    "volume_mask_ml",
    *_OF_A_MASK,
    *_RULES,
)
"""The columns of a long table; those of the overlap are empty in the rows of the reference."""
WIDE_COLUMNS = (
    *LESION_KEY,
    *_FACTS,
    *_OVERLAP,
    *ROI_COUNTS,
    *SHARES,
    *PREDICTED,
    "kind",
    "centre",
    "role",
    "volume_automatic_ml",
    RULE_COLUMN,
    *_RULES,
    *CALIBRATED,
)
"""The columns of a wide table; ``role`` only where it is known."""
_OF_OTHER = (*_OVERLAP, RULE_COLUMN, "volume_mask_ml")
"""What the rows of the other source say, and not those of the reference."""
_WHOLE = ("response", "detected", *ROI_COUNTS, *PREDICTED, "n_roi", "predicted")
_LENGTHS = ("longest_diameter_mm", "volume_ml", "volume_automatic_ml", "volume_mask_ml")
_FRACTIONS = (*OVERLAPS, *SHARES, *CALIBRATED, RULE_COLUMN, "threshold", "share", "calibrated")
REQUIRED_COLUMNS = (*NEEDED_OF_KEY, SOURCE, "response", "predicted", "dice", "longest_diameter_mm")
_NUMBERS = rules_of_numbers(
    classes=("response", "predicted", "detected"),
    shares=("dice", RULE_COLUMN, "share", "calibrated", "threshold"),
    counts=("n_roi", "minimum_rois"),
    lengths=("longest_diameter_mm",),
)


def is_long(table: pd.DataFrame) -> bool:
    """Whether a lesion table has a row per source."""
    return SOURCE in table


def sources_in(long: pd.DataFrame) -> list[str]:
    """The mask sources of a long table, in its order."""
    return [str(name) for name in long[SOURCE].dropna().unique()]


def checked_long(long: pd.DataFrame, where: str = "lesion table") -> pd.DataFrame:
    """The table with typed numbers. Raises `InputError` naming every column and row that is wrong."""
    numbers = checked_numbers(long, REQUIRED_COLUMNS, _NUMBERS, (*LESION_KEY, SOURCE), where)
    return long.assign(**numbers)


def as_long(wide: pd.DataFrame, reference: str = MANUAL, other: str = AUTOMATIC) -> pd.DataFrame:
    """A wide table in long form: first what the reference says of every lesion, then what the other source says of it
    and of its own findings. Columns that neither form knows stay with the lesion."""
    kind = wide["kind"].fillna(MANUAL) if "kind" in wide else MANUAL
    wide = wide.assign(kind=kind)
    sides = [(reference, MANUAL, wide[wide["kind"] == MANUAL]), (other, AUTOMATIC, wide)]
    return below_each_other([_side(rows, side).assign(**{SOURCE: name}) for name, side, rows in sides], LONG_COLUMNS)


def pair(long: pd.DataFrame, reference: str, other: str | None, every: bool = False) -> pd.DataFrame:
    """The wide table of a pair: the lesions of the reference on which the other source has something to say, then its
    findings without one. ``every``: all lesions of the reference, also of scans that the other has not seen; so without
    another source, whose columns are empty then."""
    keys = present(LESION_KEY, long)
    long = long.assign(kind=long["kind"].fillna(MANUAL) if "kind" in long else MANUAL)
    drawn = long[long[SOURCE] == reference].drop(columns=[SOURCE, *present(_OF_OTHER, long)])
    found = long[long[SOURCE] == other].drop(columns=SOURCE)
    of_lesions = found.loc[found["kind"] == MANUAL, [*keys, *present((*_OF_OTHER, *_OF_A_MASK), found)]]
    lesions = drawn.rename(columns=_names(MANUAL)).merge(
        of_lesions.rename(columns=_names(AUTOMATIC)), on=keys, how="left" if every else "inner"
    )
    findings = found[found["kind"] != MANUAL].rename(columns=_names(AUTOMATIC))
    table = below_each_other([lesions, findings], WIDE_COLUMNS)
    return table if "role" in long and long["role"].notna().any() else table.drop(columns="role", errors="ignore")


@dataclass(frozen=True, eq=False)
class Pair:
    """One mask source against the reference."""

    lesions: pd.DataFrame
    """In wide form."""
    names: tuple[str, str] = SIDES
    """The sources that the sides stand for."""
    notes: tuple[str, ...] = ()
    """What must be known of it, in words: which sources it is about, and the lesions that are not part of it."""


def paired(tables: Mapping[str, pd.DataFrame], reference: str = REFERENCE, other: str | None = None) -> Pair:
    """One pair from lesion tables by name, of either form, each checked under its name. Without ``other`` there must be
    one source beside the reference only."""
    if not any(map(is_long, tables.values())) and (reference, other or AUTOMATIC) == SIDES:
        return Pair(joined(tables))
    where, long = ", ".join(tables), joined_long(tables)
    other = other_source(others_than(reference, long, where), reference, other, where)
    table = pair(long, reference, other)
    if not (table["kind"] == MANUAL).any():
        raise input_error(where, f"no lesion of {reference} is in a scan that {other} has a mask of")
    notes = (*_sides_in_words(reference, other), *_not_seen(long, table, reference, other))
    return Pair(table, (reference, other), notes)


def _sides_in_words(reference: str, other: str) -> list[str]:
    """Which sources the two sides of a pair stand for; nothing where they are called so."""
    if (reference, other) == SIDES:
        return []
    return [f"in these tables {MANUAL} is the mask source {reference}, and {AUTOMATIC} is {other}"]


def other_source(others: Sequence[str], reference: str, other: str | None, where: str) -> str:
    """The source beside the reference: the one that is named, or the only one; raises `InputError` if there is none of
    this name, or several and none named."""
    if other is None and len(others) == 1:
        return others[0]
    if other is None or other not in others:
        found = f"no row of mask source {other!r}" if other else f"{len(others)} mask sources beside {reference}"
        raise input_error(where, found, f"Name one with --source: {', '.join(others)}")
    return other


def joined_long(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Lesion tables of either form as one long table; each is checked under its own name. Wide ones compare ``manual``
    with ``automatic``."""
    problems, parts = ProblemList(), []
    for where, table in tables.items():
        with problems.collected():
            if not is_long(table):
                joined({where: table})
            parts.append(checked_long(table if is_long(table) else as_long(table), where))
    problems.raise_if_errors()
    return below_each_other(parts, LONG_COLUMNS)


def others_than(reference: str, long: pd.DataFrame, where: str) -> list[str]:
    """The sources that have a pair with the reference. Raises `InputError` where there is none, where the reference
    is not there, and for a lesion of another source that the reference has not."""
    problems, named = ProblemList(), sources_in(long)
    others = [name for name in named if name != reference]
    if reference not in named:
        problems.error(where, f"no row of the reference {reference!r}", f"Sources in the table: {', '.join(named)}")
    elif not others:
        problems.error(where, f"no mask source beside the reference {reference!r}", "Give the rows of another one")
    problems.raise_if_errors()
    keys = present(LESION_KEY, long)
    of_lesions = long[_of_reference(long)]
    drawn = of_lesions.loc[of_lesions[SOURCE] == reference, keys]
    unknown = of_lesions[~pd.MultiIndex.from_frame(of_lesions[keys]).isin(pd.MultiIndex.from_frame(drawn))]
    for name, rows in unknown.groupby(SOURCE, dropna=False):
        lesion = " ".join(map(str, rows[keys].iloc[0]))
        more = f" and {len(rows) - 1} more" * (len(rows) > 1)
        what = f"lesion {lesion}{more} of {name}: the reference {reference} has no row of it"
        problems.error(where, what, "Add it, or say in the column kind that this is a false_positive")
    problems.raise_if_errors()
    return others


def _not_seen(long: pd.DataFrame, table: pd.DataFrame, reference: str, other: str) -> list[str]:
    lesions = int((long[SOURCE] == reference).sum()) - int((table["kind"] == MANUAL).sum())
    if not lesions:
        return []
    left_out = "lesion is left out" if lesions == 1 else "lesions are left out"
    return [f"{lesions} {left_out}: {other} has no mask of {'its scan' if lesions == 1 else 'their scans'}"]


def _of_reference(long: pd.DataFrame) -> pd.Series:
    if "kind" not in long:
        return pd.Series(True, index=long.index)
    return long["kind"].isna() | (long["kind"] == MANUAL)


def _names(side: str) -> dict[str, str]:
    """The columns of a mask in a wide table, by those of a long one."""
    return {**{name: f"{name}_{side}" for name in _OF_A_MASK}, "volume_mask_ml": "volume_automatic_ml"}


def _side(wide: pd.DataFrame, side: str) -> pd.DataFrame:
    """One side of a wide table, under the names of a long one."""
    names = {new: old for old, new in _names(side).items()}
    other_side = [name for name in (*ROI_COUNTS, *SHARES, *PREDICTED, *CALIBRATED) if name not in names]
    left_out = [*other_side, *((*_OVERLAP, RULE_COLUMN, "volume_automatic_ml") if side == MANUAL else ())]
    return wide.drop(columns=left_out, errors="ignore").rename(columns=names)


def below_each_other(parts: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """The rows of all parts with the columns that there are, in this order, typed as numbers; then those of the user's
    own."""
    found = list(dict.fromkeys(name for part in parts for name in part))
    order = [*present(columns, found), *(name for name in found if name not in columns)]
    filled = [part.astype(object) for part in parts if len(part)] or [parts[0].astype(object)]
    table = pd.concat(filled, ignore_index=True).reindex(columns=order).infer_objects()
    return table.assign(
        **{name: _number(table[name]).astype("Int64") for name in present(_WHOLE, order)},
        **{name: _number(table[name]).astype(float) for name in present((*_LENGTHS, *_FRACTIONS), order)},
    )


def _number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")
