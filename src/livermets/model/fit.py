"""One complete fit: drop unstable and useless features, search, threshold, final network.

It sees nothing but its training data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings
from livermets.model.data import TrainingData
from livermets.model.fitness import CrossValidation, device_name, score_of
from livermets.model.fitted import FittedModel
from livermets.model.ga import GeneticSearch, SearchResult, SearchState
from livermets.model.genome import Genome
from livermets.model.network import Network, network_logits
from livermets.model.network_training import train_networks
from livermets.model.preparation import Scaler, training_rows
from livermets.model.scores import lesion_scores
from livermets.model.stable_features import UNSTABLE, candidate_features
from livermets.randomness import integer_seed
from livermets.stats.youden import YoudenThreshold, youden_threshold


class SearchStore(Protocol):
    """Where the states of running searches are kept."""

    def load(self, name: str) -> SearchState | None: ...

    def save(self, name: str, state: SearchState) -> None: ...


@dataclass(frozen=True)
class Run:
    """How a fit is carried out; none of it changes the result."""

    threads: int = 1
    store: SearchStore | None = None
    on_generation: Callable[[str, SearchState], None] | None = None
    on_finished: Callable[[str, int], None] | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model and how it came about."""

    model: FittedModel
    search: SearchResult
    data: TrainingData
    """The training data without the dropped features; the chromosome counts these."""
    dropped: pd.DataFrame
    thresholds: dict[str, YoudenThreshold]
    shares: dict[str, NDArray[np.float64]]
    """Score (share of R+ ROIs) of every training lesion: ``cross_fitted`` and ``resubstitution``."""

    @property
    def unstable(self) -> tuple[str, ...]:
        """The dropped features that do not keep their value over masks."""
        return tuple(self.dropped.loc[self.dropped["reason"] == UNSTABLE, "feature"])


def fit(
    data: TrainingData, settings: SelectionSettings, seed: int, name: str = "search", run: Run | None = None
) -> Fit:
    """Searches, thresholds and trains on ``data``; ``name`` tells this search's checkpoint and progress apart."""
    run = run or Run()
    kept, dropped = candidate_features(data, settings)
    useful = data.with_features(kept)
    cross_validation = CrossValidation.prepare(useful, settings, seed, run.threads)
    result = search(cross_validation, seed, name, run)
    scaler, network = final_network(useful, result.best, settings, seed)
    logits = network_logits(network, scaler.apply(useful.features[:, result.best.features]))
    score = score_of(useful, settings)
    shares = {
        "cross_fitted": cross_validation.lesion_scores(result.best),
        "resubstitution": lesion_scores(logits[None], useful.lesion, useful.n_lesions, score)[0],
    }
    level, replicates = settings.threshold.level, settings.threshold.bootstrap
    thresholds = {
        method: youden_threshold(share, useful.response, useful.patient, level=level, replicates=replicates, seed=seed)
        for method, share in shares.items()
    }
    method = settings.threshold.method
    names = tuple(useful.names[i] for i in result.best.features)
    model = FittedModel(names, scaler, network, thresholds[method].threshold, method, score)
    return Fit(model, result, useful, dropped, thresholds, shares)


def search(cross_validation: CrossValidation, seed: int, name: str, run: Run) -> SearchResult:
    """The genetic search alone, on data without useless features."""
    settings = cross_validation.settings
    genetic = GeneticSearch(cross_validation.scores, len(cross_validation.data.names), settings.search, seed)

    def after(state: SearchState) -> None:
        if run.store:
            run.store.save(name, state)
        if run.on_generation:
            run.on_generation(name, state)

    result = genetic.run(run.store.load(name) if run.store else None, after)
    if run.on_finished:
        run.on_finished(name, settings.search.generations)
    return result


def final_network(data: TrainingData, genome: Genome, settings: SelectionSettings, seed: int) -> tuple[Scaler, Network]:
    """The network of one chromosome on all training lesions; scaler and weights hold the selected features only."""
    seed = integer_seed(seed, "final network")
    selected = data.with_features(genome.features)
    rows, scaler = training_rows(selected, settings.network, seed)
    everything = Genome(tuple(range(len(selected.names))), genome.hidden)
    networks, _ = train_networks([rows], [everything], settings.network, [seed], device=device_name(settings))
    return scaler, networks[0][0]


def with_provenance(fitted: Fit, extraction: Mapping[str, Any] | None, provenance: Mapping[str, Any]) -> Fit:
    """The same fit with a model that knows what it was made from."""
    return replace(fitted, model=replace(fitted.model, extraction=extraction, provenance=provenance))


def predicted_shares(fitted: Fit, data: TrainingData) -> NDArray[np.float64]:
    """Share of R+ ROIs of every lesion of other data with the same columns."""
    columns = [data.names.index(name) for name in fitted.model.features]
    logits = network_logits(fitted.model.network, fitted.model.scaler.apply(data.features[:, columns]))
    return lesion_scores(logits[None], data.lesion, data.n_lesions, fitted.model.score)[0]
