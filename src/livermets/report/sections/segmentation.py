"""How well the automatic masks match the manual ones: overlap, detection, per patient, per scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.detection import published_rule, rule
from livermets.report.document import Block, Column, Details, Figure, Gallery, Note, Paragraph, Section, Table
from livermets.report.lesions import has_automatic_masks
from livermets.report.pictures import drawing_svg
from livermets.report.sections.estimates import both_intervals, level_text
from livermets.report.sections.networks import lesion_wise_table, side_by_side
from livermets.report.sections.timepoints import timepoints_section
from livermets.report.sections.trained_networks import networks_sections
from livermets.report.sections.whole_scans import whole_scans
from livermets.report.seen import cohort_words, programs_note, seen_note
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download, frame_table, kept_together, label, method_name
from livermets.report.vocabulary import size_sentence


def overlay_section(overlays: Mapping[str, Sequence[Gallery]]) -> Section:
    """The galleries of single lesions, or why there are none."""
    blocks: list[Block] = [gallery for galleries in overlays.values() for gallery in galleries]
    if not blocks:
        why = "Overlays are not shown because no scan with both masks was found in the results folder."
        blocks = [Note(why)]
    return Section("overlays", "Lesions with both contours", blocks)


def segmentation_section(study: StudyResults, overlays: Section) -> Section:
    """Overlap, detection, per patient, whole scans, networks, after ``overlays`` of single lesions."""
    overlap = study.masks("overlap")
    if overlap.empty:
        return Section("segmentation", "Segmentation", _without_tables(study), [overlays, *networks_sections(study)])
    blocks: list[Block] = [
        Paragraph(
            "Overlap of the automatic with the manual mask, lesion by lesion. A lesion that the automatic mask does "
            "not overlap counts with Dice 0 and recall 0; its precision is undefined and left out of the mean."
            f"{size_sentence(overlap['size'])}"
        ),
        *seen_note(study),
        *programs_note(study),
        _overlap_table(study, overlap),
        _detected_table(study, overlap),
        *_size_figure(study),
    ]
    sections = [
        overlays,
        _detection(study),
        *timepoints_section(study),
        _patients(study),
        whole_scans(study),
        *side_by_side(study),
        *networks_sections(study),
    ]
    return Section("segmentation", "Segmentation", blocks, sections)


def _without_tables(study: StudyResults) -> list[Block]:
    """What can be said of a lesion table alone."""
    if not has_automatic_masks(study.lesions):
        return [Note("Segmentation is not reported because no lesion was compared with an automatic mask.")]
    why = "Overlap and detection are not tabulated because results/overlap holds no table of it."
    return [Note(why), *_size_figure(study)]


_ONE_PATIENT = "the lesions are those of one patient"
_WHERE = (Column("Cohort"), Column("Timepoint"), Column("Size"))


def _where(study: StudyResults, cohort: object, timepoint: object, size: object) -> list[str]:
    return [cohort_words(study, str(cohort), str(timepoint)), str(timepoint), kept_together(size)]


def _overlap_table(study: StudyResults, overlap: pd.DataFrame) -> Table:
    head = [*_WHERE, Column("Lesions", True), Column("Patients", True)]
    head += [Column("Dice, mean ± SD", True), Column("Dice, median (Q1 to Q3)", True)]
    head += [Column("Precision, mean ± SD", True), Column("Recall, mean ± SD", True)]
    rows = [
        [
            *_where(study, r["cohort"], r["timepoint"], r["size"]),
            fmt.integer(r["n_lesions"]),
            fmt.integer(r["n_patients"]),
            fmt.mean_sd(r["dice_mean"], r["dice_sd"]),
            fmt.median_quartiles(r["dice_median"], r["dice_q1"], r["dice_q3"]),
            fmt.mean_sd(r["precision_mean"], r["precision_sd"]),
            fmt.mean_sd(r["recall_mean"], r["recall_sd"]),
        ]
        for _, r in overlap.iterrows()
    ]
    caption = (
        "Overlap of all lesions, missed ones too, by cohort, timepoint and size. SD over lesions; Q1 and Q3 are the "
        "quartiles."
    )
    return Table("overlap", caption, head, rows, csv_download("overlap", overlap))


def _detected_table(study: StudyResults, overlap: pd.DataFrame) -> Table:
    head = [*_WHERE, Column("Detected", True), Column("Dice, mean ± SD", True), Column("Dice, median", True)]
    head += [Column("Precision, mean ± SD", True), Column("Recall, mean ± SD", True)]
    rows = [
        [
            *_where(study, r["cohort"], r["timepoint"], r["size"]),
            fmt.count_of(r["n_detected"], r["n_lesions"]),
            fmt.mean_sd(r["dice_mean_detected"], r["dice_sd_detected"]),
            fmt.number(r["dice_median_detected"]),
            *(fmt.mean_sd(r[f"{name}_mean_detected"], r[f"{name}_sd_detected"]) for name in ("precision", "recall")),
        ]
        for _, r in overlap.iterrows()
    ]
    caption = (
        f"Overlap of the lesions that were detected ({rule(study.lesions)}). Published means are such: without the "
        "missed lesions, so that Dice is never lower than in the table above."
    )
    return Table("overlap-detected", caption, head, rows, csv_download("overlap-detected", overlap))


def _size_figure(study: StudyResults) -> list[Block]:
    from livermets.overlap.figures import dice_by_size

    shown = study.lesions.dropna(subset=["dice", "longest_diameter_mm"])
    data = shown[["cohort", "patient_id", "timepoint", "lesion_id", "longest_diameter_mm", "dice"]]
    if data.empty:
        return [Note("Dice by size is not drawn because no lesion has both a Dice and a longest diameter.")]
    again = ", counted once at each timepoint" if data["timepoint"].nunique() > 1 else ""
    caption = (
        f"Dice of every lesion by cohort and size, n = {fmt.plural(len(data), 'lesion')}{again}. Boxes: quartiles and "
        "median; whiskers: the farthest lesion within 1.5 interquartile ranges; no interval, since lesions of one "
        f"patient are not independent.{_seen_sentence(study)}"
    )
    alt = "Box plots of Dice by size of the lesions for each cohort; the table above has the medians and quartiles."
    image = drawing_svg(dice_by_size(data, study.config.statistics.size_cuts_mm), "dice-by-size")
    return [Figure("dice-by-size", caption, alt, image, download=csv_download("dice-by-size", data))]


def _seen_sentence(study: StudyResults) -> str:
    marked = [words for name in study.cohorts if (words := cohort_words(study, name)) != name]
    return f" Not of new patients: {fmt.listed(marked)}." if marked else ""


def _detection(study: StudyResults) -> Section:
    table = study.masks("detection")
    others = [float(limit) for limit in table.loc[table["study_rule"].eq(0), "dice_above"].unique()]
    rows, used, reasons = [], [], []
    for where, part in table.groupby(["cohort", "timepoint", "size"], sort=False, dropna=False):
        exact, by_patient = both_intervals(part[part["study_rule"].eq(1)])
        counted = exact if exact is not None else by_patient
        if counted is None:
            continue
        if by_patient is not None and not fmt.is_missing(by_patient["low"]):
            used.append(method_name(by_patient["method"]))
        else:
            reasons.append(_ONE_PATIENT if counted["n_patients"] < 2 else "the patients are too few or too much alike")
        if exact is None:
            reasons.append("lesions seen at several timepoints are not independent")
        beside = (part[part["dice_above"].eq(limit) & part["study_rule"].eq(0)] for limit in others)
        rows.append(
            [
                *_where(study, *where),
                fmt.count_of(counted["k"], counted["n"]),
                fmt.percent(counted["value"]),
                _ends(exact),
                _ends(by_patient),
                *map(_of_rule, beside),
            ]
        )
    head = [*_WHERE, Column("Detected", True), Column("Rate", True), Column("Interval, exact", True)]
    head += [Column("Interval, by patient", True), *(Column(published_rule(limit), True) for limit in others)]
    caption = (
        f"Detection rate by cohort, timepoint and size. Detected: {rule(study.lesions)}, the rule of this study; the "
        f"last column{'s' * (len(others) > 1)}: by published rules that are not this study’s. {level_text(table)}: "
        "exact binomial, which takes lesions as independent; by patient: "
        f"{fmt.listed(list(dict.fromkeys(used)), 'or') or 'none'}. The download has every interval."
    )
    note = f"Where n/a is shown: {'; '.join(dict.fromkeys(reasons))}." if reasons else ""
    blocks: list[Block] = [
        Table("detection", caption, head, rows, csv_download("detection", table), note),
        *_lesion_wise(study),
        _false_positives(study),
    ]
    return Section("detection-rate", "Detection and false positives", blocks)


def _of_rule(rows: pd.DataFrame) -> str:
    """Detected by another rule, which needs the Dice."""
    return fmt.share(rows["k"].iloc[0], rows["n"].iloc[0], 1) if len(rows) else fmt.MISSING


def _lesion_wise(study: StudyResults) -> list[Block]:
    scores = study.masks("lesion_wise")
    if scores.empty:
        return []
    named = [cohort_words(study, *where) for where in zip(scores["cohort"], scores["timepoint"], strict=True)]
    return [lesion_wise_table("lesion-wise", scores, named)]


def _ends(row: pd.Series | None) -> str:
    if row is None:
        return fmt.MISSING
    return fmt.interval(row["low"], row["high"], as_percent=True) or fmt.MISSING


def _false_positives(study: StudyResults) -> Block:
    table = study.masks("false_positives")
    if table.empty:
        return Note("False positives per scan are not shown because false_positives.csv is missing or empty.")
    # Of a cohort seen at several timepoints the first row is of all of them together.
    rows = [
        [
            cohort_words(study, row["cohort"]),
            fmt.integer(row["n_scans"]),
            fmt.integer(row["n_components"]),
            fmt.number(row["per_scan"]),
            fmt.integer(row["most_in_a_scan"]),
        ]
        for _, row in table.drop_duplicates("cohort").iterrows()
    ]
    counts = ("Scans", "False positives", "Mean per scan", "Most in one scan")
    caption = (
        "False positives: components of the automatic masks that touch no manual lesion. One that touches a lesion "
        "belongs to it, even where that is too little to detect it."
    )
    of_scans = study.scan_metrics.filter(["cohort", "patient_id", "timepoint", "false_positives"])
    head = [Column("Cohort"), *(Column(words, True) for words in counts)]
    return Table("false-positives", caption, head, rows, csv_download("false-positives", of_scans))


def _patients(study: StudyResults) -> Section:
    table = study.masks("per_patient")
    caption = (
        f"Mean Dice, precision and recall of the lesions detected in each patient ({rule(study.lesions)}), "
        f"{fmt.plural(len(table), 'scan')}; lesions that were missed are left out of these means."
    )
    words = {"n_lesions": "Lesions", "n_detected": "Detected"}
    words |= {f"mean_{name}": f"Mean {name}, detected" for name in ("precision", "recall")}
    words |= {"mean_dice": label("mean_dice_detected")}
    formats = {"cohort": lambda name: cohort_words(study, name)}
    block: Block = frame_table("per-patient", table, caption, labels=words, formats=formats)
    return Section(
        "segmentation-patients", "Per patient", [Details("Table per patient", [block]) if len(table) > 15 else block]
    )
