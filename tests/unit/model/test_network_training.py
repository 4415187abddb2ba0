import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from livermets.config.selection import ResponseNetworkSettings
from livermets.model import network_training
from livermets.model.genome import Genome
from livermets.model.network import network_logits
from livermets.model.network_training import blocks_of, optimiser_steps, train_networks
from livermets.model.preparation import TrainingRows

FEATURES = 9


def rows(count: int, seed: int = 0) -> TrainingRows:
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, FEATURES)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + random.normal(size=count) > 0).astype(np.float32)
    w = random.uniform(0.2, 2, count).astype(np.float32)
    return TrainingRows(x, y, w / w.mean())


def genomes(count: int, seed: int = 1) -> list[Genome]:
    random = np.random.default_rng(seed)
    return [
        Genome(tuple(np.flatnonzero(random.random(FEATURES) < 0.6)) or (0,), int(random.integers(1, 12)))
        for _ in range(count)
    ]


@pytest.mark.slow
def test_training_follows_scikit_learn_step_for_step():
    """Same start, full batches: the weights after 25 Adam steps are MLPClassifier's."""
    data, genome = rows(120), Genome((0, 2, 3, 7), 5)
    settings = ResponseNetworkSettings(epochs=25, minimum_steps=1, batch_size=120, l2=0.05)
    reference = MLPClassifier(
        (5,), alpha=0.05, batch_size=120, max_iter=1, warm_start=True, tol=0, n_iter_no_change=1000, random_state=3
    )
    selected = data.features[:, genome.features].astype(np.float64)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        reference.fit(selected, data.target, sample_weight=data.weight.astype(np.float64))
    block = network_training._Block([genome], FEATURES, 0, torch.device("cpu"))
    start = np.zeros((5, FEATURES), dtype=np.float32)
    start[:, genome.features] = reference.coefs_[0].T
    block.weight[:5, :FEATURES] = torch.from_numpy(start)
    block.bias[:5] = torch.from_numpy(reference.intercepts_[0].astype(np.float32))
    block.output[:5] = torch.from_numpy(reference.coefs_[1][:, 0].astype(np.float32))
    block.output_bias[0] = float(reference.intercepts_[1][0])
    reference.max_iter = 25
    with pytest.warns(UserWarning, match="Maximum iterations"):
        reference.fit(selected, data.target, sample_weight=data.weight.astype(np.float64))
    network_training._train_block(block, data, settings, 0)
    fitted = block.networks()[0]
    np.testing.assert_allclose(fitted.hidden_weight[:, genome.features], reference.coefs_[0].T, atol=2e-5)
    np.testing.assert_allclose(fitted.hidden_bias, reference.intercepts_[0], atol=2e-5)
    np.testing.assert_allclose(fitted.output_weight, reference.coefs_[1][:, 0], atol=2e-5)
    assert fitted.output_bias == pytest.approx(reference.intercepts_[1][0], abs=2e-5)


def test_gradient_is_what_autograd_says():
    data, chosen = rows(50), genomes(4)
    block = network_training._Block(chosen, FEATURES, 0, torch.device("cpu"))
    x = network_training._wide(data.features).double()
    y, w = (torch.from_numpy(part).double() for part in (data.target, data.weight))
    weight, bias, output = (part.double().clone().requires_grad_() for part in (block.weight, block.bias, block.output))
    hidden = torch.relu(x @ (weight * block.mask).T + bias)
    loss = torch.zeros((), dtype=torch.float64)
    for number in range(4):
        own = block.owner == number
        logit = hidden[:, own] @ output[own] + block.output_bias[number].double()
        each = torch.nn.functional.binary_cross_entropy_with_logits(logit, y, reduction="none")
        loss = (
            loss + ((each * w).sum() + 0.5 * 0.3 * (weight[own].square().sum() + output[own].square().sum())) / w.sum()
        )
    loss.backward()
    with torch.no_grad():
        block.step(x.float(), y.float(), w.float(), 0.3)
    for mine, theirs in ((block.d_weight, weight), (block.d_bias, bias), (block.d_output, output)):
        np.testing.assert_allclose(mine.numpy(), theirs.grad.numpy(), atol=1e-6)


@pytest.mark.parametrize("mates", [0, 1, 7, 60])
def test_result_does_not_depend_on_who_else_is_in_the_batch(mates):
    data, own, others = rows(333), genomes(3, seed=5), genomes(mates, seed=6)
    settings = ResponseNetworkSettings(epochs=2, minimum_steps=1, batch_size=100)
    held_out = [rows(57, seed=9).features]
    _, alone = train_networks([data], own, settings, [4], held_out=held_out)
    for before in (0, mates // 2, mates):
        everybody = [*others[:before], *own, *others[before:]]
        _, together = train_networks([data], everybody, settings, [4], held_out=held_out)
        np.testing.assert_array_equal(together[0][before : before + 3], alone[0])


def test_result_does_not_depend_on_threads(monkeypatch):
    monkeypatch.setattr(network_training, "BLOCK_UNITS", 16)  # many blocks
    folds, chosen = [rows(200), rows(150, seed=2)], genomes(12)
    settings = ResponseNetworkSettings(epochs=2, minimum_steps=1)
    held_out = [rows(40, seed=7).features, rows(50, seed=8).features]
    one = train_networks(folds, chosen, settings, [1, 2], held_out=held_out, threads=1)[1]
    four = train_networks(folds, chosen, settings, [1, 2], held_out=held_out, threads=4)[1]
    for a, b in zip(one, four, strict=True):
        np.testing.assert_array_equal(a, b)


def test_fitted_networks_give_the_logits_of_the_batch():
    data, chosen = rows(200), genomes(5)
    settings = ResponseNetworkSettings(epochs=2, minimum_steps=1)
    fresh = rows(40, seed=7).features
    fitted = train_networks([data], chosen, settings, [1])[0][0]
    batch = train_networks([data], chosen, settings, [1], held_out=[fresh])[1][0]
    for own, logits in zip(fitted, batch, strict=True):
        np.testing.assert_allclose(network_logits(own, fresh), logits, atol=1e-4)


def test_features_that_are_not_selected_have_no_influence():
    data, genome = rows(200), Genome((1, 4), 6)
    settings = ResponseNetworkSettings(epochs=2, minimum_steps=1)
    changed = data.features.copy()
    changed[:, [0, 2, 3, 5, 6, 7, 8]] = 7.0
    fresh = rows(40, seed=7).features
    plain = train_networks([data], [genome], settings, [1], held_out=[fresh])[1][0]
    other = train_networks([TrainingRows(changed, data.target, data.weight)], [genome], settings, [1], held_out=[fresh])
    np.testing.assert_array_equal(plain, other[1][0])


def test_learns_what_a_linear_model_cannot():
    """Exclusive or: no hidden layer, no chance."""
    random = np.random.default_rng(0)
    x = random.normal(size=(800, FEATURES)).astype(np.float32)
    y = ((x[:, 0] > 0) ^ (x[:, 1] > 0)).astype(np.float32)
    settings = ResponseNetworkSettings(epochs=150, minimum_steps=1, learning_rate=5e-3)
    data = TrainingRows(x[:600], y[:600], np.ones(600, dtype=np.float32))
    logits = train_networks([data], [Genome((0, 1), 8)], settings, [0], held_out=[x[600:]])[1][0][0]
    assert roc_auc_score(y[600:], logits) > 0.95


def test_steps_and_blocks():
    settings = ResponseNetworkSettings(epochs=20, minimum_steps=300, batch_size=200)
    assert optimiser_steps(1000, settings) == (60, 5)
    assert optimiser_steps(20_000, settings) == (20, 100)
    sizes = [Genome((0,), hidden) for hidden in (5, 5, 5, 9, 20, 1)]
    assert blocks_of(sizes, 10) == [[0, 1], [2], [3], [4], [5]]
    assert blocks_of([], 10) == []
