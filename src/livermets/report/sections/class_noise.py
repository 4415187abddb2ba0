"""Of a change of class, how much is the mask's? What refits of the model change, beside what other masks change."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from livermets.perturbation.class_noise import ALTERED, DIFFERENCE, FEWER, MASK, MASK_BY_REFITS, MORE, RETRAINING
from livermets.report import formatting as fmt
from livermets.report.answer import table_of
from livermets.report.document import Block, Details, Figure, Note, Paragraph, Table
from livermets.report.pictures import drawing_svg
from livermets.report.sections.estimates import level_text
from livermets.report.sections.selection_words import nested_auc
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, csv_download, shown_table

KINDS = {"bootstraps": "on bootstrapped patients", "seeds": "with other seeds"}
"""What differs in a refit, the most first."""
_VERDICTS = {
    MORE: "Retraining changes more classes than the mask: the mask is not the problem.",
    FEWER: "The mask changes more classes than retraining: the noise of the fit does not explain it.",
}
_WHAT = (
    "A refit is the whole fit again: search, network and threshold, with another seed, on the same patients or on as "
    "many drawn with replacement. It looks at the reference mask that the model of the study looked at, and another "
    "mask is looked at by the same model, so that one thing differs at a time. Lesions are of patients whom the model "
    "was not fitted on; intervals resample these patients, and take the refits as they are."
)


def without_skill(study: StudyResults) -> Iterator[Block]:
    """That there may be nothing to read from changed classes, where the nested AUC is not shown to be above chance."""
    row = nested_auc(study, "auc_within_folds")
    row = nested_auc(study, "auc") if row is None or fmt.is_missing(row["low"]) else row
    if row is not None and not fmt.is_missing(row["low"]) and row["low"] <= 0.5:
        yield Note(
            "The AUC of the model on patients that its search had not seen is "
            f"{fmt.estimate(row['value'], row['low'], row['high'])}, which is not shown to be above chance (0.5). A "
            "model without skill changes classes by chance only: if it has none, there is nothing to read from this "
            "section.",
            "caution",
        )


def noise_words(tables: dict[str, pd.DataFrame], source: str | None) -> str:
    """``In 20 refits on bootstrapped patients, 12 % (5 to 20 %) of lesions get another class, …``; empty without
    refits."""
    table = table_of(tables, "class_noise")
    if table.empty:
        return ""
    kind = next(kind for kind in KINDS if table["retraining"].eq(kind).any())
    seeds = _value(table, "seeds", "", None, RETRAINING) if kind != "seeds" else None
    alone = _value(table, kind, "", None, RETRAINING)
    beside = _value(table, kind, MASK, source, RETRAINING)
    row = alone if beside is None else beside
    if row is None:
        return ""
    said = (
        f"Of {fmt.plural(row['n_lesions'], 'lesion')}, refits {KINDS[kind]} ({fmt.integer(row['n_refits'])}) give "
        f"another class to {_share(row)} on average"
    )
    if seeds is not None:
        said += f" (of all {fmt.integer(seeds['n_lesions'])}, those with other seeds alone to {_share(seeds)})"
    mask, difference = (_value(table, kind, MASK, source, measure) for measure in (MASK, DIFFERENCE))
    if mask is None or difference is None:
        return f"{said}."
    said += f", and the mask of {source} to {_share(mask)}: a difference of {_points(difference)}."
    statement = str(difference["statement"])
    return f"{said} {_VERDICTS.get(statement, fmt.sentence(statement))}"


def noise_blocks(study: StudyResults) -> list[Block]:
    """The sentence, the picture, and the table folded; nothing without refits."""
    table = table_of(study.perturbation, "class_noise")
    if table.empty:
        return []
    said = Paragraph(noise_words(study.perturbation, study.sources.primary))
    folded = Details("Classes changed by retraining and by masks", [Paragraph(_WHAT), _table(table)])
    return [said, *_picture(study), folded]


def _value(table: pd.DataFrame, kind: str, against: str, source: str | None, measure: str) -> pd.Series | None:
    rows = table[table["retraining"].eq(kind) & table["measure"].eq(measure)]
    rows = rows[rows["against"].fillna("").eq(against)]
    rows = rows if source is None else rows[rows["mask_source"].eq(source)]
    return None if rows.empty or fmt.is_missing(rows.iloc[0]["value"]) else rows.iloc[0]


def _picture(study: StudyResults) -> Iterator[Block]:
    from livermets.perturbation.figures import changes_by_lesion

    rates, source = table_of(study.perturbation, "class_noise_lesions"), study.sources.primary
    kind = next((kind for kind in KINDS if len(rates) and rates["models"].eq(kind).any()), None)
    if kind is None or source is None or not (rates["changed_by"].eq(MASK) & rates["mask_source"].eq(source)).any():
        return
    drawn = drawing_svg(changes_by_lesion(rates, kind, source), "class-noise-lesions")
    caption = (
        f"Each lesion: refits {KINDS[kind]} that give it another class than the model of the study does, from the "
        f"same reference mask, over refits by which the mask of {source} gives it another class than the reference "
        "mask. The larger a dot, the more lesions lie there; above the dotted line retraining changes more."
    )
    alt = "Dots of lesions: share of refits that change the class over the share of refits in which the mask does."
    yield Figure("class-noise-lesions", caption, alt, drawn, download=csv_download("class-noise-lesions", rates))


def _table(table: pd.DataFrame) -> Table:
    groups = [part for _, part in table.groupby(["retraining", "against", "mask_source"], sort=False, dropna=False)]
    columns = [
        Shown("Refits", lambda part: f"{fmt.integer(part['n_refits'].iloc[0])} {KINDS[part['retraining'].iloc[0]]}"),
        Shown("Mask", _mask),
        Shown("Lesions", lambda part: fmt.integer(part["n_lesions"].iloc[0]), numeric=True),
        Shown("Changed by refits", lambda part: _cell(part, RETRAINING), numeric=True),
        Shown("By the mask", lambda part: _cell(part, MASK), numeric=True),
        Shown("By the mask, in refits", lambda part: _cell(part, MASK_BY_REFITS), numeric=True),
        Shown("Refits less mask", _difference_cell, numeric=True),
        Shown("What the data say", _verdict),
    ]
    caption = (
        "Lesions with another class, as the mean over lesions: by refits of the model from the reference mask; by "
        "another mask with the model of the study, and with each refit, that of the reference beside it; the "
        f"difference of the first two, in percentage points; with {level_text(table)} by resampling patients. Of each "
        "mask those lesions count that both it and the reference mask classify."
    )
    return shown_table("class-noise", caption, columns, groups, data=table)


def _mask(part: pd.DataFrame) -> str:
    row = part.iloc[0]
    if row["against"] == MASK:
        return str(row["mask_source"])
    if row["against"] == ALTERED:
        return f"altered, Dice {fmt.number(row['dice_low'])} to {fmt.number(row['dice_high'])}"
    return "none: every lesion with a class"


def _cell(part: pd.DataFrame, measure: str) -> str:
    rows = part[part["measure"].eq(measure)]
    return fmt.MISSING if rows.empty else _share(rows.iloc[0])


def _difference_cell(part: pd.DataFrame) -> str:
    rows = part[part["measure"].eq(DIFFERENCE)]
    return fmt.MISSING if rows.empty else _points(rows.iloc[0])


def _verdict(part: pd.DataFrame) -> str:
    rows = part[part["measure"].eq(DIFFERENCE)]
    return fmt.MISSING if rows.empty else fmt.sentence(rows.iloc[0]["statement"])


def _share(row: pd.Series) -> str:
    return fmt.estimate(row["value"], row["low"], row["high"], as_percent=True, digits=0)


def _points(row: pd.Series) -> str:
    return fmt.points(row["value"], row["low"], row["high"])
