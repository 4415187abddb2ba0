import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from livermets.model.scores import auc_within_folds, balanced_accuracy, concordant_pairs, lesion_scores


@pytest.mark.parametrize("decimals", [8, 1, 0])
def test_weighted_auc_is_scikit_learns_with_and_without_ties(decimals):
    random = np.random.default_rng(decimals)
    score = np.round(random.normal(size=300), decimals)
    response, weight = random.integers(0, 2, 300), random.uniform(0.1, 3, 300)
    won, pairs = concordant_pairs(score, response, weight)
    assert won / pairs == pytest.approx(roc_auc_score(response, score, sample_weight=weight), abs=1e-12)


def test_auc_within_folds_ignores_shifts_between_folds():
    random = np.random.default_rng(0)
    fold, response, equal = np.repeat([0, 1, 2], 40), random.integers(0, 2, 120), np.ones(120)
    score = random.normal(size=120) + response
    shifted = score + 10 * fold
    assert auc_within_folds(score, response, equal, fold) == auc_within_folds(shifted, response, equal, fold)
    each = [roc_auc_score(response[fold == f], score[fold == f]) for f in range(3)]
    pairs = [np.prod(np.bincount(response[fold == f])) for f in range(3)]
    assert auc_within_folds(score, response, equal, fold) == pytest.approx(np.average(each, weights=pairs))


def test_auc_is_not_available_without_pairs():
    assert np.isnan(auc_within_folds(np.arange(4.0), np.array([0, 0, 1, 1]), np.ones(4), np.array([0, 0, 1, 1])))


def test_balanced_accuracy_is_scikit_learns():
    random = np.random.default_rng(1)
    response, called, weight = random.integers(0, 2, 90), random.integers(0, 2, 90), random.uniform(0.1, 3, 90)
    expected = balanced_accuracy_score(response, called, sample_weight=weight)
    assert balanced_accuracy(called.astype(bool), response, weight) == pytest.approx(expected)


def test_share_counts_rois_and_leaves_empty_lesions_empty():
    logits = np.array([[1.0, -1.0, 0.0, 2.0, -0.1]])
    share = lesion_scores(logits, np.array([0, 0, 0, 2, 2]), 4)
    np.testing.assert_allclose(share, [[2 / 3, np.nan, 0.5, np.nan]])
    mean = lesion_scores(np.array([[0.0, np.log(3)]]), np.array([0, 0]), 1, "mean_probability")
    np.testing.assert_allclose(mean, [[0.625]])
