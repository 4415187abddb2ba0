"""Whole scans by network: means, spreads, intervals by patient and paired differences, against closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.overlap.test_networks import masks
from tests.unit.overlap.test_study import DICE, of_cohorts, resampling

from livermets.overlap.networks import NetworkMasks
from livermets.overlap.scans import scan_differences, scan_summary
from livermets.overlap.study import overlap_tables
from livermets.stats.resampling import PatientBootstrap


def scans(dice: list[float], patients: int, *, timepoints: int = 1, **columns: object) -> pd.DataFrame:
    """One row per scan, patients in turn."""
    rows = [
        {
            "cohort": "c",
            "patient_id": f"P{n % patients}",
            "timepoint": f"TP{n // patients % timepoints}",
            "mts_dice": d,
        }
        for n, d in enumerate(dice)
    ]
    return pd.DataFrame(rows).assign(seen_in_training=0, fold=2, **columns)


def of(table: pd.DataFrame, measure: str = "mts_dice", timepoint: str = "TP0") -> pd.Series:
    (found,) = table[table["measure"].eq(measure) & table["timepoint"].eq(timepoint)].to_dict("records")
    return pd.Series(found)


def test_mean_spread_and_interval_are_those_of_the_scans():
    dice = np.random.default_rng(3).random(10)
    row = of(scan_summary(scans(list(dice), 10), resampling()))
    boot = PatientBootstrap.draw(10, 200, 0.95, np.random.default_rng(0))
    (low, high), _ = boot.interval(boot.weights @ dice / 10, 10)
    expected = (dice.mean(), dice.std(ddof=1), np.median(dice), dice.min(), dice.max(), low, high)
    assert row[["mean", "sd", "median", "minimum", "maximum", "low", "high"]].tolist() == pytest.approx(expected)
    assert row[["n_scans", "n_patients", "level", "method"]].tolist() == [10, 10, 0.95, "cluster-bootstrap"]


def test_scans_of_one_patient_are_resampled_together():
    """Ten equal scans of each patient say no more than one."""
    dice = list(np.random.default_rng(3).random(8))
    once, tenfold = (of(scan_summary(scans(many, 8), resampling())) for many in (dice, dice * 10))
    assert tenfold[["mean", "low", "high"]].tolist() == pytest.approx(once[["mean", "low", "high"]].tolist())
    assert (tenfold["n_scans"], tenfold["n_patients"]) == (80, 8)


def test_a_measure_that_is_not_defined_in_a_scan_is_left_out_and_counted():
    table = scan_summary(
        scans([0.5, 0.0, 0.7, 0.9], 4, mts_hd95_mm=[10.0, np.nan, 20.0, 30.0], mts_volume_ratio=[1, np.inf, 2, 3]),
        resampling(),
    )
    assert of(table, "mts_hd95_mm")[["n_scans", "n_patients", "mean"]].tolist() == [3, 3, 20.0]
    assert of(table, "mts_volume_ratio")[["n_scans", "mean"]].tolist() == [3, 2.0]
    assert of(table)[["n_scans", "mean"]].tolist() == pytest.approx([4, 2.1 / 4])
    assert set(table["measure"]) == {"mts_dice", "mts_hd95_mm", "mts_volume_ratio"}


def test_two_patients_have_no_interval_and_it_is_said_why():
    row = of(scan_summary(scans([0.5, 0.7], 2), resampling()))
    assert np.isnan(row["low"])
    assert "2 patients" in row["note"]


def test_a_cohort_seen_at_several_timepoints_is_there_as_a_whole_too():
    table = scan_summary(scans([0.2] * 5 + [0.6] * 5, 5, timepoints=2), resampling())
    means = table.set_index("timepoint")["mean"].to_dict()
    assert means == pytest.approx({"all": 0.4, "TP0": 0.2, "TP1": 0.6})
    assert of(table, timepoint="all")[["n_scans", "n_patients"]].tolist() == [10, 5]


def test_differences_are_of_the_same_scans_whatever_their_order():
    first, second = scans([0.5, 0.6, 0.7, 0.9], 4), scans([0.4, 0.4, 0.4, 0.4], 4)
    first, second = first.assign(mts_hd95_mm=[1.0, 2, 3, 4]), second.assign(mts_hd95_mm=[np.nan, 1, 1, 1])
    table = scan_differences(first, second.iloc[::-1], resampling())
    assert of(table)[["n_scans", "value"]].tolist() == pytest.approx([4, (0.1 + 0.2 + 0.3 + 0.5) / 4])
    assert of(table, "mts_hd95_mm")[["n_scans", "value"]].tolist() == [3, 2.0]
    assert of(table)["low"] < of(table)["value"] < of(table)["high"]


def test_the_same_name_in_two_cohorts_is_two_people():
    two = pd.concat([scans([0.5, 0.6, 0.7], 3), scans([0.5, 0.6, 0.7], 3).assign(cohort="d")])
    assert of(scan_differences(two, two.assign(mts_dice=0.0), resampling()))["n_patients"] == 6


def test_time_and_thresholds_are_summed_up_and_not_compared():
    one = scans([0.5, 0.6, 0.7], 3, seconds=[1.0, 2.0, 3.0], threshold=0.5)
    assert {"seconds", "threshold"} < set(scan_summary(one, resampling())["measure"])
    assert set(scan_differences(one, one, resampling())["measure"]) == {"mts_dice"}


def with_dice(one: NetworkMasks, dice: float) -> NetworkMasks:
    return NetworkMasks(one.description, one.matching, one.scans.assign(mts_dice=dice))


def test_the_first_network_is_compared_with_every_other_and_moves_no_other_interval():
    own, other = of_cohorts(a=masks(DICE), b=masks(DICE)), of_cohorts(b=masks([0.4] * 16))
    found = overlap_tables(
        {"automatic": with_dice(own, 0.7), "x": with_dice(other, 0.4), "y": with_dice(other, 0.1)},
        resampling(), resampling(1),
    )  # fmt: skip
    dice = found.scan_pairs[found.scan_pairs["measure"].eq("mts_dice")]
    assert dice[["first", "second", "scans", "n_scans"]].to_numpy().tolist() == [
        ["automatic", "x", "validation", 8], ["automatic", "y", "validation", 8],
    ]  # fmt: skip
    assert dice["value"].tolist() == pytest.approx([0.3, 0.6])
    alone = overlap_tables({"automatic": own, "x": other, "y": other}, resampling(), resampling(1))
    pd.testing.assert_frame_equal(found.pairs, alone.pairs)
