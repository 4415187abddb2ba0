"""What the selection stage found, as tidy tables (one CSV each)."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from livermets.model.centres import CENTRE, centre_table
from livermets.model.evaluation import COLUMNS, comparison_table, evaluation_table
from livermets.model.fit import Fit
from livermets.model.nested import OURS, NestedEvaluation
from livermets.model.permutation import PERMUTATION_COLUMNS
from livermets.model.selection import Selected
from livermets.model.stability import selection_stability
from livermets.model.stable_table import stable_features_table
from livermets.model.unfiltered import UNFILTERED
from livermets.randomness import generator
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import to_frame

_SIZE = ("population", "generations")


def selection_tables(selected: Selected) -> dict[str, pd.DataFrame]:
    """Every table of the stage by file name; parts of the audit that were switched off give empty tables."""
    fitted = selected.fitted
    frequency = frequency_table(selected)
    return {
        "generations": fitted.search.log,
        "selection": selection_table(selected, frequency),
        "dropped_features": fitted.dropped,
        "threshold": threshold_table(fitted, selected.nested),
        "roc_training": training_roc_table(fitted),
        "training_lesions": training_lesions_table(fitted),
        "training_patients": training_patients_table(selected),
        "evaluation": _evaluation(selected),
        "comparison": _comparison(selected),
        "predictions": _predictions(selected),
        "centres": _centres(selected),
        "frequency": frequency,
        "stability": stability_table(selected),
        "recalibration": to_frame(selected.recalibration),
        "permutation": _or_empty(selected.permutations, PERMUTATION_COLUMNS),
        "stable_features": stable_features_table(selected),
    }


def selection_table(selected: Selected, frequency: pd.DataFrame) -> pd.DataFrame:
    """One row per candidate feature: selected or not, how often in all searches, what it gains and costs."""
    fitted = selected.fitted
    names = pd.Series(fitted.data.names)
    table = pd.DataFrame({"feature": names, "selected": names.isin(fitted.model.features).astype(int)})
    table = table.merge(frequency[["feature", "frequency"]], on="feature", how="left")
    if selected.gains is not None:
        return table.merge(selected.gains, on="feature", how="left")
    return table.assign(gain=np.nan, cost=selected.inputs.settings.search.parsimony / len(table))


def frequency_table(selected: Selected) -> pd.DataFrame:
    """How often every feature of the table was selected: ``n_selected`` of ``n_searches``, the nested ones (one per
    outer fold and repeat; without them, the main one); a feature dropped beforehand counts as not selected."""
    names = selected.inputs.data.names
    sets = [set(chosen.features) for chosen in selected.chosen[1:] or selected.chosen]
    counts = [sum(name in features for features in sets) for name in names]
    table = pd.DataFrame({"feature": names, "n_selected": counts, "n_searches": len(sets)})
    return table.assign(frequency=table["n_selected"] / len(sets))


def stability_table(selected: Selected) -> pd.DataFrame:
    """Stability of the selection over the nested searches (the main search shares its patients with all of them and
    is left out), and how many features and neurons were chosen."""
    chosen = selected.chosen[1:]
    names = selected.inputs.data.names
    sets = np.array([[name in set(one.features) for name in names] for one in chosen]).reshape(-1, len(names))
    level = selected.inputs.settings.threshold.level
    table = to_frame([selection_stability(sets, level)], ("measure", "value", "low", "high", "level", "method", "note"))
    table = table.assign(n_searches=len(chosen))
    sizes = {"mean_features": [len(one.features) for one in chosen], "mean_hidden": [one.hidden for one in chosen]}
    shared = {"method": "range", "note": "", "n_searches": len(chosen)}
    rows = [
        {"measure": name, "value": float(np.mean(size)), "low": min(size), "high": max(size), **shared}
        for name, size in sizes.items()
        if size
    ]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True) if rows else table


def threshold_table(fitted: Fit, nested: NestedEvaluation | None = None) -> pd.DataFrame:
    """Both thresholds with their intervals; ``used`` marks the one in the model.

    Sensitivity and specificity are optimistic by either rule: the features were chosen on these very lesions. Those of
    the nested evaluation (first repeat) stand beside, for the rule in use, which its thresholds follow."""
    rows = [
        {"method": method, "used": int(method == fitted.model.threshold_method), **asdict(threshold)}
        for method, threshold in fitted.thresholds.items()
    ]
    table = pd.DataFrame(rows)
    sensitivity, specificity = (np.nan, np.nan) if nested is None else _nested_rates(nested)
    honest = {
        "nested_sensitivity": sensitivity,
        "nested_specificity": specificity,
        "nested_youden": sensitivity + specificity - 1,
    }
    return table.assign(**{name: np.where(table["used"] == 1, value, np.nan) for name, value in honest.items()})


def _nested_rates(nested: NestedEvaluation) -> tuple[float, float]:
    """Sensitivity and specificity on patients held out."""
    called = _first_repeat(nested)
    right = called["predicted"] == called["response"]
    sensitivity, specificity = (float(right[called["response"] == side].mean()) for side in (1, 0))
    return sensitivity, specificity


def training_roc_table(fitted: Fit) -> pd.DataFrame:
    """Points of the training ROC curves: the lesion is R+ if its share is at least ``share``."""
    response = fitted.data.response
    frames = []
    for method, share in fitted.shares.items():
        cuts = np.r_[np.inf, np.unique(share)[::-1]]
        called = share[None, :] >= cuts[:, None]
        columns = {
            "method": method,
            "share": cuts,
            "sensitivity": called[:, response == 1].mean(axis=1),
            "specificity": 1 - called[:, response == 0].mean(axis=1),
        }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def training_lesions_table(fitted: Fit) -> pd.DataFrame:
    """Every training lesion with its ROIs, response and both shares."""
    data, shares = fitted.data, {f"share_{method}": share for method, share in fitted.shares.items()}
    rows = np.bincount(data.lesion, minlength=data.n_lesions)
    return data.lesions.assign(n_roi=rows, response=data.response, **shares)


def training_patients_table(selected: Selected) -> pd.DataFrame:
    """Lesions of each class and those called right, per training patient, as in Table 3 of Giannini 2020: by nested
    models, which had not seen the patient (first repeat; empty without them), and, optimistic, by both rules of the
    final model (`threshold_table`)."""
    fitted, data = selected.fitted, selected.inputs.data
    called = {
        f"correct_{method}": (share >= fitted.thresholds[method].threshold) == data.response
        for method, share in fitted.shares.items()
    }
    nested = np.full(data.n_lesions, np.nan)
    if selected.nested is not None:
        first = _first_repeat(selected.nested)
        nested[first["lesion"]] = first["predicted"] == first["response"]
    columns = {"lesions": np.ones(data.n_lesions), "correct_nested": nested, **called}
    counted = {
        f"{side}_{name}": np.where(data.response == value, values, 0 * np.asarray(values, float))
        for name, values in columns.items()
        for side, value in (("r_plus", 1), ("r_minus", 0))
    }
    table = pd.DataFrame({"group": data.lesions["group"], **counted})
    return table.groupby("group", sort=False, dropna=False).sum(min_count=1).reset_index().convert_dtypes()


def _first_repeat(nested: NestedEvaluation) -> pd.DataFrame:
    """Our model's held-out classes, one row per lesion."""
    own = nested.predictions[nested.predictions["model"] == OURS]
    return own[own["repeat"] == own["repeat"].min()].sort_values("lesion")


def _evaluation(selected: Selected) -> pd.DataFrame:
    if selected.nested is None:
        return pd.DataFrame(columns=["model", *COLUMNS, *_SIZE])
    level = selected.inputs.settings.threshold.level
    return _with_size(selected, evaluation_table(selected.nested.predictions, OURS, level, _bootstrap(selected)))


def _comparison(selected: Selected) -> pd.DataFrame:
    if selected.nested is None:
        return pd.DataFrame(columns=["model", *COLUMNS, *_SIZE])
    predictions = selected.nested.predictions
    models = list(dict.fromkeys(predictions["model"]))
    level = selected.inputs.settings.threshold.level
    return _with_size(selected, comparison_table(predictions, models, level, _bootstrap(selected)))


def _centres(selected: Selected) -> pd.DataFrame:
    inputs = selected.inputs
    if selected.by_centre is None or inputs.centres is None:
        return pd.DataFrame(columns=[CENTRE, *COLUMNS])
    threshold = inputs.settings.threshold
    predictions = selected.by_centre.predictions
    return centre_table(predictions, inputs.centres, threshold.level, threshold.bootstrap, inputs.seed)


def _with_size(selected: Selected, table: pd.DataFrame) -> pd.DataFrame:
    """How large the searches behind a row were (empty: a model without a search)."""
    size, searched = selected.inputs.audit_settings.search, table["model"].isin([OURS, UNFILTERED])
    sizes = {name: np.where(searched, getattr(size, name), np.nan) for name in _SIZE}
    return table.assign(**sizes).astype(dict.fromkeys(_SIZE, "Int64"))


def _predictions(selected: Selected) -> pd.DataFrame:
    """Nested predictions with the names of the lesions instead of their numbers."""
    if selected.nested is None:
        return pd.DataFrame(columns=["model", "repeat", "fold", "response", "score", "predicted"])
    predictions = selected.nested.predictions
    lesions = selected.inputs.data.lesions.iloc[predictions["lesion"]].reset_index(drop=True)
    return pd.concat([predictions.drop(columns=["lesion", "patient"]), lesions], axis=1)


def _bootstrap(selected: Selected) -> PatientBootstrap:
    inputs = selected.inputs
    patients = int(inputs.data.patient.max()) + 1
    threshold = inputs.settings.threshold
    return PatientBootstrap.draw(patients, threshold.bootstrap, threshold.level, generator(inputs.seed, "evaluation"))


def _or_empty(table: pd.DataFrame | None, columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns)) if table is None else table
