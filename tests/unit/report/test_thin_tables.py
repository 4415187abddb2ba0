"""A thin or one-sided lesion table still gives a report: it says what cannot be computed, and no sentence says NaN."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import lesion_table
from tests.unit.report.results_factory import PATHS

from livermets.concordance.figures import concordance_figures
from livermets.concordance.files import write_concordance
from livermets.concordance.result import concordance
from livermets.config.report import ReportSettings
from livermets.config.statistics import StatisticsSettings
from livermets.report.build import build_report
from livermets.report.configuration import reported_config
from livermets.report.findings import in_words
from livermets.report.render import render_html
from livermets.report.results import read_results

pytestmark = pytest.mark.slow

SETTINGS = StatisticsSettings(bootstrap_replicates=200)
LESIONS = lesion_table(8).assign(cohort="v", centre="A", timepoint="baseline")
UNDETECTED = LESIONS.assign(dice=0.0, detected=0, n_roi_automatic=0, share_automatic=np.nan, predicted_automatic=np.nan)
TABLES = {
    "one patient": (LESIONS[LESIONS["patient_id"] == "P00"], "one patient only"),
    "no positives": (LESIONS.assign(response=0), "no compared lesion is R+"),
    "all undetected": (UNDETECTED, "no lesion is classified with both masks"),
    "no outcome": (LESIONS.assign(response=np.nan), "known outcome"),
    "one score for all": (LESIONS.assign(share_manual=0.4, share_automatic=0.4), "lesions of"),
    "no Dice": (LESIONS.assign(dice=np.nan), "model not fitted"),
}
NOT_A_NUMBER = re.compile(r"\bnan\b|\binf\b|<NA>", re.IGNORECASE)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.filterwarnings("error")
def test_a_thin_table_gives_a_report_without_nan(name: str, tmp_path) -> None:
    lesions, said = TABLES[name]
    lesions.to_csv(tmp_path / "lesions.csv", index=False)
    result = concordance(lesions, SETTINGS, seed=1)
    assert said in " | ".join(result.notes)
    words = in_words(vars(result), result.lesions)
    write_concordance(
        tmp_path / "concordance" / "v" / "automatic", result, concordance_figures(result, SETTINGS), words
    )
    study = read_results(tmp_path, reported_config({"cohorts": {"v": {"role": "validation", **PATHS}}}))
    html = render_html(build_report(study, ReportSettings(), {}))
    prose = re.sub(r'"data:[^"]*"|<script>.*?</script>|<style>.*?</style>|<svg.*?</svg>|<[^>]+>', " ", html, flags=re.S)
    for text in (words, *result.notes, prose):
        assert not NOT_A_NUMBER.search(text)
    assert pd.read_csv(tmp_path / "concordance" / "v" / "accounting.csv")["n_lesions"].iloc[-1] == len(lesions)


def test_without_lesions_at_the_named_timepoints_no_other_reason_is_given() -> None:
    result = concordance(LESIONS.assign(timepoint="TP1"), SETTINGS, timepoints=["baseline"])
    notes, words = " | ".join(result.notes), in_words(vars(result), result.lesions)
    assert "no lesion at baseline" in notes
    for false in ("no column threshold", "0 patients every interval", "lesions of 0 patients in the table"):
        assert false not in notes
    assert "(no lesion with a known outcome has a class and a share from both masks)" in words


@pytest.mark.parametrize(
    "lesions, said",
    [
        (LESIONS.drop(columns="threshold"), "the lesion table has no column threshold"),
        (LESIONS.assign(threshold=np.nan), "the column threshold is empty"),
        (LESIONS.assign(threshold=[0.4, *[0.5] * (len(LESIONS) - 1)]), "classified with 2 thresholds"),
    ],
)
def test_why_nothing_is_said_of_other_thresholds(lesions: pd.DataFrame, said: str) -> None:
    assert any(said in note for note in concordance(lesions, SETTINGS).notes)


@pytest.mark.parametrize(
    "lesions, said",
    [
        (LESIONS.assign(response=1.0), "an AUC needs two lesions of each class, here 38 R+ and 0 R-"),
        (UNDETECTED, "no lesion with a known outcome has a class and a share from both masks"),
        (LESIONS.drop(columns=["share_manual", "share_automatic"]), "without shares of both masks"),
    ],
    ids=["one class", "none compared", "no shares"],
)
def test_why_shares_do_not_separate_responders(lesions: pd.DataFrame, said: str) -> None:
    result = concordance(lesions, SETTINGS)
    words = in_words(vars(result), result.lesions)
    assert said in next(line for line in words.splitlines() if "How well the shares separate responders" in line)
