"""What happens to features before a network sees them; everything here is fitted on training rows only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import ResponseNetworkSettings
from livermets.model.data import CONSTANT, TrainingData, is_constant
from livermets.randomness import generator

_DUPLICATE = 1e-9


@dataclass(frozen=True, eq=False)
class Scaler:
    """Weighted mean and standard deviation of each feature; a feature that does not vary is only centred."""

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]

    @classmethod
    def fit(cls, features: NDArray, weight: NDArray) -> Scaler:
        mean = np.average(features, axis=0, weights=weight)
        sd = np.sqrt(np.average((features - mean) ** 2, axis=0, weights=weight))
        return cls(mean, np.where(sd > CONSTANT * np.abs(features).max(axis=0), sd, 1.0))

    def apply(self, features: NDArray) -> NDArray[np.float32]:
        """Scaled features in single precision, as the networks take them."""
        return ((features - self.mean) / self.sd).astype(np.float32)


def useful_features(data: TrainingData) -> tuple[list[int], pd.DataFrame]:
    """Features worth searching, and the list of the dropped ones (``feature, reason, same_as``).

    Dropped are constant features, and duplicates: perfectly correlated with an earlier feature, so that scaling makes
    them equal (for instance a sum and the mean of the same values). If all are constant the first one stays."""
    values = data.features
    constant = is_constant(values)
    scaled = (values - values.mean(axis=0)) / np.where(constant, 1.0, values.std(axis=0))
    correlation = np.abs(scaled.T @ scaled) / len(values)
    kept: list[int] = []
    dropped: list[tuple[str, str, str]] = []
    for feature, name in enumerate(data.names):
        if constant[feature]:
            dropped.append((name, "constant", ""))
            continue
        twins = [other for other in kept if correlation[feature, other] > 1 - _DUPLICATE]
        if twins:
            dropped.append((name, "duplicate", data.names[twins[0]]))
        else:
            kept.append(feature)
    if not kept:  # in a part of the patients nothing may vary: then a network that always says the same is fitted
        kept, dropped = [0], dropped[1:]
    return kept, pd.DataFrame(dropped, columns=["feature", "reason", "same_as"])


def row_weights(data: TrainingData, rows: NDArray[np.intp], settings: ResponseNetworkSettings) -> NDArray[np.float64]:
    """Weight of each training row, mean 1: by lesion size first, then so that both classes weigh the same."""
    lesion, response = data.lesion[rows], data.row_response[rows]
    size = np.bincount(lesion, minlength=data.n_lesions)[lesion]
    power = {"equal": 1.0, "sqrt": 0.5, "none": 0.0}[settings.lesion_weight]
    weight = size.astype(np.float64) ** -power
    if settings.class_weight == "balanced":
        total = np.bincount(response, weights=weight, minlength=2)
        weight /= total[response]
    return weight / weight.mean()


def sampled_rows(data: TrainingData, settings: ResponseNetworkSettings, seed: int) -> NDArray[np.intp]:
    """Rows to train on: at most ``rois_per_lesion`` of every lesion, drawn without replacement."""
    rows = np.arange(len(data.lesion))
    if settings.rois_per_lesion is None:
        return rows
    draw = generator(seed, "sampled ROIs").random(len(rows))
    order = np.lexsort((draw, data.lesion))
    start = np.searchsorted(data.lesion[order], np.arange(data.n_lesions))
    rank = np.arange(len(rows)) - start[data.lesion[order]]
    return np.sort(order[rank < settings.rois_per_lesion])


def training_rows(data: TrainingData, settings: ResponseNetworkSettings, seed: int) -> tuple[TrainingRows, Scaler]:
    """What networks learn from ``data``, and the scaler fitted on just these rows."""
    rows = sampled_rows(data, settings, seed)
    weight = row_weights(data, rows, settings)
    scaler = Scaler.fit(data.features[rows], weight)
    return TrainingRows(
        scaler.apply(data.features[rows]),
        data.row_response[rows].astype(np.float32),
        weight.astype(np.float32),
    ), scaler


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """What one fold's networks learn from: scaled features (rows × features), classes 0/1 and weights of mean 1."""

    features: NDArray[np.float32]
    target: NDArray[np.float32]
    weight: NDArray[np.float32]
