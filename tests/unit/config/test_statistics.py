"""Cuts of sizes and strata as users write them."""

from __future__ import annotations

import pytest

from livermets.config.load import validate_section
from livermets.config.statistics import StatisticsSettings
from livermets.errors import InputError


@pytest.mark.parametrize("cuts_mm", [[], [20], [10, 20], [5, 10, 20, 30, 50]])
def test_sizes_may_have_any_increasing_cuts(cuts_mm):
    assert validate_section(StatisticsSettings, {"size_cuts_mm": cuts_mm}, "statistics").size_cuts_mm == tuple(cuts_mm)


@pytest.mark.parametrize(
    "cuts_mm, said",
    [
        ([20, 10], "give the values in increasing order, each once"),
        ([10, 10], "give the values in increasing order, each once"),
        ([0, 10], "greater than 0"),
        ([1, 2, 3, 4, 5, 6], "at most 5"),
    ],
)
def test_other_cuts_are_refused(cuts_mm, said):
    with pytest.raises(InputError) as error:
        validate_section(StatisticsSettings, {"size_cuts_mm": cuts_mm}, "statistics")
    (problem,) = error.value.problems
    assert problem.where.startswith("statistics.size_cuts_mm")
    assert said in str(problem)
