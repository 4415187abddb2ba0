"""Agreement by Dice and longest diameter: a table of strata with its margins."""

from __future__ import annotations

import math

import pandas as pd

from livermets.concordance.strata import quoted_interval
from livermets.report import formatting as fmt
from livermets.report.document import Block, Note
from livermets.report.sections.estimates import QUOTED, level_text
from livermets.report.tables import Shown, kept_together, rows_in, shown_table

Edges = tuple[float, float]
"""Where a stratum of Dice or diameter begins and ends."""
_ANY: Edges = (-math.inf, math.inf)
"""The margin: of any Dice, or of any diameter."""


def strata_blocks(name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    """The table of the strata, or why there is none."""
    strata = tables.get("strata", pd.DataFrame())
    if strata.empty:
        why = "because strata.csv is missing or empty"
        return [Note(f"Agreement by Dice and diameter in {name} was not computed {why}.")]
    placed = strata[strata["dice_low"].notna()]
    dice = list(dict.fromkeys(zip(placed["dice_low"], placed["dice_high"], strict=True)))
    diameters = list(dict.fromkeys(zip(placed["diameter_low_mm"], placed["diameter_high_mm"], strict=True)))
    cells = {(row["dice_low"], row["diameter_low_mm"]): stratum_text(row) for row in rows_in(placed)}
    finer = _cut_finer(tables, len(dice))
    margins = tables.get("strata_margins", pd.DataFrame())
    if len(margins) and "margin" in margins:
        cells |= _margin_cells(margins)
        dice, diameters = [*dice, _ANY], [*diameters, _ANY]
    caption = (
        f"Agreement by Dice and longest diameter, {fmt.plural(int(strata['n_lesions'].sum()), 'lesion')}: same class "
        f"of compared, percent ({level_text(strata)} {QUOTED}), and lesions without a class.{finer}"
    )
    columns = [Shown("Dice", _dice_heading), *(_column(cells, edges) for edges in diameters)]
    return [shown_table(f"strata-{name}", caption, columns, dice, data=strata, note=_without_place(strata))]


def _column(cells: dict[Edges, str], diameter: Edges) -> Shown:
    heading = "any diameter" if diameter == _ANY else diameter_text(*diameter)
    return Shown(heading, lambda dice: cells.get((dice[0], diameter[0]), ""))


def _dice_heading(dice: Edges) -> str:
    return "any Dice" if dice == _ANY else dice_text(*dice)


def _margin_cells(margins: pd.DataFrame) -> dict[Edges, str]:
    """The cells of the last row and the last column, by where their strata of Dice and diameter begin."""
    cells: dict[Edges, str] = {}
    for row in rows_in(margins[margins["margin"].isin(["dice", "diameter", "overall"])]):
        dice = row["dice_low"] if row["margin"] == "dice" else _ANY[0]
        diameter = row["diameter_low_mm"] if row["margin"] == "diameter" else _ANY[0]
        cells.setdefault((dice, diameter), stratum_text(row))
    return cells


def _without_place(strata: pd.DataFrame) -> str:
    """Lesions that are in the total and in no cell; empty where there are none."""
    without = strata[strata["dice_low"].isna()]
    if without.empty:
        return ""
    said = "; ".join(stratum_text(row).replace("\n", ", ") for row in rows_in(without))
    return f"Without Dice or diameter, in no cell but in the total: {said}."


def _cut_finer(tables: dict[str, pd.DataFrame], cuts: int) -> str:
    """Why Dice is cut otherwise here than where fates are shown."""
    fates = tables.get("fates", pd.DataFrame())
    names = fates["dice"].astype(str).drop_duplicates().tolist() if "dice" in fates else []
    if not 0 < len(names) - 1 < cuts:
        return ""
    return (
        " Dice is cut finer here than in the table of fates, which has coarse cells so that each holds enough lesions "
        "to count, while this one is to show from which overlap on the class keeps."
    )


def stratum_text(row: pd.Series) -> str:
    """One stratum: same class of compared, percent and interval, and how many more have no class."""
    if row["n_lesions"] == 0:
        return "no lesion"
    none = f"{fmt.integer(row['no_class'])} without class"
    if row["n"] == 0:
        return f"0 compared\n{none}"
    lines = [fmt.count_of(row["agree"], row["n"])]
    if str(row.get("statement", "") or "").startswith("too few") or fmt.is_missing(row["value"]):
        lines.append("too few to say")
    else:
        lines.append(kept_together(fmt.estimate(row["value"], *quoted_interval(row), as_percent=True, digits=0)))
    return "\n".join([*lines, none] if row["no_class"] else lines)


def dice_text(low: float, high: float) -> str:
    """A Dice stratum, (low, high]; the first one includes 0."""
    ends = f"{fmt.number(low)} to {fmt.number(high)}"
    return kept_together(ends if low == 0 else f"> {ends}")


def diameter_text(low: float, high: float) -> str:
    """A diameter stratum, [low, high)."""
    if low == 0:
        return f"< {fmt.significant(high)} mm"
    if not math.isfinite(high):
        return f"≥ {fmt.significant(low)} mm"
    return f"{fmt.significant(low)} to < {fmt.significant(high)} mm"
