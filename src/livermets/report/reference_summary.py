"""The summary of a study whose classes come from one mask: how well these tell responders from non-responders."""

from __future__ import annotations

import pandas as pd

from livermets.concordance.diagnostics import CLASSIFIED, END_TO_END
from livermets.masks.identity import MANUAL
from livermets.report import formatting as fmt
from livermets.report.rows import rows_of
from livermets.stats.results import shown_interval

_SHARES = {"sensitivity": "responders recognised (sensitivity)", "specificity": "non-responders (specificity)"}


def of_reference(tables: dict[str, pd.DataFrame], population: str) -> pd.DataFrame:
    """The diagnostics of the reference's mask over one set of lesions."""
    every = tables.get("diagnostics_all", pd.DataFrame())
    if not {"population", "mask_source"} <= set(every):
        return every.iloc[:0]
    return every[every["population"].eq(population) & every["mask_source"].eq(MANUAL)].reset_index(drop=True)


def reference_answer(tables: dict[str, pd.DataFrame]) -> str:
    """The answer in one paragraph: over the lesions that have a class, then over all."""
    question = "How well do the classes tell responders from non-responders?"
    classified, every = (of_reference(tables, population) for population in (CLASSIFIED, END_TO_END))
    if classified.empty or not rows_of(classified, "accuracy")["n"].iloc[0]:
        return f"{question} That cannot be said: no validation lesion has both a class and a known outcome."
    counted = rows_of(classified, "accuracy").iloc[0]
    lesions = f"{fmt.plural(counted['n'], 'validation lesion')} of {fmt.plural(counted['n_patients'], 'patient')}"
    area = shown_interval(rows_of(classified, "auc"))
    said = f"{question} In {lesions} with an outcome and a class from the manual mask: "
    if area is not None and not fmt.is_missing(area["value"]):
        said += f"ROC AUC (0.5 is chance) {fmt.estimate(area['value'], area['low'], area['high'])}; "
    text = f"{said}{_rates(classified)}."
    if len(every) and rows_of(every, "accuracy")["n"].iloc[0] > counted["n"]:
        text += f" Of all lesions with an outcome, one without a class counted as called wrongly: {_rates(every)}."
    level = counted["level"]
    return f"{text} {fmt.percent(level, 0)} intervals." if not fmt.is_missing(level) else text


def _rates(table: pd.DataFrame) -> str:
    parts = []
    for measure, words in _SHARES.items():
        shown = shown_interval(rows_of(table, measure))
        if shown is not None and not fmt.is_missing(shown["value"]):
            share = fmt.estimate(shown["value"], shown["low"], shown["high"], as_percent=True, digits=0)
            parts.append(f"{words} {fmt.count_of(shown['k'], shown['n'])}, {share}")
    return "; ".join(parts)
