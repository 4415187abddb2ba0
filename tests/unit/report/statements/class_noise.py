"""Of a change of class, how much is the mask's?"""

from __future__ import annotations

import pandas as pd
from tests.unit.report.statements.registry import Files, Statement, Values

_NOISE, _EVALUATION = "perturbation/class_noise.csv", "model/evaluation.csv"
_ENDS = ("value", "low", "high")


def _rows(files: Files, against: str) -> pd.DataFrame:
    """The rows of refits on bootstrapped patients; those against the mask of the headline's source."""
    table = files.csv(_NOISE)
    table = table[(table["retraining"] == "bootstraps") & (table["against"].fillna("") == against)]
    first = table[table["mask_source"] == table["mask_source"].iloc[0]] if against and len(table) else table
    return first.set_index("measure")


def _compared(files: Files) -> pd.DataFrame:
    rows = _rows(files, "mask")
    return rows if len(rows) else _rows(files, "")


def _refits(files: Files, **_: str) -> Values:
    row = _compared(files).loc["retraining"]
    return {"lesions": row["n_lesions"], "refits": row["n_refits"], **row[list(_ENDS)]}


def _seeds(files: Files, **_: str) -> Values:
    table = files.csv(_NOISE)
    row = table[(table["retraining"] == "seeds") & table["against"].isna()].iloc[0]
    return {"lesions": row["n_lesions"], **row[list(_ENDS)]}


def _of(measure: str, scale: float = 1) -> object:
    return lambda files, **_: dict(scale * _rows(files, "mask").loc[measure, list(_ENDS)].astype(float))


def _chance(files: Files, **_: str) -> Values:
    table = files.csv(_EVALUATION)
    row = table[table["measure"] == "auc_within_folds"].iloc[0]
    return {**row[list(_ENDS)], "chance": 0.5}


def _verdict(files: Files, **_: str) -> Values:
    return {"fewer": "the mask" if _rows(files, "mask").loc["difference", "low"] > 0 else "retraining"}


def _undecided(files: Files, **_: str) -> Values:
    return {}


def _noise(place: str) -> tuple[Statement, ...]:
    return (
        Statement(
            place, "Of {lesions} lesion…, refits on bootstrapped patients ({refits})", _NOISE,
            "n_lesions, n_refits", _refits,
        ),
        Statement(
            place, "another class to {value:%} % ({low:%} to {high:%} %) on average", _NOISE,
            "value, low, high", _refits,
        ),
        Statement(
            place,
            "of all {lesions}, those with other seeds alone to {value:%} % ({low:%} to {high:%} %)", _NOISE,
            "n_lesions, value, low, high", _seeds,
        ),
        Statement(
            place, "and the mask of {source:w} to {value:%} % ({low:%} to {high:%} %)", _NOISE,
            "value, low, high", _of("mask"),
        ),
        Statement(
            place, "a difference of {value} points ({low} to {high})", _NOISE, "value, low, high",
            _of("difference", 100),
        ),
        Statement(place, "another class to {value:%} % on average", _NOISE, "value", _refits, rare=True),
        Statement(place, "of all {lesions}, those with other seeds alone to {value:%} %)", _NOISE, "n_lesions, value",
                  _seeds, rare=True),
        Statement(place, "and the mask of {source:w} to {value:%} %:", _NOISE, "value", _of("mask"), rare=True),
        Statement(place, "a difference of {value} points.", _NOISE, "value", _of("difference", 100), rare=True),
        *(
            Statement(place, f"{more} changes more classes than {{fewer:w}}:", _NOISE, "difference: low", _verdict,
                      rare=True)
            for more in ("Retraining", "The mask")
        ),
        Statement(place, "Which of the two changes more classes cannot be told", _NOISE, "statement", _undecided,
                  rare=True),
    )  # fmt: skip


STATEMENTS = (
    *_noise("summary/paragraph/"),
    *_noise("perturbation/paragraph/"),
    Statement(
        "perturbation/note/",
        "had not seen is {value} ({low} to {high}), which is not shown to be above chance ({chance})",
        _EVALUATION, "value, low, high", _chance, rare=True,
    ),
    Statement(
        "perturbation/caption/class-noise", "{level:%} % intervals", _NOISE, "level",
        lambda files, **_: {"level": files.csv(_NOISE)["level"].iloc[0]},
    ),
)  # fmt: skip
