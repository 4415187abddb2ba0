"""How well predictions of held-out lesions separate R+ from R-, for many networks at once."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Score = Literal["share", "mean_probability"]


def lesion_scores(
    logits: NDArray, lesion: NDArray[np.intp], n_lesions: int, score: Score = "share"
) -> NDArray[np.float64]:
    """Share of ROIs called R+, or mean probability of R+, per lesion: (networks, lesions). A ROI is called R+ from a
    probability of 0.5 (logit 0) on; a lesion without ROIs has NaN."""
    logits = np.asarray(logits, dtype=np.float64)
    values = (logits >= 0).astype(np.float64) if score == "share" else expit(logits)
    count = np.bincount(lesion, minlength=n_lesions)
    total = np.stack([np.bincount(lesion, weights=row, minlength=n_lesions) for row in values])
    with np.errstate(invalid="ignore"):
        return np.asarray(total / count)


def concordant_pairs(score: NDArray, response: NDArray, weight: NDArray) -> tuple[float, float]:
    """Weight of (R+, R-) pairs in which the R+ scores higher, ties half; and the weight of all pairs.

    Their ratio is the weighted AUC. A pair weighs the product of its members' weights."""
    order = np.argsort(score, kind="stable")
    positive = np.where(response[order] == 1, weight[order], 0.0)
    negative = np.where(response[order] == 0, weight[order], 0.0)
    sorted_score = score[order]
    start = np.flatnonzero(np.r_[True, sorted_score[1:] != sorted_score[:-1]])
    up, down = np.add.reduceat(positive, start), np.add.reduceat(negative, start)
    below = np.cumsum(down) - down
    return float(np.sum(up * (below + down / 2))), float(positive.sum() * negative.sum())


def auc_within_folds(score: NDArray, response: NDArray, weight: NDArray, fold: NDArray[np.intp]) -> float:
    """Weighted AUC over pairs of the same fold: scores of different folds come from different networks, and comparing
    them pulls the AUC of an uninformative score below 0.5. NaN if no fold holds both classes."""
    parts = (fold == number for number in np.unique(fold))
    pairs = np.array([concordant_pairs(score[part], response[part], weight[part]) for part in parts]).sum(axis=0)
    return float(pairs[0] / pairs[1]) if pairs[1] > 0 else float("nan")


def balanced_accuracy(called: NDArray[np.bool_], response: NDArray, weight: NDArray) -> float:
    """Mean of weighted sensitivity and specificity."""
    rates = [np.average(called[response == side] == bool(side), weights=weight[response == side]) for side in (0, 1)]
    return float(np.mean(rates))
