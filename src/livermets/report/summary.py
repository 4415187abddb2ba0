"""Half a page in plain words, computed from the tables: the answer first, then its limits."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from livermets.concordance.diagnostics import END_TO_END
from livermets.masks.identity import SIDES
from livermets.masks.lesion_table import with_headline
from livermets.report import formatting as fmt
from livermets.report.answer import answer
from livermets.report.document import Block, Bullets, Note, Paragraph, Section
from livermets.report.findings import findings, limits
from livermets.report.lesions import headline
from livermets.report.results import StudyResults
from livermets.report.rows import rows_of
from livermets.report.sections.estimates import POOLED, QUOTED, level_text, main_comparison
from livermets.report.sections.selection_doubts import selection_findings
from livermets.report.sections.training import follow_up_sentence
from livermets.report.tables import Shown, shown_table
from livermets.stats.results import is_clustered, shown_interval


def summary_section(study: StudyResults) -> Section:
    """The summary; with nothing to compare it says so and keeps to what is there."""
    name = main_comparison(study)
    lesions = _compared_lesions(study, name)
    blocks: list[Block] = []
    if name is None or lesions.empty:
        blocks.append(Paragraph(_what(study)))
        blocks.append(
            Note("Manual and automatic masks were not compared, because no validation cohort has both classes.")
        )
        if found := selection_findings(study):
            blocks.append(Bullets(found))
        return Section("summary", "Summary", blocks)
    tables = study.concordance[name]
    blocks.append(Paragraph(answer(tables, lesions, "validation lesion")))
    blocks.append(Bullets([*findings(tables, lesions), *selection_findings(study)]))
    blocks += [_fate_table(tables), _key_table(tables)]
    blocks.append(Paragraph(f"{_what(study)} {_limits(study, lesions)}"))
    return Section("summary", "Summary", blocks)


def _compared_lesions(study: StudyResults, name: str | None) -> pd.DataFrame:
    """The lesions of the comparison, at all timepoints, with ``headline``."""
    names = [] if name is None else study.of_role("validation") if name == POOLED else [name]
    return with_headline(study.cohort_lesions(*names), study.response_timepoints)


def _what(study: StudyResults) -> str:
    parts = [
        f"{words}: {_counts(study, study.cohort_lesions(*study.of_role(role)))}"
        for role, words in (("train", "training"), ("validation", "validation"), ("predict", "prediction"))
        if len(study.cohort_lesions(*study.of_role(role)))
    ]
    if not parts:
        return ""
    text = f"The study holds {fmt.plural(len(study.cohorts), 'cohort')} ({'; '.join(parts)})."
    return f"{text} {follow_up_sentence(study)}".strip()


def _counts(study: StudyResults, lesions: pd.DataFrame) -> str:
    """``24 lesions of 8 patients at baseline and 30 lesions at other timepoints``"""
    predicted = study.predicted(lesions)
    text = f"{fmt.plural(len(predicted), 'lesion')} of {fmt.plural(predicted['patient'].nunique(), 'patient')} "
    text += f"at {fmt.listed(study.response_timepoints, 'or')}"
    others = len(lesions) - len(predicted)
    return f"{text} and {fmt.plural(others, 'lesion')} at other timepoints" if others else text


class _Fate(NamedTuple):
    """A row of the fates: the fate, of which lesions, how many (``k`` of ``n``), their share, and which measure of the
    agreement that is, if any."""

    fate: str
    population: str
    k: Any
    n: Any
    share: Any
    measure: str = ""


def _fate_table(tables: dict[str, pd.DataFrame]) -> Block:
    """What became of every lesion's class, and the share that keeps it of three populations."""
    fates, agreement = tables.get("fates", pd.DataFrame()), tables.get("agreement", pd.DataFrame())
    if fates.empty or not fates["n_lesions"].iloc[-1]:
        return Note("The fates of the lesions are not shown because fates.csv is missing or holds no lesion.")
    total = fates.iloc[-1]
    lesions = fmt.plural(total["n_lesions"], "validation lesion")
    patients = fmt.plural(total["n_patients"], "patient")
    caption = (
        f"What became of the class of {lesions} of {patients} when the automatic mask replaced the manual one. The "
        f"first three rows add up to all lesions. {level_text(agreement)} {QUOTED}."
    )
    columns = [
        Shown("Fate", lambda row: row.fate),
        Shown("Of the lesions", lambda row: row.population),
        Shown("Count", lambda row: fmt.count_of(row.k, row.n), numeric=True),
        Shown("Share", lambda row: fmt.percent(row.share, 0), numeric=True),
        Shown("Interval", lambda row: _ends(agreement, row.measure) if row.measure else "", numeric=True),
        Shown("Interval is", lambda row: _by(agreement, row.measure) if row.measure else "", numeric=True),
    ]
    return shown_table("key-fates", caption, columns, _fates(total, agreement), data=fates)


def _fates(total: pd.Series, agreement: pd.DataFrame) -> list[_Fate]:
    """The three fates of all lesions, and the kept class among those that one mask and that both masks classify."""
    n = total["n_lesions"]
    every = "all lesions"
    rows = [
        _Fate("Same class", every, total["same"], n, total["same"] / n, "agreement_all"),
        _Fate("Another class", every, total["other"], n, total["other"] / n),
        _Fate("No class", every, total["no_class"], n, total["no_class"] / n),
    ]
    for measure, words in (
        ("agreement_reader_classified", "classified with the manual mask"),
        ("agreement", "classified with both masks"),
    ):
        shown = shown_interval(rows_of(agreement, measure))
        if shown is not None and not fmt.is_missing(shown["value"]):
            rows.append(_Fate("Same class", words, shown["k"], shown["n"], shown["value"], measure))
    return rows


def _ends(agreement: pd.DataFrame, measure: str) -> str:
    shown = shown_interval(rows_of(agreement, measure))
    if shown is None:
        return fmt.MISSING
    return fmt.interval(shown["low"], shown["high"], as_percent=True, digits=0) or fmt.MISSING


def _by(agreement: pd.DataFrame, measure: str) -> str:
    """Which of its two intervals a row shows."""
    shown = shown_interval(rows_of(agreement, measure))
    if shown is None or fmt.is_missing(shown["low"]):
        return ""
    return "by patient" if is_clustered(shown["method"]) else "by lesion"


def _key_table(tables: dict[str, pd.DataFrame]) -> Block:
    """Diagnostics on the lesions that both masks classify, and end to end, side by side."""
    paired, every = tables.get("diagnostics", pd.DataFrame()), tables.get("diagnostics_all", pd.DataFrame())
    end_to_end = every[every["population"] == END_TO_END] if "population" in every else every
    caption = (
        f"Against the outcome: {_counted(paired)} with an outcome and both classes, and all {_counted(end_to_end)} "
        "with an outcome, where a lesion without a class counts as called wrongly (an area needs a share, which it "
        f"lacks). The last column is the difference over all lesions, manual minus automatic, with patients resampled. "
        f"{level_text(paired)} {QUOTED}."
    )
    columns = [
        Shown("Measure", lambda measure: _KEY_MEASURES[measure]),
        *(_key_column(f"Both classes, {source} mask", paired, source) for source in SIDES),
        *(_key_column(f"All lesions, {source} mask", end_to_end, source) for source in SIDES),
        Shown("Difference, all lesions", lambda measure: _key_difference(tables, measure), numeric=True),
    ]
    return shown_table("key-figures", caption, columns, _KEY_MEASURES)


_KEY_MEASURES = {"sensitivity": "Sensitivity", "specificity": "Specificity", "auc": "ROC AUC"}


def _key_column(heading: str, table: pd.DataFrame, source: str) -> Shown:
    return Shown(heading, lambda measure: _key_cell(rows_of(table, measure, mask_source=source), measure), numeric=True)


def _key_difference(tables: dict[str, pd.DataFrame], measure: str) -> str:
    rows = rows_of(tables.get("diagnostics_differences", pd.DataFrame()), measure)
    if rows.empty or fmt.is_missing(rows["value"].iloc[0]):
        return "–"
    return fmt.points(*(rows[end].iloc[0] for end in ("value", "low", "high")))


def _counted(table: pd.DataFrame) -> str:
    """The lesions behind sensitivity and specificity together, which is every one of them."""
    rows = rows_of(table, "accuracy")
    n = int(rows["n"].iloc[0]) if len(rows) else 0
    patients = int(rows["n_patients"].iloc[0]) if len(rows) else 0
    return f"{fmt.plural(n, 'validation lesion')} of {fmt.plural(patients, 'patient')}"


def _key_cell(rows: pd.DataFrame, measure: str) -> str:
    shown = shown_interval(rows)
    if shown is None or fmt.is_missing(shown["value"]):
        return "not computed" if measure != "auc" or shown is not None else "–"
    if measure == "auc":
        return fmt.estimate(shown["value"], shown["low"], shown["high"])
    ends = fmt.estimate(shown["value"], shown["low"], shown["high"], as_percent=True, digits=0)
    return f"{fmt.count_of(shown['k'], shown['n'])}\n{ends}"


def _limits(study: StudyResults, lesions: pd.DataFrame) -> str:
    sentences = [limits(lesions)]
    if headline(lesions)["timepoint"].nunique() > 1:
        sentences.append("A lesion is counted once at each timepoint.")
    if study.trained_on_synthetic:
        sentences.append("Networks and model were trained on synthetic images.")
    if len(study.synthetic):
        sentences.append("Synthetic cohorts test the computation; they prove nothing clinical.")
    return " ".join(sentence for sentence in sentences if sentence)
