"""Whole scans, all metastases or the liver as one mask: of the study's own network, and of several side by side."""

from __future__ import annotations

import pandas as pd

from livermets.masks.metrics import WHEN_EMPTY
from livermets.report import formatting as fmt
from livermets.report.detection import rule
from livermets.report.document import Block, Column, Details, Note, Section, Table
from livermets.report.rows import rows_of
from livermets.report.sections.by_timepoint import by_timepoint
from livermets.report.sections.estimates import level_text
from livermets.report.seen import cohort_words
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download, label

_ABBREVIATIONS = {"assd": "ASSD", "rms": "RMS distance", "hd95": "95 % Hausdorff", "voe": "VOE", "rvd": "RVD"}
_TARGETS = {"mts": "Metastases", "liver": "Liver"}
_PLACE = ["network", "cohort", "timepoint"]
_SIDE_BY_SIDE = {
    "voe": "VOE",
    "rvd": "RVD",
    "assd_mm": "ASSD (mm)",
    "rms_mm": "RMS distance (mm)",
    "hausdorff_mm": "Hausdorff (mm)",
    "hd95_mm": "95 % Hausdorff (mm)",
}
"""What papers give of a scan beside the Dice: means over scans."""
_DIFFERENCES = ("mts_dice", "mts_voe", "mts_assd_mm", "mts_hd95_mm", "false_positives", "liver_dice", "liver_assd_mm")


def whole_scans(study: StudyResults) -> Section:
    """Every measure of the masks of the headline over scans, with what it is where a mask is empty."""
    table = study.masks("scan_measures")
    if table.empty:
        why = "Whole-scan measures are not shown because scan_measures.csv is missing or empty."
        return Section("segmentation-scans", "Whole scans", [Note(why)])
    rows = [
        [
            cohort_words(study, row["cohort"]),
            str(row["timepoint"]),
            _scan_measure(row["measure"]),
            fmt.integer(row["n_scans"]),
            *_mean(row),
            fmt.number(row["median"]),
            fmt.interval(row["minimum"], row["maximum"]),
        ]
        for _, row in table.iterrows()
    ]
    head = [Column("Cohort"), Column("Timepoint"), Column("Measure"), Column("Scans", True)]
    head += [Column(words, True) for words in ("Mean ± SD", "Interval of the mean", "Median", "Range")]
    caption = (
        "Whole-scan measures of the automatic masks, by cohort and timepoint, over the scans where they are defined. "
        f"Detected lesions: {rule(study.lesions)}. {_intervals(table)}"
    )
    shown = Table("scan-measures", caption, head, rows, csv_download("scan-measures", table), _why_missing(table))
    measures = Details("Table of whole-scan measures", [shown]) if len(table) > 16 else shown
    empty = Details("What a measure is where a mask is empty", [_when_empty()])
    return Section("segmentation-scans", "Whole scans", [measures, empty])


def scans_side_by_side(measures: pd.DataFrame, pairs: pd.DataFrame) -> list[Block]:
    """Networks by what they made of whole scans, structure by structure, and the first of them minus every other.
    ``measures``: the rows of ``scan_measures.csv`` of the cohorts that networks are compared on."""
    if not {"measure", "low"} <= set(measures):
        return []  # tables of before there were intervals
    found = [name for name in _TARGETS if measures["measure"].eq(f"{name}_dice").any()]
    blocks: list[Block] = [_structure(name, measures) for name in found]
    if len(pairs):
        blocks += by_timepoint(_differences(pairs), pairs.drop_duplicates(["second", "timepoint"])[["timepoint"]])
    return blocks


def _structure(name: str, measures: pd.DataFrame) -> Table:
    """Metastases, or livers: a row per network and cohort, of all its timepoints together where there are several."""
    of_structure = measures[measures["measure"].str.startswith(f"{name}_") | measures["measure"].eq("false_positives")]
    pooled = of_structure.drop_duplicates([*_PLACE[:2], "measure"])
    rows = []
    for (network, cohort, timepoint), part in pooled.groupby(_PLACE, sort=False, dropna=False):
        dice = rows_of(part, f"{name}_dice")
        if dice.empty:
            continue
        cells = [fmt.integer(dice["n_scans"].iloc[0]), *_mean(dice.iloc[0]), fmt.number(dice["median"].iloc[0])]
        scans = int(dice["n_scans"].iloc[0])
        cells += [_value(part, f"{name}_{measure}", scans) for measure in _SIDE_BY_SIDE]
        false = [_value(part, "false_positives", scans)] if name == "mts" else []
        rows.append([str(network), f"{cohort}, {timepoint}", *cells, *false])
    head = [Column("Network"), Column("Cohort")]
    head += [Column(words, True) for words in ("Scans", "Dice, mean ± SD", "Interval of the mean", "Dice, median")]
    head += [Column(words, True) for words in _SIDE_BY_SIDE.values()]
    head += [Column("False positives", True)] if name == "mts" else []
    what = "all metastases of a scan as one mask" if name == "mts" else "the liver that each network finds"
    caption = (
        f"Whole scans by network: {what}. Means over scans; of ratios and distances over the scans where they are "
        "defined, their number in brackets where it is another one: a network which finds nothing in a scan is spared "
        f"the distance there. {_intervals(measures)}"
    )
    identifier = "networks-scans" if name == "mts" else "networks-livers"
    return Table(identifier, caption, head, rows, csv_download(identifier, of_structure), _why_missing(pooled))


def _differences(pairs: pd.DataFrame) -> Table:
    shown = [name for name in _DIFFERENCES if pairs["measure"].eq(name).any()]
    rows = []
    for (second, timepoint), part in pairs.groupby(["second", "timepoint"], sort=False, dropna=False):
        cells = [_difference(rows_of(part, name)) for name in shown]
        rows.append([str(second), str(timepoint), fmt.integer(part["n_scans"].max()), *cells])
    head = [Column(f"{pairs['first'].iloc[0]} minus"), Column("Timepoint"), Column("Scans", True)]
    head += [Column(_scan_measure(name), True) for name in shown]
    caption = (
        "Paired differences over whole scans: means over the scans where a measure is defined for both. "
        f"{_intervals(pairs, 'the mean difference')} They are not corrected for the number of networks."
    )
    return Table(
        "networks-scan-pairs", caption, head, rows, csv_download("networks-scan-pairs", pairs), _why_missing(pairs)
    )


def _difference(rows: pd.DataFrame) -> str:
    if rows.empty:
        return fmt.MISSING
    row = rows.iloc[0]
    return fmt.estimate(row["value"], row["low"], row["high"])


def _mean(row: pd.Series) -> tuple[str, str]:
    """Mean ± SD, and the interval of the mean."""
    return fmt.mean_sd(row["mean"], row["sd"]), fmt.interval(row.get("low"), row.get("high")) or fmt.MISSING


def _value(part: pd.DataFrame, name: str, scans: int) -> str:
    """A mean, with its number of scans where that is another one."""
    rows = rows_of(part, name)
    if rows.empty:
        return fmt.MISSING
    here = int(rows["n_scans"].iloc[0])
    return fmt.number(rows["mean"].iloc[0]) + (f" ({fmt.integer(here)})" if here != scans else "")


def _intervals(table: pd.DataFrame, of: str = "the mean") -> str:
    return f"{level_text(table)} of {of} by bootstrap of patients." if "level" in table else ""


def _why_missing(table: pd.DataFrame) -> str:
    """Why intervals are missing, if any is."""
    if "note" not in table:
        return ""
    reasons = [str(why) for why in table.loc[table["low"].isna(), "note"].dropna().unique() if why]
    return f"Where an interval is missing: {fmt.listed(reasons, 'or')}." if reasons else ""


def _when_empty() -> Table:
    head = [Column("Measure"), Column("Both empty", True), Column("Only the manual one empty", True)]
    rows = [
        [_measure_words(name), *(fmt.number(value, 0) for value in (when.both, when.reference, when.found))]
        for name, when in WHEN_EMPTY.items()
    ]
    caption = (
        "Values of the measures where a mask is empty. n/a: not defined, left out of means and counts. A lesion that "
        "no automatic mask overlaps has the values of the last column."
    )
    return Table("when-empty", caption, [*head, Column("Only the automatic one empty", True)], rows)


def _scan_measure(code: object) -> str:
    """``mts_hd95_mm`` is ``Metastases: 95 % Hausdorff (mm)``."""
    head, _, rest = str(code).partition("_")
    return f"{_TARGETS[head]}: {_measure_words(rest)}" if head in _TARGETS else label(str(code))


def _measure_words(measure: str) -> str:
    """``hd95_mm`` is ``95 % Hausdorff (mm)``."""
    return " ".join(_ABBREVIATIONS.get(word.lower(), word) for word in label(measure).split(" "))
