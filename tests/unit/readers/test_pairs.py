"""Pairs over many scans: closed forms, the order of sources, what is lacking, and scans that a network has seen."""

import math

import numpy as np
import pytest
from scipy import stats
from tests.unit.readers.made import only, pairs_of, tables_of

from livermets.stats.resampling import expanded_tail

RANDOM = np.random.default_rng(3)


def test_median_quartiles_mean_and_counts_are_those_of_the_values():
    dice = [0.9, 0.8, 0.0, 0.7, math.nan, 0.95, 0.6, 0.85]
    row = only(tables_of(pairs_of({("manual", "reader2"): dice})).pairs, measure="dice")
    given = np.array([value for value in dice if value == value])
    assert (row["n"], row["n_patients"], row["n_scans"]) == (7, 4, 4)
    assert (row["n_lacking_a"], row["n_lacking_b"], row["n_lacking_both"]) == (0, 1, 1)
    assert [row["median"], row["q1"], row["q3"]] == pytest.approx(np.percentile(given, [50, 25, 75]).tolist())
    assert row["mean"] == pytest.approx(given.mean())
    assert row["kind"] == "reader-reader"


def test_the_interval_of_a_mean_is_that_of_patients_and_not_of_lesions():
    """Alike lesions within a patient: the interval is that of as many values as patients."""
    of_patients = RANDOM.uniform(0.5, 0.9, 40)
    alone, repeated = (
        only(tables_of(pairs_of({("m", "r"): np.repeat(of_patients, times)}, times)).pairs, measure="dice")
        for times in (1, 5)
    )
    for end in ("mean_low", "mean_high", "median_low", "median_high"):
        assert repeated[end] == pytest.approx(alone[end])
    reach = stats.t.ppf(0.975, 39) * of_patients.std(ddof=1) / math.sqrt(40)
    assert alone["mean_high"] - alone["mean_low"] == pytest.approx(2 * reach, rel=0.15)
    assert expanded_tail(0.95, 40) < 0.025


def test_the_share_outside_counts_a_lesion_that_one_source_lacks():
    row = only(
        tables_of(pairs_of({("m", "r"): [0.95, 0.85, 0.0, 0.92, math.nan, 1.0]})).pairs, measure="volume_ratio_outside"
    )
    assert (row["k"], row["n"], row["mean"]) == (2, 5, 0.4)
    assert 0 <= row["mean_low"] < 0.4 < row["mean_high"] <= 1
    assert row["method"] == "cluster-logit-t"
    wide = only(
        tables_of(pairs_of({("m", "r"): [0.95, 0.85, 0.92]}), volume_ratio_limits=[0.5, 2]).pairs,
        measure="volume_ratio_outside",
    )
    assert wide["k"] == 0


def test_a_pair_is_the_same_way_round_whatever_the_order_in_a_scan():
    """A reader comes before a network; the ratio turns with them."""
    one = pairs_of({("m", "net"): [0.5, 0.0]}, cohort="a")
    other = pairs_of({("net", "m"): [0.5, 0.0]}, cohort="b")
    found = tables_of(one, other).pairs
    assert set(zip(found["source_a"], found["source_b"], strict=True)) == {("m", "net")}
    ratio = {cohort: only(found, cohort=cohort, measure="volume_ratio") for cohort in ("a", "b", "all")}
    assert ratio["a"]["median"] == pytest.approx(0.5)
    assert ratio["b"]["median"] == pytest.approx(2.0)
    assert ratio["all"]["n"] == 2
    assert (ratio["a"]["n_lacking_b"], ratio["b"]["n_lacking_a"]) == (1, 1)


def test_scans_that_a_network_was_trained_on_are_left_out_and_counted():
    sources = {"adjusted": {"start": "net"}}
    seen = pairs_of({("m", "net"): [1.0, 1.0], ("m", "adjusted"): [1.0, 1.0], ("m", "r"): [0.8, 0.9]}, cohort="a")
    seen.loc[seen["source_b"] == "net", "seen_in_training_b"] = 1
    fresh = pairs_of({("m", "net"): [0.5, 0.5], ("m", "adjusted"): [0.6, 0.6], ("m", "r"): [0.8, 0.9]}, cohort="b")
    found = tables_of(seen, fresh, sources=sources).pairs
    for name, mean, n_seen in (("net", 0.5, 2), ("adjusted", 0.6, 2), ("r", 0.85, 0)):
        row = only(found, source_b=name, measure="dice", cohort="all")
        assert (row["mean"], row["n_seen"]) == (pytest.approx(mean), n_seen)
    assert only(found, source_b="net", measure="dice", cohort="a")["note"] == "no value"


@pytest.mark.parametrize("patients", [1, 2])
def test_few_patients_have_values_and_are_told_that_there_is_no_interval(patients):
    tables = tables_of(pairs_of({("m", "r"): [0.9, 0.8] * patients}))
    row = only(tables.pairs, measure="dice")
    assert row["median"] == pytest.approx(0.85)
    assert math.isnan(row["mean_low"])
    assert "at least 3" in row["note"]
    assert any(f"{patients} patient" in note for note in tables.notes["statement"])
