"""Readers with readers, networks with readers, with and without a start: how alike masks are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.document import Block, Bullets, Details, Figure, Paragraph, Section, Table
from livermets.report.pictures import picture_file
from livermets.report.sections.estimates import level_text
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, csv_download, frame_table, kept_together, rows_in, shown_table

_STRUCTURES = {"lesion": "each lesion", "scan": "all lesions of a scan", "liver": "the liver"}
_MEASURES = {
    "dice": "Dice",
    "volume_ratio": "volume ratio",
    "volume_ratio_outside": "volume ratio outside the limits",
    "assd_mm": "mean surface distance (mm)",
    "hausdorff_mm": "Hausdorff distance (mm)",
    "quality": "quality, 1 to 5",
    "minutes": "minutes",
}
_VERDICTS = {
    "within": "within what the readers differ by (worse by less than the margin, if at all)",
    "below": "below what the readers reach (worse by more than the margin)",
    "cannot say": "the data cannot say",
}
_PICTURES = {
    "dice": ("pairs", "Mean Dice of every pair with its interval by patient (thick) and quartiles (thin); the band is "
             "what two readers who began from nothing reach."),
    "ceiling": ("ceiling", "Dice of a network with two readers minus that of the readers with each other, intervals by "
                "patient; left of the dashed line it is worse by more than the margin."),
}  # fmt: skip


def readers_section(study: StudyResults) -> Section | None:
    """Verdicts first, then the pairs, the ceiling, what a start changes, scores; nothing without pairs of readers'
    masks."""
    pairs = study.readers.get("pairs", pd.DataFrame())
    if pairs.empty:
        return None
    notes = study.readers.get("notes", pd.DataFrame()).get("statement", pd.Series(dtype=str)).astype(str).tolist()
    said = [*reader_verdicts(study), *notes]
    blocks: list[Block] = [
        Paragraph(
            "How alike are the masks of several readers, of corrected masks and of networks? Scans that a network was "
            "trained on count in none of its pairs. Where one of the two has no mask of a lesion, its Dice is 0 and "
            "its distances are not defined."
        ),
        *([Bullets(said)] if said else []),
        *_pair_tables(pairs),
        *_pictures(study),
        *_ceiling(study.readers.get("ceiling", pd.DataFrame())),
        *_start(study.readers.get("start", pd.DataFrame())),
        *_scores(study.readers.get("scores", pd.DataFrame())),
    ]
    return Section("readers", "Readers, corrected masks and networks", blocks)


def reader_verdicts(study: StudyResults) -> list[str]:
    """One sentence per network and pair of readers: is it as near to them as they are to each other?"""
    ceiling = study.readers.get("ceiling", pd.DataFrame())
    if ceiling.empty:
        return []
    main = _main(ceiling[ceiling["measure"].eq("dice") & ceiling["against"].eq("both") & ceiling["n"].gt(0)])
    for structure in _STRUCTURES:
        if len(rows := main[main["structure"] == structure]):
            return [_verdict(row) for row in rows_in(rows)]
    return []


def _main(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of all cohorts together, or of the only one: those that stand first."""
    return table[table["cohort"] == table["cohort"].iloc[0]] if len(table) else table


def _verdict(row: pd.Series) -> str:
    lesions = f"{fmt.integer(row['n'])} {'lesions' if row['structure'] == 'lesion' else 'scans'}"
    verdict = _VERDICTS.get(str(row["verdict"]))
    margin = f"; margin {fmt.number(row['margin'])}: {verdict}" if verdict else ""
    return (
        f"{row['mask_source']}: on the same {lesions} of {fmt.plural(row['n_patients'], 'patient')}, mean Dice with "
        f"{row['source_a']} and {row['source_b']} {fmt.number(row['network_mean'])}, of these two with each other "
        f"{fmt.number(row['readers_mean'])}; difference {fmt.estimate(row['difference'], row['low'], row['high'])}"
        f"{margin}."
    )


def _pair_tables(pairs: pd.DataFrame) -> Iterator[Block]:
    """One table per structure; the first stands open."""
    shown = _main(pairs)
    for number, structure in enumerate(s for s in _STRUCTURES if shown["structure"].eq(s).any()):
        rows = shown[shown["structure"] == structure]
        each = [
            part.set_index("measure") for _, part in rows.groupby(["source_a", "source_b"], sort=False, dropna=False)
        ]
        words = _STRUCTURES[structure]
        caption = (
            f"Every pair of sources, {words}: mean with {level_text(pairs)} by patient, or median (first to third "
            "quartile). The volume ratio is that of the second over that of the first; the share outside counts a mask "
            "that is missing (limits: readers.volume_ratio_limits)."
        )
        data = pairs[pairs["structure"] == structure]
        table = shown_table(f"readers-{structure}", caption, _PAIR_COLUMNS, each, data=data)
        yield table if number == 0 else Details(f"Pairs, {words}", [table])


def _of_pair(column: str) -> Callable[[pd.DataFrame], str]:
    return lambda pair: str(pair[column].iloc[0])


def _mean(measure: str, percent: bool = False) -> Callable[[pd.DataFrame], str]:
    def text(pair: pd.DataFrame) -> str:
        if measure not in pair.index or fmt.is_missing(pair.loc[measure, "mean"]):
            return fmt.MISSING
        row = pair.loc[measure]
        value = fmt.percent(row["mean"], 0) if percent else fmt.number(row["mean"])
        ends = fmt.interval(row["mean_low"], row["mean_high"], as_percent=percent, digits=0 if percent else 2)
        count = f"{fmt.count_of(row['k'], row['n'])}\n" if percent else ""
        return f"{count}{value}\n{kept_together(ends)}".strip()

    return text


def _median(measure: str) -> Callable[[pd.DataFrame], str]:
    def text(pair: pd.DataFrame) -> str:
        if measure not in pair.index:
            return fmt.MISSING
        row = pair.loc[measure]
        return fmt.median_quartiles(row["median"], row["q1"], row["q3"])

    return text


def _counts(pair: pd.DataFrame) -> str:
    return "\n".join(fmt.integer(pair.loc["dice", column]) for column in ("n", "n_patients"))


def _lacking(pair: pd.DataFrame) -> str:
    return ", ".join(fmt.integer(pair["n_lacking_" + side].iloc[0]) for side in "ab")


_PAIR_COLUMNS = (
    Shown("Sources", lambda pair: f"{_of_pair('source_a')(pair)}\n{_of_pair('source_b')(pair)}"),
    Shown("Kind", _of_pair("kind")),
    Shown("Compared, patients", _counts, numeric=True),
    Shown("Dice, mean", _mean("dice"), numeric=True),
    Shown("Dice, median", _median("dice"), numeric=True),
    Shown("Volume ratio, median", _median("volume_ratio"), numeric=True),
    Shown("Ratio outside the limits", _mean("volume_ratio_outside", percent=True), numeric=True),
    Shown("Mean surface distance (mm)", _mean("assd_mm"), numeric=True),
    Shown("Hausdorff (mm)", _mean("hausdorff_mm"), numeric=True),
    Shown("Missing in the first, second", _lacking, numeric=True),
)


def _pictures(study: StudyResults) -> Iterator[Block]:
    for stem, (table, caption) in _PICTURES.items():
        data = study.readers.get(table, pd.DataFrame())
        if stem in study.readers_pictures and len(data):
            identifier = f"readers-figure-{stem}"
            image = picture_file(study.readers_pictures[stem], identifier)
            yield Figure(identifier, caption, caption, image, download=csv_download(identifier, data))


def _ceiling(ceiling: pd.DataFrame) -> Iterator[Block]:
    if ceiling.empty:
        return
    caption = (
        "The noise ceiling: a network with a reader beside that reader with another, on the same lesions (scans). "
        f"Network minus readers, {level_text(ceiling)} by patient; verdicts are of non-inferiority (Piaggio 2012): "
        "within if the interval excludes that the network is worse by the margin or more (readers.margins), below if "
        "it excludes that it is not, else it cannot be said."
    )
    columns = ["mask_source", "source_a", "source_b", "against", "structure", "measure", "n", "n_patients"]
    columns += ["network_mean", "readers_mean", "difference", "low", "high", "margin", "verdict"]
    yield Details("Noise ceiling, every measure", [_frame("readers-ceiling", _main(ceiling), caption, columns)])


def _start(start: pd.DataFrame) -> Iterator[Block]:
    if start.empty:
        return
    caption = (
        "What a start changes: masks that were corrected from another one beside those drawn from nothing, on the same "
        f"lesions (scans); with minus without, {level_text(start)} by patient."
    )
    columns = ["comparison", "source_a", "source_b", "adjusted_a", "adjusted_b", "structure", "measure", "n"]
    columns += ["n_patients", "without_mean", "with_mean", "difference", "low", "high"]
    yield Details("With and without a start", [_frame("readers-start", _main(start), caption, columns)])


def _scores(scores: pd.DataFrame) -> Iterator[Block]:
    if scores.empty:
        return
    caption = (
        "Scores of quality and minutes of drawing by source; where another source is named, the difference on the same "
        f"scans. {level_text(scores)} of the mean by patient."
    )
    columns = ["mask_source", "compared_with", "measure", "n", "n_patients", "median", "q1", "q3", "mean"]
    yield _frame("readers-scores", _main(scores), caption, [*columns, "mean_low", "mean_high"])


def _frame(identifier: str, table: pd.DataFrame, caption: str, columns: list[str]) -> Table:
    formats = {"measure": lambda code: _MEASURES.get(str(code), str(code))}
    return frame_table(identifier, table, caption, columns=columns, formats=formats, most_rows=80)
