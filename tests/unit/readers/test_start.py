"""What a start changes: pairs from nothing beside pairs with a start, on the same lesions."""

import math

import numpy as np
import pytest
from tests.unit.readers.made import only, pairs_of, tables_of

RANDOM = np.random.default_rng(5)
SOURCES = {
    "ma": {"reader": "A"},
    "mb": {"reader": "B"},
    "aa": {"reader": "A", "start": "net"},
    "ab": {"reader": "B", "start": "net"},
}
FREE = RANDOM.uniform(0.6, 0.8, 20)
NOISE = RANDOM.normal(0, 0.01, 20)


def study(**more):
    dice = {
        ("ma", "mb"): FREE,
        ("aa", "ab"): FREE + 0.15 + NOISE,
        ("ma", "net"): FREE - 0.1,
        ("aa", "net"): FREE + 0.1 + NOISE,
        ("mb", "net"): FREE - 0.2,
        ("ab", "net"): FREE + NOISE,
        ("ma", "aa"): FREE + 0.05,
        ("mb", "ab"): FREE + 0.06,
    }
    return tables_of(pairs_of(dice | more), sources=SOURCES).start


def test_two_readers_with_a_start_beside_the_same_two_without():
    row = only(study(), comparison="between readers", measure="dice")
    assert [row[name] for name in ("source_a", "source_b", "adjusted_a", "adjusted_b")] == ["ma", "mb", "aa", "ab"]
    assert row["without_median"] == pytest.approx(np.median(FREE))
    assert row["difference"] == pytest.approx(0.15 + NOISE.mean())
    assert row["low"] < row["difference"] < row["high"]
    assert (row["n"], row["n_patients"]) == (20, 10)


def test_a_start_draws_a_mask_towards_it_reader_by_reader():
    found = study()
    for reader, difference in (("a", 0.2), ("b", 0.2)):
        row = only(found, comparison="to the start", measure="dice", adjusted_b=f"a{reader}")
        assert (row["source_a"], row["source_b"], row["adjusted_a"]) == ("net", f"m{reader}", "net")
        assert row["difference"] == pytest.approx(difference + NOISE.mean())


def test_a_reader_s_two_masks_are_one_pair():
    row = only(study(), comparison="own correction", measure="dice", adjusted_b="ab")
    assert row["with_mean"] == pytest.approx(FREE.mean() + 0.06)
    assert math.isnan(row["difference"])
    assert math.isnan(row["without_mean"])
    assert "pairs.csv" in row["note"]


def test_without_a_reader_of_both_kinds_the_notes_say_so():
    dice = {("ma", "ab"): FREE}
    tables = tables_of(pairs_of(dice), sources=SOURCES)
    assert tables.start.empty
    assert any("what a start changes cannot be said" in note for note in tables.notes["statement"])
