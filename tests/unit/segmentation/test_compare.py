"""Paired comparison of two models against closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from livermets.errors import InputError
from livermets.segmentation.compare import compare_segmentations


def matching(detected: list[int], dice: list[float], patients: int = 8) -> pd.DataFrame:
    """One lesion per row, patients in turn, and a false positive that must not count."""
    rows = [
        ("c", f"P{n % patients}", "baseline", n, "manual", found, overlap)
        for n, (found, overlap) in enumerate(zip(detected, dice, strict=True), start=1)
    ]
    rows.append(("c", "P0", "baseline", 1001, "false_positive", None, 0.0))
    return pd.DataFrame(rows, columns=["cohort", "patient_id", "timepoint", "lesion_id", "kind", "detected", "dice"])


def compared(first: pd.DataFrame, second: pd.DataFrame) -> dict[tuple[str, str], object]:
    estimates = compare_segmentations(first, second, np.random.default_rng(0))
    return {(estimate.measure, estimate.method): estimate for estimate in estimates}


def test_differences_and_discordant_lesions():
    # 6 lesions found by the first model only, 1 by the second only: exact p = 2 · P(X <= 1 | 7, 1/2) = 16 / 128.
    first = matching([1] * 10 + [1] * 6 + [0], [0.8] * 16 + [0.0])
    second = matching([1] * 10 + [0] * 6 + [1], [0.7] * 10 + [0.0] * 6 + [0.5])
    found = compared(first, second)
    assert found["detection_difference", "cluster-bootstrap"].value == pytest.approx(5 / 17)
    assert found["dice_difference", "cluster-bootstrap"].value == pytest.approx((10 * 0.1 + 6 * 0.8 - 0.5) / 17)
    assert found["detection_mcnemar_p", "exact-binomial"].value == pytest.approx(16 / 128)
    assert found["detected_by_first_only", "count"].value == 6
    assert found["detected_by_second_only", "count"].value == 1
    interval = found["dice_difference", "cluster-bootstrap"]
    assert interval.low < interval.value < interval.high


def test_a_model_against_itself_differs_in_nothing():
    table = matching([1, 0, 1, 1] * 4, [0.5, 0.0, 0.7, 0.9] * 4)
    found = compared(table, table)
    difference = found["dice_difference", "cluster-bootstrap"]
    assert difference.value == 0
    assert difference.note  # nothing varies, so there is nothing to resample, and that is said
    assert found["detection_mcnemar_p", "exact-binomial"].value == 1


def test_different_lesions_are_refused():
    with pytest.raises(InputError, match="patient P3, lesion 3: 1 manual lesions are in only one"):
        compare_segmentations(matching([1, 1, 1], [1] * 3), matching([1, 1], [1] * 2), np.random.default_rng(0))
