"""The answer to the study's question in one paragraph: what became of the class of every lesion."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from livermets.masks.lesion_table import fate_counts
from livermets.report import formatting as fmt
from livermets.report.lesions import headline
from livermets.report.rows import rows_of
from livermets.stats.results import both_intervals, is_clustered, shown_interval

Tables = Mapping[str, pd.DataFrame]


def table_of(tables: Tables, name: str) -> pd.DataFrame:
    """A table of a concordance; empty where it is missing."""
    return tables.get(name, pd.DataFrame())


def answer(tables: Tables, lesions: pd.DataFrame, noun: str = "lesion") -> str:
    """Does it matter who drew the mask? The three fates of all lesions first, then the share that keep their class."""
    question = "Does it matter who drew the mask?"
    counted = headline(lesions)
    if counted.empty:
        return f"{question} That cannot be said: there is no {noun} whose class counts as a prediction."
    same, other, none = fate_counts(counted)
    without = (
        f"{_counted(none, counted)} {'has' if none == 1 else 'have'} no class with at least one of the masks"
        if none
        else "every lesion has a class with both masks"
    )
    said = (
        f"{question} Of {fmt.plural(len(counted), noun)}, {_counted(same, counted)} kept their class when the "
        f"network’s mask replaced the radiologist’s, {_counted(other, counted)} changed it, and {without}."
    )
    if same + other == 0:
        return f"{said} Agreement cannot be said: no {noun} has a class from both masks."
    return f"{said} {_kept(tables) if none else _expected(tables)}".strip()


def _counted(k: int, lesions: pd.DataFrame) -> str:
    return f"{fmt.integer(k)} ({fmt.percent(k / len(lesions), 0)})" if k else "none"


def _kept(tables: Tables) -> str:
    """How many keep their class among those that the reader's mask, and both masks, classify."""
    parts, by_patient, level, methods = [], True, "", []
    for measure, words in (
        ("agreement_reader_classified", "the lesions that the radiologist’s mask classifies"),
        ("agreement", "those that both masks classify"),
    ):
        rows = rows_of(table_of(tables, "agreement"), measure)
        row = shown_interval(rows)
        if row is None or fmt.is_missing(row["value"]):
            continue
        ends = fmt.interval(row["low"], row["high"], as_percent=True, digits=0)
        share = "; ".join(text for text in (fmt.percent(row["value"], 0), ends) if text)
        parts.append(f"of {words}, {fmt.count_of(row['k'], row['n'])} ({share})")
        by_patient, level = by_patient and _allows_for_patients(rows), fmt.percent(row["level"], 0)
        methods.append(str(row["method"]))
    if not parts:
        return ""
    text = fmt.listed(parts)
    return f"{text[:1].upper()}{text[1:]} keep their class ({level} intervals, {_how(methods, by_patient)})."


def _how(methods: list[str], by_patient: bool) -> str:
    """Whether the quoted intervals allow for several lesions per patient, and why not, if not."""
    clustered = [is_clustered(method) for method in methods]
    if all(clustered):
        return "which allow for lesions of one patient resembling each other"
    lesions = "which take" if not any(clustered) else "some of which take"
    why = ", since those that allow for patients came out narrower" if by_patient else ""
    return f"{lesions} lesions as independent{why}"


def _expected(tables: Tables) -> str:
    """What may be expected in other patients, where every lesion has both classes."""
    rows = rows_of(table_of(tables, "agreement"), "agreement")
    row = shown_interval(rows)
    if row is None or fmt.is_missing(row["low"]):
        return ""
    ends = fmt.listed([fmt.percent(row[end], 0) for end in ("low", "high")])
    how = "Allowing for" if _allows_for_patients(rows) else "Without allowing for"
    return (
        f"{how} lesions of one patient resembling each other, the agreement to be expected in other patients lies "
        f"between {ends} ({fmt.percent(row['level'], 0)} interval)."
    )


def _allows_for_patients(rows: pd.DataFrame) -> bool:
    """Whether an interval by patient exists, so that the quoted one is at least as wide."""
    by_patient = both_intervals(rows)[1]
    return by_patient is not None and not fmt.is_missing(by_patient["low"])
