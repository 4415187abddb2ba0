"""The Youden threshold: ties, one class, one score, and resampling by patient."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.errors import InputError
from livermets.randomness import generator
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.youden import youden_threshold


def test_perfect_separation_puts_the_threshold_halfway() -> None:
    found = youden_threshold([0.1, 0.2, 0.6, 0.9], [0, 0, 1, 1])
    assert (found.threshold, found.youden, found.sensitivity, found.specificity) == pytest.approx((0.4, 1, 1, 1))


def test_against_every_threshold_tried_in_turn() -> None:
    random = np.random.default_rng(5)
    score, response = random.integers(0, 15, 60) / 15, random.integers(0, 2, 60)
    found = youden_threshold(score, response)
    best = max(
        np.mean(score[response == 1] >= t) + np.mean(score[response == 0] < t) - 1 for t in np.linspace(0, 1, 997)
    )
    assert found.youden == pytest.approx(best)
    called = score >= found.threshold
    assert found.sensitivity == pytest.approx(np.mean(called[response == 1]))
    assert found.specificity == pytest.approx(np.mean(~called[response == 0]))


def test_of_equal_indices_the_balanced_one_is_taken() -> None:
    """R+ and R- alternate, so four thresholds have index 0.25: 1.5 (sensitivity 1, specificity 0.25), 3.5 (0.75, 0.5),
    5.5 (0.5, 0.75) and 7.5 (0.25, 1). Two are equally balanced, and the lower one is taken."""
    found = youden_threshold([1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 0, 1, 0, 1, 0, 1])
    assert (found.sensitivity, found.specificity, found.youden) == (0.75, 0.5, 0.25)
    assert found.threshold == 3.5
    assert found.ties == 4


def test_one_score_only_is_said() -> None:
    found = youden_threshold([0.3] * 6, [0, 1, 0, 1, 0, 1])
    assert (found.threshold, found.youden) == (0.3, 0.0)
    assert found.note == "every lesion has the same score"
    assert np.isnan(found.low)


@pytest.mark.parametrize(
    "score, response, said",
    [
        ([0.1, 0.2], [1, 1], "all lesions have the same outcome"),
        ([0.1, np.nan], [0, 1], "a lesion has no score"),
        ([0.1, 0.2], [0, np.nan], "the outcome must be 0 or 1"),
    ],
)
def test_wrong_input_is_a_sentence(score, response, said: str) -> None:
    with pytest.raises(InputError, match=said):
        youden_threshold(score, response)


def test_interval_is_by_patient() -> None:
    """Each lesion ten times in the same patient: nothing new is known, so the interval stays; taken as independent
    lesions it would shrink."""
    random = np.random.default_rng(2)
    response = np.tile([0, 1], 15)
    score = random.normal(response, 1.0)
    patient = np.arange(30)
    once = youden_threshold(score, response, patient, seed=4)
    repeated = youden_threshold(np.repeat(score, 10), np.repeat(response, 10), np.repeat(patient, 10), seed=4)
    assert (once.low, once.high) == (repeated.low, repeated.high)
    naive = youden_threshold(np.repeat(score, 10), np.repeat(response, 10), seed=4)
    assert naive.high - naive.low < repeated.high - repeated.low
    assert once.low <= once.threshold <= once.high


@pytest.mark.parametrize("seed", range(6))
def test_every_resample_has_cut_points_of_its_own(seed: int) -> None:
    """Against the threshold of each resample written out lesion by lesion: ties, few patients, coarse scores."""
    random = np.random.default_rng(seed)
    patient = np.sort(random.integers(0, 7, 30))
    response = (random.random(30) < 0.6).astype(int)
    score = np.round(random.random(30) + 0.2 * response, 1 + seed % 3)
    found = youden_threshold(score, response, patient, replicates=400, seed=seed)
    codes = np.unique(patient, return_inverse=True)[1]
    boot = PatientBootstrap.draw(codes.max() + 1, 400, 0.95, generator(seed, "youden threshold"))
    thresholds = []
    for weights in boot.weights.astype(int):
        drawn = np.repeat(np.arange(30), weights[codes])
        both = len(np.unique(response[drawn])) == 2
        thresholds.append(youden_threshold(score[drawn], response[drawn], replicates=0).threshold if both else np.nan)
    (low, high), _ = boot.interval(np.array(thresholds), codes.max() + 1)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_neighbouring_floats_stay_apart() -> None:
    low = 0.1
    high = np.nextafter(low, 1)
    found = youden_threshold([low, low, high, high], [0, 0, 1, 1])
    assert (found.sensitivity, found.specificity) == (1, 1)
    assert low < found.threshold <= high


def test_same_seed_same_interval() -> None:
    random = np.random.default_rng(0)
    score, response = random.random(40), random.integers(0, 2, 40)
    first, again = (youden_threshold(score, response, np.arange(40) // 4, seed=9) for _ in range(2))
    assert first == again
