"""The sentences of the selection's section state the number of their table, and what it can and cannot show."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from livermets.model.evaluation import comparison_table, evaluation_table
from livermets.report.configuration import ReportedConfig
from livermets.report.sections import selection_doubts as doubts
from livermets.report.sections import selection_words as words
from livermets.report.sections.estimates import estimate_table, measure_name
from livermets.report.sections.selection_doubts import selection_findings
from livermets.report.sections.selection_thresholds import calls_thresholds, correct_calls, threshold_words
from livermets.report.sections.training import follow_up_sentence, trained_on
from livermets.stats.resampling import PatientBootstrap


def study(timepoints=("baseline",), scanned=("baseline",), trained=3, drawn=4, audit=None, unknown=0, **tables):
    """As much of a study as the sentences read: one training cohort, lesions drawn at every timepoint."""
    lesions = pd.DataFrame({"cohort": "learn", "timepoint": np.repeat(scanned, drawn), "patient": "P1"})
    lesions["n_roi_manual"] = np.where(np.arange(len(lesions)) % drawn < trained, 9, 0)
    lesions["response"] = np.where(np.arange(len(lesions)) % drawn >= drawn - unknown, np.nan, 1.0)
    tables["training_lesions"] = pd.DataFrame({"group": [f"P{i % 2}" for i in range(trained)]})
    settings = {"search": {"population": 24, "generations": 10, "fitness": "roi_auc"}, "audit": audit or {}}
    return SimpleNamespace(
        config=ReportedConfig(response_timepoints=list(timepoints)),
        model=tables, model_facts={"provenance": {"settings": settings}},
        of_role=lambda role: ["learn"], response_timepoints=list(timepoints),
        timepoints_of=lambda role: list(timepoints),
        lesions_of=lambda role: lesions[lesions["timepoint"].isin(timepoints)],
    )  # fmt: skip


def permutations(number, p):
    table = pd.DataFrame({"permutation": range(number + 1), "value": np.linspace(0.9, 0.5, number + 1)})
    return table.assign(p_value=[p, *[None] * number])


def test_captions_count_the_lesions_that_trained():
    assert trained_on(study(trained=36, drawn=40)) == ("36 training lesions of 2 patients (4 more without a ROI).")
    assert trained_on(study(trained=6, drawn=9, unknown=1)) == (
        "6 training lesions of 2 patients (2 more without a ROI and 1 more without a known outcome)."
    )
    assert trained_on(study(trained=4, drawn=4)) == "4 training lesions of 2 patients."


def test_lesions_of_other_timepoints_are_not_counted_as_left_out():
    assert trained_on(study(scanned=("baseline", "TP1"))) == (
        "3 training lesions of 2 patients (1 more without a ROI)."
    )


@pytest.mark.parametrize(
    "timepoints, scanned, named",
    [
        (["baseline"], ["baseline", "TP1"], ""),
        (["baseline", "TP1"], ["baseline", "TP1"], "TP1"),
        (["TP1"], ["baseline", "TP1"], "TP1"),
        (["pre"], ["post", "pre"], "pre"),
        (["post"], ["post", "pre"], "post"),
        (["pre", "post"], ["post", "pre"], "pre and post"),
        (["baseline", "TP2"], ["baseline", "TP1"], ""),
    ],
)
def test_images_that_train_and_may_be_follow_ups_are_named(timepoints, scanned, named):
    """The alphabet is no order of time: no image is said to be the later one."""
    sentence = follow_up_sentence(study(timepoints, scanned))
    assert (
        sentence.startswith(f"Images at {named}, named by response_timepoints, trained the model")
        if named
        else (sentence == "")
    )
    assert ("where they are follow-up images, they are part of the outcome" in sentence) == bool(named)


def test_without_a_model_no_image_trained_one():
    made = study(["TP1"], ["TP1"])
    made.model_facts = {}
    assert follow_up_sentence(made) == ""


def test_too_few_permutations_say_so():
    five = words.permutation_words(study(permutation=permutations(5, 1 / 6)))
    assert "(the smallest that so many permutations allow: 0.17)" in five
    assert five.endswith("So few permutations cannot show p ≤ 0.05, whatever there is to find.")
    many = words.permutation_words(study(permutation=permutations(199, 0.005)))
    assert "(the smallest that so many permutations allow: 0.0050)" in many
    assert "So few" not in many


def test_a_smaller_audit_is_said():
    assert words.search_size(study(audit={"population": None, "generations": None})).startswith("Its searches are as")
    said = words.search_size(study(audit={"population": 12, "generations": None}))
    assert said.startswith("Its searches are smaller than the model's own: 12 individuals, at most 10 generations, not")


def test_the_threshold_is_flagged_with_the_nested_figures_beside():
    row = {"method": "cross_fitted", "used": 1, "threshold": 0.5, "sensitivity": 0.9, "specificity": 0.8}
    plain = threshold_words(study(threshold=pd.DataFrame([row])))
    assert "features chosen on the same folds" in plain
    assert "optimistic" in plain
    assert "no figure for patients not seen" in plain
    nested = pd.DataFrame([row | {"nested_sensitivity": 0.6, "nested_specificity": 0.4}])
    beside = threshold_words(study(threshold=nested))
    assert beside.endswith("that neither had seen: 60.0\u00a0% and 40.0\u00a0%.")


def test_correct_calls_of_all_patients_stand_below_them():
    table = pd.DataFrame({
        "group": ["a/1", "a/2"], "r_plus_lesions": [2, 0], "r_minus_lesions": [1, 3],
        "r_plus_correct_nested": [1, 0], "r_minus_correct_nested": [0, 3],
        "r_plus_correct_cross_fitted": [2, 0], "r_minus_correct_cross_fitted": [1, 3],
        "r_plus_correct_resubstitution": [2, 0], "r_minus_correct_resubstitution": [1, 3],
    })  # fmt: skip
    shown = correct_calls(table, {"cross_fitted": 0.51, "resubstitution": 0.62})
    assert shown["R+: nested"].tolist() == ["1 of 2", "n/a", "1 of 2"]
    assert shown["R−: nested"].tolist() == ["0 of 1", "3 of 3", "3 of 4"]
    without = correct_calls(table.assign(r_plus_correct_nested=pd.NA, r_minus_correct_nested=pd.NA), {})
    assert "R−: resubstitution, as published, threshold 0.62 (optimistic)" in shown
    assert "R+: nested" not in without
    assert without["R−: resubstitution, as published (optimistic)"].iloc[-1] == "4 of 4"


def test_a_difference_between_models_is_not_called_one_between_masks():
    """Each measure has one meaning: the comparison of models has a difference of its own."""
    predictions = pd.concat(
        pd.DataFrame({"model": model, "repeat": 0, "fold": 0, "lesion": range(8), "patient": np.arange(8) % 4,
                      "response": [0, 1] * 4, "score": score, "predicted": 1})
        for model, score in (("ga_network", np.arange(8.0)), ("lasso", np.arange(8.0)[::-1]))
    )  # fmt: skip
    boot = PatientBootstrap.draw(4, 20, 0.95, np.random.default_rng(1))
    measures = set(comparison_table(predictions, ["ga_network", "lasso"], 0.95, boot)["measure"])
    assert "auc_within_folds_difference" in measures
    assert not [name for name in measures if "manual" in measure_name(name).lower()]


def area(measure, value, low, high, **more):
    return {"measure": measure, "value": value, "low": low, "high": high, "method": "cluster-bootstrap", **more}


def nested(*folds):
    """Predictions of our model, a patient of each fold given by its name."""
    rows = [("ga_network", 0, fold, group) for fold, groups in enumerate(folds) for group in groups]
    return pd.DataFrame(rows, columns=["model", "repeat", "fold", "group"])


def test_both_nested_areas_are_said_and_why_they_differ():
    table = pd.DataFrame([area("auc_within_folds", 0.85, 0.47, 1.0), area("auc", 0.84, 0.61, 0.94)])
    said = words.nested_words(study(evaluation=table, predictions=nested("ab", "cde")))
    assert "AUC within folds 0.85 (0.47 to 1.00), compatible with chance (0.5)" in said
    assert "AUC over all folds 0.84 (0.61 to 0.94), above chance (0.5)." in said
    assert "do not say the same" in said
    assert "here 2 folds of 2 to 3 patients" in said
    alike = pd.DataFrame([area("auc_within_folds", 0.85, 0.55, 1.0), area("auc", 0.84, 0.61, 0.94)])
    assert "do not say the same" not in words.nested_words(study(evaluation=alike))
    worse = words.nested_words(study(evaluation=pd.DataFrame([area("auc", 0.2, 0.1, 0.4)])))
    assert "below chance (0.5)" in worse


def compared(difference_low=0.0, **values):
    rows = [
        area("auc_within_folds", value, 0.4, 1.0, model=model, n_lesions=36, n_patients=12)
        for model, value in values.items()
    ]
    rows += [area("auc_within_folds_difference", 0.12, difference_low, 0.43, model="lasso")]
    return pd.DataFrame(rows)


def stability(low):
    return pd.DataFrame([area("stability", 0.02, low, 0.13, n_searches=4) | {"method": "nogueira-2018"}])


def test_models_that_score_higher_in_the_same_folds_are_named_in_the_summary():
    table = compared(ga_network=0.85, longest_diameter=0.35, lasso=0.97, network_all_features=0.96)
    made = study(comparison=table, audit={"population": 12})
    (said,) = selection_findings(made)
    assert "(36 lesions of 12 patients) 2 of 3 other models score higher than the genetic selection" in said
    assert ": LASSO 0.97 and the network on all features 0.96." in said
    assert "0.12 (0.00 to 0.43), which does not tell the two apart" in said
    assert "to its disadvantage" in said
    assert "which tells the two apart" in doubts.outscored(
        study(comparison=compared(0.01, ga_network=0.85, lasso=0.97))
    )
    assert "Below chance: the longest diameter alone (0.35)." in doubts.comparison_words(made)


@pytest.mark.parametrize("low, told", [(-0.02, "which is not told from nothing"), (0.01, "which is told from nothing")])
def test_what_radiomics_adds_to_the_clinic_is_said_with_its_interval(low, told):
    added = pd.DataFrame([area("auc_within_folds_added", 0.05, low, 0.11, model="radiomics_clinical")])
    made = study(comparison=pd.concat([compared(ga_network=0.8, clinical=0.7), added]))
    made.config = made.config.model_copy(update={"covariates": {"cea": None, "ras": None}})
    said = doubts.covariate_words(made)
    assert "Clinical covariates (cea and ras)" in said
    assert f"radiomics moves the AUC within folds by 0.05 ({low:.2f} to 0.11), {told}." in said.replace("−", "-")
    assert doubts.covariate_words(study(comparison=compared(ga_network=0.8))) == ""


def test_a_selection_that_nothing_outscores_is_not_doubted():
    made = study(comparison=compared(ga_network=0.9, lasso=0.8), stability=stability(0.01))
    assert selection_findings(made) == []
    assert doubts.comparison_words(made).startswith("No other model scores higher")
    assert "are chosen again more often than by chance" in doubts.stability_words(made)
    assert selection_findings(study()) == []


def test_features_that_are_not_chosen_again_are_said_in_the_summary():
    (said,) = selection_findings(study(stability=stability(-0.08)))
    assert said.startswith("The selected features are not shown to be chosen again more often than by chance")
    assert "4 searches is 0.02 (−0.08 to 0.13)" in said


def test_permutations_say_of_which_score_they_are():
    table = permutations(5, 1 / 6)
    searched = words.permutation_words(study(permutation=table.assign(statistic="search")))
    assert "highest score that a search reached, the cross-validated AUC over ROIs" in searched
    assert "search.fitness: roi_auc" in searched
    assert "too good" in searched
    nested_null = words.permutation_words(study(permutation=table.assign(statistic="nested")))
    assert "AUC within the outer folds" in nested_null


@pytest.mark.parametrize("chosen, cut", [(40, True), (25, False)])
def test_the_caption_of_frequencies_says_which_bars_are_shown(chosen, cut):
    table = pd.DataFrame({"feature": [f"f{i}" for i in range(93)], "n_selected": [1] * chosen + [0] * (93 - chosen)})
    said = words.frequency_figure(study(frequency=table))
    assert f"{chosen} features selected at least once, of 93 candidates" in said
    assert ("the 25 most often selected" in said) == cut


def test_both_rules_of_the_threshold_are_told_apart():
    table = pd.DataFrame({"method": ["cross_fitted", "resubstitution"], "threshold": [0.51, 0.62], "used": [1, 0]})
    said = calls_thresholds(study(threshold=table))
    assert "0.51, the model’s (networks cross-fitted" in said
    assert "0.62 (final network on its own training lesions)" in said


def test_nested_rates_say_how_many_of_how_many():
    predictions = pd.DataFrame({
        "model": "ga_network", "repeat": 0, "fold": 0, "lesion": range(8), "patient": np.arange(8) % 4,
        "response": [0, 1] * 4, "score": np.arange(8.0), "predicted": [1, 1, 0, 1, 0, 0, 0, 1],
    })  # fmt: skip
    boot = PatientBootstrap.draw(4, 20, 0.95, np.random.default_rng(1))
    table = estimate_table("t", evaluation_table(predictions, "ga_network", 0.95, boot), "", ("model",))
    counts = {row[0]: row[2] for row in table.rows}
    assert counts["Sensitivity (R+ found)"] == counts["Specificity (R− found)"] == "3 of 4"
    assert counts["ROC AUC"] == "8 lesions"
