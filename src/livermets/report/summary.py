"""Half a page in plain words, computed from the tables: the answer first, then its limits."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from livermets.concordance.diagnostics import END_TO_END
from livermets.masks.identity import SIDES
from livermets.report import formatting as fmt
from livermets.report.answer import answer
from livermets.report.document import Block, Bullets, Note, Paragraph, Section
from livermets.report.findings import findings, limits
from livermets.report.lesions import headline
from livermets.report.masks_summary import masks_summary
from livermets.report.parts import parts_of
from livermets.report.reference_summary import reference_answer
from livermets.report.rows import rows_of
from livermets.report.sections.class_noise import noise_words
from livermets.report.sections.estimates import POOLED, QUOTED, level_text, main_comparison
from livermets.report.sections.every_source import source_findings
from livermets.report.sections.perturbation import needed_words
from livermets.report.sections.selection_doubts import selection_findings
from livermets.report.sections.training import follow_up_sentence
from livermets.report.sections.two_roles import in_both_words
from livermets.report.study import StudyResults
from livermets.report.study_counts import what_it_holds
from livermets.report.tables import Shown, shown_table
from livermets.stats.results import is_clustered, shown_interval


def summary_section(study: StudyResults) -> Section:
    """The summary of whatever the study asks; with nothing to compare it says so and keeps to what is there."""
    parts = parts_of(study)
    if not parts.classes:
        return Section("summary", "Summary", masks_summary(study))
    make = _of_pair if parts.concordance else _of_reference if parts.validates else _applied
    return Section("summary", "Summary", make(study))


def _of_pair(study: StudyResults) -> list[Block]:
    """Two masks of every lesion: does the class change?"""
    name = main_comparison(study)
    lesions = _compared_lesions(study, name)
    if name is None or lesions.empty:
        why = "Manual and automatic masks were not compared, because no validation cohort has both classes."
        return [Paragraph(_what(study)), Note(why), *_doubts(study)]
    tables = study.concordance[name]
    said = [
        *in_both_words(study),
        *findings(tables, lesions),
        *source_findings(study, name),
        *selection_findings(study),
    ]
    blocks: list[Block] = [Paragraph(answer(tables, lesions, "validation lesion")), *_needed(study), Bullets(said)]
    blocks += [_fate_table(tables), _key_table(tables)]
    return [*blocks, Paragraph(f"{_what(study)} {_limits(study, lesions)}")]


def _of_reference(study: StudyResults) -> list[Block]:
    """One mask of every lesion: are its classes right?"""
    name = main_comparison(study)
    if name is None:
        return [Paragraph(_what(study)), Note("How well the classes hold was not computed."), *_doubts(study)]
    lesions = _compared_lesions(study, name)
    lesions = lesions.assign(compared=lesions["predicted_manual"].notna() & lesions["response"].notna())
    said = Paragraph(reference_answer(study.concordance[name]))
    return [
        said,
        *_needed(study),
        *_doubts(study),
        Paragraph(f"{_what(study)} {_limits(study, lesions, 'These figures rest')}".strip()),
    ]


def _applied(study: StudyResults) -> list[Block]:
    """No outcome is known: what was predicted stands in its own part."""
    why = "No validation cohort has a known outcome: whether the classes are right cannot be told from this study."
    return [Paragraph(_what(study)), *_needed(study), Note(why, "info"), *_doubts(study)]


def _needed(study: StudyResults) -> list[Block]:
    """The second answer: how good a mask must be, and how much of a change of class is not the mask's."""
    said = [needed_words(study.perturbation), noise_words(study.perturbation, study.sources.primary)]
    return [Paragraph(" ".join(["How good must a mask be?", *filter(None, said)]))] if any(said) else []


def _doubts(study: StudyResults) -> list[Block]:
    found = [*in_both_words(study), *selection_findings(study)]
    return [Bullets(found)] if found else []


def _compared_lesions(study: StudyResults, name: str | None) -> pd.DataFrame:
    """The lesions of the comparison, at all timepoints, with ``headline``."""
    return study.compared(*([] if name is None else study.of_role("validation") if name == POOLED else [name]))


def _what(study: StudyResults) -> str:
    return f"{what_it_holds(study)} {follow_up_sentence(study)}".strip()


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


def _limits(study: StudyResults, lesions: pd.DataFrame, resting: str = "The comparison rests") -> str:
    sentences = [limits(lesions, resting)]
    if headline(lesions)["timepoint"].nunique() > 1:
        sentences.append("A lesion is counted once at each timepoint.")
    if study.trained_on_synthetic:
        sentences.append(f"{study.trained_on_synthetic} trained on synthetic images.")
    if len(study.synthetic):
        sentences.append("Synthetic cohorts test the computation; they prove nothing clinical.")
    return " ".join(sentence for sentence in sentences if sentence)
