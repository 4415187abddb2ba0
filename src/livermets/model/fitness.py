"""Cross-validated fitness of many chromosomes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings
from livermets.model.data import TrainingData, patients_per_class
from livermets.model.folds import patient_folds
from livermets.model.genome import Genome
from livermets.model.network_training import train_networks
from livermets.model.preparation import TrainingRows, row_weights, training_rows
from livermets.model.scores import Score, auc_within_folds, balanced_accuracy, lesion_scores
from livermets.randomness import integer_seed


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Training data cut into folds by patient, each with its own scaler; scores chromosomes on held-out patients.

    A chromosome's score depends on nothing but itself, the data, the settings and the seed."""

    data: TrainingData
    settings: SelectionSettings
    fold: NDArray[np.intp]
    """Fold of every lesion."""
    training: tuple[TrainingRows, ...]
    held_out: tuple[NDArray[np.float32], ...]
    seeds: tuple[int, ...]
    weight: NDArray[np.float64]
    """Weight of every row in the score: by lesion size, not by class."""
    threads: int = 1

    @classmethod
    def prepare(cls, data: TrainingData, settings: SelectionSettings, seed: int, threads: int = 1) -> CrossValidation:
        """Cuts folds (as many as asked for, or as the rarer class has patients) and scales each."""
        folds = min(settings.search.folds, patients_per_class(data))
        fold = patient_folds(data.response, data.patient, folds, seed, "search")
        seeds = tuple(integer_seed(seed, "fold", number) for number in range(folds))
        training, held_out = [], []
        for number in range(folds):
            rows, scaler = training_rows(data.subset(fold != number), settings.network, seeds[number])
            training.append(rows)
            held_out.append(scaler.apply(data.features[fold[data.lesion] == number]))
        unbalanced = settings.network.model_copy(update={"class_weight": "none"})
        weight = row_weights(data, np.arange(len(data.lesion)), unbalanced)
        return cls(data, settings, fold, tuple(training), tuple(held_out), seeds, weight, threads)

    def logits(self, genomes: Sequence[Genome]) -> NDArray[np.float32]:
        """Out-of-fold logits, (genomes, rows): each row's by the network that has not seen its patient."""
        if not genomes:
            return np.empty((0, len(self.data.lesion)), dtype=np.float32)
        _, parts = train_networks(
            self.training,
            genomes,
            self.settings.network,
            self.seeds,
            held_out=self.held_out,
            threads=self.threads,
            device=device_name(self.settings),
        )
        logits = np.empty((len(genomes), len(self.data.lesion)), dtype=np.float32)
        row_fold = self.fold[self.data.lesion]
        for number, part in enumerate(parts):
            logits[:, row_fold == number] = part
        return logits

    def scores(self, genomes: Sequence[Genome]) -> list[float]:
        """The configured score of every genome, before any parsimony."""
        logits = self.logits(genomes)
        data, fold = self.data, self.fold
        kind = self.settings.search.fitness
        if kind == "lesion_auc":
            shares = lesion_scores(logits, data.lesion, data.n_lesions, score_of(data, self.settings))
            equal = np.ones(data.n_lesions)
            return [auc_within_folds(share, data.response, equal, fold) for share in shares]
        response = data.row_response
        if kind == "roi_balanced_accuracy":
            return [balanced_accuracy(row >= 0, response, self.weight) for row in logits]
        row_fold = fold[data.lesion]
        return [auc_within_folds(row, response, self.weight, row_fold) for row in logits]

    def lesion_scores(self, genome: Genome) -> NDArray[np.float64]:
        """Cross-fitted share of R+ ROIs (or mean probability) of every lesion."""
        score = score_of(self.data, self.settings)
        return lesion_scores(self.logits([genome]), self.data.lesion, self.data.n_lesions, score)[0]


def score_of(data: TrainingData, settings: SelectionSettings) -> Score:
    """How a lesion's ROIs become its score, resolving ``auto``."""
    if settings.threshold.score != "auto":
        return settings.threshold.score
    return "mean_probability" if data.single_rows else "share"


def device_name(settings: SelectionSettings) -> str:
    """``cpu`` or ``cuda``, resolving ``auto``."""
    if settings.device != "auto":
        return settings.device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
