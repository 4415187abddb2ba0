"""Outcome rules at their limits, and what a response column may say."""

from __future__ import annotations

import pytest

from livermets.cohort.outcome import response_from_diameters, response_from_entry
from livermets.cohort.units import unit_slips
from livermets.config.outcome import OutcomeSettings


@pytest.mark.parametrize(
    "rule, baseline, followup, response",
    [
        ("growth_mm", 20.0, 23.0, 1),  # grew by 3 mm, not by more
        ("growth_mm", 20.0, 23.1, 0),
        ("growth_mm", 12.1, 15.1, 1),  # 3.0000000000000004 mm in binary
        ("growth_mm", 20.0, 0.0, 1),
        ("growth_percent", 20.0, 24.0, 1),  # 20 %, not more
        ("growth_percent", 20.0, 24.1, 0),
        ("recist11", 20.0, 24.0, 1),  # 20 %, but only 4 mm
        ("recist11", 25.0, 30.0, 0),  # 20 % and 5 mm: progression
        ("recist11", 60.0, 68.0, 1),  # 8 mm, but only 13 %
    ],
)
def test_rules_at_their_limits(rule: str, baseline: float, followup: float, response: int) -> None:
    assert response_from_diameters(baseline, followup, OutcomeSettings(rule=rule)) == response


def test_entries() -> None:
    assert [response_from_entry(word, {}) for word in ("R+", "YES", "1", "r−", "Non-Responder", "?")] == [
        1, 1, 1, 0, 0, None,
    ]  # fmt: skip
    assert response_from_entry("pd", {"PD": 0}) == 0
    assert response_from_entry("1", {"PD": 0}) is None


class Row:
    def __init__(self, baseline: float, followup: float | None = None, row: int = 2):
        self.patient_id, self.timepoint, self.lesion_id, self.row = "P1", "baseline", 1, row
        self.baseline_diameter_mm, self.followup_diameter_mm = baseline, followup


def test_real_diameters_in_mm_are_left_alone() -> None:
    """Sizes of the cohorts described in Giannini 2020 (median 28 mm, 10 mm and more), growing and shrinking."""
    rows = [
        Row(mm, change * mm, n) for n, (mm, change) in enumerate([(10, 1.4), (19, 0.2), (28, 0), (36, 1.9), (80, 0.5)])
    ]
    assert list(unit_slips(rows, "here")) == []


def test_centimetres_are_noticed_in_a_table_and_in_a_row() -> None:
    assert "look like centimetres" in next(unit_slips([Row(1.9), Row(2.8), Row(3.6)], "here"))[1]
    rows = [Row(19.0, 20.0, 2), Row(28.0, 2.6, 3), Row(2.2, 23.0, 4)]
    assert [where for where, _, _ in unit_slips(rows, "here")] == [
        "here, row 3, patient P1, lesion 1", "here, row 4, patient P1, lesion 1",
    ]  # fmt: skip
