"""Figures are drawn from their tables and say what the tables say."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from tests.lesion_tables import lesion_table, minimal

from livermets.concordance.figures import concordance_figures
from livermets.concordance.result import ConcordanceResult, concordance
from livermets.config.statistics import StatisticsSettings
from livermets.stats.results import shown_interval

SETTINGS = StatisticsSettings(bootstrap_replicates=200)


@pytest.fixture(scope="module")
def result() -> ConcordanceResult:
    return concordance(lesion_table(), SETTINGS)


@pytest.fixture(scope="module")
def figures(result: ConcordanceResult) -> dict[str, Figure]:
    return concordance_figures(result, SETTINGS)


def test_every_figure_is_named_after_a_table_that_is_written(
    figures: dict[str, Figure], result: ConcordanceResult
) -> None:
    expected = [
        "lesions",
        "strata",
        "agreement_curve",
        "roc",
        "calibration",
        "decision",
        "share_differences",
        "share_agreement",
        "threshold_curve",
        "minimum_rois",
    ]
    assert sorted(figures) == sorted(expected)
    assert all(len(getattr(result, name)) for name in figures)


@pytest.mark.slow
def test_figures_can_be_saved(figures: dict[str, Figure]) -> None:
    for figure in figures.values():
        stream = BytesIO()
        figure.savefig(stream, format="png")
        assert len(stream.getvalue()) > 5000


def test_every_axis_is_labelled(figures: dict[str, Figure]) -> None:
    for name, figure in figures.items():
        assert figure.axes[0].get_ylabel(), name
        assert figure.axes[0].get_xlabel() or figure.get_supxlabel(), name


def test_strata_cells_show_their_counts(figures: dict[str, Figure], result: ConcordanceResult) -> None:
    texts = [text.get_text().split("\n")[0] for text in figures["strata"].axes[0].texts]
    expected = [
        f"{row.agree}/{row.n}" if row.n else "0 compared" if row.n_lesions else "no lesion"
        for row in result.strata.itertuples()
    ]
    assert sorted(texts) == sorted(expected)


def test_scatter_shows_every_lesion(figures: dict[str, Figure], result: ConcordanceResult) -> None:
    drawn = sum(len(points.get_offsets()) for points in figures["lesions"].axes[0].collections)
    assert drawn == len(result.lesions)


def test_roc_legend_states_the_table_s_auc(figures: dict[str, Figure], result: ConcordanceResult) -> None:
    rows = result.diagnostics.query("measure == 'auc'")
    auc = pd.DataFrame([shown_interval(part) for _, part in rows.groupby("mask_source", sort=False)])
    labels = [text.get_text() for text in figures["roc"].axes[0].get_legend().get_texts()]
    for row, label in zip(auc.itertuples(), labels, strict=True):
        assert f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})" in label


def test_nothing_compared_still_draws_what_there_is() -> None:
    table = minimal([(f"P{i}", i % 2, 1, np.nan, 0.0, 9 + i) for i in range(6)])
    figures = concordance_figures(concordance(table, SETTINGS), SETTINGS)
    assert set(figures) == {"lesions", "strata"}


def test_the_sides_are_called_by_the_names_of_their_sources(result: ConcordanceResult) -> None:
    figures = concordance_figures(result, SETTINGS, ("gold", "automatic_2"))
    words = [text.get_text() for drawn in figures.values() for text in drawn.findobj(Text)]
    assert any("Dice, gold against automatic_2 mask" in text for text in words)
    assert any(text.startswith("automatic_2: AUC") for text in words)
    assert not any(re.search(r"\b(manual|automatic)\b", text) for text in words)
