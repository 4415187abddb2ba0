"""Lesion-wise and pooled scores against masks counted by hand and by other libraries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from sklearn.metrics import f1_score, precision_score, recall_score

from livermets.masks.matching import match_lesions
from livermets.overlap.detection import detection_estimates
from livermets.stats.resampling import PatientBootstrap

SPACING = (2.0, 0.8, 0.7)


def scores(pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """The estimates of scans given as (manual labels, automatic mask), one patient each."""
    tables = [match_lesions(found, manual, SPACING).table.assign(patient=n) for n, (manual, found) in enumerate(pairs)]
    boot = PatientBootstrap.draw(len(pairs), 100, 0.95, np.random.default_rng(0))
    scans = pd.DataFrame({"patient": range(len(pairs))})
    estimates = detection_estimates(pd.concat(tables, ignore_index=True), scans, boot)
    return {estimate.measure: estimate.value for estimate in estimates}


def row(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint16)[None, None]


def test_by_hand():
    # Lesion 1: IoU 3/4, found; lesion 2: IoU 1/3, found but not at 50 %; lesion 3: missed; one false positive.
    manual = row(1, 1, 1, 0, 0, 2, 2, 2, 0, 3, 0, 0)
    found = row(1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1)
    values = scores([(manual, found)])
    assert values["recall_at_50"] == pytest.approx(1 / 3)
    assert values["precision_at_50"] == pytest.approx(1 / 3)
    assert values["false_positives_per_scan"] == 1
    assert values["pooled_dice"] == pytest.approx(2 * 4 / (7 + 6))


def test_a_false_positive_is_no_lesion():
    manual, found = row(1, 1, 1, 0, 0, 0), row(1, 1, 1, 0, 0, 1)
    table = match_lesions(found, manual, SPACING).table.assign(patient=0)
    boot = PatientBootstrap.draw(1, 100, 0.95, np.random.default_rng(0))
    estimates = detection_estimates(table, pd.DataFrame({"patient": [0]}), boot)
    precision = next(one for one in estimates if one.measure == "precision_at_50")
    assert (precision.k, precision.n) == (1, 2)  # of the automatic lesions
    assert {one.n_lesions for one in estimates} == {1}


def test_exactly_half_is_not_more_than_half():
    assert scores([(row(1, 1, 0, 0), row(1, 0, 0, 0))])["recall_at_50"] == 0


def test_two_parts_of_one_lesion_count_as_one():
    values = scores([(row(1, 1, 1, 1, 1), row(1, 1, 0, 1, 1))])
    assert values["precision_at_50"] == values["recall_at_50"] == 1


def test_scans_without_a_row_count_among_scans():
    nothing = row(0, 0, 0, 0)
    values = scores([(nothing, nothing), (nothing, row(0, 1, 0, 1))])
    assert values["false_positives_per_scan"] == 1
    assert np.isnan(values["recall_at_50"])
    assert values["pooled_dice"] == 0
    assert np.isnan(scores([(nothing, nothing)])["pooled_dice"])


@pytest.mark.parametrize("seed", range(5))
def test_pooled_scores_equal_scikit_learn_on_all_voxels_together(seed):
    random = np.random.default_rng(seed)
    smooth = [ndimage.gaussian_filter(random.normal(size=(6, 24, 24)), 2) for _ in range(6)]
    manual = [ndimage.label(field > 0.08)[0].astype(np.uint16) for field in smooth[:3]]
    found = [field + 0.7 * other > 0.1 for field, other in zip(smooth[:3], smooth[3:], strict=True)]
    values = scores(list(zip(manual, found, strict=True)))
    truth = np.concatenate([labels.ravel() > 0 for labels in manual])
    mask = np.concatenate([one.ravel() for one in found])
    assert values["pooled_dice"] == pytest.approx(f1_score(truth, mask))
    assert values["pooled_precision"] == pytest.approx(precision_score(truth, mask))
    assert values["pooled_recall"] == pytest.approx(recall_score(truth, mask))
