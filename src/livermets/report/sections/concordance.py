"""The study's question: do the two masks of a lesion lead to the same class, and for which lesions?"""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.detection import rule_sentence
from livermets.report.document import Block, Bullets, Details, Figure, Note, Paragraph, Section
from livermets.report.pictures import picture_file
from livermets.report.rows import rows_of
from livermets.report.sections.agreement_model import STEMS as MODEL
from livermets.report.sections.agreement_model import agreement_model_blocks
from livermets.report.sections.continuous import STEMS as CONTINUOUS
from livermets.report.sections.continuous import continuous_blocks
from livermets.report.sections.equivalence import equivalence_blocks
from livermets.report.sections.estimates import (
    QUOTED,
    badge,
    cohort_title,
    compared_cohorts,
    estimate_table,
    picture,
)
from livermets.report.sections.fates import by_timepoint, fate_blocks, fates_in_words
from livermets.report.sections.rois import STEMS as ROIS
from livermets.report.sections.rois import roi_blocks
from livermets.report.sections.strata import strata_blocks
from livermets.report.study import StudyResults
from livermets.report.tables import frame_table

_USED_ELSEWHERE = {
    "confusion",
    "detection",
    "diagnostics",
    "diagnostics_all",
    "roc",
    "auc_comparison",
    "calibration",
    "calibration_summary",
    "decision",
    "patient_summary",
    "subgroups",
    "subgroup_differences",
    "notes",
    "lesions",
}
_TITLES = {
    "per_patient": "Agreement per patient",
}
_CAPTIONS = {
    "accounting": (
        "Where every lesion of the cohort went. The last row is the sum of the others; false-positive components are "
        "no lesions and stand outside the sum."
    ),
    "per_patient": "Fates, agreement, Dice and correct calls of each patient. The mean of Dice is over all lesions of "
    "the patient, missed ones too (one without overlap has Dice 0). Calls are counted over the compared lesions with "
    "that outcome.",
}


def concordance_section(study: StudyResults) -> Section:
    """One part per validation cohort and pooled."""
    names = compared_cohorts(study)
    others = (
        f"; how the masks agree at {fmt.listed(study.other_timepoints)} is shown by timepoint, and the classes of "
        "those lesions count nowhere as predictions"
        if study.other_timepoints
        else ""
    )
    intro = Paragraph(
        "Two classes of the same lesion are compared: one from the radiologist’s mask, one from the network’s, by the "
        "same frozen features, network and threshold. Every lesion has one of three fates: the same class, another "
        "one, or no class with at least one mask. The figures are about "
        f"{fmt.listed(study.timepoints_of('validation'))}{others}."
    )
    if not names:
        why = "Concordance is not reported because results/concordance is empty: no validation cohort was compared."
        return Section("concordance", "Concordance of manual and automatic masks", [intro, Note(why)])
    return Section(
        "concordance", "Concordance of manual and automatic masks", [intro], [_cohort(study, n) for n in names]
    )


def _cohort(study: StudyResults, name: str) -> Section:
    tables = study.concordance[name]
    blocks: list[Block] = [*fate_blocks(name, tables.get("fates", pd.DataFrame()))]
    agreement = tables.get("agreement", pd.DataFrame())
    if agreement.empty or agreement["value"].isna().all():
        blocks.append(Note(f"Agreement in {name} was not computed because {_why_no_agreement(agreement)}."))
    else:
        note = (
            "The two columns of McNemar’s row hold the p-values of the exact test and of the test clustered by "
            "patient. Positive and negative agreement count calls: of those of one class by either mask, the share "
            f"that the other mask makes too. Quoted elsewhere: the interval {QUOTED}."
        )
        caption = "Agreement of the two masks’ classes; the column says of which lesions."
        keys = ("population",)
        blocks.append(estimate_table(f"agreement-{name}", agreement, caption, keys, note))
    blocks += equivalence_blocks(name, tables)
    blocks += by_timepoint(name, tables.get("agreement_by_timepoint", pd.DataFrame()))
    blocks += strata_blocks(name, tables)
    blocks += _figures(study, name, tables)
    blocks += continuous_blocks(study, name, tables)
    blocks += agreement_model_blocks(study, name, tables)
    blocks += roi_blocks(name, tables)
    blocks += _rest(study, name, tables)
    notes = tables.get("notes", pd.DataFrame())
    if "note" in notes and len(notes):
        blocks.append(
            Details("Remarks of the computation", [Bullets([_sentence(t) for t in notes["note"].astype(str)])])
        )
    return Section(f"concordance-{name}", cohort_title(study, name), blocks, badge=badge(study, name))


def _why_no_agreement(agreement: pd.DataFrame) -> str:
    if "note" not in agreement:
        return "agreement.csv is missing or empty"
    reasons = dict.fromkeys(agreement["note"].dropna().astype(str))
    return "; ".join(reasons) or "no lesion has a class from both masks"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text and not text.endswith(".") else text


_FIGURES = (
    (
        "lesions",
        "Dice against longest diameter of every lesion that has both, marked by its fate; {fates}. Single lesions, "
        "hence no interval.",
        "Scatter plot of Dice against diameter; same, other and no class marked.",
    ),
    # The table of strata says the same in text; the picture is for those who see patterns sooner.
    (
        "strata",
        "Agreement by Dice and diameter; intervals {quoted}; {fates}.",
        "Agreement by stratum; numbers in the table.",
    ),
)


def _figures(study: StudyResults, name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    compared = rows_of(tables.get("agreement", pd.DataFrame()), "agreement")
    n = "no lesion has a class from both masks"
    if len(compared) and compared["n_lesions"].max() > 0:
        n = (
            f"{fmt.plural(compared['n_lesions'].max(), 'compared lesion')} of "
            f"{fmt.plural(compared['n_patients'].max(), 'patient')}"
        )
    fates = fates_in_words(tables.get("fates", pd.DataFrame()))
    drawn = study.concordance_pictures.get(name, {})
    shown: list[Block] = []
    for stem, caption, alt in _FIGURES:
        if stem in drawn:
            block = picture(study, name, stem, caption.format(n=n, fates=fates, quoted=QUOTED), alt)
            shown.append(Details("Picture of the strata", [block]) if stem == "strata" else block)
    return shown


_SHOWN = {
    "agreement",
    "agreement_by_timepoint",
    "equivalence",
    "fates",
    "strata",
    "strata_margins",
    *CONTINUOUS,
    *MODEL,
    *ROIS,
}


def _rest(study: StudyResults, name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    """Every other table and picture of the step, so that nothing computed is kept back."""
    blocks: list[Block] = []
    for stem, table in tables.items():
        if stem in _USED_ELSEWHERE | _SHOWN or table.empty:
            continue
        caption = _CAPTIONS.get(stem, f"{stem.replace('_', ' ').capitalize()} of {name}.")
        if stem == "accounting":
            caption = f"{caption} {rule_sentence(study.lesions)}"
        identifier = f"{stem.replace('_', '-')}-{name}"
        shown = frame_table(identifier, table, caption, columns=_readable(table), most_rows=40)
        blocks.append(
            shown if stem == "accounting" else Details(_TITLES.get(stem, stem.replace("_", " ").capitalize()), [shown])
        )
    known = {stem for stem, _, _ in _FIGURES} | _USED_ELSEWHERE | _SHOWN
    for stem, path in study.concordance_pictures.get(name, {}).items():
        if stem not in known:
            identifier = f"{name}-{stem}".replace("_", "-")
            caption = _CAPTIONS.get(stem, f"{stem.replace('_', ' ').capitalize()} of {name}.")
            blocks.append(Figure(identifier, caption, caption, picture_file(path, identifier)))
    return blocks


_ESSENTIAL = (
    "cohort",
    "patient_id",
    "n_lesions",
    "n_patients",
    "n_agree",
    "n_other",
    "n_no_class",
    "mean_dice",
    "r_plus_compared",
    "r_plus_correct_manual",
    "r_plus_correct_automatic",
    "r_minus_compared",
    "r_minus_correct_manual",
    "r_minus_correct_automatic",
)


def _readable(table: pd.DataFrame) -> list[str]:
    """Columns to show; the download has all."""
    hidden = ["reference", "in_agreement", "in_diagnostics"]
    if "category" in table:
        hidden += ["manual", "automatic", "outcome"]
    if "r_plus_compared" in table:
        return [c for c in _ESSENTIAL if c in table]
    return [str(c) for c in table.columns if c not in hidden]
