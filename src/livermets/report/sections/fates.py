"""The first tables of the concordance: what became of the lesions' classes, and which responders are lost."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from livermets.concordance.fates import ANY
from livermets.masks.identity import SIDES
from livermets.report import formatting as fmt
from livermets.report.document import Block, Table
from livermets.report.sections.estimates import QUOTED, estimate_table
from livermets.report.tables import Shown, shown_table


def fate_blocks(name: str, fates: pd.DataFrame) -> list[Block]:
    """Fates by size and Dice, and the responders that each mask loses, in the same cells."""
    if fates.empty:
        return []
    caption = (
        f"Same, other and no class by longest diameter and Dice; {fates_in_words(fates)}. A lesion without overlap "
        "has Dice 0. Rows and columns add up."
    )
    lost = (
        "Responders (R+) that are not recognised, in the same cells: called R− or left without a class, of all R+. "
        "Counts only; the key figures have the sensitivities with their intervals."
    )
    return [
        _matrix(f"fates-{name}", fates, caption, _fates),
        _matrix(f"lost-responders-{name}", fates, lost, _lost_responders),
    ]


def fates_in_words(fates: pd.DataFrame) -> str:
    """``36 lesions of 8 patients: 23 same class, 2 another, 11 no class``."""
    if fates.empty:
        return "no lesion"
    total = fates.iloc[-1]
    counts = ", ".join(
        f"{fmt.integer(total[fate])} {words}"
        for fate, words in (("same", "same class"), ("other", "another class"), ("no_class", "no class"))
    )
    who = f"{fmt.plural(total['n_lesions'], 'lesion')} of {fmt.plural(total['n_patients'], 'patient')}"
    return f"{who}: {counts}"


def by_timepoint(name: str, table: pd.DataFrame) -> list[Block]:
    """Agreement at every timepoint, where there are several."""
    if table.empty:
        return []
    counts = table.drop_duplicates("timepoint")
    each = "; ".join(
        f"{row['timepoint']}: {fmt.integer(row['same'])} same, {fmt.integer(row['other'])} other, "
        f"{fmt.integer(row['no_class'])} no class"
        for _, row in counts.iterrows()
    )
    caption = (
        f"Agreement of the masks at each timepoint ({each}). At timepoints that no response is predicted from the "
        "classes are compared with each other only, never with the outcome."
    )
    note = f"Quoted elsewhere: the interval {QUOTED}."
    return [estimate_table(f"agreement-by-timepoint-{name}", table, caption, ("timepoint", "population"), note)]


def _matrix(identifier: str, fates: pd.DataFrame, caption: str, text: Callable[[pd.Series], str]) -> Table:
    cells = {(str(row["size"]), str(row["dice"])): text(row) for _, row in fates.iterrows()}
    sizes, dice = (list(dict.fromkeys(fates[name].astype(str))) for name in ("size", "dice"))
    columns = [Shown("Longest diameter", str)]
    columns += [Shown(f"{cut} Dice" if cut == ANY else f"Dice {cut}", _cell_at(cells, cut)) for cut in dice]
    return shown_table(identifier, caption, columns, sizes, data=fates)


def _cell_at(cells: dict[tuple[str, str], str], dice: str) -> Callable[[str], str]:
    return lambda size: cells.get((size, dice), "")


def _fates(row: pd.Series) -> str:
    if not row["n_lesions"]:
        return "no lesion"
    return (
        f"{fmt.integer(row['same'])} same\n{fmt.integer(row['other'])} other\n{fmt.integer(row['no_class'])} no class"
    )


def _lost_responders(row: pd.Series) -> str:
    if not row["r_plus"]:
        return "no R+"
    lines = [f"of {fmt.integer(row['r_plus'])} R+"]
    for source in SIDES:
        minus, none = row[f"r_plus_called_minus_{source}"], row[f"r_plus_no_class_{source}"]
        lines.append(f"{source}: {fmt.integer(minus)} called R−, {fmt.integer(none)} no class")
    return "\n".join(lines)
