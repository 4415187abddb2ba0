"""Many two-layer networks trained at once: a whole generation of the genetic search, every fold, as a few large
matrix products.

The networks of one fold see the same rows in the same order, so the hidden neurons of all of them are the rows of one
weight matrix and their activations one matrix product; a network's own features are a mask on its rows. Networks are
trained in blocks of about `BLOCK_UNITS` neurons, one thread per block and never several threads within a product.
Hence a network's weights depend on nothing but its own features, neurons, rows and seed: not on the other networks
of the block, nor on the number of threads. The last digits need care: MKL takes another routine for products of fewer
than four rows or of an odd width, and torch another sigmoid for the elements left over after the last full vector;
blocks are padded beyond all three (a test compares the bits).

The recipe is scikit-learn's ``MLPClassifier``: Glorot-uniform weights, ReLU, Adam, mini-batches shuffled every epoch,
weighted log loss, L2 penalty divided by the weight of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from livermets.config.selection import ResponseNetworkSettings
from livermets.model.genome import Genome
from livermets.model.network import Network
from livermets.model.preparation import TrainingRows
from livermets.randomness import generator

BLOCK_UNITS = 512
_SMALLEST_BLOCK_UNITS = 8
_OUTPUT_MULTIPLE = 32
_FEATURE_MULTIPLE = 16
_GPU_BLOCK_UNITS = 8192
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class _Room:
    """Scratch tensors of one batch size: hidden × rows twice, networks × rows once."""

    hidden: torch.Tensor
    spread: torch.Tensor
    logits: torch.Tensor


class _Block:
    """Some networks of one fold: the parameters of all of them in one flat vector, hidden neurons one below the
    other."""

    def __init__(self, genomes: Sequence[Genome], n_features: int, seed: int, device: torch.device):
        self.genomes, self.n_features = genomes, n_features
        self.rooms: dict[int, _Room] = {}
        n_features = _padded(n_features, _FEATURE_MULTIPLE)
        self.units = max(sum(genome.hidden for genome in genomes), _SMALLEST_BLOCK_UNITS)
        outputs = _padded(len(genomes), _OUTPUT_MULTIPLE)
        sizes = (self.units * n_features, self.units, self.units, outputs)
        self.theta = torch.zeros(sum(sizes), device=device)
        self.gradient = torch.zeros_like(self.theta)
        self.weight, self.bias, self.output, self.output_bias = self._views(self.theta, sizes, n_features)
        self.d_weight, self.d_bias, self.d_output, self.d_output_bias = self._views(self.gradient, sizes, n_features)
        owner, mask = np.zeros(self.units, dtype=np.int64), np.zeros((self.units, n_features), dtype=np.float32)
        self._initialise(owner, mask, seed, device)
        self.owner = torch.from_numpy(owner).to(device)
        self.mask = torch.from_numpy(mask).to(device)

    @staticmethod
    def _views(flat: torch.Tensor, sizes: Sequence[int], n_features: int) -> tuple[torch.Tensor, ...]:
        weight, bias, output, output_bias = torch.split(flat, list(sizes))
        return weight.view(-1, n_features), bias, output, output_bias

    def _initialise(self, owner: NDArray, mask: NDArray, seed: int, device: torch.device) -> None:
        """Glorot-uniform start. All networks of a seed share one table of draws (common random numbers), so that two
        candidates that differ in one feature differ in little else."""
        n_features = mask.shape[1]
        largest = max(genome.hidden for genome in self.genomes)
        rng = generator(seed, "weights")
        draws = np.stack([rng.uniform(-1, 1, n_features + 2).astype(np.float32) for _ in range(largest)])
        last = generator(seed, "output bias").uniform(-1, 1)  # a stream of its own: the table's length varies
        start = 0
        for number, genome in enumerate(self.genomes):
            rows = slice(start, start + genome.hidden)
            owner[rows], mask[rows] = number, genome.mask(n_features)
            inner = np.sqrt(6.0 / (len(genome.features) + genome.hidden))
            outer = np.sqrt(6.0 / (genome.hidden + 1))
            own = torch.from_numpy(draws[: genome.hidden]).to(device)
            self.weight[rows] = own[:, :n_features] * torch.from_numpy(mask[rows]).to(device) * inner
            self.bias[rows] = own[:, n_features] * inner
            self.output[rows] = own[:, n_features + 1] * outer
            self.output_bias[number] = float(last * outer)
            start += genome.hidden

    def logits(self, features_t: torch.Tensor) -> torch.Tensor:
        """Networks × rows, from features × rows."""
        room = self._room(features_t.shape[1])
        self._hidden(features_t, room.hidden)
        return self._output(room)

    def _room(self, rows: int) -> _Room:
        """Scratch tensors for a batch of ``rows``, kept: allocating them in every step costs as much as a product."""
        if rows not in self.rooms:
            like = self.theta.new_empty
            self.rooms[rows] = _Room(like(self.units, rows), like(self.units, rows), like(len(self.output_bias), rows))
        return self.rooms[rows]

    def _hidden(self, features_t: torch.Tensor, out: torch.Tensor) -> None:
        # Not addmm: where the bias enters the sum depends on the size of the block, and so would the last digit.
        torch.mm(self.weight, features_t, out=out).add_(self.bias[:, None]).relu_()

    def _output(self, room: _Room) -> torch.Tensor:
        torch.mul(room.hidden, self.output[:, None], out=room.spread)
        return room.logits.copy_(self.output_bias[:, None]).index_add_(0, self.owner, room.spread)

    def step(self, features: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, l2: float) -> None:
        """Gradient of the weighted log loss of every network, written out by hand: autograd would keep copies and
        double the time of the parts that are not matrix products."""
        room = self._room(len(features))
        self._hidden(features.T, room.hidden)
        total = float(weight.sum())
        error = self._output(room).sigmoid_().sub_(target).mul_(weight / total)
        torch.sum(error, 1, out=self.d_output_bias)
        spread = torch.index_select(error, 0, self.owner, out=room.spread)
        torch.linalg.vecdot(room.hidden, spread, out=self.d_output)
        self.d_output.add_(self.output, alpha=l2 / total)
        spread.mul_(self.output[:, None])
        back = torch.ops.aten.threshold_backward.grad_input(spread, room.hidden, 0, grad_input=spread)
        torch.sum(back, 1, out=self.d_bias)
        torch.mm(back, features, out=self.d_weight)
        self.d_weight.mul_(self.mask).add_(self.weight, alpha=l2 / total)

    def networks(self) -> list[Network]:
        """The fitted networks, one by one."""
        counts = [genome.hidden for genome in self.genomes]
        used = sum(counts)
        weight = self.weight[:, : self.n_features]
        parts = (part[:used].cpu().split(counts) for part in (weight, self.bias, self.output))
        return [
            Network(w.numpy().copy(), b.numpy().copy(), v.numpy().copy(), float(c))
            for w, b, v, c in zip(*parts, self.output_bias[: len(counts)].cpu(), strict=True)
        ]


def _padded(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def _wide(features: NDArray[np.float32]) -> torch.Tensor:
    """Features with empty columns up to a full multiple."""
    more = _padded(features.shape[1], _FEATURE_MULTIPLE) - features.shape[1]
    return torch.from_numpy(np.pad(features, ((0, 0), (0, more))))


def optimiser_steps(n_rows: int, settings: ResponseNetworkSettings) -> tuple[int, int]:
    """Epochs and steps per epoch for a training set of ``n_rows``."""
    per_epoch = -(-n_rows // settings.batch_size)
    return max(settings.epochs, -(-settings.minimum_steps // per_epoch)), per_epoch


def _train_block(block: _Block, rows: TrainingRows, settings: ResponseNetworkSettings, seed: int) -> None:
    device = block.theta.device
    features = _wide(rows.features).to(device)
    target, weight = (torch.from_numpy(np.ascontiguousarray(part)).to(device) for part in (rows.target, rows.weight))
    parameter = torch.nn.Parameter(block.theta, requires_grad=True)
    parameter.grad = block.gradient
    adam = torch.optim.Adam([parameter], lr=settings.learning_rate, fused=True)
    rng = generator(seed, "order")
    epochs, _ = optimiser_steps(len(features), settings)
    with torch.no_grad():
        for _ in range(epochs):
            order = torch.from_numpy(rng.permutation(len(features))).to(device)
            shuffled = features[order], target[order], weight[order]
            for x, y, w in zip(*(part.split(settings.batch_size) for part in shuffled), strict=True):
                block.step(x, y, w, settings.l2)
                adam.step()


def blocks_of(genomes: Sequence[Genome], limit: int) -> list[list[int]]:
    """Positions of the genomes, in order, in runs of at most about ``limit`` hidden neurons."""
    blocks: list[list[int]] = []
    units = limit
    for position, genome in enumerate(genomes):
        if units + genome.hidden > limit:
            blocks.append([])
            units = 0
        blocks[-1].append(position)
        units += genome.hidden
    return blocks


def train_networks(
    folds: Sequence[TrainingRows],
    genomes: Sequence[Genome],
    settings: ResponseNetworkSettings,
    seeds: Sequence[int],
    *,
    held_out: Sequence[NDArray[np.float32]] | None = None,
    threads: int = 1,
    device: str = "cpu",
) -> tuple[list[list[Network]], list[NDArray[np.float32]]]:
    """Trains every genome in every fold.

    Returns the networks (``[fold][genome]``), and for every fold the logits of ``held_out`` (genomes × rows), or
    empty arrays. A logit above 0 means R+ is the more probable class at the balance of the weights."""
    on = torch.device(device)
    limit = BLOCK_UNITS if on.type == "cpu" else _GPU_BLOCK_UNITS
    jobs = [(fold, block) for fold in range(len(folds)) for block in blocks_of(genomes, limit)]

    def work(job: tuple[int, list[int]]) -> tuple[list[Network], NDArray[np.float32]]:
        fold, positions = job
        block = _Block([genomes[p] for p in positions], folds[fold].features.shape[1], seeds[fold], on)
        _train_block(block, folds[fold], settings, seeds[fold])
        if held_out is None:
            return block.networks(), np.empty((len(positions), 0), dtype=np.float32)
        with torch.no_grad():
            logits = block.logits(_wide(held_out[fold]).to(on).T)
        return [], logits[: len(positions)].cpu().numpy()

    done = in_threads(work, jobs, threads if on.type == "cpu" else 1)
    networks: list[list[Network]] = [[] for _ in folds]
    logits: list[list[NDArray[np.float32]]] = [[] for _ in folds]
    for (fold, _), (fitted, out) in zip(jobs, done, strict=True):
        networks[fold] += fitted
        logits[fold].append(out)
    none = np.empty((0, 0 if held_out is None else len(held_out[0])), dtype=np.float32)
    return networks, [np.concatenate(parts) if parts else none for parts in logits]


def in_threads(work: Callable[[_Item], _Result], jobs: Sequence[_Item], threads: int) -> list[_Result]:
    """Jobs side by side, one torch thread in each: the answer cannot depend on how many run at once."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(max(1, threads), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(work, jobs))
    finally:
        torch.set_num_threads(before)
