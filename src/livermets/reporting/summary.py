"""Half a page in plain words, computed from the tables: the answer first, then its limits."""

from __future__ import annotations

import pandas as pd

from livermets.reporting import formatting as fmt
from livermets.reporting.findings import answer, findings, limits
from livermets.reporting.lesions import lesion_flow
from livermets.reporting.model import Block, Bullets, Column, Note, Paragraph, Section, Table
from livermets.reporting.results import StudyResults
from livermets.reporting.sections.estimates import POOLED, main_comparison, rows_of, shown_interval


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
        return Section("summary", "Summary", blocks)
    tables = study.concordance[name]
    blocks.append(Paragraph(answer(tables, lesions, "validation lesion")))
    blocks.append(Bullets(findings(tables, lesions)))
    blocks.append(_key_table(tables, lesions))
    blocks.append(Paragraph(f"{_what(study)} {_limits(study, lesions)}"))
    return Section("summary", "Summary", blocks)


def _compared_lesions(study: StudyResults, name: str | None) -> pd.DataFrame:
    if name is None:
        return study.lesions.iloc[0:0]
    return study.cohort_lesions(*(study.of_role("validation") if name == POOLED else [name]))


def _what(study: StudyResults) -> str:
    parts = []
    for role, words in (("train", "training"), ("validation", "validation"), ("predict", "prediction")):
        lesions = study.cohort_lesions(*study.of_role(role))
        if len(lesions):
            flow = lesion_flow(lesions)
            parts.append(f"{words}: {fmt.plural(flow.lesions, 'lesion')} of {fmt.plural(flow.patients, 'patient')}")
    return f"The study holds {fmt.plural(len(study.cohorts), 'cohort')} ({'; '.join(parts)})." if parts else ""


def _key_table(tables: dict[str, pd.DataFrame], lesions: pd.DataFrame) -> Block:
    diagnostics = tables.get("diagnostics", pd.DataFrame())
    rows = []
    for measure, words in (("sensitivity", "Sensitivity"), ("specificity", "Specificity"), ("auc", "ROC AUC")):
        cells = [
            _key_cell(rows_of(diagnostics, measure, mask_source=source), measure) for source in ("manual", "automatic")
        ]
        rows.append([words, *cells])
    known = lesions[lesions["compared"] & lesions["response"].notna()]
    caption = (
        f"Key figures of the {fmt.plural(len(known), 'validation lesion')} of "
        f"{fmt.plural(known['patient'].nunique(), 'patient')} with an outcome and both classes, with intervals by "
        "patient where they can be computed."
    )
    head = [Column("Measure"), Column("Manual mask", True), Column("Automatic mask", True)]
    return Table("key-figures", caption, head, rows)


def _key_cell(rows: pd.DataFrame, measure: str) -> str:
    shown = shown_interval(rows)
    if shown is None or fmt.is_missing(shown["value"]):
        return "not computed"
    return fmt.estimate(
        shown["value"], shown["low"], shown["high"], as_percent=measure != "auc", digits=2 if measure == "auc" else 0
    )


def _limits(study: StudyResults, lesions: pd.DataFrame) -> str:
    sentences = [limits(lesions)]
    if lesions["timepoint"].nunique() > 1:
        sentences.append("A lesion is counted once at each timepoint.")
    if study.trained_on_synthetic:
        sentences.append("Networks and model were trained on synthetic images.")
    if len(study.synthetic):
        sentences.append("Synthetic cohorts test the computation; they prove nothing clinical.")
    return " ".join(sentence for sentence in sentences if sentence)
