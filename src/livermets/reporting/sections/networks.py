"""Several networks side by side: what each found, what it is and costs, and how it differs from the study's own."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from livermets.config.comparison import OWN
from livermets.reporting import formatting as fmt
from livermets.reporting.model import Block, Column, Figure, Paragraph, Section, Table
from livermets.reporting.pictures import drawing_svg
from livermets.reporting.results import StudyResults
from livermets.reporting.sections.estimates import level_text, rows_of, shown_interval
from livermets.reporting.tables import csv_download, kept_together
from livermets.stats.overlap import DETECTION_DICE, SMALL_BELOW_MM

_LESION_WISE = (
    ("recall_at_50", "Recall at 50 %", True),
    ("precision_at_50", "Precision at 50 %", True),
    ("pooled_dice", "Dice, pooled", False),
    ("pooled_precision", "Precision, pooled", False),
    ("pooled_recall", "Recall, pooled", False),
    ("false_positives_per_scan", "False positives per scan", False),
)
_WHERE = ("network", "cohort", "timepoint")


def side_by_side(study: StudyResults) -> list[Section]:
    """The part about compared networks; none where the study compares none."""
    tables = study.network_comparison
    if not {"networks", "lesions", "overlap", "detection", "lesion_wise", "pairs"} <= set(tables):
        return []
    names = list(tables["networks"]["network"])
    others = fmt.listed([name for name in names if name != OWN])
    text = (
        f"The study’s own network ({OWN}) beside {others}: trained on the same patients with the same seed, given the "
        "same liver masks, matched with the manual lesions by the same rule, on the validation cohorts. The "
        "answer of this report and every other part of it rest on the study’s own network alone."
    )
    blocks: list[Block] = [
        Paragraph(text),
        _overlap(tables["overlap"], tables["detection"]),
        lesion_wise_table("networks-lesion-wise", tables["lesion_wise"]),
        _dice(tables["lesions"]),
        _costs(tables["networks"]),
        _pairs(tables["pairs"]),
    ]
    return [Section("networks-compared", "Networks side by side", blocks)]


def _overlap(overlap: pd.DataFrame, detection: pd.DataFrame) -> Table:
    keys = [*_WHERE, "size"]
    one_interval = detection.drop_duplicates([*keys, "dice_above"])
    found = {above: one_interval[one_interval["dice_above"] == above].set_index(keys) for above in DETECTION_DICE}
    rows = []
    for _, r in overlap.iterrows():
        where = tuple(r[key] for key in keys)
        rows.append([
            str(r["network"]), f"{r['cohort']}, {r['timepoint']}", kept_together(r["size"]),
            *(fmt.count_of(part.loc[where, "k"], part.loc[where, "n"]) if where in part.index else fmt.MISSING
              for part in found.values()),
            fmt.number(r["dice_median_detected"]), fmt.number(r["dice_median"]),
            *(fmt.mean_sd(r[f"{name}_mean"], r[f"{name}_sd"]) for name in ("dice", "precision", "recall")),
        ])  # fmt: skip
    head = [Column("Network"), Column("Cohort"), Column("Size")]
    head += [Column(f"Found, Dice > {above:g}", True) for above in found]
    head += [Column("Median Dice of those found", True), Column("Median Dice", True)]
    head += [Column(f"{name}, mean ± SD", True) for name in ("Dice", "Precision", "Recall")]
    caption = (
        "Overlap and detection by network. A lesion that was not found counts with Dice 0 and recall 0. The download "
        "has quartiles too."
    )
    return Table("networks-overlap", caption, head, rows, csv_download("networks-overlap", overlap))


def lesion_wise_table(identifier: str, frame: pd.DataFrame) -> Table:
    """Lesion-wise scores at 50 % overlap, scores of all voxels together and false positives, a row per network, cohort
    and timepoint."""
    keys = [key for key in _WHERE if key in frame]
    rows = []
    for where, part in frame.groupby(keys, sort=False, dropna=False) if keys else ():
        *network, cohort, timepoint = (str(value) for value in where)
        scores = (_estimate(rows_of(part, measure), share) for measure, _, share in _LESION_WISE)
        rows.append([*network, f"{cohort}, {timepoint}", *scores])
    head = [Column(key.capitalize()) for key in keys if key != "timepoint"]
    head += [Column(words, True) for _, words, _ in _LESION_WISE]
    caption = (
        "Lesions at 50 % overlap, and all voxels pooled. At 50 % means an intersection over union above one half, as "
        "LiTS scores it: recall is the share of manual lesions that such an automatic one covers, precision the share "
        "of automatic lesions that cover such a manual one. Pooled means over the voxels of all scans together, so a "
        f"large lesion weighs more than a small one. {level_text(frame)} by patient where they can be computed."
    )
    return Table(identifier, caption, head, rows, csv_download(identifier, frame))


def _estimate(rows: pd.DataFrame, share: bool) -> str:
    shown = shown_interval(rows)
    if shown is None or fmt.is_missing(shown["value"]):
        return fmt.MISSING
    ends = fmt.interval(shown["low"], shown["high"], as_percent=share, digits=0 if share else 2)
    value = fmt.percent(shown["value"], 0) if share else fmt.number(shown["value"])
    count = fmt.count_of(shown["k"], shown["n"]) if share else ""
    return "\n".join(line for line in (count, value, f"({ends})" if ends else "") if line)


def _dice(lesions: pd.DataFrame) -> Block:
    from livermets.figures.lesions import dice_by_size

    networks = lesions["network"].nunique()
    each = fmt.plural(len(lesions) // max(networks, 1), "lesion")
    caption = f"Dice of every lesion by network and size, {each} each. One that was not found has Dice 0."
    alt = "Box plots of Dice for small and big lesions of each network; the table above has the medians and quartiles."
    image = drawing_svg(dice_by_size(lesions, SMALL_BELOW_MM, by="network"), "networks-dice")
    return Figure("networks-dice", caption, alt, image, download=csv_download("networks-dice", lesions))


def _costs(networks: pd.DataFrame) -> Table:
    rows = [
        [
            str(r["network"]), _text(r["architecture"]), fmt.integer(r["parameter_count"]),
            fmt.integer(r["convolution_count"]), fmt.integer(r["network_grid"]), fmt.integer(r["training_slices"]),
            fmt.count_of(r["kept_epoch"], r["epochs"]), fmt.duration(r["seconds_per_epoch"]),
            fmt.duration(r["seconds_per_scan"]), fmt.yes_no(r["pretrained"]), _text(r["device"]),
        ]
        for _, r in networks.iterrows()
    ]  # fmt: skip
    head = [Column("Network"), Column("Architecture"), *(Column(words, True) for words in (
        "Weights", "Convolution layers", "Grid (pixels)", "Training slices", "Epoch kept", "Time per epoch",
        "Time per scan"))]  # fmt: skip
    head += [Column("Pre-trained"), Column("Device")]
    caption = "What each network is and costs; times are medians, on this machine and with whatever else it was doing."
    return Table("networks-costs", caption, head, rows, csv_download("networks-costs", networks))


def _text(value: object) -> str:
    return fmt.MISSING if fmt.is_missing(value) else str(value)


def _pairs(pairs: pd.DataFrame) -> Table:
    rows = [
        [str(second), kept_together(size), fmt.integer(part["n_lesions"].max()), *_compared(part)]
        for (second, size), part in pairs.groupby(["second", "size"], sort=False, dropna=False)
    ]
    head = [Column(f"{OWN} minus"), Column("Size"), Column("Lesions", True), Column("Dice", True)]
    head += [Column("Found (Dice > 0)", True), Column(f"Found by {OWN} only, by the other only", True)]
    head += [Column("McNemar, exact", True), Column("McNemar, by patient", True), Column("Chi-squared, unpaired", True)]
    caption = (
        "Paired differences on the same lesions. One that was not found has Dice 0; found is in percentage points; "
        f"{level_text(pairs)} by bootstrap of patients. McNemar’s test is the right one for the same lesions seen by "
        "two networks; the unpaired chi-squared test, often published instead, is shown beside it. p-values are not "
        "corrected for the number of networks."
    )
    return Table("networks-pairs", caption, head, rows, csv_download("networks-pairs", pairs))


def _compared(part: pd.DataFrame) -> Iterable[str]:
    at_all = part[part["dice_above"].eq(0.0)]

    def first(rows: pd.DataFrame, method: str = "") -> pd.Series:
        return (rows[rows["method"] == method] if method else rows).iloc[0]

    dice = first(rows_of(part, "dice_difference"))
    found = first(rows_of(at_all, "detection_difference"))
    only = [first(rows_of(at_all, f"detected_by_{which}_only"))["value"] for which in ("first", "second")]
    yield fmt.estimate(dice["value"], dice["low"], dice["high"])
    yield fmt.points(found["value"], found["low"], found["high"])
    yield ", ".join(fmt.integer(value) for value in only)
    for measure, method in (
        ("detection_mcnemar_p", "exact-binomial"),
        ("detection_mcnemar_p", "durkalski-2003"),
        ("detection_chi_squared_p", "chi-squared-yates"),
    ):
        yield fmt.p_value(first(rows_of(at_all, measure), method)["value"])
