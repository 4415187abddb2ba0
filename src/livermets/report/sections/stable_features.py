"""Which features could be selected at all: those that keep their value over masks, in sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from livermets.features import STABLE_OVER
from livermets.report import formatting as fmt
from livermets.report.rows import rows_of
from livermets.report.study import StudyResults
from livermets.stats.results import shown_interval

UNFILTERED = "ga_network_unfiltered"
UNSTABLE = "unstable"


def stable_words(study: StudyResults) -> str:
    """What was asked of features, how many kept to it in the final fit and in those of the folds, on how many masks,
    and what the selection without the filter makes of the same folds."""
    table = _table(study)
    if table.empty:
        return ""
    of_kind = [part.iloc[0] for _, part in table.groupby("by", sort=False, dropna=False)]
    first = table.drop_duplicates("feature")
    kept = int(first["stable"].sum())
    text = (
        f"Only features that keep their value over masks could be selected: those with an {_asked(of_kind)}. "
        f"{fmt.count_of(kept, len(first))} features did so in the final fit"
    )
    if (folds := int(first["n_folds"].iloc[0])) > 0:
        always = int(first["n_folds_stable"].eq(folds).sum())
        text += f", {fmt.integer(always)} in every one of {fmt.plural(folds, 'outer fold')}"
    counts = [
        f"{fmt.plural(row['n_masks'], 'mask')} of {fmt.plural(row['n_lesions'], 'lesion')} of "
        f"{fmt.plural(row['n_patients'], 'patient')} ({STABLE_OVER.get(str(row['by']), str(row['by']))})"
        for row in of_kind
    ]
    return f"{text}. The ICC rests on {fmt.listed(counts)}. {_difference(study)}".strip()


def stable_caption(study: StudyResults) -> str:
    """The level of the intervals."""
    table = _table(study)
    return "" if table.empty else f"{fmt.percent(table['level'].iloc[0], 0)} intervals resample patients."


def unfiltered_caption(study: StudyResults) -> str:
    """What the selection beside the filtered one is; empty where there is none."""
    models = study.model.get("comparison", pd.DataFrame()).get("model", pd.Series(dtype=object))
    if not models.eq(UNFILTERED).any():
        return ""
    return "Beside them the genetic selection that could select unstable features too, with the same seed and settings."


def dropped_sentence(study: StudyResults) -> str:
    """How many features no search saw, and why; empty where it saw all."""
    dropped = study.model.get("dropped_features", pd.DataFrame())
    if dropped.empty:
        return ""
    said = f"{fmt.plural(len(dropped), 'feature was', 'features were')} dropped beforehand"
    unstable = unstable_count(study)
    if not unstable:
        return f"{said} as constant or duplicate."
    return (
        f"{said}: {fmt.integer(unstable)} as unstable over masks, {fmt.integer(len(dropped) - unstable)} as constant "
        "or duplicate."
    )


def unstable_count(study: StudyResults) -> int:
    """Features that the final search did not see since they do not keep their value."""
    dropped = study.model.get("dropped_features", pd.DataFrame())
    return int(dropped["reason"].eq(UNSTABLE).sum()) if "reason" in dropped else 0


def filter_of_model(facts: dict[str, Any]) -> str:
    """What a fitted model's description says of the features that it was chosen from; empty where all were."""
    said = (facts.get("provenance") or {}).get("stable_features")
    if not said:
        return ""
    masks = fmt.listed([STABLE_OVER.get(by, by) for by in said["masks"]])
    all_features = said["stable"] + said["left_out"]
    count = fmt.count_of(said["stable"], all_features)
    return f"{count} features, those with an ICC of at least {said['icc']:g} over {masks}"


def _table(study: StudyResults) -> pd.DataFrame:
    return study.model.get("stable_features", pd.DataFrame())


def _asked(of_kind: list[pd.Series]) -> str:
    masks = fmt.listed([STABLE_OVER.get(str(row["by"]), str(row["by"])) for row in of_kind])
    return f"ICC of at least {of_kind[0]['threshold']:g} over {masks}"


def _difference(study: StudyResults) -> str:
    table = study.model.get("comparison", pd.DataFrame())
    area = shown_interval(rows_of(table, "auc_within_folds", model=UNFILTERED))
    row = shown_interval(rows_of(table, "auc_within_folds_difference", model=UNFILTERED))
    if area is None or row is None or fmt.is_missing(row["value"]):
        return ""
    ends = fmt.estimate(row["value"], row["low"], row["high"])
    return (
        "The same selection among unstable features too has, in the same outer folds, an AUC within folds of "
        f"{fmt.number(area['value'])}; the difference, this less that of stable ones alone, is {ends}."
    )
