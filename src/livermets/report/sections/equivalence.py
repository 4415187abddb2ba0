"""Whether the masks of a source are as good as the reference's: the tests against the margins of the study."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.document import Block
from livermets.report.equivalence import AREAS, setting_percent
from livermets.report.rows import rows_of
from livermets.report.sections.estimates import as_percent, measure_name
from livermets.report.tables import Shown, method_name, rows_in, shown_table


def equivalence_blocks(name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    """A row per question with its verdict; nothing where the table was not made."""
    table = tables.get("equivalence", pd.DataFrame())
    if table.empty:
        return []
    areas, agreement = rows_of(table, AREAS), table[table["measure"] != AREAS]
    level = float(table["level"].iloc[0])
    used = [text for code in dict.fromkeys(table["method"].dropna()) if (text := method_name(code))]
    caption = (
        f"Equivalence of the two masks by two one-sided tests at {setting_percent((1 - level) / 2)} each: the share of "
        f"lesions that keep their class is to be above {setting_percent(agreement['lower_margin'].iloc[0])}, and the "
        "area under the ROC curve with the manual mask is to differ from that with the automatic one by less than "
        f"{areas['upper_margin'].iloc[0]:g}. Equivalent: the interval of level {setting_percent(level)} lies "
        "within the margins; not equivalent: it lies beyond one of them as a whole; cannot tell: it holds a margin, or "
        "there is none"
    )
    columns = [
        Shown("Measure", lambda row: measure_name(row["measure"])),
        Shown("Of the lesions", lambda row: str(row["population"])),
        Shown("Value", _value, numeric=True),
        Shown("Interval", _ends, numeric=True),
        Shown("Verdict", lambda row: str(row["verdict"])),
        Shown("Lesions", lambda row: fmt.integer(row["n_lesions"]), numeric=True),
        Shown("Patients", lambda row: fmt.integer(row["n_patients"]), numeric=True),
    ]
    said = f"{caption} ({'; '.join(used)})." if used else f"{caption}."
    shown = shown_table(f"equivalence-{name}", said, columns, rows_in(table), data=table, note=_why_missing(table))
    return [shown]


def _value(row: pd.Series) -> str:
    return fmt.percent(row["value"]) if as_percent(row["measure"]) else fmt.number(row["value"])


def _ends(row: pd.Series) -> str:
    return fmt.interval(row["low"], row["high"], as_percent=as_percent(row["measure"])) or fmt.MISSING


def _why_missing(table: pd.DataFrame) -> str:
    reasons = dict.fromkeys(text for text in table["note"].fillna("").astype(str) if text)
    return f"Where n/a is shown: {'; '.join(reasons)}." if reasons else ""
