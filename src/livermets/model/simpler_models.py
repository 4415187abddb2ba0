"""What simpler models make of the same patients: longest diameter, LASSO, whole-lesion features, no selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings
from livermets.features import feature_columns
from livermets.model.data import TrainingData, lesion_means, patients_per_class
from livermets.model.fit import final_network
from livermets.model.fitness import score_of
from livermets.model.folds import patient_folds
from livermets.model.genome import Genome
from livermets.model.network import network_logits
from livermets.model.preparation import useful_features
from livermets.model.scores import lesion_scores
from livermets.randomness import integer_seed

DIAMETER = "longest_diameter_mm"
_PENALTIES = np.logspace(-2, 2, 9)
_LASSO_ITERATIONS = 5000


class Comparator(Protocol):
    """A model judged beside ours: fitted on the lesions not held out, it scores those held out."""

    @property
    def name(self) -> str: ...

    def predict(
        self, data: TrainingData, held_out: NDArray[np.bool_], settings: SelectionSettings, seed: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Score (higher: R+) and class of every held-out lesion."""


@dataclass(frozen=True, eq=False)
class LogisticComparator:
    """Logistic regression on one row of values per lesion, classes weighted evenly; missing values take the training
    median. ``lasso``: with an L1 penalty chosen by grouped cross-validation inside the training part."""

    name: str
    values: NDArray[np.float64]
    lasso: bool

    def predict(
        self, data: TrainingData, held_out: NDArray[np.bool_], settings: SelectionSettings, seed: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        train = data.subset(~held_out)
        steps = SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
        if self.lasso:
            regression = LogisticRegression(
                l1_ratio=1.0,
                solver="liblinear",
                class_weight="balanced",
                max_iter=_LASSO_ITERATIONS,
                random_state=integer_seed(seed, "lasso"),
            )
            folds = min(settings.search.folds, patients_per_class(train))
            fold = patient_folds(train.response, train.patient, folds, seed, "lasso")
            splits = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(folds)]
            splits = [split for split in splits if all(len(np.unique(train.response[part])) == 2 for part in split)]
            model = make_pipeline(*steps, regression)
            if splits:  # else too few patients to choose a penalty: scikit-learn's default of 1
                model = GridSearchCV(model, {"logisticregression__C": _PENALTIES}, cv=splits, scoring="roc_auc")
        else:
            model = make_pipeline(*steps, LogisticRegression(C=np.inf, class_weight="balanced"))
        model.fit(self.values[~held_out], train.response)
        probability = model.predict_proba(self.values[held_out])[:, 1]
        return probability, (probability >= 0.5).astype(np.float64)


@dataclass(frozen=True)
class AllFeaturesNetwork:
    """Our network and shares without selection: all features, the middle number of neurons, threshold one half."""

    name: str = "network_all_features"

    def predict(
        self, data: TrainingData, held_out: NDArray[np.bool_], settings: SelectionSettings, seed: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        train = data.subset(~held_out)
        kept, _ = useful_features(train)
        hidden = (settings.search.hidden_minimum + settings.search.hidden_maximum) // 2
        genome = Genome(tuple(range(len(kept))), hidden)
        scaler, network = final_network(train.with_features(kept), genome, settings, seed)
        test = data.subset(held_out).with_features(kept)
        logits = network_logits(network, scaler.apply(test.features))
        share = lesion_scores(logits[None], test.lesion, test.n_lesions, score_of(train, settings))[0]
        return share, (share >= 0.5).astype(np.float64)


def comparators(data: TrainingData, whole_lesions: Sequence[pd.DataFrame]) -> tuple[list[Comparator], list[str]]:
    """The comparison models that the tables allow, and a note for each that they do not."""
    found: list[Comparator] = [LogisticComparator("lasso", lesion_means(data), lasso=True), AllFeaturesNetwork()]
    notes = []
    whole = aligned(data, whole_lesions)
    if DIAMETER in whole and whole[DIAMETER].notna().any():
        found.append(LogisticComparator("longest_diameter", whole[[DIAMETER]].to_numpy(np.float64), lasso=False))
    else:
        notes.append(f"no `{DIAMETER}` in any lesion table: the longest diameter alone is not compared")
    columns = feature_columns(whole.columns)
    if columns:
        found.append(LogisticComparator("lasso_whole_lesion", whole[columns].to_numpy(np.float64), lasso=True))
    else:
        notes.append("no whole-lesion features in any lesion table: they are not compared")
    return found, notes


def aligned(data: TrainingData, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One row per lesion of ``data`` with the numeric columns of lesion tables, NaN where a lesion is in none.

    Tables with the same columns are taken as parts of one, others as further columns."""
    keys = [name for name in data.lesions.columns if name != "group"]
    result = data.lesions[keys].copy()
    by_columns: dict[tuple[str, ...], list[pd.DataFrame]] = {}
    for table in tables:
        if set(keys) <= set(table.columns) and len(table):
            by_columns.setdefault(tuple(sorted(map(str, table.columns))), []).append(table)
    for parts in by_columns.values():
        joined = pd.concat(parts, ignore_index=True).drop_duplicates(keys)
        numeric = [name for name in joined.select_dtypes("number").columns if name not in result]
        result = result.merge(joined[[*keys, *numeric]], on=keys, how="left")
    return result.drop(columns=keys)
