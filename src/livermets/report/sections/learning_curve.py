"""Quality by the number of training patients, where networks of one recipe learnt from several shares of them."""

from __future__ import annotations

import pandas as pd

from livermets.overlap.learning_curve import DICE
from livermets.overlap.networks import CROSS_VALIDATED
from livermets.overlap.tables import EVERY_TIMEPOINT
from livermets.report import formatting as fmt
from livermets.report.document import Block, Figure
from livermets.report.pictures import drawing_svg
from livermets.report.sections.estimates import QUOTED, level_text
from livermets.report.tables import csv_download


def learning_curve(curve: pd.DataFrame, detected: str) -> list[Block]:
    """The figure, or nothing where no recipe has several shares."""
    if curve.empty:
        return []
    from livermets.overlap.figures import learning_curve_figure

    image = drawing_svg(learning_curve_figure(curve), "networks-learning-curve")
    alt = "Lines of mean Dice and of the share of lesions detected over training patients; the download has the values."
    download = csv_download("networks-learning-curve", curve)
    return [Figure("networks-learning-curve", _caption(curve, detected), alt, image, download=download)]


def _caption(curve: pd.DataFrame, detected: str) -> str:
    of_all = curve[curve["measure"].eq(DICE) & curve["size"].eq("all")]
    sentences = [
        f"Learning curve: quality by the number of training patients. {' '.join(_range(of_all))}",
        f"Over all lesions; one without overlap has Dice 0; detected: {detected}. {level_text(curve)} are over "
        f"the patients who are judged ({_judged(of_all)}), of detection {QUOTED}.",
        "Each share is one draw and one training: which patients were drawn, and the chance of a training, are not in "
        "these intervals, so a curve of few patients says little, and neither does a step between two neighbours.",
    ]
    if curve["scans"].eq(CROSS_VALIDATED).all():
        sentences.append("Cross-validated: training patients are the mean over the networks of the folds.")
    if curve["n_patients_seen"].gt(0).any():
        sentences.append(_seen(of_all))
    return " ".join(sentences)


def _range(of_all: pd.DataFrame) -> list[str]:
    """``automatic: 2 to 8 training patients, shares of 25 % to 100 %.``"""
    said = []
    for name, part in of_all.groupby("curve", sort=False, dropna=False):
        patients, shares = part["n_training_patients"], part["training_share"]
        few, many = (fmt.number(value, 0) for value in (patients.min(), patients.max()))
        low, high = (fmt.percent(value, 0) for value in (shares.min(), shares.max()))
        said.append(f"{name}: {few} to {many} training patients, shares of {low} to {high}.")
    return said


def _judged(of_all: pd.DataFrame) -> str:
    """``test at baseline: 12``: the patients behind every point."""
    each = of_all.drop_duplicates(["cohort", "timepoint"])
    return ", ".join(
        f"{row['cohort']} at {_when(row['timepoint'])}: {fmt.integer(row['n_patients'])}" for _, row in each.iterrows()
    )


def _when(timepoint: str) -> str:
    return "all timepoints" if timepoint == EVERY_TIMEPOINT else str(timepoint)


def _seen(of_all: pd.DataFrame) -> str:
    few, many = (fmt.integer(value) for value in (of_all["n_patients_seen"].min(), of_all["n_patients_seen"].max()))
    return (
        f"Of the patients who are judged, {few} to {many} were among a network’s own at another timepoint: a larger "
        "share has seen more of them, so the curve is not one of new patients alone."
    )
