"""How well the automatic masks match the manual ones, and how the network that made them was trained."""

from __future__ import annotations

import pandas as pd

from livermets.reporting import formatting as fmt
from livermets.reporting.aggregate import (
    SMALL_BELOW_MM,
    Resampling,
    detection_by_size,
    overlap_by_patient,
    overlap_by_size,
    scan_summary,
)
from livermets.reporting.lesions import has_automatic_masks
from livermets.reporting.model import Block, Column, Details, Figure, Note, Pairs, Paragraph, Section, Table
from livermets.reporting.pictures import drawing_svg, picture_file
from livermets.reporting.results import Network, StudyResults
from livermets.reporting.tables import csv_download, frame_table, is_clustered, method_name

_PICTURES = {
    "curves": "Training and validation curves of the {name} network, by epoch.",
    "examples": "Example slices of the validation split: {name} network's mask beside the manual one.",
}


def segmentation_section(study: StudyResults, resampling: Resampling) -> Section:
    """Overlap, detection, per patient, whole scans, networks; overlays are added by whoever can read volumes."""
    if not has_automatic_masks(study.lesions):
        why = "Segmentation is not reported because no lesion was compared with an automatic mask."
        return Section("segmentation", "Segmentation", [Note(why)], _networks(study))
    overlap = overlap_by_size(study.lesions)
    blocks: list[Block] = [
        Paragraph(
            "Overlap of the automatic with the manual mask, lesion by lesion. A lesion that the network did not find counts "
            f"with Dice 0 and recall 0; its precision is undefined. Small means a longest diameter below {SMALL_BELOW_MM:g} mm."
        ),
        _overlap_table(overlap),
        *_size_figure(study),
    ]
    sections = [_detection(study, resampling), _patients(study), _scans(study), *_networks(study)]
    return Section("segmentation", "Segmentation", blocks, sections)


def _overlap_table(overlap: pd.DataFrame) -> Table:
    head = [Column("Cohort"), Column("Timepoint"), Column("Size"), Column("Lesions", True), Column("Patients", True)]
    head += [Column("Dice, mean ± SD", True), Column("Dice, median (Q1 to Q3)", True), Column("of those found", True)]
    head += [Column("Precision, mean ± SD", True), Column("Recall, mean ± SD", True)]
    rows = [
        [
            str(r["cohort"]), str(r["timepoint"]), str(r["size"]), fmt.integer(r["n_lesions"]), fmt.integer(r["n_patients"]),
            fmt.mean_sd(r["dice_mean"], r["dice_sd"]),
            fmt.median_quartiles(r["dice_median"], r["dice_q1"], r["dice_q3"]), fmt.number(r["dice_median_detected"]),
            fmt.mean_sd(r["precision_mean"], r["precision_sd"]), fmt.mean_sd(r["recall_mean"], r["recall_sd"]),
        ]
        for _, r in overlap.iterrows()
    ]  # fmt: skip
    caption = "Overlap by cohort, timepoint and size. SD over lesions; Q1 and Q3 are the quartiles."
    return Table("overlap", caption, head, rows, csv_download("overlap", overlap))


def _size_figure(study: StudyResults) -> list[Block]:
    from livermets.figures.lesions import dice_by_size

    shown = study.lesions[study.lesions["dice"].notna()]
    data = shown[["cohort", "patient_id", "timepoint", "lesion_id", "longest_diameter_mm", "dice"]]
    if data["longest_diameter_mm"].notna().sum() == 0:
        return [Note("Dice by size is not drawn because no lesion has a longest diameter.")]
    caption = (
        f"Dice of every lesion by cohort and size, n = {fmt.plural(len(data), 'lesion')}. Boxes: quartiles and median; whiskers: "
        "the farthest lesion within 1.5 interquartile ranges; no interval, since lesions of one patient are not independent."
    )
    alt = "Box plots of Dice for small and big lesions of each cohort; the table above has the medians and quartiles."
    image = drawing_svg(dice_by_size(data, SMALL_BELOW_MM), "dice-by-size")
    return [Figure("dice-by-size", caption, alt, image, download=csv_download("dice-by-size", data))]


def _detection(study: StudyResults, resampling: Resampling) -> Section:
    table = detection_by_size(study.lesions, resampling)
    keys = ["cohort", "timepoint", "size", "dice_above"]
    rows = []
    for where, part in table.groupby(keys, sort=False):
        exact = part[~part["method"].map(is_clustered)].iloc[0]
        clustered = part[part["method"].map(is_clustered)]
        clustered = clustered[clustered["low"].notna()]
        second = clustered.iloc[0] if len(clustered) else None
        rows.append([
            str(where[0]), str(where[1]), str(where[2]), f"> {where[3]:g}", fmt.count_of(exact["k"], exact["n"]),
            fmt.percent(exact["value"]), fmt.interval(exact["low"], exact["high"], as_percent=True) or fmt.MISSING,
            fmt.interval(second["low"], second["high"], as_percent=True) if second is not None else fmt.MISSING,
        ])  # fmt: skip
    names = sorted({method_name(m) for m in table["method"] if is_clustered(m)})
    head = [
        Column("Cohort"),
        Column("Timepoint"),
        Column("Size"),
        Column("Found means Dice", True),
        Column("Found", True),
    ]
    head += [
        Column("Detection rate", True),
        Column("95 % interval, exact", True),
        Column("95 % interval, by patient", True),
    ]
    level = fmt.percent(resampling.level, 0)
    head = [Column(c.label.replace("95\u00a0%", level).replace("95 %", level), c.numeric) for c in head]
    caption = f"Detection rate by cohort, timepoint and size. Interval by patient: {fmt.listed(names, 'or')}."
    blocks: list[Block] = [Table("detection", caption, head, rows, csv_download("detection", table))]
    blocks.append(_false_positives(study))
    return Section("detection-rate", "Detection and false positives", blocks)


def _false_positives(study: StudyResults) -> Block:
    scans = study.scan_metrics
    if not {"cohort", "false_positives"} <= set(scans.columns):
        return Note("False positives per scan are not shown because no scan_metrics.csv counts them.")
    rows = [
        [str(cohort), fmt.integer(len(part)), fmt.integer(part["false_positives"].sum()),
         fmt.number(part["false_positives"].mean()), fmt.integer(part["false_positives"].max())]
        for cohort, part in scans.groupby("cohort", sort=False)
    ]  # fmt: skip
    head = [
        Column("Cohort"),
        *(Column(c, True) for c in ("Scans", "False positives", "Mean per scan", "Most in one scan")),
    ]
    caption = "Components of the automatic masks that cover no manual lesion."
    download = csv_download(
        "false-positives", scans[[c for c in ("cohort", "patient_id", "timepoint", "false_positives") if c in scans]]
    )
    return Table("false-positives", caption, head, rows, download)


def _patients(study: StudyResults) -> Section:
    table = overlap_by_patient(study.lesions)
    caption = (
        "Mean Dice, precision and recall of the lesions found in each patient (lesions with Dice above 0), "
        f"{fmt.plural(len(table), 'scan')}."
    )
    block: Block = frame_table("per-patient", table, caption, labels={"n_lesions": "Lesions", "n_detected": "Found"})
    return Section(
        "segmentation-patients", "Per patient", [Details("Table per patient", [block]) if len(table) > 15 else block]
    )


def _scans(study: StudyResults) -> Section:
    table = scan_summary(study.scan_metrics)
    if table.empty:
        why = "Whole-scan measures are not shown because no scan_metrics.csv was found."
        return Section("segmentation-scans", "Whole scans", [Note(why)])
    caption = "Whole-scan measures of the automatic masks over scans, by cohort and timepoint."
    shown = frame_table("scan-measures", table, caption, labels={"sd": "SD", "n_scans": "Scans"}, most_rows=80)
    return Section(
        "segmentation-scans",
        "Whole scans",
        [Details("Table of whole-scan measures", [shown]) if len(table) > 16 else shown],
    )


def _networks(study: StudyResults) -> list[Section]:
    if not study.networks:
        why = "No network is described because none was trained in this study (results/models is empty)."
        return [Section("networks", "Networks", [Note(why)])]
    blocks: list[Block] = []
    if study.trained_on_synthetic:
        text = f"The networks were trained on synthetic images ({fmt.listed(study.synthetic)}): their masks prove nothing clinical."
        blocks.append(Note(text, "caution"))
    sections = [_network(network) for network in study.networks.values()]
    return [Section("networks", "Networks", blocks, sections)]


def _network(network: Network) -> Section:
    facts = [
        (key.replace("_", " "), _fact(value))
        for key, value in network.facts.items()
        if not isinstance(value, dict | list)
    ]
    blocks: list[Block] = (
        [Pairs(facts)] if facts else [Note(f"network.json of the {network.name} network was not found.")]
    )
    for stem, path in network.pictures.items():
        caption = _PICTURES.get(stem, "{name} network: " + stem.replace("_", " ") + ".").format(name=network.name)
        if len(network.log) and stem == "curves":
            caption += f" {fmt.plural(len(network.log), 'epoch')}; one run, no interval."
        identifier = f"network-{network.name}-{stem}"
        data = csv_download(identifier, network.log) if stem == "curves" and len(network.log) else None
        blocks.append(Figure(identifier, caption, caption, picture_file(path, identifier), download=data))
    if len(network.log) and "curves" not in network.pictures:
        blocks.append(_curves(network))
    return Section(f"network-{network.name}", f"Network: {network.name}", blocks)


def _curves(network: Network) -> Block:
    from livermets.figures.lesions import curves_by_epoch

    identifier = f"network-{network.name}-curves"
    caption = (
        _PICTURES["curves"].format(name=network.name)
        + f" {fmt.plural(len(network.log), 'epoch')}; one run, no interval."
    )
    image = drawing_svg(curves_by_epoch(network.log), identifier)
    return Figure(identifier, caption, "Loss and Dice by epoch.", image, download=csv_download(identifier, network.log))


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return fmt.yes_no(value)
    return fmt.significant(value) if isinstance(value, int | float) else str(value)
