"""How good must a mask be? Thousands of altered masks of every lesion, and the Dice that keeps its class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import pandas as pd

from livermets.masks.detected import is_detected
from livermets.masks.sizes import EVERY_SIZE
from livermets.perturbation.altered import EVERY_KIND, SAME
from livermets.report import formatting as fmt
from livermets.report.answer import table_of
from livermets.report.document import Block, Bullets, Details, Figure, Note, Paragraph, Section, Table
from livermets.report.pictures import drawing_svg, picture_file
from livermets.report.sections.class_noise import noise_blocks, without_skill
from livermets.report.sections.estimates import level_text
from livermets.report.sections.like_sources import like_sources_blocks
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, csv_download, frame_table, rows_in, shown_table

_TITLE = "How good must a mask be?"
_WHAT = (
    "The mask of every lesion was altered in the ways in which segmentations fail, and every altered mask was "
    "classified by the model of the study. A mask keeps the class of its lesion if it gives the one that the reference "
    "mask gives; a mask too small for any ROI does not. Lesions are the data here, each with the same weight, and "
    "patients are resampled: thousands of masks of one lesion are one lesion."
)
_CANNOT_SAY = (
    "This says what a change of the mask does to the class that the model gives, not whether the class is right: a "
    "model without skill may keep its classes as well as a good one. Masks of real sources fail in several ways at "
    "once; whether they change classes as often as altered masks of the same Dice is told where there are such sources."
)
_BEST = "dice"
_MEASURES = {
    "dice": "Dice",
    "assd_mm": "mean surface distance (ASSD, mm)",
    "log_volume_ratio": "volume ratio (absolute logarithm)",
}


def perturbation_section(study: StudyResults) -> Section | None:
    """The answers, the picture, the needed Dice, then the rest folded; nothing where no mask was altered and no model
    fitted again."""
    tables = study.perturbation
    needed = table_of(tables, "needed")
    blocks_of_noise = noise_blocks(study)
    answers, noise = blocks_of_noise[:1], blocks_of_noise[1:]
    if needed.empty:
        return Section("perturbation", _TITLE, [*answers, *without_skill(study), *noise]) if answers else None
    blocks: list[Block] = [Paragraph(needed_words(tables)), *answers, *without_skill(study)]
    blocks += [*_curves(study), _needed(needed, _BEST), Paragraph(_WHAT)]
    blocks += [Note(_CANNOT_SAY, "caution"), *_notes(tables), *_claims(tables), *_held(tables)]
    blocks += [*like_sources_blocks(tables), *noise]
    folded = [*_by_dice(tables), *_predictors(tables), *_slope(tables), *_others(needed)]
    blocks += [Details("By Dice, size and kind of error; other measures than Dice", folded), *_picture(study)]
    return Section("perturbation", _TITLE, blocks)


def needed_words(tables: dict[str, pd.DataFrame]) -> str:
    """``For 90 % of altered masks to keep the class of a lesion, the mask needs a Dice of 0.62 (0.50 to 0.71) at
    20 mm.``"""
    needed = table_of(tables, "needed")
    needed = needed[needed["measure"].eq(_BEST)] if len(needed) else needed
    if needed.empty:
        return ""
    target = needed["target_agreement"].min()
    rows = needed[needed["target_agreement"].eq(target)]
    told = rows[rows["value"].notna()]
    parts = [
        f"{fmt.estimate(row['value'], row['low'], row['high'])} at {fmt.significant(row['longest_diameter_mm'])} mm"
        for row in rows_in(told)
    ]
    goal = f"For {fmt.percent(target, 0)} of altered masks to keep the class of a lesion"
    if not parts:
        return f"{goal}, no needed Dice can be told at any diameter; the table says why."
    rest = " At the other diameters none can be told." if len(told) < len(rows) else ""
    return f"{goal}, the mask needs a Dice of {fmt.listed(parts)}.{rest}"


def _curves(study: StudyResults) -> Iterator[Block]:
    from livermets.perturbation.figures import agreement_over_dice

    curves = table_of(study.perturbation, "needed_curves")
    curves = curves[curves["measure"].eq(_BEST)] if len(curves) else curves
    if curves.empty:
        return
    needed = table_of(study.perturbation, "needed")
    targets = sorted(needed["target_agreement"].unique())
    pairs = _pairs(study)
    first = needed[needed["measure"].eq(_BEST)].iloc[0]
    ticks = (
        f" Ticks: {fmt.plural(len(pairs), 'lesion')} with the mask of {study.sources.primary}, above those that kept "
        "their class, below the others."
        if len(pairs)
        else ""
    )
    caption = (
        "The share of altered masks that keep the class, over their Dice, for lesions of several diameters, with "
        f"pointwise intervals; {fmt.plural(first['n_lesions'], 'lesion')} of "
        f"{fmt.plural(first['n_patients'], 'patient')}. Dotted: {fmt.listed([fmt.percent(t, 0) for t in targets])}."
        f"{ticks}"
    )
    drawn = drawing_svg(agreement_over_dice(curves, pairs, targets), "perturbation-curves")
    alt = "Curves of the share of masks that keep the class over Dice, by diameter; the download has the values."
    yield Figure("perturbation-curves", caption, alt, drawn, download=csv_download("perturbation-curves", curves))


def _pairs(study: StudyResults) -> pd.DataFrame:
    """The lesions that the primary source draws and both masks classify."""
    lesions = study.lesions
    known = lesions["predicted_manual"].notna() & lesions["predicted_automatic"].notna()
    known &= is_detected(lesions["dice"], 0.0)
    known &= lesions["longest_diameter_mm"].notna() & ~lesions["cohort"].isin(study.of_role("train"))
    own = lesions[known]
    return own.assign(same=own["predicted_manual"].eq(own["predicted_automatic"]).astype(int))


def _needed(needed: pd.DataFrame, measure: str) -> Table:
    rows = needed[needed["measure"].eq(measure)]
    word = _MEASURES[measure]
    side = "at least" if measure == _BEST else "at most"
    caption = (
        f"The {word} ({side}) that a lesion of a diameter needs for a share of its altered masks to keep its class, "
        f"with {level_text(rows)} by resampling patients; lesions of about the same diameter count, "
        "as many as stand under “lesions like it”."
    )
    columns = [
        Shown("Longest diameter", lambda row: f"{fmt.significant(row['longest_diameter_mm'])} mm", numeric=True),
        Shown("Masks that keep the class", lambda row: fmt.percent(row["target_agreement"], 0), numeric=True),
        Shown(f"Needed {word}", lambda row: fmt.number(row["value"]), numeric=True),
        Shown("Interval", lambda row: fmt.interval(row["low"], row["high"]) or fmt.MISSING, numeric=True),
        Shown("Lesions like it", lambda row: fmt.number(row["n_lesions_effective"], 1), numeric=True),
        Shown("What the data say", lambda row: fmt.sentence(row.get("statement"))),
    ]
    return shown_table(f"perturbation-needed-{measure}", caption, columns, rows_in(rows), data=rows)


def _others(needed: pd.DataFrame) -> Iterator[Block]:
    for measure in _MEASURES:
        if measure != _BEST and needed["measure"].eq(measure).any():
            yield _needed(needed, measure)


def _notes(tables: dict[str, pd.DataFrame]) -> Iterator[Block]:
    notes = [str(note) for note in table_of(tables, "notes").get("note", [])]
    if notes:
        yield Bullets(notes)


def _claims(tables: dict[str, pd.DataFrame]) -> Iterator[Block]:
    claims = table_of(tables, "claims")
    if claims.empty:
        return
    caption = (
        "What Giannini 2020 concluded from the masks of one network, held against the altered masks: "
        f"{claims['rule'].iloc[0]}; target {fmt.percent(claims['target_agreement'].iloc[0], 0)}."
    )
    shown = claims[claims["target_agreement"].eq(claims["target_agreement"].min())]
    columns = [
        Shown("Claim", lambda row: str(row["claim"])),
        Shown("Size", lambda row: str(row["size"])),
        Shown("Dice", lambda row: f"{fmt.number(row['dice_low'], 1)} to {fmt.number(row['dice_high'], 1)}"),
        Shown("Masks that keep the class", _share, numeric=True),
        Shown("Verdict", lambda row: str(row["verdict"])),
    ]
    yield shown_table("perturbation-claims", caption, columns, rows_in(shown), data=claims)


def _held(tables: dict[str, pd.DataFrame]) -> Iterator[Block]:
    held = table_of(tables, "held_against_pairs")
    if held.empty:
        return
    caption = (
        "Do the masks of real sources change classes as often as altered masks of the same Dice? Lesions whose class "
        "the source’s mask changed or lost, as many as the altered masks of that lesion at that Dice let expect, and "
        "their ratio (1: as often)."
    )
    columns = [
        Shown("Source", lambda row: str(row["mask_source"])),
        Shown("Size", lambda row: str(row["size"])),
        Shown("Lesions", lambda row: fmt.integer(row["n_lesions"]), numeric=True),
        Shown("Changed", lambda row: fmt.integer(row["observed_changed"]), numeric=True),
        Shown("Expected", lambda row: fmt.number(row["expected_changed"], 1), numeric=True),
        Shown("Ratio", lambda row: _ratio(row), numeric=True),
    ]
    yield shown_table("perturbation-held", caption, columns, rows_in(held), data=held)


def _by_dice(tables: dict[str, pd.DataFrame]) -> Iterator[Block]:
    table = table_of(tables, "by_dice")
    if table.empty:
        return
    for by, other in (("size", "kind"), ("kind", "size")):
        part = table[table[other].eq(EVERY_KIND if other == "kind" else EVERY_SIZE)]
        same = part[part["measure"].eq(SAME)]
        cells = {(row[by], row["dice_low"], row["dice_high"]): row for row in rows_in(same)}
        bands = sorted({key[1:] for key in cells})
        columns = [Shown(by.capitalize(), str)]
        for low, high in bands:
            words = f"Dice {fmt.number(low)} to {fmt.number(high)}"
            columns.append(Shown(words, partial(_cell, cells, low, high), numeric=True))
        caption = (
            f"Masks that keep the class, by {by} and Dice: the mean over lesions, each counted once, with intervals."
        )
        rows = dict.fromkeys(same[by])
        yield shown_table(f"perturbation-by-{by}", caption, columns, rows, data=part)


def _cell(cells: Mapping[tuple[str, float, float], pd.Series], low: float, high: float, name: str) -> str:
    row = cells.get((name, low, high))
    return fmt.MISSING if row is None else _share(row)


def _predictors(tables: dict[str, pd.DataFrame]) -> Iterator[Block]:
    table = table_of(tables, "predictors")
    if len(table):
        caption = (
            "Which measure tells best whether a mask keeps the class? AUC of each, within lesions and over all of "
            "them, and differences of the first minus another."
        )
        yield frame_table("perturbation-predictors", table, caption)


def _slope(tables: dict[str, pd.DataFrame]) -> Iterator[Block]:
    table = table_of(tables, "slope")
    if len(table):
        caption = "How far the share of R+ ROIs moves per 0.1 of Dice lost (mean absolute move, 0 to 1), by size."
        yield frame_table("perturbation-slope", table, caption)


def _picture(study: StudyResults) -> Iterator[Block]:
    if study.perturbation_pictures:
        path = study.perturbation_pictures[0]
        cohort, patient = path.parts[-4], path.parts[-2]
        caption = (
            f"The largest lesion of {cohort}, patient {patient}: a mask of every kind of error and one as every source "
            "errs, with a Dice as near as there is to 0.7. Pictures of the other scans lie in "
            "results/<cohort>/perturbation."
        )
        alt = "Slices of one lesion with the contours of the reference mask and of altered masks."
        needed = csv_download("perturbation-masks", table_of(study.perturbation, "by_dice"))
        yield Figure("perturbation-masks", caption, alt, picture_file(path, "perturbation-masks"), download=needed)


def _share(row: pd.Series) -> str:
    return fmt.over_interval(row["value"], row["low"], row["high"], as_percent=True, digits=0)


def _ratio(row: pd.Series) -> str:
    return fmt.over_interval(row["value"], row["low"], row["high"])
