"""What other models make of the same patients: longest diameter, LASSO, whole-lesion features, no selection, what the
clinic knows, and that together with our score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings
from livermets.features import COVARIATE_PREFIX, covariate_columns, feature_columns
from livermets.model.data import TrainingData, lesion_means, patients_per_class
from livermets.model.fit import final_network
from livermets.model.fitness import score_of
from livermets.model.folds import patient_folds
from livermets.model.genome import Genome
from livermets.model.names import CLINICAL, WITH_CLINICAL
from livermets.model.network import network_logits
from livermets.model.preparation import useful_features
from livermets.model.scores import lesion_scores
from livermets.randomness import integer_seed

DIAMETER = "longest_diameter_mm"
Penalty = Literal["none", "ridge", "lasso"]
_PENALTIES = np.logspace(-2, 2, 9)
_LASSO_ITERATIONS = 5000


@dataclass(frozen=True, eq=False)
class OwnScores:
    """The scores of our model in the same part of the patients."""

    training: NDArray[np.float64]
    """Of every training lesion, from networks that had not seen its patient."""
    held_out: NDArray[np.float64]


class Comparator(Protocol):
    """A model judged beside ours: fitted on the lesions not held out, it scores those held out."""

    @property
    def name(self) -> str: ...

    def predict(
        self, data: TrainingData, held_out: NDArray[np.bool_], settings: SelectionSettings, seed: int, ours: OwnScores
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Score (higher: R+) and class of every held-out lesion."""


@dataclass(frozen=True, eq=False)
class LogisticComparator:
    """Logistic regression on one row of values per lesion, classes weighted evenly; missing values take the training
    median. Penalty ``lasso``: L1, chosen by grouped cross-validation inside the training part; ``ridge``: L2 of the
    weight that scikit-learn has by default (C = 1 on standardised values), which keeps a few covariates of a few
    patients finite. ``with_ours``: the score of our model is one more value, in training that of networks which had not
    seen the lesion's patient; their features were chosen with it, which favours the score a little."""

    name: str
    values: NDArray[np.float64]
    penalty: Penalty
    with_ours: bool = False

    def predict(
        self, data: TrainingData, held_out: NDArray[np.bool_], settings: SelectionSettings, seed: int, ours: OwnScores
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        train = data.subset(~held_out)
        steps = SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
        if self.penalty == "lasso":
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
            strength = 1.0 if self.penalty == "ridge" else np.inf
            model = make_pipeline(*steps, LogisticRegression(C=strength, class_weight="balanced"))
        known, asked = self.values[~held_out], self.values[held_out]
        if self.with_ours:
            known, asked = np.column_stack([ours.training, known]), np.column_stack([ours.held_out, asked])
        model.fit(known, train.response)
        probability = model.predict_proba(asked)[:, 1]
        return probability, (probability >= 0.5).astype(np.float64)


@dataclass(frozen=True)
class AllFeaturesNetwork:
    """Our network and shares without selection: all features, the middle number of neurons, threshold one half."""

    name: str = "network_all_features"

    def predict(
        self, data: TrainingData, held_out: NDArray[np.bool_], settings: SelectionSettings, seed: int, ours: OwnScores
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
    found: list[Comparator] = [LogisticComparator("lasso", lesion_means(data), "lasso"), AllFeaturesNetwork()]
    notes = []
    whole = aligned(data, whole_lesions)
    if DIAMETER in whole and whole[DIAMETER].notna().any():
        found.append(LogisticComparator("longest_diameter", whole[[DIAMETER]].to_numpy(np.float64), "none"))
    else:
        notes.append(f"no `{DIAMETER}` in any lesion table: the longest diameter alone is not compared")
    columns = feature_columns(whole.columns)
    if columns:
        found.append(LogisticComparator("lasso_whole_lesion", whole[columns].to_numpy(np.float64), "lasso"))
    else:
        notes.append("no whole-lesion features in any lesion table: they are not compared")
    with_clinic, said = _with_covariates(whole)
    found += with_clinic
    notes += said
    return found, notes


def _with_covariates(whole: pd.DataFrame) -> tuple[list[Comparator], list[str]]:
    """The models of covariates alone and with our score, and in how many lesions each covariate is not known."""
    columns = [name for name in covariate_columns(whole.columns) if whole[name].notna().any()]
    if not columns:
        return [], []
    values = whole[columns].to_numpy(np.float64)
    missing = {name.removeprefix(COVARIATE_PREFIX).partition("=")[0]: int(whole[name].isna().sum()) for name in columns}
    notes = [
        f"covariate {name} is not known of {count} of {len(whole)} lesions: there the median of the training lesions "
        "stands in"
        for name, count in missing.items()
        if count
    ]
    return [
        LogisticComparator(CLINICAL, values, "ridge"),
        LogisticComparator(WITH_CLINICAL, values, "ridge", with_ours=True),
    ], notes


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
