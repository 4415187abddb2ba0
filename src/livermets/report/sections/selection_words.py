"""What the tables of the search say in sentences: how much was searched, for what, and how it holds up unseen."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.rows import rows_of
from livermets.report.study import StudyResults
from livermets.stats.results import shown_interval

OURS = "ga_network"
WITHIN_FOLDS = (
    "AUC within folds: the share of pairs of an R+ and an R− lesion of the same outer fold in which the R+ lesion has "
    "the higher score (ties half); scores of different folds come from different models and are not compared, as they "
    "are in the pooled ROC AUC, by which models are therefore not to be ranked."
)


def search_size(study: StudyResults) -> str:
    """How large the searches of the audit were beside the one that made the model."""
    settings = (study.model_facts.get("provenance") or {}).get("settings") or {}
    search, audit = settings.get("search"), settings.get("audit")
    if not search or not audit:
        return ""
    main = search["population"], search["generations"]
    repeated = tuple(audit.get(key) or search[key] for key in ("population", "generations"))
    if repeated == main:
        return f"Its searches are as large as the model's own: {_size(*main)}."
    return (
        f"Its searches are smaller than the model's own: {_size(*repeated)}, not {_size(*main)} (audit.population, "
        "audit.generations)."
    )


def smaller_search(study: StudyResults) -> bool:
    """Whether the audit's searches were made smaller than the model's own."""
    return "smaller" in search_size(study)


def _size(population: int, generations: int) -> str:
    return f"{fmt.plural(population, 'individual')}, at most {fmt.plural(generations, 'generation')}"


def permutation_words(study: StudyResults) -> str:
    """The test in one sentence, and what so many permutations can show at all."""
    table = study.model.get("permutation", pd.DataFrame())
    if "p_value" not in table or not len(table):
        return ""
    true, null = table[table["permutation"] == 0], table[table["permutation"] != 0]
    if not len(true) or not len(null):
        return ""
    smallest = 1 / (len(null) + 1)
    text = (
        f"With the true outcomes the statistic is {fmt.number(true['value'].iloc[0])}; over "
        f"{fmt.plural(len(null), 'permutation')} of the outcomes by patient it is {fmt.number(null['value'].mean())} "
        f"on average (SD {fmt.number(null['value'].std())}), {fmt.p_value(true['p_value'].iloc[0])} (the smallest "
        f"that so many permutations allow: {fmt.significant(smallest, 2)}). {_statistic(study, table)}"
    )
    if smallest > 0.05:
        text += " So few permutations cannot show p ≤ 0.05, whatever there is to find."
    return text


_FITNESS = {
    "roi_auc": "AUC over ROIs, each with the outcome of its lesion",
    "roi_balanced_accuracy": "balanced accuracy over ROIs, each with the outcome of its lesion",
    "lesion_auc": "AUC over lesions",
}


def score_words(study: StudyResults) -> str:
    """What a search maximises, by the settings that the model was made with."""
    settings = (study.model_facts.get("provenance") or {}).get("settings") or {}
    code = (settings.get("search") or {}).get("fitness")
    return f"cross-validated {_FITNESS[code]} (search.fitness: {code})" if code in _FITNESS else "cross-validated score"


def fitness_words(study: StudyResults) -> str:
    """What the curve of a search is of, and that it is no estimate for new patients."""
    return (
        f"The score is the {score_words(study)}; fitness is this score less a cost of features. The best is the "
        "highest of all that the search tried on these lesions, and so too good."
    )


def _statistic(study: StudyResults, table: pd.DataFrame) -> str:
    """Of which quantity the permutations are."""
    if "statistic" not in table:
        return ""
    if table["statistic"].iloc[0] != "search":
        return "The statistic is the AUC within the outer folds of a nested evaluation."
    return (
        f"The statistic is the highest score that a search reached, the {score_words(study)}. With true and with "
        "permuted outcomes alike it is too good, because it is the best of all that were tried."
    )


def frequency_figure(study: StudyResults) -> str:
    """Which of the features the bars are of."""
    from livermets.model.figures import MOST_FEATURES

    table = study.model.get("frequency", pd.DataFrame())
    if "n_selected" not in table:
        return ""
    chosen = int((table["n_selected"] > 0).sum())
    ever = f"{fmt.plural(chosen, 'feature')} selected at least once, of {fmt.plural(len(table), 'candidate')}"
    if chosen <= MOST_FEATURES:
        return f"Bars: the {ever}."
    return (
        f"Bars: the {fmt.integer(MOST_FEATURES)} most often selected of the {ever}; among equally frequent ones the "
        "order is that of their names, so that which of them are shown means nothing."
    )


def nested_auc(study: StudyResults, measure: str) -> pd.Series | None:
    """The row to quote of an area of our model on patients that its search had not seen."""
    row = shown_interval(rows_of(study.model.get("evaluation", pd.DataFrame()), measure))
    return None if row is None or fmt.is_missing(row["value"]) else row


_AREAS = (("auc_within_folds", "AUC within folds"), ("auc", "AUC over all folds"))


def nested_words(study: StudyResults) -> str:
    """Both areas of lesions whose patients a search had not seen, and why they say different things if they do."""
    found = [(words, row) for measure, words in _AREAS if (row := nested_auc(study, measure)) is not None]
    if not found:
        return ""
    said = [
        f"{words} {fmt.estimate(row['value'], row['low'], row['high'])}{_against_chance(row)}" for words, row in found
    ]
    text = f"Lesions of patients that a search had not seen: {'; '.join(said)}."
    if len({_against_chance(row) for _, row in found}) > 1:
        text += (
            " The two do not say the same: the area within folds compares only lesions of the same fold"
            f"{_fold_counts(study)}; the area over all folds also compares scores of different networks."
        )
    return f"{text} {search_size(study)}" if smaller_search(study) else text


def _against_chance(row: pd.Series) -> str:
    if fmt.is_missing(row["low"]):
        return ""
    if row["low"] <= 0.5 <= row["high"]:
        return ", compatible with chance (0.5)"
    return ", above chance (0.5)" if row["low"] > 0.5 else ", below chance (0.5)"


def _fold_counts(study: StudyResults) -> str:
    """On how little the area within folds rests."""
    nested = study.model.get("predictions", pd.DataFrame())
    if not {"model", "repeat", "fold", "group"} <= set(nested):
        return ""
    patients = nested[nested["model"] == OURS].groupby(["repeat", "fold"], dropna=False)["group"].nunique()
    if patients.empty:
        return ""
    few, most = int(patients.min()), int(patients.max())
    held = fmt.plural(few, "patient") if few == most else f"{fmt.integer(few)} to {fmt.plural(most, 'patient')}"
    return f", here {fmt.plural(len(patients), 'fold')} of {held}"
