"""What the report says of classes changed by retraining, and where it says that there is nothing to read."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from livermets.perturbation.class_noise import FEWER, MORE, NOISE_COLUMNS, UNTOLD
from livermets.report.document import Details, Figure, Paragraph, Section
from livermets.report.sections.class_noise import noise_blocks, noise_words, without_skill
from livermets.report.sections.perturbation import perturbation_section


def row(kind, measure, value, low, high, against="", source="", statement="") -> dict[str, object]:
    where = {"retraining": kind, "against": against or float("nan"), "mask_source": source or float("nan")}
    numbers = {"value": value, "low": low, "high": high, "level": 0.95, "n_lesions": 24, "n_refits": 20}
    return {**where, "measure": measure, **numbers, "statement": statement}


def table(statement=UNTOLD, difference=(0.07, -0.03, 0.15)) -> pd.DataFrame:
    of_pair = {"against": "mask", "source": "net"}
    rows = [
        row("seeds", "retraining", 0.12, 0.05, 0.2),
        row("bootstraps", "retraining", 0.25, 0.1, 0.4),
        row("bootstraps", "retraining", 0.22, 0.1, 0.34, **of_pair),
        row("bootstraps", "mask", 0.15, 0.05, 0.25, **of_pair),
        row("bootstraps", "difference", *difference, **of_pair, statement=statement),
    ]
    return pd.DataFrame(rows, columns=list(NOISE_COLUMNS))


def said(noise: pd.DataFrame, source="net") -> str:
    return noise_words({"class_noise": noise}, source).replace("\u00a0", " ")


def test_the_sentence_has_both_rates_and_their_difference():
    assert said(table()) == (
        "Of 24 lesions, refits on bootstrapped patients (20) give another class to 22 % (10 to 34 %) on average (of "
        "all 24, those with other seeds alone to 12 % (5 to 20 %)), and the mask of net to 15 % (5 to 25 %): a "
        "difference of 7 points (−3 to 15). Which of the two changes more classes cannot be told."
    )


@pytest.mark.parametrize(
    "statement, verdict",
    [
        (MORE, "Retraining changes more classes than the mask: the mask is not the problem."),
        (FEWER, "The mask changes more classes than retraining: the noise of the fit does not explain it."),
        ("no interval: 2 patients contribute", "No interval: 2 patients contribute."),
    ],
)
def test_the_verdict_is_in_words(statement, verdict):
    assert said(table(statement)).endswith(f". {verdict}")


def test_without_another_mask_only_refits_are_told():
    alone = table()[lambda t: t["against"].isna()]
    assert said(alone, None).startswith(
        "Of 24 lesions, refits on bootstrapped patients (20) give another class to 25 %"
    )
    assert said(alone, None).endswith("to 12 % (5 to 20 %)).")
    seeds = alone[alone["retraining"] == "seeds"]
    assert said(seeds, None) == (
        "Of 24 lesions, refits with other seeds (20) give another class to 12 % (5 to 20 %) on average."
    )
    assert said(alone.iloc[:0]) == ""


@pytest.mark.slow
def test_a_model_without_skill_leaves_nothing_to_read(made_study):
    def told(low: float, value: float = 0.55) -> list[str]:
        rows = [{"measure": "auc_within_folds", "value": value, "low": low, "high": 0.9, "method": "cluster-bootstrap"}]
        study = replace(made_study.results, model={**made_study.results.model, "evaluation": pd.DataFrame(rows)})
        return [block.text for block in without_skill(study)]

    (text,) = told(0.41)
    assert "0.55 (0.41 to 0.90), which is not shown to be above chance (0.5)" in text
    assert "there is nothing to read" in text
    assert told(0.51) == []
    assert told(float("nan")) == []


@pytest.mark.slow
def test_a_study_without_altered_masks_still_tells_of_refits(made_study):
    only = {name: t for name, t in made_study.results.perturbation.items() if name.startswith("class_noise")}
    section = perturbation_section(replace(made_study.results, perturbation=only))
    assert isinstance(section, Section)
    kinds = [type(block) for block in noise_blocks(made_study.results)]
    assert kinds == [Paragraph, Figure, Details]
    assert [type(block) for block in section.blocks][-3:] == kinds
    assert perturbation_section(replace(made_study.results, perturbation={})) is None
