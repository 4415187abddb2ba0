"""The continuous answer, the lesions that changed class, and what the agreement owes to threshold and ROIs."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from livermets.concordance.false_positives import TOTAL
from livermets.masks.identity import SIDES
from livermets.report import formatting as fmt
from livermets.report.document import Block, Column, Details, Note, Table
from livermets.report.rows import rows_of
from livermets.report.sections.estimates import estimate_table, level_text, picture
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download, frame_table, identifier_text, kept_together

STEMS = frozenset(
    (
        "share_differences",
        "share_agreement",
        "share_by_dice",
        "changed",
        "minimum_rois",
        "share_limits_without_one",
        "threshold_curve",
        "threshold_range",
        "false_positive_classes",
    )
)
Tables = dict[str, pd.DataFrame]


def continuous_blocks(study: StudyResults, name: str, tables: Tables) -> list[Block]:
    """Everything of one comparison that this module shows."""
    return [
        *_changed(name, tables),
        *_shares(study, name, tables),
        *_threshold(study, name, tables),
        *_minimum(study, name, tables),
        *_false_positives(name, tables),
    ]


def _table(tables: Tables, stem: str) -> pd.DataFrame:
    return tables.get(stem, pd.DataFrame())


def _changed(name: str, tables: Tables) -> list[Block]:
    changed, agreement = _table(tables, "changed"), _table(tables, "agreement")
    both = rows_of(agreement, "agreement")
    compared = int(both["n_lesions"].max()) if len(both) else 0
    if changed.empty:
        return [Note(f"No lesion changed class with the mask, of {compared} that both masks classify.", "info")]
    one = changed["threshold"].nunique() == 1
    threshold = f" ({fmt.number(changed['threshold'].iloc[0], 3)})" if one else ""
    caption = (
        f"The {fmt.plural(len(changed), 'lesion')} that changed class with the mask, of {compared} that both masks "
        f"classify, the nearest to the threshold first. Distance: that of the nearer of the two shares to the threshold"
        f"{threshold}; arrows lead from the manual to the automatic mask."
    )
    several = [key for key in ("cohort", "timepoint") if key in changed and changed[key].nunique() > 1]
    head = [
        *(Column(key.capitalize()) for key in several),
        Column("Patient"),
        Column("Lesion", True),
        Column("Outcome"),
        Column("Diameter", True),
        Column("Dice", True),
        Column("ROIs", True),
        Column("Share R+", True),
        Column("Class"),
        Column("Distance", True),
        Column("What the change rests on"),
    ]
    rows = [[*(str(row[key]) for key in several), *_changed_row(row)] for _, row in changed.iterrows()]
    return [Table(f"changed-{name}", caption, head, rows, csv_download(f"changed-{name}", changed))]


def _changed_row(row: pd.Series) -> list[str]:
    def arrow(stem: str, form: Callable[[object], str]) -> str:
        return kept_together(" → ".join(form(row[f"{stem}_{source}"]) for source in SIDES))

    remark = row["remark"] if isinstance(row["remark"], str) else ""
    return [
        str(row["patient_id"]),
        identifier_text(row["lesion_id"]),
        fmt.response_class(row["response"]),
        f"{fmt.significant(row['longest_diameter_mm'])}\u00a0mm",
        fmt.number(row["dice"]),
        arrow("n_roi", fmt.integer),
        arrow("share", lambda share: fmt.number(share, 3)),
        arrow("predicted", fmt.response_class),
        fmt.number(row["distance"], 3),
        remark,
    ]


def _shares(study: StudyResults, name: str, tables: Tables) -> list[Block]:
    differences, agreement = _table(tables, "share_differences"), _table(tables, "share_agreement")
    if differences.empty or agreement.empty:
        why = "no lesion has one from both masks" if differences.empty else "fewer than three lesions have them"
        return [Note(f"The shares of R+ ROIs of {name} were not compared because {why}.")]
    n = f"{fmt.plural(len(differences), 'lesion')} of {fmt.plural(agreement['n_patients'].max(), 'patient')}"
    over_dice = (
        "How far the share of R+ ROIs moves with the mask: absolute difference over Dice, by longest diameter; every "
        f"lesion that has a share from both masks ({n}). Bar: median of the lesions between two cuts of Dice, n above. "
        "Single lesions, hence no interval."
    )
    limits = (
        f"Bland–Altman: difference of the two shares (automatic minus manual) over their mean, {n}. Solid: bias; "
        "dashed: 95 % limits of agreement, which allow for several lesions per patient (variance between and within "
        "patients); bars at the right: the wider of the two intervals in the table. Shares lie between 0 and 1, so "
        "that nothing can lie outside the dotted diamond and differences are small near its ends: limits of constant "
        "width are too wide for shares near 0 and 1 and too narrow for those in the middle. Which lesion moves them "
        "most is said at the table."
    )
    table = (
        "Difference of the shares of R+ ROIs, automatic minus manual mask (share_agreement.csv). "
        f"{_mover(differences, _table(tables, 'share_limits_without_one'))}"
    )
    caption = "Absolute difference of the two shares of R+ ROIs: median, quartiles and largest, by Dice and diameter."
    strata = _table(tables, "share_by_dice")
    return [
        picture(study, name, "share_differences", over_dice, "Scatter of share differences over Dice in two panels."),
        picture(study, name, "share_agreement", limits, "Bland–Altman plot; bias and limits are in the table."),
        estimate_table(f"share-agreement-{name}", agreement, table),
        Details(
            "Difference of the shares by Dice and diameter",
            [frame_table(f"share-by-dice-{name}", strata[strata["n_lesions"] > 0], caption)],
        ),
    ]


def _mover(differences: pd.DataFrame, without_one: pd.DataFrame) -> str:
    """Which lesion the limits hang on, and what they are without it."""
    if without_one.empty:
        return ""
    row = without_one.iloc[0]
    where = [str(row[key]) for key in ("cohort", "timepoint") if key in differences and differences[key].nunique() > 1]
    who = " of ".join([f"lesion {identifier_text(row['lesion_id'])}", f"patient {row['patient_id']}"])
    rois = [fmt.integer(row[f"n_roi_{mask}"]) for mask in SIDES if f"n_roi_{mask}" in row]
    counted = f", {' → '.join(rois)} ROIs" if len(rois) == 2 else ""
    return (
        f"Of all lesions, {who}{f' ({fmt.listed(where)})' if where else ''} moves the limits most (difference "
        f"{fmt.number(row['difference'])}{counted}): without it, bias {fmt.number(row['bias'])} and limits "
        f"{fmt.interval(row['lower_limit'], row['upper_limit'])}."
    )


def _threshold(study: StudyResults, name: str, tables: Tables) -> list[Block]:
    curve = _table(tables, "threshold_curve")
    if curve.empty or not curve["value"].notna().any():
        return [Note(f"What other thresholds would give in {name} was not computed: {_why(tables, 'threshold')}.")]
    fitted, ranges = curve[curve["fitted"] == 1], _table(tables, "threshold_range")
    who = {"agreement": "that both masks classify", "kept": "that the reader’s mask classifies"}
    first, *second = [f"{said} {words}" for measure, words in who.items() if (said := _near(ranges, measure))]
    near = ", and ".join([f"{first} have the same class", *second])
    caption = (
        "Agreement over thresholds of the share of R+ ROIs, the fitted one "
        f"({fmt.number(fitted['threshold'].iloc[0], 3)}) marked. Within {ranges['within'].iloc[0]:g} of it, {near}. "
        f"Towards 0 and 1 agreement rises by itself, since every lesion gets the same class. {level_text(curve)}, "
        "pointwise: by patient, or exact binomial where wider."
    )
    return [picture(study, name, "threshold_curve", caption, "Two curves of agreement over the threshold.")]


def _near(ranges: pd.DataFrame, measure: str) -> str:
    """``77 % to 89 % of the 47 lesions``: how a measure varies near the fitted threshold; empty without a lesion."""
    row = rows_of(ranges, measure).iloc[0]
    low, high = (fmt.percent(row[end], 0) for end in ("lowest", "highest"))
    return f"{low if low == high else f'{low} to {high}'} of the {fmt.plural(row['n'], 'lesion')}" if row["n"] else ""


def _minimum(study: StudyResults, name: str, tables: Tables) -> list[Block]:
    minimum = _table(tables, "minimum_rois")
    if minimum.empty:
        return [Note(f"A minimum number of ROIs was not tried in {name}: the lesion table does not count ROIs.")]
    configured = int(minimum.loc[minimum["configured"] == 1, "minimum_rois"].iloc[0])
    caption = (
        f"If a class needed at least so many ROIs (this study asks for {configured}): lesions that still get one with "
        f"each mask, and agreement. {level_text(minimum)}: by patient, or exact binomial where wider."
    )
    head = [
        Column("Fewest ROIs", True),
        Column("Classified, manual", True),
        Column("Classified, automatic", True),
        Column("Same class, of both classified", True),
        Column("Same class, of those the reader’s mask classifies", True),
    ]
    rows = []
    for number, part in minimum.groupby("minimum_rois", dropna=False):
        by_measure = {row["measure"]: row for _, row in part.iterrows()}
        cells = [_share(by_measure[measure]) for measure in ("agreement", "kept")]
        counts = [fmt.integer(part[column].iloc[0]) for column in ("n_manual", "n_automatic")]
        rows.append([fmt.integer(number), *counts, *cells])
    table = Table(f"minimum-rois-{name}", caption, head, rows, csv_download(f"minimum-rois-{name}", minimum))
    shown = "Agreement if a class needed more ROIs; numbers in the table."
    return [
        table,
        Details("Picture of the smallest number of ROIs", [picture(study, name, "minimum_rois", caption, shown)]),
    ]


def _share(row: pd.Series) -> str:
    counts = fmt.count_of(row["k"], row["n"])
    if fmt.is_missing(row["value"]):
        return counts
    return f"{counts}: {fmt.estimate(row['value'], row['low'], row['high'], as_percent=True, digits=0)}"


def _false_positives(name: str, tables: Tables) -> list[Block]:
    found = _table(tables, "false_positive_classes")
    if found.empty:
        return [Note(f"Classes of false positives in {name} are not counted: the lesion table does not list them.")]
    total = found[found["class"] == TOTAL].iloc[0]
    classes = found.set_index("class")["n_components"]
    plus, minus = int(classes["R+"]), int(classes["R-"])
    caption = (
        f"{fmt.plural(total['n_components'], 'automatic component')} in {fmt.plural(total['n_scans'], 'scan')} "
        f"{'covers' if total['n_components'] == 1 else 'cover'} no lesion of the reader (false positives). Without a "
        f"reader, {plus + minus} of them would get a class: {plus} R+ and {minus} R−."
    )
    shown = found.assign(**{"class": found["class"].str.replace("R-", "R−")})
    labels = {
        "class": "Class it would get",
        "n_components": "Components",
        "n_scans": "Scans",
        "per_scan": "Per scan",
        "median_n_roi": "ROIs, median",
        "median_diameter_mm": "Diameter, median (mm)",
    }
    return [
        frame_table(
            f"false-positive-classes-{name}", shown, caption, labels=labels, formats={"median_n_roi": fmt.significant}
        )
    ]


def _why(tables: Tables, word: str) -> str:
    notes = _table(tables, "notes").get("note", pd.Series(dtype=str)).astype(str)
    said = [text for text in notes if word in text]
    return said[0] if said else "the lesion table has no shares"
