"""How often lesions keep their class with errors like those of the study's own sources."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from livermets.masks.sizes import EVERY_SIZE
from livermets.report import formatting as fmt
from livermets.report.answer import table_of
from livermets.report.document import Block, Paragraph, Table
from livermets.report.tables import Shown, rows_in, shown_table


def like_sources_blocks(tables: dict[str, pd.DataFrame]) -> Iterator[Block]:
    """A sentence per source, then all sizes and diameters; nothing where no errors were transported."""
    table = table_of(tables, "like_sources")
    if len(table):
        said = (_words(row) for row in rows_in(table[table["size"].eq(EVERY_SIZE)]))
        yield Paragraph(" ".join(said))
        yield _table(table)


def _words(row: pd.Series) -> str:
    share = fmt.estimate(row["value"], row["low"], row["high"], as_percent=True, digits=0)
    return f"With errors like those of {row['mask_source']}, {share} of masks keep the class of a lesion."


def _table(table: pd.DataFrame) -> Table:
    caption = (
        "Masks with the error of another patient’s lesion of about the same diameter, as the source made it, moved to "
        "the lesion. Lesions of about one diameter: all, weighed by how near theirs is. Beside: lesions that the "
        "source missed, which no mask stands for; and lesions whose class its own masks changed, as many as the "
        "transported errors let expect, and their ratio (1: as often)."
    )
    columns = [
        Shown("Errors of", lambda row: str(row["mask_source"])),
        Shown("Lesions", _size),
        Shown("Mean Dice", lambda row: fmt.number(row["mean_dice"]), numeric=True),
        Shown("Masks that keep the class", _kept, numeric=True),
        Shown("Missed", lambda row: _or_missing(row["n_judged"], fmt.share(row["n_missed"], row["n_judged"]))),
        Shown("Changed", lambda row: fmt.integer(row["observed_changed"]), numeric=True),
        Shown("Expected", lambda row: fmt.number(row["expected_changed"], 1), numeric=True),
        Shown("Ratio", _ratio, numeric=True),
    ]
    return shown_table("perturbation-like-sources", caption, columns, rows_in(table), data=table)


def _size(row: pd.Series) -> str:
    diameter = row["longest_diameter_mm"]
    return str(row["size"]) if fmt.is_missing(diameter) else f"about {fmt.significant(diameter)} mm"


def _kept(row: pd.Series) -> str:
    return fmt.over_interval(row["value"], row["low"], row["high"], as_percent=True, digits=0)


def _ratio(row: pd.Series) -> str:
    return fmt.over_interval(row["ratio"], row["ratio_low"], row["ratio_high"])


def _or_missing(value: object, text: str) -> str:
    return fmt.MISSING if fmt.is_missing(value) else text
