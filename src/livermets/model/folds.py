"""Folds by patient: lesions of one patient are never on both sides."""

from __future__ import annotations

import warnings
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from livermets.randomness import integer_seed

_ATTEMPTS = 50
_FILTERS = Lock()
"""Filters of warnings are one list for all threads."""


def patient_folds(
    response: NDArray[np.intp], patient: NDArray[np.intp], folds: int, seed: int, *purpose: str | int
) -> NDArray[np.intp]:
    """The fold (0 … folds-1) of every lesion; all lesions of a patient share one, both classes spread evenly.

    Stratification by patient is greedy (scikit-learn's ``StratifiedGroupKFold``) and can leave a fold without one of
    the classes although there are enough patients; of several shuffles the first without this flaw is taken, else the
    one with the fewest such folds. Needs each class in at least ``folds`` patients, and says so by ``ValueError``."""
    from sklearn.model_selection import StratifiedGroupKFold

    for side in (0, 1):
        if len(np.unique(patient[response == side])) < folds:
            raise ValueError(f"class {side} occurs in fewer than {folds} patients")
    best, fewest = np.zeros(len(response), dtype=np.intp), folds + 1
    for attempt in range(_ATTEMPTS):
        shuffle = integer_seed(seed, "folds", *purpose, attempt)
        splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=shuffle)
        fold = np.empty(len(response), dtype=np.intp)
        with _FILTERS, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # counts lesions; patients are counted above
            for number, (_, held_out) in enumerate(splitter.split(response, response, patient)):
                fold[held_out] = number
        flawed = sum(len(np.unique(response[fold == number])) < 2 for number in range(folds))
        if flawed < fewest:
            best, fewest = fold, flawed
        if not flawed:
            break
    return best
