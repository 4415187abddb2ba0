"""The Dice that a lesion needs, and the model behind it, for each outcome that is modelled."""

from __future__ import annotations

import pandas as pd

from livermets.concordance.agreement_model import KEPT, OUTCOMES, SAME
from livermets.report import formatting as fmt
from livermets.report.document import Block, Details, Note, Table
from livermets.report.rows import POPULATIONS, of_outcome
from livermets.report.sections.estimates import level_text, picture
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, frame_table, rows_in, shown_table

STEMS = frozenset(("agreement_model", "agreement_curve", "required_dice"))
_OUTCOME_NAME = {SAME: "same-class", KEPT: "class-kept"}
_TERM_COLUMNS = (
    "term",
    "coefficient",
    "std_error",
    "low",
    "high",
    "p",
    "odds_ratio",
    "working_correlation",
    "n_lesions",
    "n_events",
    "n_patients",
)


def agreement_model_blocks(study: StudyResults, name: str, tables: dict[str, pd.DataFrame]) -> list[Block]:
    """The needed Dice by outcome, or why it is not told; then the curves and the coefficients."""
    blocks: list[Block] = []
    for outcome in OUTCOMES:
        blocks.append(_needed(name, outcome, of_outcome(tables, "required_dice", outcome), tables))
    if len(tables.get("agreement_curve", pd.DataFrame())):
        caption = (
            "Expected agreement over Dice at several diameters, from the agreement models (errors clustered by "
            f"patient), with pointwise intervals; {_counts(tables)}. One row of panels per outcome."
        )
        blocks.append(picture(study, name, "agreement_curve", caption, "Curves of agreement over Dice."))
    for outcome in OUTCOMES:
        model = of_outcome(tables, "agreement_model", outcome)
        if len(model):
            blocks.append(Details(f"Model of agreement, {POPULATIONS[outcome]}", [_coefficients(name, outcome, model)]))
    return blocks


def _counts(tables: dict[str, pd.DataFrame]) -> str:
    models = {outcome: of_outcome(tables, "agreement_model", outcome) for outcome in OUTCOMES}
    parts = [
        f"{fmt.plural(model['n_lesions'].iloc[0], 'lesion')} of {fmt.plural(model['n_patients'].iloc[0], 'patient')} "
        f"({outcome})"
        for outcome, model in models.items()
        if len(model)
    ]
    return fmt.listed(parts)


def _needed(name: str, outcome: str, needed: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Block:
    if needed.empty:
        notes = tables.get("notes", pd.DataFrame()).get("note", pd.Series(dtype=str)).astype(str)
        said = [text for text in notes if "agreement model" in text and f"({outcome})" in text]
        why = said[0] if said else "no agreement model was fitted"
        return Note(f"The Dice that a lesion needs, {POPULATIONS[outcome]}, was not computed: {why}.")
    target = fmt.percent(needed["target_agreement"].iloc[0], 0)
    lost = " A lesion without an automatic class counts as changed." if outcome == KEPT else ""
    kept = f"{target} {POPULATIONS[outcome]} keep their class"
    caption = (
        f"The Dice that a lesion of a given diameter needs so that {kept}.{lost} "
        f"{_fitted(of_outcome(tables, 'agreement_model', outcome))}{level_text(needed)} by Fieller’s method."
    )
    columns = [
        Shown("Longest diameter", lambda row: f"{fmt.significant(row['longest_diameter_mm'])} mm", numeric=True),
        Shown(f"Dice for {target} agreement", lambda row: fmt.number(row["value"]), numeric=True),
        Shown("Interval", lambda row: fmt.interval(row["low"], row["high"]) or fmt.MISSING, numeric=True),
        Shown("What the data say", lambda row: fmt.sentence(row.get("statement"))),
    ]
    identifier = f"required-dice-{_OUTCOME_NAME[outcome]}-{name}"
    return shown_table(identifier, caption, columns, rows_in(needed), data=needed)


def _fitted(model: pd.DataFrame) -> str:
    if model.empty or "n_events" not in model:
        return ""
    first = model.iloc[0]
    counts = f"{fmt.plural(first['n_lesions'], 'lesion')} of {fmt.plural(first['n_patients'], 'patient')}"
    events = fmt.plural(first["n_events"], "lesion")
    return f"Fitted: {first['method']}; {counts}, the rarer outcome in {events}. "


def _coefficients(name: str, outcome: str, model: pd.DataFrame) -> Table:
    inner = ", their product" if len(model) == 4 else " (no product: too few lesions changed class)"
    caption = (
        f"Model of agreement, {POPULATIONS[outcome]}: log odds of the same class on Dice and longest diameter{inner}; "
        f"Dice per 0.1 and diameter per 10 mm from their means. {_fitted(model)}The intercept’s odds ratio is the "
        "odds of agreement at the means."
    )
    columns = [column for column in _TERM_COLUMNS if column in model and model[column].notna().any()]
    identifier = f"agreement-model-{_OUTCOME_NAME[outcome]}-{name}"
    return frame_table(identifier, model, caption, columns=columns, formats={"term": _term})


def _term(name: object) -> str:
    return str(name).replace("dice", "Dice", 1).replace(" x ", " × ")
