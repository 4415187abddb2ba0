"""How well the predicted classes find responders: pooled, per cohort, centre and timepoint, and in training."""

from __future__ import annotations

import pandas as pd

from livermets.concordance.diagnostics import CLASSIFIED, END_TO_END
from livermets.masks.identity import SIDES
from livermets.report import formatting as fmt
from livermets.report.document import Block, Column, Details, Note, Paragraph, Section, Table
from livermets.report.parts import parts_of
from livermets.report.reference_summary import of_reference
from livermets.report.rows import rows_of
from livermets.report.sections.calibration import calibration_blocks
from livermets.report.sections.estimates import (
    QUOTED,
    badge,
    cohort_title,
    compared_cohorts,
    estimate_table,
    measure_name,
    picture,
)
from livermets.report.sections.groups import group_blocks
from livermets.report.seen import seen_scans
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download, frame_table

RESUBSTITUTION = ("resubstitution", "resubstitution_calls")
"""Tables of the model that are shown here."""


def diagnostics_section(study: StudyResults) -> Section | None:
    """One part per validation cohort and pooled, then the training cohort, marked as what it is; nothing where no
    outcome is known."""
    parts = parts_of(study)
    if not parts.validates and not parts.fits_response:
        return None
    names = compared_cohorts(study)
    blocks: list[Block] = [
        Paragraph(
            "R+ is the positive class. Two intervals are given: the customary one, which takes lesions as independent, "
            "and one by patient, which allows the lesions of a patient to resemble each other. Where only one is "
            f"quoted, it is the one {QUOTED}: lesions of one patient cannot say more than as many of different "
            f"patients.{_predictions_at(study)}"
        )
    ]
    if not names and parts.validates:
        why = "No diagnostics of a validation cohort are shown because no concordance tables were found."
        blocks.append(Note(why))
    of_cohort = _cohort if parts.masks else _of_reference
    sections = [of_cohort(study, name) for name in names]
    sections += [_training(study, name) for name in study.of_role("train")]
    return Section("diagnostics", "Diagnostics against the outcome", blocks, sections)


def _predictions_at(study: StudyResults) -> str:
    if not study.other_timepoints:
        return ""
    return f" Classes count as predictions at {fmt.listed(study.timepoints_of('validation'))} only."


def _cohort(study: StudyResults, name: str) -> Section:
    tables = study.concordance[name]
    blocks: list[Block] = []
    diagnostics = tables.get("diagnostics", pd.DataFrame())
    if diagnostics.empty:
        blocks.append(Note(f"Diagnostics of {name} were not computed because diagnostics.csv is missing or empty."))
    else:
        caption = f"Diagnostics of {_counted(diagnostics)}, both masks on the same lesions."
        blocks.append(estimate_table(f"diagnostics-{name}", _by_measure(diagnostics), caption, ("mask_source",)))
    blocks.append(_confusion(name, tables))
    blocks += _roc(study, name, tables)
    empty = pd.DataFrame()
    agreement = tables.get("agreement", empty)
    n = _counted(agreement, "agreement") if len(agreement) else ""
    blocks += group_blocks(name, tables.get("subgroups", empty), tables.get("subgroup_differences", empty), n)
    blocks += calibration_blocks(study, name, tables)
    blocks += _more(name, tables)
    return Section(f"diagnostics-{name}-section", cohort_title(study, name), blocks, badge=badge(study, name))


def _of_reference(study: StudyResults, name: str) -> Section:
    """The classes of a study that has one mask of every lesion."""
    blocks: list[Block] = []
    for population, words in (
        (CLASSIFIED, "every lesion with an outcome and a class"),
        (END_TO_END, "all lesions with an outcome; one without a class counts as called wrongly"),
    ):
        found = of_reference(study.concordance[name], population)
        if len(found):
            identifier = f"diagnostics-{name}" if population == CLASSIFIED else f"diagnostics-all-{name}"
            caption = f"Diagnostics over {words}: {_counted(found)}."
            blocks.append(estimate_table(identifier, _by_measure(found), caption))
    if not blocks:
        blocks = [Note(f"Diagnostics of {name} were not computed because diagnostics_all.csv is missing or empty.")]
    return Section(f"diagnostics-{name}-section", cohort_title(study, name), blocks, badge=badge(study, name))


def _by_measure(diagnostics: pd.DataFrame) -> pd.DataFrame:
    order = list(dict.fromkeys(diagnostics["measure"]))
    rank = diagnostics["measure"].map(order.index)
    return diagnostics.assign(_rank=rank).sort_values("_rank", kind="stable").drop(columns="_rank")


def _counted(frame: pd.DataFrame, measure: str = "accuracy") -> str:
    """The lesions and patients behind one measure; accuracy counts every lesion of the table."""
    everyone = rows_of(frame, measure)
    lesions, patients = everyone["n_lesions"].max(), everyone["n_patients"].max()
    return f"{fmt.plural(lesions, 'lesion')} of {fmt.plural(patients, 'patient')}"


def _confusion(name: str, tables: dict[str, pd.DataFrame]) -> Block:
    cells = tables.get("confusion", pd.DataFrame())
    if cells.empty:
        return Note(f"No confusion matrix of {name}: no lesion has an outcome and a class from both masks.")
    counts = cells.set_index("mask_source")
    rows = [["Outcome R+"], ["Outcome R−"]]
    for source in SIDES:
        rows[0] += [fmt.integer(counts.loc[source, cell]) for cell in ("tp", "fn")]
        rows[1] += [fmt.integer(counts.loc[source, cell]) for cell in ("fp", "tn")]
    head = [Column("Lesions")] + [Column(f"{s} mask: {k}", True) for s in SIDES for k in ("R+", "R−")]
    caption = (
        f"Confusion matrices over {fmt.plural(cells['n'].iloc[0], 'lesion')} with a known outcome and a class from "
        "both masks."
    )
    return Table(f"confusion-{name}", caption, head, rows, csv_download(f"confusion-{name}", cells))


def _roc(study: StudyResults, name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    if tables.get("roc", pd.DataFrame()).empty:
        return [Note(f"No ROC curve of {name}: {_reason(tables, 'ROC', 'AUC')}")]
    diagnostics = tables.get("diagnostics", pd.DataFrame())
    n = _counted(diagnostics, "auc") if len(diagnostics) else "the compared lesions"
    caption = (
        f"ROC curves of the share of R+ ROIs with the manual and with the automatic mask; {n}. Area and intervals are "
        "in the table above."
    )
    blocks: list[Block] = [picture(study, name, "roc", caption, "ROC curves of both mask sources; areas in the table.")]
    comparison = tables.get("auc_comparison", pd.DataFrame())
    if len(comparison):
        text = "Difference of the two areas on the same lesions; above 0 favours the manual mask."
        blocks.append(
            frame_table(
                f"auc-comparison-{name}",
                comparison,
                text,
                columns=[
                    "method",
                    "auc_manual",
                    "auc_automatic",
                    "value",
                    "low",
                    "high",
                    "p",
                    "n_lesions",
                    "n_patients",
                ],
                labels={"value": "Difference", "auc_manual": "AUC, manual", "auc_automatic": "AUC, automatic"},
            )
        )
    return blocks


def _reason(tables: dict[str, pd.DataFrame], *words: str) -> str:
    """The note of the concordance step that speaks of something, or a plain statement."""
    notes = tables.get("notes", pd.DataFrame())
    if "note" in notes:
        for text in notes["note"].astype(str):
            if any(word in text for word in words):
                return text + "."
    return "the concordance step left it empty."


def _more(name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    """Diagnostics of other sets of lesions than the compared ones, and with the patient as the unit."""
    every, means = (tables.get(stem, pd.DataFrame()) for stem in ("diagnostics_all", "patient_summary"))
    blocks: list[Block] = []
    if len(every):
        caption = (
            "Diagnostics over every lesion classified with that mask, and end to end: over all lesions, with those "
            "without a class counted as called wrongly. Predictive values are those of calls and an area needs shares, "
            "so they are given for the first only."
        )
        table = estimate_table(f"diagnostics-all-{name}", every, caption, ("population", "mask_source"))
        blocks.append(Details("Diagnostics over other sets of lesions", [table]))
    if len(means):
        caption = (
            "Means over patients, each counted once however many lesions; Student "
            f"intervals.{_patient_means(tables.get('per_patient', pd.DataFrame()), means)}"
        )
        blocks.append(Details("Per patient", [estimate_table(f"patient-summary-{name}", means, caption)]))
    return blocks


def _patient_means(every: pd.DataFrame, means: pd.DataFrame) -> str:
    """Of how many lesions the means over patients are, and which of their intervals are cut at an end of the scale."""
    said = ""
    if {"n_lesions", "n_compared"} <= set(every):
        compared, drawn = (fmt.plural(int(every[c].sum()), "lesion") for c in ("n_compared", "n_lesions"))
        said = (
            f" Agreement, sensitivity and specificity (outcome known) are of the {compared} that both masks classify, "
            f"Dice is of all {drawn}, missed ones too."
        )
    cut = means.loc[means["low"].eq(0) | means["high"].eq(1), "measure"]
    names = "; ".join(measure_name(str(measure)) for measure in cut)
    return f"{said} Intervals that would pass 0 or 100 % are cut there: {names}." if len(cut) else said


def _training(study: StudyResults, name: str) -> Section:
    lesions = study.lesions_of("train", name)
    blocks: list[Block] = [
        Note(
            "Resubstitution: the features, the network and the threshold were chosen on these very lesions, and the "
            f"final network calls them at the model’s threshold{_threshold(study)}. These figures are too good by "
            f"construction and say nothing about new patients.{_network_saw(study, name)}",
            "caution",
        )
    ]
    table, calls = (_of_cohort(study.model.get(stem), name) for stem in RESUBSTITUTION)
    sides = SIDES if parts_of(study).masks else SIDES[:1]
    parts = {source: table[table["mask_source"].eq(source)] for source in sides}
    blocks += [
        Note(f"Not computed with the {source} mask because no training lesion has a class from it.")
        for source, part in parts.items()
        if part.empty
    ]
    if len(table):
        counts = [f"{_counted(part)} with the {source} mask" for source, part in parts.items() if len(part)]
        caption = (
            f"Training cohort {name}, resubstitution, lesions with a class and an outcome: {fmt.listed(counts)}"
            f"{_other_lesions(lesions)}."
        )
        every = table.drop(columns="cohort")
        blocks.append(estimate_table(f"training-{name}", _by_measure(every), caption, ("mask_source",)))
        words = (
            f"Correct calls of each training patient with the manual mask, resubstitution, {_classified(calls)}, by "
            f"the final network at the model’s threshold{_threshold(study)}."
        )
        blocks.append(Details("Calls per patient", [frame_table(f"training-calls-{name}", calls, words)]))
    return Section(
        f"training-{name}-section", f"Training cohort {name} (resubstitution)", blocks, badge=badge(study, name)
    )


def _of_cohort(table: pd.DataFrame | None, name: str) -> pd.DataFrame:
    """The rows of one training cohort; none where the table is missing."""
    if table is None or "cohort" not in table:
        return pd.DataFrame(columns=["cohort", "mask_source"])
    return table[table["cohort"].astype(str).eq(name)].reset_index(drop=True)


def _threshold(study: StudyResults) -> str:
    value = study.model_facts.get("threshold")
    return f" ({fmt.number(value)})" if isinstance(value, int | float) else ""


def _network_saw(study: StudyResults, name: str) -> str:
    """That the automatic masks are too good as well, where the segmentation network was trained on these scans."""
    seen = seen_scans(study, name)
    if not seen.any():
        return ""
    return (
        f" The segmentation network was trained on patients of {fmt.count_of(int(seen.sum()), len(seen))} of these "
        "scans, or its training was monitored on them, so that their automatic masks are too good as well."
    )


def _other_lesions(lesions: pd.DataFrame) -> str:
    """That the two masks' rows are not of the same lesions, where they are not."""
    known = lesions[lesions["response"].notna()]
    manual, automatic = (known[f"predicted_{source}"].notna() for source in SIDES)
    if not (manual ^ automatic).any() or not manual.any() or not automatic.any():
        return ""
    return (
        f": not the same lesions, {fmt.integer((manual & automatic).sum())} with a class from both, so that the rows "
        "of the two masks are not to be compared"
    )


def _classified(calls: pd.DataFrame) -> str:
    """The lesions and patients that the calls are counted over."""
    n = calls[["r_plus_classified", "r_minus_classified"]].sum(axis=1)
    return f"{fmt.plural(int(n.sum()), 'lesion')} of {fmt.plural(int((n > 0).sum()), 'patient')}"
