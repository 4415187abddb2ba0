"""Tables of estimates: each number with its count, an interval over lesions and one by patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.document import Figure, Note, Table
from livermets.report.pictures import picture_file
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, csv_download, method_name, shown_table
from livermets.report.vocabulary import MEASURES
from livermets.stats.results import both_intervals, is_clustered

PERCENT_MEASURES = (
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "accuracy",
    "agreement",
    "positive_agreement",
    "negative_agreement",
)
QUOTED = "by patient, or by lesion where that interval is the wider one"
"""Which interval is quoted where there is room for one only: `shown_interval`, in words."""
POOLED = "pooled"


def measure_name(code: str) -> str:
    """A measure in words."""
    if code in MEASURES:
        return MEASURES[code]
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]


def as_percent(measure: str) -> bool:
    """Whether a measure is a proportion and shown in percent."""
    return measure.startswith(PERCENT_MEASURES)


_KEY_LABELS = {
    "mask_source": "Mask",
    "group": "Group",
    "grouping": "By",
    "model": "Model",
    "population": "Of the lesions",
    "timepoint": "Timepoint",
}


class _Estimate(NamedTuple):
    """One row of a table of estimates: a measure of one group, with its interval over lesions and by patient."""

    measure: str
    keys: tuple[Any, ...]
    shown: pd.Series
    by_lesion: pd.Series | None
    by_patient: pd.Series | None

    @property
    def methods(self) -> list[str]:
        """The methods of the intervals that are given."""
        rows = [row for row in (self.by_lesion, self.by_patient) if row is not None]
        return [method_name(row["method"]) for row in rows if not fmt.is_missing(row.get("low"))]


def estimate_table(
    identifier: str,
    frame: pd.DataFrame,
    caption: str,
    keys: tuple[str, ...] = (),
    note: str = "",
) -> Table:
    """One row per measure (and per value of ``keys``, e.g. mask source) of a frame of estimates."""
    keys = tuple(key for key in keys if key in frame)
    estimates = list(_estimates(frame, keys))
    named = dict.fromkeys(name for estimate in estimates for name in estimate.methods if name)
    used = f": {fmt.listed(list(named))}" if named else ""
    said = f"{caption} {level_text(frame)}{used}."
    columns = _estimate_columns(frame, keys)
    return shown_table(identifier, said, columns, estimates, data=frame, note=_why_missing(frame, note))


def _estimates(frame: pd.DataFrame, keys: tuple[str, ...]) -> Iterator[_Estimate]:
    for values, part in frame.groupby([*keys, "measure"], sort=False, dropna=False):
        by_lesion, by_patient = both_intervals(part)
        shown = by_lesion if by_lesion is not None else by_patient
        if shown is not None:
            yield _Estimate(str(values[-1]), values[:-1], shown, by_lesion, by_patient)


def _key_at(place: int) -> Callable[[_Estimate], str]:
    return lambda row: str(row.keys[place])


def _estimate_columns(frame: pd.DataFrame, keys: tuple[str, ...]) -> list[Shown]:
    columns = [Shown("Measure", lambda row: measure_name(row.measure))]
    for place, key in enumerate(keys):
        columns.append(Shown(_KEY_LABELS.get(key, key), _key_at(place)))
    if "n_lesions" in frame:
        columns.append(Shown("Count", lambda row: _count(row.shown), numeric=True))
    columns.append(Shown("Value", lambda row: _value(row.measure, row.shown), numeric=True))
    if not frame["method"].map(is_clustered).all():
        independent = "Interval, lesions independent"
        columns.append(Shown(independent, lambda row: _ends(row.measure, row.by_lesion), numeric=True))
    columns.append(Shown("Interval, by patient", lambda row: _ends(row.measure, row.by_patient), numeric=True))
    columns.append(Shown("Patients", lambda row: fmt.integer(row.shown.get("n_patients")), numeric=True))
    return columns


def level_text(frame: pd.DataFrame) -> str:
    """``95 % intervals``, from the table's own level."""
    levels = frame["level"].dropna() if "level" in frame else pd.Series(dtype=float)
    return f"{fmt.percent(levels.iloc[0], 0)} intervals" if len(levels) else "Intervals"


def _count(row: pd.Series) -> str:
    if fmt.is_missing(_na(row.get("n"))) or fmt.is_missing(_na(row.get("k"))):
        return f"{fmt.integer(row['n_lesions'])} lesions" if not fmt.is_missing(_na(row.get("n_lesions"))) else ""
    return fmt.count_of(row["k"], row["n"])


def _na(value: object) -> object:
    return None if value is pd.NA else value


def _value(measure: str, row: pd.Series) -> str:
    if measure.endswith("_p"):
        return fmt.p_value(row["value"])
    if measure.endswith("_only"):
        return fmt.integer(row["value"])
    return fmt.percent(row["value"]) if as_percent(measure) else fmt.number(row["value"])


def _ends(measure: str, row: pd.Series | None) -> str:
    if row is None:
        return ""
    if measure.endswith("_p"):
        return fmt.p_value(row["value"])
    if measure.endswith("_only"):
        return ""
    return fmt.interval(row["low"], row["high"], as_percent=as_percent(measure)) or fmt.MISSING


def _why_missing(frame: pd.DataFrame, note: str) -> str:
    if "note" not in frame:
        return note
    reasons = list(dict.fromkeys(str(text) for text in frame["note"].dropna() if str(text).strip()))
    if not reasons:
        return note
    return f"{note} Where n/a is shown: {'; '.join(reasons)}.".strip()


def picture(study: StudyResults, cohort: str, stem: str, caption: str, alt: str) -> Figure | Note:
    """A figure of the concordance step with the table it shows; a note when it was not drawn."""
    path = study.concordance_pictures.get(cohort, {}).get(stem)
    if path is None:
        return Note(f"The figure “{stem.replace('_', ' ')}” of {cohort} was not drawn.")
    identifier = f"{cohort}-{stem}".replace("_", "-")
    data = study.concordance.get(cohort, {}).get(stem, pd.DataFrame())
    download = csv_download(identifier, data) if len(data) else None
    return Figure(identifier, caption, alt, picture_file(path, identifier), download=download)


def compared_cohorts(study: StudyResults) -> list[str]:
    """Validation cohorts that have concordance tables, the pooled one first; one cohort alone is not pooled."""
    names = [name for name in study.concordance if name != POOLED]
    ordered = [name for name in study.cohorts if name in names] + [name for name in names if name not in study.cohorts]
    if POOLED in study.concordance and len(ordered) != 1:
        ordered.insert(0, POOLED)
    return ordered


def cohort_title(study: StudyResults, name: str) -> str:
    """How a cohort is called in headings."""
    return "All validation cohorts, pooled" if name == POOLED else f"Cohort {name}"


def main_comparison(study: StudyResults) -> str | None:
    """The comparison that the summary speaks of: pooled, or the only cohort."""
    names = compared_cohorts(study)
    return names[0] if names else None


def badge(study: StudyResults, name: str) -> str:
    """``synthetic`` beside the name of a made-up cohort, or of a pool that holds one."""
    members = study.of_role("validation") if name == POOLED else [name]
    synthetic = [m for m in members if m in study.cohorts and study.cohorts[m].synthetic]
    if not synthetic:
        return ""
    return "synthetic" if len(synthetic) == len(members) else "partly synthetic"
