"""The same figures cohort by cohort, centre by centre, timepoint by timepoint, small and big lesions, and compared."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.document import Block, Column, Details, Table
from livermets.report.rows import rows_of
from livermets.report.sections.estimates import QUOTED, as_percent, estimate_table, level_text, measure_name
from livermets.report.tables import csv_download, kept_together, method_name
from livermets.stats.results import shown_interval

_SHOWN = (
    ("agreement", "both", "Agreement"),
    ("agreement_reader_classified", "both", "Same class, of those with a manual class"),
    ("sensitivity", "manual", "Sensitivity, manual"),
    ("sensitivity", "automatic", "Sensitivity, automatic"),
    ("specificity", "manual", "Specificity, manual"),
    ("specificity", "automatic", "Specificity, automatic"),
    ("auc", "manual", "AUC, manual"),
    ("auc", "automatic", "AUC, automatic"),
)


_WITH_OUTCOME = (
    "outcome known for all but agreement; “same class” is of more lesions, with those that lost their class counted as "
    "changed"
)


def group_blocks(name: str, groups: pd.DataFrame, differences: pd.DataFrame, counted: str = "") -> list[Block]:
    """One row per group, then the differences between groups, then every measure with every interval. ``counted``: the
    lesions and patients of all groups together, in words."""
    if groups.empty:
        return []
    lesions = f"the lesions that both masks classify{f' ({counted})' if counted else ''}, {_WITH_OUTCOME}"
    blocks: list[Block] = [_overview(name, groups, lesions)]
    between_centres = differences["grouping"].eq("centre") if len(differences) else pd.Series(dtype=bool)
    if (~between_centres).any():
        blocks.append(_differences(f"group-differences-{name}", differences[~between_centres], lesions))
    if between_centres.any():
        centres = _differences(f"centre-differences-{name}", differences[between_centres], lesions)
        blocks.append(Details("Differences between centres", [centres]))
    caption = f"Agreement and diagnostics within groups of {lesions}."
    every = estimate_table(f"subgroups-{name}", groups, caption, ("grouping", "group", "mask_source"))
    return [*blocks, Details("Every measure by group", [every], printed=False)]


def _overview(name: str, groups: pd.DataFrame, lesions: str) -> Table:
    rows = []
    for (grouping, group), part in groups.groupby(["grouping", "group"], sort=False, dropna=False):
        agreement = rows_of(part, "agreement")
        n = [fmt.integer(agreement[c].max()) for c in ("n_lesions", "n_patients")]
        cells = [_cell(rows_of(part, measure, mask_source=source), measure) for measure, source, _ in _SHOWN]
        rows.append([f"{str(grouping).capitalize()} {kept_together(group)}", f"{n[0]}\n{n[1]}", *cells])
    head = [Column("Group"), Column("Lesions, patients", True)]
    head += [Column(words, True) for _, _, words in _SHOWN]
    caption = (
        f"Groups of {lesions}: value and {level_text(groups)}, {QUOTED}. Groups overlap: the same lesions are split in "
        "several ways."
    )
    note = "A group of few patients has a wide interval or none; n/a: not computed."
    return Table(f"groups-{name}", caption, head, rows, csv_download(f"groups-{name}", groups), note)


def _cell(rows: pd.DataFrame, measure: str) -> str:
    shown = shown_interval(rows)
    if shown is None or fmt.is_missing(shown["value"]):
        return fmt.MISSING
    percent = as_percent(measure)
    value = fmt.percent(shown["value"], 0) if percent else fmt.number(shown["value"])
    ends = fmt.interval(shown["low"], shown["high"], as_percent=percent, digits=0 if percent else 2)
    return f"{value}\n{kept_together(ends)}".strip()


def _differences(identifier: str, differences: pd.DataFrame, lesions: str) -> Table:
    rows = [
        [
            str(row["grouping"]),
            _apart(str(row["group"])),
            measure_name(str(row["measure"])),
            *_difference(row),
            fmt.integer(row["n_lesions"]),
            fmt.integer(row["n_patients"]),
        ]
        for _, row in differences.iterrows()
    ]
    head = [Column("By"), Column("Groups"), Column("Measure"), Column("Difference", True)]
    head += [Column("Interval, by patient", True), Column("Lesions", True), Column("Patients", True)]
    methods = fmt.listed([method_name(method) for method in differences["method"].unique()])
    caption = (
        f"Differences between groups of {lesions}; shares in percentage points; {level_text(differences)}: "
        f"{methods}; patients whole{_paired(differences)}. {_leave_out_zero(differences)}"
    )
    return Table(identifier, caption, head, rows, csv_download(identifier, differences))


def _paired(differences: pd.DataFrame) -> str:
    """What whole patients mean where timepoints are compared."""
    if not differences["grouping"].eq("timepoint").any():
        return ""
    return ", so that a patient seen at two timepoints is compared with himself or herself"


def _leave_out_zero(differences: pd.DataFrame) -> str:
    """How many of the intervals that there are leave out 0; a difference without an interval is none of them."""
    given = differences[differences["low"].notna()]
    without = len(differences) - len(given)
    if given.empty:
        return f"None of the {fmt.plural(without, 'difference')} has an interval: too few patients."
    out = int(((given["low"] > 0) | (given["high"] < 0)).sum())
    missing = f" ({fmt.plural(without, 'difference')} without an interval)" if without else ""
    chance = fmt.percent(1 - given["level"].iloc[0], 0)
    return (
        f"{fmt.integer(out)} of {fmt.plural(len(given), 'interval')} leave out 0{missing}; {chance} of them would do "
        "so by chance alone, and nothing was corrected for that."
    )


def _apart(groups: str) -> str:
    """``a minus b`` that breaks only around "minus"."""
    return " minus ".join(kept_together(name) for name in groups.split(" minus "))


def _difference(row: pd.Series) -> tuple[str, str]:
    """The difference and its interval as text."""
    if not as_percent(str(row["measure"])):
        return fmt.number(row["value"]), fmt.interval(row["low"], row["high"]) or fmt.MISSING
    ends = fmt.interval(100 * row["low"], 100 * row["high"], digits=1)
    return fmt.points(row["value"], digits=1), ends or fmt.MISSING
