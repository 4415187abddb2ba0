"""Several networks side by side: what each found, what it is and costs, and how it differs from the study's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from livermets.overlap.networks import CROSS_VALIDATED
from livermets.overlap.study import compared_lesions
from livermets.overlap.tables import at_places
from livermets.report import formatting as fmt
from livermets.report.detection import published_rule, rule
from livermets.report.document import Block, Column, Details, Figure, Paragraph, Section, Table
from livermets.report.pictures import drawing_svg
from livermets.report.rows import rows_of
from livermets.report.sections.by_timepoint import by_timepoint
from livermets.report.sections.estimates import level_text
from livermets.report.sections.learning_curve import learning_curve
from livermets.report.sections.network_pairs import BY_PAIR, pairs_table, unpaired_table
from livermets.report.sections.timepoints import EVERY_TIMEPOINT_SENTENCE, differences_table
from livermets.report.sections.whole_scans import scans_side_by_side
from livermets.report.seen import crossed_words
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download, kept_together
from livermets.report.vocabulary import mask_words
from livermets.stats.results import shown_interval

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
    """The part about compared networks, on the cohorts of all of them; none where the study compares none."""
    tables = study.overlap
    pairs = tables.get("pairs", pd.DataFrame())
    if pairs.empty:
        return []
    lesions = compared_lesions(tables["lesions"])
    overlap, detection, lesion_wise = (
        at_places(tables[name], lesions) for name in ("overlap", "detection", "lesion_wise")
    )
    where = _where(study, pairs)
    first = str(pairs["first"].iloc[0])
    others = fmt.listed([str(name) for name in pairs["second"].unique()])
    detected = rule(lesions)
    reference = mask_words(study.sources, study.sources.reference)
    text = (
        f"{first} beside {others}: matched with the lesions of the {reference} by the same rule, on {where}. "
        f"Networks trained here learnt from {_whom(tables['networks'])} with the same seed and were given the same "
        f"liver masks. The answer of this report and every other part of it rest on {study.sources.headline} alone."
    )
    if lesions["timepoint"].nunique() > 1:
        text += f" {EVERY_TIMEPOINT_SENTENCE}"
    blocks: list[Block] = [
        Paragraph(text),
        *by_timepoint(_overlap(overlap, detection, detected), overlap),
        *by_timepoint(_overlap_detected(overlap, detected), overlap),
        *_missed(tables.get("missed", pd.DataFrame()), detected),
        *by_timepoint(
            lesion_wise_table("networks-lesion-wise", lesion_wise), lesion_wise.drop_duplicates(list(_WHERE))
        ),
        *scans_side_by_side(_scans(tables, lesions), tables.get("scan_pairs", pd.DataFrame())),
        _dice(lesions, study.config.statistics.size_cuts_mm),
        *learning_curve(tables.get("learning_curve", pd.DataFrame()), detected),
        *_timepoints(tables.get("timepoints", pd.DataFrame()), detected, where),
        *_costs(tables["networks"], study.sources.networks),
        *by_timepoint(pairs_table(pairs, detected), pairs.drop_duplicates(list(BY_PAIR))[["timepoint"]]),
        Details("As published: unpaired tests", [unpaired_table(pairs, detected)]),
    ]
    return [Section("networks-compared", "Masks side by side", blocks)]


def _where(study: StudyResults, pairs: pd.DataFrame) -> str:
    """What the networks are compared on; tables of before cross-validation do not say, and know nothing else."""
    crossed = "scans" in pairs and pairs["scans"].eq(CROSS_VALIDATED).all()
    return f"the training cohorts, {crossed_words(study)}" if crossed else "the validation cohorts"


def _scans(tables: Mapping[str, pd.DataFrame], lesions: pd.DataFrame) -> pd.DataFrame:
    measures = tables.get("scan_measures", pd.DataFrame())
    return measures if measures.empty else at_places(measures, lesions)


def _whom(networks: pd.DataFrame) -> str:
    """Tables of before there were shares do not say them, and all networks had everybody."""
    part = "training_share" in networks and networks["training_share"].lt(1).any()
    return "the same patients, or a share of them," if part else "the same patients"


def _overlap(overlap: pd.DataFrame, detection: pd.DataFrame, detected: str) -> Table:
    keys = [*_WHERE, "size"]
    one_interval = detection.drop_duplicates([*keys, "dice_above"])
    published = one_interval[one_interval["study_rule"].eq(0)]
    others = {
        float(above): published[published["dice_above"].eq(above)].set_index(keys)
        for above in sorted(published["dice_above"].unique())
    }
    rows = []
    for _, r in overlap.iterrows():
        where = tuple(r[key] for key in keys)
        rows.append(
            [
                *_of_network(r),
                fmt.count_of(r["n_detected"], r["n_lesions"]),
                *(
                    fmt.count_of(part.loc[where, "k"], part.loc[where, "n"]) if where in part.index else fmt.MISSING
                    for part in others.values()
                ),
                fmt.number(r["dice_median"]),
                *(fmt.mean_sd(r[f"{name}_mean"], r[f"{name}_sd"]) for name in ("dice", "precision", "recall")),
            ]
        )
    head = [Column("Network"), Column("Cohort"), Column("Size"), Column("Detected", True)]
    head += [Column(published_rule(above), True) for above in others]
    head += [Column("Median Dice", True)]
    head += [Column(f"{name}, mean ± SD", True) for name in ("Dice", "Precision", "Recall")]
    caption = (
        f"Overlap and detection by network, over all lesions. Detected: {detected}, the rule of this study; by "
        "published rules beside it. A lesion without overlap counts with Dice 0 and recall 0; precision is undefined "
        "there and left out. The download has quartiles too."
    )
    return Table("networks-overlap", caption, head, rows, csv_download("networks-overlap", overlap))


def _of_network(row: pd.Series) -> list[str]:
    return [str(row["network"]), f"{row['cohort']}, {row['timepoint']}", kept_together(row["size"])]


def _overlap_detected(overlap: pd.DataFrame, detected: str) -> Table:
    rows = [
        [
            *_of_network(r),
            fmt.count_of(r["n_detected"], r["n_lesions"]),
            fmt.number(r["dice_median_detected"]),
            *(fmt.mean_sd(r[f"{of}_mean_detected"], r[f"{of}_sd_detected"]) for of in ("dice", "precision", "recall")),
        ]
        for _, r in overlap.iterrows()
    ]
    head = [Column("Network"), Column("Cohort"), Column("Size"), Column("Detected", True), Column("Median Dice", True)]
    head += [Column(f"{name}, mean ± SD", True) for name in ("Dice", "Precision", "Recall")]
    caption = (
        f"The same over the lesions that each network detected ({detected}), as published means are. Networks that did "
        "not detect the same lesions have means of different lesions here."
    )
    return Table("networks-overlap-detected", caption, head, rows, csv_download("networks-overlap-detected", overlap))


def _missed(missed: pd.DataFrame, detected: str) -> list[Block]:
    if missed.empty:
        return []
    rows = [
        [
            str(r["timepoint"]),
            _by_how_many(int(r["n_missed_by"]), int(r["n_networks"])),
            fmt.integer(r["n_lesions"]),
            fmt.integer(r["n_patients"]),
            fmt.mean_sd(r["diameter_mean_mm"], r["diameter_sd_mm"], 1),
            fmt.number(r["diameter_median_mm"], 1),
        ]
        for _, r in missed.iterrows()
    ]
    head = [Column("Timepoint"), Column("Missed by"), Column("Lesions", True), Column("Patients", True)]
    head += [Column("Longest diameter (mm), mean ± SD", True), Column("Median", True)]
    caption = f"Lesions by the number of networks that missed them (detected: {detected}), and how big they are."
    table = Table("networks-missed", caption, head, rows, csv_download("networks-missed", missed))
    return by_timepoint(table, missed[["timepoint"]])


def _by_how_many(number: int, networks: int) -> str:
    if number == 0:
        return "no network"
    if number == networks:
        return "both networks" if networks == 2 else f"all {networks} networks"
    return f"{number} of {networks} networks"


def _timepoints(timepoints: pd.DataFrame, detected: str, where: str) -> list[Block]:
    if "measure" not in timepoints:
        return []
    caption = f"Every network: one timepoint minus another, in those of {where} that were scanned at both."
    return [differences_table("networks-timepoints", timepoints, caption, detected)]


def lesion_wise_table(identifier: str, frame: pd.DataFrame, cohorts: list[str] | None = None) -> Table:
    """Lesion-wise scores at 50 % overlap, scores of all voxels together and false positives, a row per network, cohort
    and timepoint. ``cohorts``: how the cohort of each row of the frame is called in the table."""
    download = csv_download(identifier, frame)
    frame = frame if cohorts is None else frame.assign(cohort=cohorts)
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
        "LiTS scores it: recall is the share of the reader’s lesions that one of the other mask covers so, precision "
        "the share of that mask’s lesions, false positives among them, that cover one of the reader’s so. Pooled means "
        "over the voxels of all scans together, so a large lesion weighs more than a small one. "
        f"{level_text(frame)} by patient, or by lesion where that is wider."
    )
    return Table(identifier, caption, head, rows, download)


def _estimate(rows: pd.DataFrame, share: bool) -> str:
    shown = shown_interval(rows)
    if shown is None or fmt.is_missing(shown["value"]):
        return fmt.MISSING
    ends = fmt.interval(shown["low"], shown["high"], as_percent=share, digits=0 if share else 2)
    value = fmt.percent(shown["value"], 0) if share else fmt.number(shown["value"])
    count = fmt.count_of(shown["k"], shown["n"]) if share else ""
    return "\n".join(line for line in (count, value, f"({ends})" if ends else "") if line)


def _dice(lesions: pd.DataFrame, cuts_mm: Sequence[float]) -> Block:
    from livermets.overlap.figures import dice_by_size

    networks = lesions["network"].nunique()
    each = fmt.plural(len(lesions) // max(networks, 1), "lesion")
    again = ", counted once at each timepoint" if lesions["timepoint"].nunique() > 1 else ""
    caption = f"Dice of every lesion by network and size, {each} each{again}. One without overlap has Dice 0."
    alt = "Box plots of Dice by size of the lesions for each network; the table above has the medians and quartiles."
    image = drawing_svg(dice_by_size(lesions, cuts_mm, by="network"), "networks-dice")
    return Figure("networks-dice", caption, alt, image, download=csv_download("networks-dice", lesions))


def _costs(networks: pd.DataFrame, names: Collection[str]) -> list[Table]:
    """What the networks are among the sources; given masks have no such facts."""
    networks = networks[networks["network"].isin(names)]
    if networks.empty:
        return []
    shares = "training_share" in networks and networks["training_share"].lt(1).any()
    rows = [
        [
            _network_words(r),
            _text(r["architecture"]),
            fmt.integer(r["parameter_count"]),
            fmt.integer(r["convolution_count"]),
            _grid(r),
            *([f"{fmt.integer(r['n_training_patients'])} ({fmt.percent(r['training_share'], 0)})"] if shares else []),
            fmt.integer(r["training_samples"]),
            fmt.MISSING if fmt.is_missing(r["epochs"]) else fmt.count_of(r["kept_epoch"], r["epochs"]),
            fmt.duration(r["seconds_per_epoch"]),
            fmt.duration(r["seconds_per_scan"]),
            fmt.yes_no(r["pretrained"]),
            _text(r["device"]),
        ]
        for _, r in networks.iterrows()
    ]
    head = [
        Column("Network"),
        Column("Architecture"),
        *(
            Column(words, True)
            for words in (
                "Weights",
                "Convolution layers",
                "Grid",
                *(["Training patients (share given)"] if shares else []),
                "Training samples",
                "Epoch kept",
                "Time per epoch",
                "Time per scan",
            )
        ),
    ]
    head += [Column("Pre-trained"), Column("Device")]
    caption = (
        "What each network is and costs. Times are those of this machine with whatever else it was doing: means over "
        "epochs, validation not counted, and medians over scans."
    )
    if any(" fold " in row[0] for row in rows):
        caption += " The network of a fold drew the scans of the patients whom it never saw, and no other."
    return [Table("networks-costs", caption, head, rows, csv_download("networks-costs", networks))]


def _network_words(network: pd.Series) -> str:
    """Its name, and of which fold; tables of before cross-validation know none."""
    fold = network.get("fold")
    return str(network["network"]) if fmt.is_missing(fold) else f"{network['network']}, fold {fmt.integer(fold)}"


def _grid(network: pd.Series) -> str:
    """In plane: so many pixels across, or pixels of a size."""
    spacing = network.get("pixel_spacing_mm")
    if fmt.is_missing(spacing):
        return fmt.MISSING if fmt.is_missing(network["network_grid"]) else fmt.plural(network["network_grid"], "pixel")
    return f"{fmt.significant(spacing)} mm"


def _text(value: object) -> str:
    return fmt.MISSING if fmt.is_missing(value) else str(value)
