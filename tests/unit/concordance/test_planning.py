"""The plan of the next study: what it takes from this one, what it is refused for, and where it finds its numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from tests.lesion_tables import lesion_table, minimal

from livermets.concordance.agreement import AGREEMENT, READER_CLASSIFIED
from livermets.concordance.equivalence import AUC_DIFFERENCE
from livermets.concordance.planning import (
    COLUMNS,
    Assumptions,
    checked_patients,
    lesions_to_plan_from,
    model_plan,
    pilot,
    plan_table,
    smallest,
)
from livermets.config.statistics import EquivalenceSettings, StatisticsSettings
from livermets.errors import InputError
from livermets.report.planned import model_in_words, plan_in_words
from livermets.stats.power import intraclass_correlation

SETTINGS = StatisticsSettings(equivalence=EquivalenceSettings(agreement=0.7, auc=0.2))


def lesions_of(table: pd.DataFrame) -> pd.DataFrame:
    return lesions_to_plan_from(table, "lesions.csv")


def refused(action) -> str:
    with pytest.raises(InputError) as error:
        action()
    return "\n".join(str(problem) for problem in error.value.problems)


@pytest.fixture(scope="module")
def lesions() -> pd.DataFrame:
    return lesions_of(lesion_table(20))


def test_this_study_is_what_its_lesions_say(lesions):
    found = pilot(lesions, "lesions.csv", AGREEMENT)
    compared = lesions[lesions["compared"]]
    assert (found.n_lesions, found.n_patients) == (len(compared), compared["patient"].nunique())
    assert found.agreement == pytest.approx(compared["agree"].mean())
    expected = intraclass_correlation(compared["agree"].to_numpy(), compared["patient"].to_numpy())
    assert found.correlation == pytest.approx(expected)
    assert pilot(lesions, "lesions.csv").n_lesions == lesions["predicted_manual"].notna().sum()


@pytest.mark.slow
def test_a_row_per_measure_and_number_and_the_same_seed_gives_the_same(lesions):
    plan, again, other = (
        plan_table(lesions, [60, 10], SETTINGS, Assumptions(0.9), "lesions.csv", simulated=100, seed=seed)[0]
        for seed in (1, 1, 2)
    )
    assert list(plan.columns) == list(COLUMNS)
    assert list(zip(plan["measure"], plan["n_patients"], strict=True)) == [
        (measure, number) for measure in (READER_CLASSIFIED, AUC_DIFFERENCE) for number in (10, 60)
    ]
    pd.testing.assert_frame_equal(plan, again)
    assert not plan["power"].equals(other["power"])
    assert plan["power"].between(plan["power_low"], plan["power_high"]).all()
    assert plan["half_width"].iloc[1] < plan["half_width"].iloc[0]


def test_without_shares_the_areas_are_left_out_and_said():
    bare = lesion_table(12).drop(columns=["share_manual", "share_automatic"])
    plan, notes = plan_table(lesions_of(bare), [10], SETTINGS, Assumptions(0.9), "lesions.csv", simulated=100)
    assert set(plan["measure"]) == {READER_CLASSIFIED}
    (note,) = notes
    assert note.startswith("the areas under the ROC curve are not planned: an AUC needs two lesions of each class")


def test_the_smallest_number_is_the_first_from_which_on_it_holds():
    table = pd.DataFrame(
        {"measure": "agreement", "n_patients": [10, 20, 30, 40], "power": [0.85, 0.7, 0.81, 0.95], "half_width": 0.1}
    )
    assert smallest(table, "agreement", lambda rows: rows["power"] >= 0.8) == 30
    assert smallest(table, "agreement", lambda rows: rows["power"] >= 0.99) is None
    assert smallest(table, "agreement", lambda rows: rows["half_width"] <= 0.1) == 10


def test_what_no_plan_can_be_made_from_is_refused_in_a_sentence():
    nothing = lesions_of(minimal([("A", 1, None, None, 0.0, 20), ("B", 0, None, None, 0.0, 20)]))
    assert "there are no lesions classified with the manual mask" in refused(lambda: pilot(nothing, "a.csv"))
    one = lesions_of(minimal([("A", 1, 1, 1, 0.8, 20), ("A", 0, 0, 1, 0.8, 20)]))
    assert "all lesions are of one patient" in refused(lambda: pilot(one, "a.csv"))
    assert "needs at least 3" in refused(lambda: checked_patients([2, 20]))


def test_assumptions_out_of_range_are_all_named_at_once():
    said = refused(lambda: Assumptions(0.6, 1.5, -0.3).check(SETTINGS))
    assert "0.6 is not between the margin 0.7 and 1" in said
    assert "1.5 is not between 0 and 1" in said
    assert "-0.3 is not between the margins ±0.2" in said


def test_a_share_at_the_margin_and_an_unknown_correlation_are_refused(lesions):
    strict = StatisticsSettings(equivalence=EquivalenceSettings(agreement=0.99))
    said = refused(lambda: plan_table(lesions, [20], strict, Assumptions(), "lesions.csv"))
    assert "not above the margin 0.99" in said
    alike = lesions_of(minimal([(patient, 1, 1, 1, 0.8, 20) for patient in "AABBCC"]))
    said = refused(lambda: plan_table(alike, [20], SETTINGS, Assumptions(), "lesions.csv"))
    assert "Assume a correlation with --correlation" in said
    plan, _ = plan_table(alike, [20], SETTINGS, Assumptions(correlation=0.2), "lesions.csv", simulated=100)
    assert plan["assumed"].tolist() == [1.0]


def test_the_model_is_planned_for_the_responders_of_this_study(lesions):
    plan = model_plan(lesions, 24, 0.15, "lesions.csv")
    known = lesions[lesions["response"].notna()]
    assert plan.prevalence == pytest.approx(known["response"].mean())
    assert plan.design_effect >= 1
    per_patient = len(known) / known["patient"].nunique()
    assert plan.n_patients == pytest.approx(plan.needed.participants * plan.design_effect / per_patient)
    said = model_in_words(plan)
    assert f"needs at least {plan.needed.participants:,} independent lesions" in said
    assert f"about {math.ceil(plan.n_patients):,} patients" in said
    unknown = lesions.assign(response=float("nan"))
    said = refused(lambda: model_plan(unknown, 0, 1.5, "lesions.csv"))
    assert "no lesion has a known outcome" in said
    assert "0 is not a number of features" in said
    assert "1.5 is not between 0 and 1" in said


@pytest.mark.slow
def test_the_words_hold_the_numbers_of_the_table(lesions):
    plan, _ = plan_table(lesions, [10, 150], SETTINGS, Assumptions(0.8, 0.1), "lesions.csv", simulated=100)
    words = plan_in_words(plan, pilot(lesions, "lesions.csv"), 0.5)
    number = smallest(plan, READER_CLASSIFIED, lambda rows: rows["power"] >= 0.8)
    assert number == 150
    assert "80 % power with 150 patients" in words
    assert "±0.5 on average with 10 patients (10 to 150 tried; 100 simulated studies each)" in words
    assert "Agreement above 70 %" in words
    assert "few patients" not in words
    assert "That is few patients" in plan_in_words(plan, replace(pilot(lesions, "lesions.csv"), n_patients=19))
    assert "if 80.0 % keep their class and the correlation is 0.10" in words
    assert "Difference of the areas within ±0.2, if it is 0" in words
