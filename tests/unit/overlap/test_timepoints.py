"""Two sets of lesions that share patients: differences and tests against closed forms and other programs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from livermets.overlap.timepoints import (
    NEVER,
    THIS_PATIENT,
    THIS_SCAN,
    clustered_difference_p,
    seen_differences,
    timepoint_differences,
    with_training_status,
)
from livermets.stats.resampling import Resampling


def lesions(*rows: tuple[int, str, float], rule: float = 0.2, size: float = 25.0) -> pd.DataFrame:
    """Judged lesions from (patient, timepoint, Dice)."""
    table = pd.DataFrame(rows, columns=["patient", "timepoint", "dice"])
    table = table.assign(cohort="c", patient_id=table["patient"].map("P{}".format), lesion_id=range(len(table)))
    table = table.assign(precision=table["dice"], recall=table["dice"], longest_diameter_mm=size, detection_dice=rule)
    return table.assign(
        detected=(table["dice"] > rule).astype(int),
        automatic_fate=np.where(table["dice"] > rule, "classified", "undetected"),
    )


def drawn(patients: int = 12, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rows = []
    for patient in range(patients):
        own = random.normal(0, 0.2)
        for timepoint in ("baseline", "TP1") if patient % 3 else ("TP1",):
            dice = np.clip(0.4 + own + random.normal(0, 0.2, random.integers(1, 6)), 0, 1)
            rows += [(patient, timepoint, float(one)) for one in dice]
    return lesions(*rows)


RESAMPLING = Resampling(200, 0.95, np.random.default_rng(0))


def test_the_first_timepoint_is_baseline_and_counts_are_by_the_rule():
    table = timepoint_differences(
        lesions((0, "TP1", 0.1), (0, "baseline", 0.5), (1, "TP1", 0.3), (1, "baseline", 0.15), (2, "TP1", 0.9)),
        RESAMPLING,
        [20],
    )
    row = table[(table["size"] == "all") & (table["measure"] == "dice_difference")].iloc[0]
    assert (row["first"], row["second"]) == ("baseline", "TP1")
    assert row["value"] == pytest.approx(0.325 - 1.3 / 3)
    assert row[["n_first", "k_first", "n_second", "k_second"]].tolist() == [2, 1, 3, 2]
    assert row[["patients_first", "patients_second", "patients_both"]].tolist() == [2, 3, 2]


def test_the_variance_by_patient_is_the_cluster_sandwich_of_statsmodels():
    table = drawn()
    first = table["timepoint"].eq("baseline").to_numpy()
    p, why = clustered_difference_p(table["dice"].to_numpy(), first, table["patient"].to_numpy())
    fit = smf.ols("dice ~ first", table.assign(first=first.astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": table["patient"], "use_correction": False}
    )
    fewest = table[first]["patient"].nunique()
    t = fit.params["first"] / (fit.bse["first"] * np.sqrt(fewest / (fewest - 1)))
    assert why == ""
    assert p == pytest.approx(2 * stats.t.sf(abs(t), fewest - 1), rel=1e-9)


def test_one_lesion_per_patient_at_both_timepoints_is_the_paired_t_test():
    random = np.random.default_rng(3)
    before, after = random.normal(size=(2, 15))
    values, first = np.concatenate([before, after]), np.repeat([True, False], 15)
    p, _ = clustered_difference_p(values, first, np.tile(np.arange(15), 2))
    assert p == pytest.approx(stats.ttest_rel(before, after).pvalue)


def test_the_unpaired_tests_are_the_published_ones_and_say_so():
    table = drawn()
    found = timepoint_differences(table, RESAMPLING, [20])
    found = found[found["size"] == "all"].set_index("measure")
    parts = [table[table["timepoint"] == name] for name in ("baseline", "TP1")]
    welch = stats.ttest_ind(*(part["dice"] for part in parts), equal_var=False).pvalue
    counts = [[part["detected"].sum(), len(part) - part["detected"].sum()] for part in parts]
    assert found.loc["dice_unpaired_p", "value"] == pytest.approx(welch)
    assert found.loc["detection_chi_squared_p", "value"] == pytest.approx(stats.chi2_contingency(counts).pvalue)
    assert found.loc[["dice_unpaired_p", "detection_chi_squared_p"], "note"].str.contains("published practice").all()


def test_what_cannot_be_tested_says_why():
    few = timepoint_differences(lesions((0, "baseline", 0.5), (0, "TP1", 0.4), (1, "TP1", 0.4)), RESAMPLING, [20])
    by_patient = few[(few["measure"] == "dice_difference_p") & (few["size"] == "all")].iloc[0]
    assert np.isnan(by_patient["value"])
    assert by_patient["note"].startswith("1 patients on one side")
    assert timepoint_differences(lesions((0, "baseline", 0.5)), RESAMPLING, [20]).empty
    assert timepoint_differences(lesions(), RESAMPLING, [20]).empty


def test_a_cohort_with_one_timepoint_does_not_stand_for_baseline():
    two = lesions((0, "baseline", 0.5), (0, "TP1", 0.5), (1, "baseline", 0.5), (1, "TP1", 0.5))
    one = lesions((7, "baseline", 0.9), (8, "baseline", 0.9)).assign(cohort="easy")
    third = lesions((9, "baseline", 0.5), (9, "TP1", 0.3)).assign(cohort="d")
    found = timepoint_differences(pd.concat([two, one, third]), RESAMPLING, [20])
    found = found[(found["size"] == "all") & (found["measure"] == "dice_difference")].set_index("cohort")
    assert found["value"].to_dict() == pytest.approx({"all": 0.2 / 3, "c": 0, "d": 0.2})


def scans(*rows: tuple[int, str, int, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["patient", "timepoint", "seen_in_training", "scan_in_training"])
    return table.assign(cohort="c", patient_id=table["patient"].map("P{}".format))


def test_patients_trained_on_at_baseline_are_compared_with_others_at_tp1():
    table = lesions(*[(p, t, 0.2 + 0.1 * p + 0.05 * (t == "TP1")) for p in range(6) for t in ("baseline", "TP1")])
    seen = scans(*[(p, t, int(p < 3), int(p < 3 and t == "baseline")) for p in range(6) for t in ("baseline", "TP1")])
    marked = with_training_status(table, seen)
    assert marked["training_status"].value_counts().to_dict() == {NEVER: 6, THIS_SCAN: 3, THIS_PATIENT: 3}
    found = seen_differences(marked, RESAMPLING, [20])
    row = found[(found["size"] == "all") & (found["measure"] == "dice_difference")].iloc[0]
    assert (row["timepoint"], row["first"], row["second"]) == ("TP1", THIS_PATIENT, NEVER)
    assert row[["n_first", "n_second", "patients_both"]].tolist() == [3, 3, 0]
    assert row["value"] == pytest.approx(0.35 - 0.65)


def test_a_scan_that_was_trained_on_is_in_neither_group():
    table = lesions(*[(p, "TP1", 0.5) for p in range(4)])
    marked = with_training_status(table, scans(*[(p, "TP1", int(p < 2), int(p < 2)) for p in range(4)]))
    assert seen_differences(marked, RESAMPLING, [20]).empty
    assert seen_differences(with_training_status(table, pd.DataFrame()), RESAMPLING, [20]).empty
