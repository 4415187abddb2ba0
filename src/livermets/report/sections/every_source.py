"""Every mask source beside the reference: does a better network, or a corrected mask, change fewer classes?"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.document import Block, Figure, Paragraph, Section
from livermets.report.pictures import picture_file
from livermets.report.sections.estimates import cohort_title, compared_cohorts, level_text
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, csv_download, kept_together, rows_in, shown_table
from livermets.report.vocabulary import mask_words

_PICTURE = "sources"


def sources_section(study: StudyResults) -> Section | None:
    """One part per validation cohort and pooled; nothing where the headline's pair is the only one."""
    names = [name for name in compared_cohorts(study) if len(_table(study, name)) > 1]
    if not names:
        return None
    reference = mask_words(study.sources, study.sources.reference)
    text = (
        f"Every source of masks is compared with the {reference} on the lesions of the scans that it has drawn, so "
        "that lesions may differ from row to row; differences are on the lesions that both sources have drawn. The "
        f"other parts of this report are about the {_words(study, study.sources.headline)}; each further pair has the "
        "same tables in a folder of its own (concordance/<cohort>/<source>)."
    )
    return Section(
        "every-source", "Every mask source beside the reference", [Paragraph(text)], [_part(study, n) for n in names]
    )


def source_findings(study: StudyResults, name: str) -> list[str]:
    """The answer of the sources in one sentence, where there are several."""
    table = _table(study, name)
    return [_answer(table)] if len(table) > 1 else []


def _table(study: StudyResults, name: str) -> pd.DataFrame:
    table = study.comparisons.get(name, pd.DataFrame())
    return table[table["n_lesions"].gt(0)].reset_index(drop=True) if "n_lesions" in table else table.iloc[:0]


def _words(study: StudyResults, source: str) -> str:
    return mask_words(study.sources, source)


def _part(study: StudyResults, name: str) -> Section:
    table = _table(study, name)
    caption = (
        "Fate of the classes by mask source, over all lesions of its scans. Dice: of all lesions, a missed one with 0. "
        "Same, another, no class: against the reference’s class. Difference: share of lesions with the same class, "
        f"less that of the first row, on the lesions of both; {level_text(table)} by patient. McNemar’s exact test "
        "takes lesions as independent. p-values are not corrected for the number of sources."
    )
    blocks: list[Block] = [Paragraph(_answer(table))]
    blocks.append(shown_table(f"sources-{name}", caption, _columns(study), rows_in(table), data=table))
    more = (
        "Detection and agreement by mask source: agreement and kappa with the reference’s class over the "
        "lesions that both masks classify, sensitivity and specificity of the source’s own classes against the outcome."
    )
    blocks.append(shown_table(f"sources-more-{name}", more, _more_columns(study), rows_in(table), data=table))
    if path := study.comparison_pictures.get(name, {}).get(_PICTURE):
        identifier = f"{name}-sources"
        words = (
            "Share of lesions with the same, another and no class by mask source, beside the mean Dice of its masks."
        )
        picture = picture_file(path, identifier)
        blocks.append(Figure(identifier, words, words, picture, download=csv_download(identifier, table)))
    return Section(f"every-source-{name}", cohort_title(study, name), blocks)


def _columns(study: StudyResults) -> list[Shown]:
    """What answers the question."""
    return [
        Shown("Mask", lambda row: _words(study, str(row["mask_source"]))),
        Shown("Lesions, patients", _lines("n_lesions", "n_patients", fmt.integer), True),
        Shown("Dice, mean, median", _lines("mean_dice", "median_dice", fmt.number), True),
        Shown("Same class", _fate("same"), True),
        Shown("Another class", _fate("other"), True),
        Shown("No class", _fate("no_class"), True),
        Shown("Difference, points", _difference, True),
        Shown("McNemar", lambda row: "" if row["primary"] == 1 else fmt.p_value(row["mcnemar_p"]), True),
    ]


def _more_columns(study: StudyResults) -> list[Shown]:
    """What else is known of every source."""
    return [
        Shown("Mask", lambda row: _words(study, str(row["mask_source"]))),
        Shown("Detected", lambda row: fmt.share(row["n_detected"], row["n_judged"]), True),
        Shown("False positives per scan", lambda row: fmt.number(row["false_positives_per_scan"]), True),
        Shown("Agreement", _estimate("agreement", percent=True), True),
        Shown("Kappa", _estimate("kappa"), True),
        Shown("Sensitivity", _estimate("sensitivity", percent=True), True),
        Shown("Specificity", _estimate("specificity", percent=True), True),
    ]


def _lines(first: str, second: str, words: Callable[..., str]) -> Callable[[pd.Series], str]:
    return lambda row: f"{words(row[first])}\n{words(row[second])}"


def _fate(name: str) -> Callable[[pd.Series], str]:
    def text(row: pd.Series) -> str:
        ends = fmt.interval(row[f"{name}_low"], row[f"{name}_high"], as_percent=True, digits=0)
        return f"{fmt.share(row[f'n_{name}'], row['n_lesions'])}\n{kept_together(ends)}".strip()

    return text


def _estimate(name: str, percent: bool = False) -> Callable[[pd.Series], str]:
    def text(row: pd.Series) -> str:
        if fmt.is_missing(row[name]):
            return fmt.MISSING
        digits = 0 if percent else 2
        value = fmt.percent(row[name], 0) if percent else fmt.number(row[name])
        ends = fmt.interval(row[f"{name}_low"], row[f"{name}_high"], as_percent=percent, digits=digits)
        return f"{value}\n{kept_together(ends)}".strip()

    return text


def _difference(row: pd.Series) -> str:
    if row["primary"] == 1 or fmt.is_missing(row["same_minus_primary"]):
        return "" if row["primary"] == 1 else fmt.MISSING
    ends = fmt.points(row["same_minus_primary"], row["same_minus_primary_low"], row["same_minus_primary_high"])
    return f"{kept_together(ends)}\n{fmt.plural(row['n_lesions_both'], 'lesion')}"


def _answer(table: pd.DataFrame) -> str:
    """Which sources fit better than the headline's, and whether these are shown to change fewer classes."""
    first, others = table.iloc[0], table.iloc[1:]
    compared = others[others["same_minus_primary"].notna()]
    text = f"Does a better mask change fewer classes? With {_kept(first)}."
    better = compared[compared["mean_dice"] > first["mean_dice"]]
    worse = compared[~compared.index.isin(better.index)]
    for rows, words in ((better, "fit the reference better"), (worse, "do not")):
        if len(rows):
            text += f" Those that {words}: {fmt.listed([_verdict(row) for row in rows_in(rows)])}."
    return text


def _kept(row: pd.Series) -> str:
    """``automatic 23 of 36 lesions (64 %) keep the reference’s class (mean Dice 0.55)``"""
    share = fmt.share(row["n_same"], row["n_lesions"])
    return (
        f"“{row['mask_source']}” {share} lesions keep the reference’s class (mean Dice {fmt.number(row['mean_dice'])})"
    )


def _verdict(row: pd.Series) -> str:
    """One source against the headline's on the lesions of both."""
    low, high = row["same_minus_primary_low"], row["same_minus_primary_high"]
    ends = fmt.points(row["same_minus_primary"], low, high)
    told = "not told" if fmt.is_missing(low) or low <= 0 <= high else "fewer" if low > 0 else "more"
    verdict = {"not told": "not told apart", "fewer": "shown to change fewer", "more": "shown to change more"}[told]
    return f"“{row['mask_source']}” (mean Dice {fmt.number(row['mean_dice'])}; {ends} on the same lesions: {verdict})"
