"""Numbers become text in one way only."""

from __future__ import annotations

import math

import pytest

from livermets.report import formatting as fmt


@pytest.mark.parametrize(
    "value,digits,text",
    [
        (0.594, 2, "0.59"),
        (-0.154, 2, "−0.15"),
        (-0.001, 2, "0.00"),
        (8000, 0, "8,000"),
        (math.nan, 2, "n/a"),
        (None, 2, "n/a"),
        (math.inf, 2, "n/a"),
    ],
)
def test_a_number_has_fixed_decimals_a_real_minus_and_never_says_nan(value, digits, text):
    assert fmt.number(value, digits) == text


def test_the_agreement_of_giannini_2020_reads_as_a_person_would_write_it():
    # 19 of 32, Clopper-Pearson 95 %: 40.6 to 76.3 %.
    assert fmt.share(19, 32) == "19 of 32 (59\u00a0%)"
    assert fmt.estimate(19 / 32, 0.4064, 0.7630, as_percent=True) == "59.4\u00a0% (40.6 to 76.3\u00a0%)"


def test_an_interval_without_ends_leaves_the_value_alone():
    assert fmt.estimate(0.5, math.nan, math.nan) == "0.50"
    assert fmt.interval(math.nan, 0.5) == ""


def test_nothing_to_divide_by_gives_no_percent():
    assert fmt.share(0, 0) == "0 of 0"


@pytest.mark.parametrize(
    "p,text",
    [
        (0.0004, "p\u00a0<\u00a00.001"),
        (0.0341, "p\u00a0=\u00a00.034"),
        (0.5, "p\u00a0=\u00a00.50"),
        (1.0000000002, "p\u00a0=\u00a01.00"),
    ],
)
def test_p_values_are_never_zero_and_never_above_one(p, text):
    assert fmt.p_value(p) == text


def test_lists_counts_and_classes_are_words():
    assert fmt.listed(["a", "b", "c"]) == "a, b and c"
    assert fmt.listed(["a"]) == "a"
    assert fmt.plural(1, "lesion") == "1 lesion"
    assert fmt.plural(0, "lesion") == "no lesions"
    assert fmt.plural(8000, "lesion") == "8,000 lesions"
    assert (fmt.response_class(1.0), fmt.response_class(0), fmt.response_class(None)) == ("R+", "R−", "n/a")


@pytest.mark.parametrize("seconds,text", [(3.21, "3.2 s"), (250, "4 min 10 s"), (7500, "2 h 5 min")])
def test_durations_are_read_without_arithmetic(seconds, text):
    assert fmt.duration(seconds) == text


@pytest.mark.parametrize("value,text", [(0.000012, "1.20e−5"), (1943000, "1.94e6"), (25.0, "25"), (0.0123, "0.0123")])
def test_settings_show_significant_digits(value, text):
    assert fmt.significant(value) == text


@pytest.mark.parametrize(
    "low,high,text",
    [
        (0.0019, 0.04, "0.002 to 0.04"), (-0.0004, 0.04, "−0.0004 to 0.04"), (0.0, 0.04, "0.00 to 0.04"),
        (-1e-17, 0.04, "0.00 to 0.04"),
    ],
)  # fmt: skip
def test_an_end_beside_zero_does_not_seem_to_touch_it(low, high, text):
    assert fmt.interval(low, high) == text
