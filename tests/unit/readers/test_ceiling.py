"""Network against reader beside reader against reader: the difference, its interval, and the verdict."""

import math

import numpy as np
import pytest
from tests.unit.readers.made import only, pairs_of, tables_of

from livermets.readers.ceiling import verdict

RANDOM = np.random.default_rng(8)
READERS = RANDOM.uniform(0.7, 0.9, 40)


@pytest.mark.parametrize(
    "low,high,said",
    [
        (-0.04, 0.02, "within"),
        (-0.04, -0.01, "within"),
        (-0.06, 0.02, "cannot say"),
        (-0.06, -0.04, "cannot say"),
        (-0.2, -0.06, "below"),
        (-0.05, 0.1, "cannot say"),
        (math.nan, math.nan, "cannot say"),
    ],
)
def test_the_verdict_is_one_of_non_inferiority(low, high, said):
    assert verdict(low, high, 0.05, larger_is_better=True) == said
    assert verdict(-high, -low, 0.05, larger_is_better=False) == said


def test_without_a_margin_there_is_no_verdict():
    assert verdict(-0.2, -0.1, None, larger_is_better=True) == ""


def study(with_a, with_b, readers=READERS, **settings):
    return tables_of(pairs_of({("m", "r"): readers, ("m", "net"): with_a, ("r", "net"): with_b}), **settings)


@pytest.mark.parametrize("shift,said", [(-0.01, "within"), (-0.05, "cannot say"), (-0.15, "below"), (0.05, "within")])
def test_a_network_that_is_as_good_as_a_reader_less_a_shift(shift, said):
    noise = RANDOM.normal(0, 0.02, 40)
    noise -= noise.mean()
    found = study(READERS + shift + noise, READERS + shift - noise).ceiling
    row = only(found, measure="dice", against="a")
    assert row["verdict"] == said
    assert row["difference"] == pytest.approx(shift)
    assert row["low"] < shift < row["high"]
    assert row["readers_mean"] == pytest.approx(READERS.mean())
    assert (row["n"], row["n_patients"], row["margin"]) == (40, 20, 0.05)
    assert only(found, measure="dice", against="both")["difference"] == pytest.approx(shift)


def test_margins_are_those_of_the_study_and_a_distance_is_better_when_it_is_smaller():
    noise = RANDOM.normal(0, 0.02, 40)
    worse = READERS - 0.1 + noise
    found = study(worse, worse, margins={"assd_mm": 0.5, "hausdorff_mm": 5.0}).ceiling
    verdicts = {row["measure"]: row["verdict"] for row in found[found["against"] == "a"].to_dict("records")}
    assert verdicts == {"dice": "", "volume_ratio_outside": "", "assd_mm": "below", "hausdorff_mm": "within"}


def test_only_lesions_that_every_pair_has_count_and_the_others_are_counted():
    """Reader b and the network miss the first lesion: between the two there is nothing to measure."""
    readers, with_a, with_b = READERS.copy(), READERS.copy(), READERS - 0.1
    readers[0], with_a[0], with_b[0] = 0.0, 0.0, math.nan
    found = study(with_a, with_b, readers=readers).ceiling
    assert only(found, measure="dice", against="a")["n_left_out"] == 0
    row = only(found, measure="dice", against="b")
    assert (row["n"], row["n_left_out"]) == (39, 1)
    assert row["readers_mean"] == pytest.approx(READERS[1:].mean())
    assert only(found, measure="assd_mm", against="a")["n_left_out"] == 1


def test_corrected_masks_are_no_ceiling_and_programs_are_compared_as_networks_are():
    sources = {"r": {"start": "net"}, "nnunet": {"tool": True}}
    dice = {("m", "r"): READERS, ("m", "net"): READERS, ("r", "net"): READERS}
    assert tables_of(pairs_of(dice), sources=sources).ceiling.empty
    dice = {("m", "r"): READERS, ("m", "nnunet"): READERS, ("r", "nnunet"): READERS}
    found = tables_of(pairs_of(dice), sources={"nnunet": {"tool": True}}).ceiling
    assert set(found["mask_source"]) == {"nnunet"}


def test_two_patients_get_values_and_no_verdict():
    found = study(READERS[:4] - 0.3, READERS[:4] - 0.3, readers=READERS[:4]).ceiling
    row = only(found, measure="dice", against="both")
    assert (row["verdict"], row["difference"]) == ("cannot say", pytest.approx(-0.3))
    assert "at least 3" in row["note"]
