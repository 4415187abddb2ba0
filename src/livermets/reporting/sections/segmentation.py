"""How well the automatic masks match the manual ones, and how the network that made them was trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from livermets.reporting import formatting as fmt
from livermets.reporting.lesions import has_automatic_masks
from livermets.reporting.model import Block, Column, Details, Figure, Note, Pairs, Paragraph, Section, Table
from livermets.reporting.pictures import drawing_svg, picture_file
from livermets.reporting.results import Network, StudyResults
from livermets.reporting.sections.estimates import both_intervals
from livermets.reporting.sections.networks import lesion_wise_table, side_by_side
from livermets.reporting.tables import csv_download, frame_table, is_clustered, kept_together, label, method_name
from livermets.segmentation.metrics import WHEN_EMPTY
from livermets.stats.networks import SCAN, lesion_wise
from livermets.stats.overlap import (
    DETECTION_DICE,
    SMALL_BELOW_MM,
    Resampling,
    detection_by_size,
    overlap_by_patient,
    overlap_by_size,
    scan_summary,
)

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
            "Overlap of the automatic with the manual mask, lesion by lesion. A lesion that the network did not find "
            "counts "
            "with Dice 0 and recall 0; its precision is undefined. Small means a longest diameter below "
            f"{SMALL_BELOW_MM:g} mm."
        ),
        _overlap_table(overlap),
        *_size_figure(study),
    ]
    sections = [_detection(study, resampling), _patients(study), _scans(study)]
    sections += [*side_by_side(study), *_networks(study)]
    return Section("segmentation", "Segmentation", blocks, sections)


def _overlap_table(overlap: pd.DataFrame) -> Table:
    head = [Column("Cohort"), Column("Timepoint"), Column("Size"), Column("Lesions", True), Column("Patients", True)]
    head += [Column("Dice, mean ± SD", True), Column("Dice, median (Q1 to Q3)", True), Column("of those found", True)]
    head += [Column("Precision, mean ± SD", True), Column("Recall, mean ± SD", True)]
    rows = [
        [
            str(r["cohort"]), str(r["timepoint"]), kept_together(r["size"]),
            fmt.integer(r["n_lesions"]), fmt.integer(r["n_patients"]),
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
        f"Dice of every lesion by cohort and size, n = {fmt.plural(len(data), 'lesion')}. Boxes: quartiles and "
        "median; whiskers: "
        "the farthest lesion within 1.5 interquartile ranges; no interval, since lesions of one patient are not "
        "independent."
    )
    alt = "Box plots of Dice for small and big lesions of each cohort; the table above has the medians and quartiles."
    image = drawing_svg(dice_by_size(data, SMALL_BELOW_MM), "dice-by-size")
    return [Figure("dice-by-size", caption, alt, image, download=csv_download("dice-by-size", data))]


def _detection(study: StudyResults, resampling: Resampling) -> Section:
    table = detection_by_size(study.lesions, resampling)
    rows = []
    for where, part in table.groupby(["cohort", "timepoint", "size"], sort=False, dropna=False):
        found, clearly = (part[part["dice_above"] == limit] for limit in DETECTION_DICE)
        exact, by_patient = both_intervals(found)
        strict, _ = both_intervals(clearly)
        if exact is None or strict is None:
            continue
        rows.append([
            str(where[0]), str(where[1]), kept_together(where[2]), fmt.count_of(exact["k"], exact["n"]),
            fmt.percent(exact["value"]), fmt.interval(exact["low"], exact["high"], as_percent=True) or fmt.MISSING,
            _ends(by_patient), fmt.share(strict["k"], strict["n"], 1),
        ])  # fmt: skip
    head = [
        Column("Cohort"),
        Column("Timepoint"),
        Column("Size"),
        Column("Found (Dice > 0)", True),
        Column("Rate", True),
    ]
    head += [Column("Interval, exact", True), Column("Interval, by patient", True), Column("Dice > 0.2", True)]
    names = dict.fromkeys(method_name(m) for m in table["method"] if is_clustered(m))
    caption = (
        f"Detection rate by cohort, timepoint and size. {fmt.percent(resampling.level, 0)} intervals: exact "
        "binomial, which takes "
        f"lesions as independent; by patient: {next(iter(names), '')}. The download has every interval."
    )
    blocks: list[Block] = [
        Table("detection", caption, head, rows, csv_download("detection", table)),
        *_lesion_wise(study, resampling),
        _false_positives(study),
    ]
    return Section("detection-rate", "Detection and false positives", blocks)


def _lesion_wise(study: StudyResults, resampling: Resampling) -> list[Block]:
    if study.matching.empty or not {*SCAN, "manual_lesions"} <= set(study.scan_metrics):
        return []
    scores = lesion_wise(study.matching, study.scan_metrics, resampling)
    return [lesion_wise_table("lesion-wise", scores)] if len(scores) else []


def _ends(row: pd.Series | None) -> str:
    if row is None:
        return fmt.MISSING
    return fmt.interval(row["low"], row["high"], as_percent=True) or fmt.MISSING


def _false_positives(study: StudyResults) -> Block:
    scans = study.scan_metrics
    if not {"cohort", "false_positives"} <= set(scans.columns):
        return Note("False positives per scan are not shown because no scan_metrics.csv counts them.")
    rows = [
        [str(cohort), fmt.integer(len(part)), fmt.integer(part["false_positives"].sum()),
         fmt.number(part["false_positives"].mean()), fmt.integer(part["false_positives"].max())]
        for cohort, part in scans.groupby("cohort", sort=False, dropna=False)
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
    shown = frame_table(
        "scan-measures", table, caption, formats={"measure": _scan_measure}, labels={"n_scans": "Scans"}, most_rows=80
    )
    measures = Details("Table of whole-scan measures", [shown]) if len(table) > 16 else shown
    empty = Details("What a measure is where a mask is empty", [_when_empty()])
    return Section("segmentation-scans", "Whole scans", [measures, empty])


def _when_empty() -> Table:
    head = [Column("Measure"), Column("Both empty", True), Column("Only the manual one", True)]
    rows = [
        [_measure_words(name), *(fmt.number(value, 0) for value in (when.both, when.reference, when.found))]
        for name, when in WHEN_EMPTY.items()
    ]
    caption = (
        "Values of the measures where a mask is empty. n/a: not defined, left out of means and counts. A lesion that "
        "was not found has the values of the last column."
    )
    return Table("when-empty", caption, [*head, Column("Only the automatic one", True)], rows)


_ABBREVIATIONS = {"assd": "ASSD", "rms": "RMS distance", "hd95": "95 % Hausdorff", "voe": "VOE", "rvd": "RVD"}
_TARGETS = {"mts": "Metastases", "liver": "Liver"}


def _scan_measure(code: object) -> str:
    """``mts_hd95_mm`` is ``Metastases: 95 % Hausdorff (mm)``."""
    head, _, rest = str(code).partition("_")
    return f"{_TARGETS[head]}: {_measure_words(rest)}" if head in _TARGETS else label(str(code))


def _measure_words(measure: str) -> str:
    """``hd95_mm`` is ``95 % Hausdorff (mm)``."""
    return " ".join(_ABBREVIATIONS.get(word.lower(), word) for word in label(measure).split(" "))


def _networks(study: StudyResults) -> list[Section]:
    if not study.networks:
        why = "No network is described because none was trained in this study (results/models is empty)."
        return [Section("networks", "Networks", [Note(why)])]
    blocks: list[Block] = []
    synthetic = [name for name in study.of_role("train") if study.cohorts[name].synthetic]
    if synthetic:
        text = (
            f"The networks were trained on synthetic images ({fmt.listed(synthetic)}): their masks prove "
            "nothing clinical."
        )
        blocks.append(Note(text, "caution"))
    sections = [_network(network) for network in study.networks.values()]
    return [Section("networks", "Networks", blocks, sections)]


def _network(network: Network) -> Section:
    facts = list(_facts(network.facts))
    blocks: list[Block] = (
        [Pairs(facts)] if facts else [Note(f"network.json of the {network.name} network was not found.")]
    )
    for stem, path in network.pictures.items():
        caption = _PICTURES.get(stem, "{name} network: " + stem.replace("_", " ") + ".").format(name=network.name)
        if len(network.log) and stem == "curves":
            caption += f" {fmt.plural(len(network.log), 'epoch')}; one run, no interval."
        identifier = f"network-{network.name}-{stem}".replace("/", "-")
        data = csv_download(identifier, network.log) if stem == "curves" and len(network.log) else None
        blocks.append(Figure(identifier, caption, caption, picture_file(path, identifier), download=data))
    if len(network.log) and "curves" not in network.pictures:
        blocks.append(_curves(network))
    return Section(f"network-{network.name.replace('/', '-')}", f"Network: {network.name.replace('/', ', ')}", blocks)


def _curves(network: Network) -> Block:
    from livermets.figures.lesions import curves_by_epoch

    identifier = f"network-{network.name}-curves".replace("/", "-")
    caption = (
        _PICTURES["curves"].format(name=network.name)
        + f" {fmt.plural(len(network.log), 'epoch')}; one run, no interval."
    )
    image = drawing_svg(curves_by_epoch(network.log), identifier)
    return Figure(identifier, caption, "Loss and Dice by epoch.", image, download=csv_download(identifier, network.log))


_FACTS = (
    ("target", "target"), ("parameter_count", "weights"), ("convolution_count", "convolution layers"),
    ("training_patients", "training patients"), ("validation_patients", "patients of the inner validation split"),
    ("training_slices", "training slices"), ("training_slices_with_target", "of these with the target"),
    ("epochs", "epochs run"), ("best_epoch", "epoch kept"), ("slices_per_second", "slices per second in training"),
    ("seconds", "training time"), ("device", "device"), ("seed", "seed"),
)  # fmt: skip


def _facts(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a reader asks of a network; the rest stays in network.json."""
    architecture: dict[str, Any] = facts["network"] if isinstance(facts.get("network"), dict) else {}
    for key in ("architecture", "levels", "base_filters", "norm", "output"):
        if key in architecture:
            yield key.replace("_", " "), _fact(architecture[key])
    for key, words in _FACTS:
        if key in facts and facts[key] is not None:
            value = facts[key]
            text = fmt.integer(len(value)) if isinstance(value, list) else _fact(value) if key != "seed" else str(value)
            yield words, fmt.duration(value) if key == "seconds" else text


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return fmt.yes_no(value)
    if isinstance(value, int):
        return fmt.integer(value)
    return fmt.significant(value) if isinstance(value, float) else str(value)
