"""The summary says what the tables say: here on the published lesion table of Giannini 2020 (Table 4)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.unit.report.results_factory import PATHS

from livermets.concordance.files import write_concordance
from livermets.concordance.result import concordance
from livermets.config.statistics import StatisticsSettings
from livermets.report.configuration import reported_config
from livermets.report.document import Bullets, Paragraph
from livermets.report.findings import in_words
from livermets.report.results import read_results
from livermets.report.summary import summary_section

TABLE4 = Path(__file__).parents[2] / "reference" / "giannini2020" / "table4_lesions.csv"


@pytest.fixture(scope="module")
def summary(tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp("giannini")
    lesions = pd.read_csv(TABLE4).assign(cohort="validation")
    lesions.to_csv(folder / "lesions.csv", index=False)
    result = concordance(lesions, StatisticsSettings(bootstrap_replicates=200), seed=1)
    write_concordance(folder / "concordance" / "validation" / "automatic", result, {})
    config = reported_config({"cohorts": {"validation": {"role": "validation", **PATHS}}})
    section = summary_section(read_results(folder, config))
    texts = []
    for block in section.blocks:
        texts += [block.text] if isinstance(block, Paragraph) else block.items if isinstance(block, Bullets) else []
    return texts


def test_the_answer_gives_the_published_agreement(summary):
    # 19 of 32 lesions classified alike with both masks.
    assert "Of 32 validation lesions" in summary[0]
    assert "19 (59\u00a0%) kept their class" in summary[0]
    assert "13 (41\u00a0%) changed it" in summary[0]
    assert "every lesion has a class with both masks" in summary[0]


def test_small_and_big_lesions_are_told_apart(summary):
    # >= 20 mm: 14 of 18 alike; < 20 mm: 5 of 14 alike.
    text = next(s for s in summary if s.startswith("By longest diameter"))
    assert "5 of 14 (36\u00a0%)" in text
    assert "14 of 18 (78\u00a0%)" in text


def test_the_difference_between_small_and_big_lesions_is_not_sold_as_settled(summary):
    text = next(s for s in summary if s.startswith("By longest diameter"))
    assert "big minus small 42 points (" in text
    assert "which does not tell them apart" in text


def test_agreement_is_set_against_chance(summary):
    text = next(s for s in summary if s.startswith("Beyond chance"))
    assert "kappa 0.19" in text
    assert "not shown" in text


def test_the_verb_says_the_same_words(summary):
    lesions = pd.read_csv(TABLE4)
    result = concordance(lesions, StatisticsSettings(bootstrap_replicates=200), seed=1)
    told = in_words(vars(result), result.lesions)
    assert told.startswith("Does it matter who drew the mask? Of 32 lesions")
    assert "8 patients (10 of the 32 lesions are one patient’s)" in told
    assert {sentence.replace("\u00a0", " ") for sentence in summary[1:-1]} == {
        line[2:] for line in told.splitlines() if line.startswith("- ")
    }
    named = in_words(vars(result), result.lesions, ("reader1", "reader2"))
    assert "when the mask by reader2 replaced the reference mask (reader1)" in named
    assert "with the mask by reader2" in named
    assert "radiologist" not in named


def test_few_patients_are_said_to_be_few(summary):
    assert "8 patients" in summary[-1]
    assert "wide" in summary[-1]


def test_no_area_is_invented_without_shares(summary):
    assert any("could not be computed" in s for s in summary)
