"""The genetic search over feature masks and hidden neurons, with DEAP's operators.

DEAP draws from Python's global ``random``; a search swaps its own state in while it draws and puts the former one back,
so that searches may run side by side."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import pandas as pd
from deap import base, tools

from livermets.config.selection import SearchSettings
from livermets.model.genome import Genome, from_genes
from livermets.randomness import integer_seed

Scorer = Callable[[Sequence[Genome]], Sequence[float]]
_LOWEST_FITNESS = 1e-6  # roulette needs positive fitness
_DRAWING = Lock()


class _Fitness(base.Fitness):
    weights = (1.0,)


class _Individual(list[int]):
    """A chromosome as DEAP wants it: a list of genes with a fitness."""

    def __init__(self, genes: Sequence[int]):
        super().__init__(genes)
        self.fitness = _Fitness()


@dataclass(frozen=True)
class SearchResult:
    """The fittest chromosome ever seen, its score and fitness, and one log row per generation."""

    best: Genome
    score: float
    """Cross-validated score; optimistic, because the best of many was taken."""
    fitness: float
    log: pd.DataFrame


@dataclass
class SearchState:
    """Everything needed to go on after a kill; plain enough for JSON."""

    generation: int
    population: list[list[int]]
    random_state: list[Any]
    scores: dict[str, float]
    log: list[dict[str, Any]]
    best: list[int]
    best_fitness: float
    unimproved: int


class GeneticSearch:
    """One search; `run` advances it to its end, from the start or from a saved state."""

    def __init__(self, score: Scorer, n_features: int, settings: SearchSettings, seed: int):
        self.score, self.n_features, self.settings, self.seed = score, n_features, settings, seed
        self.toolbox = _operators(settings)

    def run(
        self,
        state: SearchState | None = None,
        after_generation: Callable[[SearchState], None] | None = None,
    ) -> SearchResult:
        """Searches until the last generation, or until nothing has improved for `patience` generations."""
        if state is None:
            state = self._first()
            self._report(state, after_generation)
        while not self._finished(state):
            self._next(state)
            self._report(state, after_generation)
        best = from_genes(state.best)
        return SearchResult(best, state.scores[best.key], state.best_fitness, pd.DataFrame(state.log))

    def _finished(self, state: SearchState) -> bool:
        patience = self.settings.patience
        return state.generation >= self.settings.generations or (patience is not None and state.unimproved >= patience)

    def _first(self) -> SearchState:
        chance, low, high = self.settings.initial_features, *_hidden_range(self.settings)
        state = SearchState(0, [], [], {}, [], [], float("-inf"), 0)
        with _own_random(state, integer_seed(self.seed, "genetic search")):
            state.population = [
                self._repaired(
                    [int(random.random() < chance) for _ in range(self.n_features)] + [random.randint(low, high)]
                )
                for _ in range(self.settings.population)
            ]
        self._evaluate(state)
        return state

    def _next(self, state: SearchState) -> None:
        parents = [self._individual(genes, state) for genes in state.population]
        elite = tools.selBest(parents, min(self.settings.elite, len(parents)))
        with _own_random(state):
            children = self._children(parents, len(parents) - len(elite))
        state.population = [list(one) for one in elite] + children
        state.generation += 1
        self._evaluate(state)

    def _children(self, parents: list[_Individual], wanted: int) -> list[list[int]]:
        drawn = self.toolbox.select(parents, wanted + wanted % 2)
        children = [_Individual(list(parent)) for parent in drawn]
        for first, second in zip(children[::2], children[1::2], strict=True):
            if random.random() < self.settings.crossover_rate:
                self.toolbox.mate(first, second)
        for child in children:
            if random.random() < self.settings.mutation_rate:
                self.toolbox.mutate(child)
        return [self._repaired(list(child)) for child in children[:wanted]]

    def _evaluate(self, state: SearchState) -> None:
        genomes = [from_genes(genes) for genes in state.population]
        unseen = list({g.key: g for g in genomes if g.key not in state.scores}.values())
        if unseen:
            state.scores.update(zip([g.key for g in unseen], map(float, self.score(unseen)), strict=True))
        fitness = [self.fitness(genome, state) for genome in genomes]
        top = max(range(len(genomes)), key=fitness.__getitem__)
        improved = fitness[top] > state.best_fitness
        if improved:
            state.best, state.best_fitness = list(state.population[top]), fitness[top]
        state.unimproved = 0 if improved else state.unimproved + 1
        state.log.append(_log_row(state, genomes, fitness, len(unseen)))

    def fitness(self, genome: Genome, state: SearchState) -> float:
        """Score less parsimony."""
        cost = self.settings.parsimony * len(genome.features) / self.n_features
        return max(state.scores[genome.key] - cost, _LOWEST_FITNESS)

    def _individual(self, genes: list[int], state: SearchState) -> _Individual:
        individual = _Individual(genes)
        individual.fitness.values = (self.fitness(from_genes(genes), state),)
        return individual

    def _repaired(self, genes: list[int]) -> list[int]:
        """A network needs an input: an empty mask gets one random feature."""
        if not any(genes[:-1]):
            genes[random.randrange(self.n_features)] = 1
        return genes

    @staticmethod
    def _report(state: SearchState, after_generation: Callable[[SearchState], None] | None) -> None:
        if after_generation:
            after_generation(state)


def _operators(settings: SearchSettings) -> base.Toolbox:
    toolbox = base.Toolbox()
    if settings.selection == "tournament":
        toolbox.register("select", tools.selTournament, tournsize=settings.tournament_size)
    else:
        chosen = {"roulette": tools.selRoulette, "universal": tools.selStochasticUniversalSampling}
        toolbox.register("select", chosen[settings.selection])
    toolbox.register("mate", _mate, settings=settings)
    toolbox.register("mutate", _mutate, settings=settings)
    return toolbox


def _mate(first: _Individual, second: _Individual, settings: SearchSettings) -> None:
    masks = list(first[:-1]), list(second[:-1])
    if settings.crossover == "uniform" or len(masks[0]) < 2:
        tools.cxUniform(*masks, indpb=0.5)
    else:
        {"one_point": tools.cxOnePoint, "two_point": tools.cxTwoPoint}[settings.crossover](*masks)
    first[:-1], second[:-1] = masks
    if random.random() < 0.5:
        first[-1], second[-1] = second[-1], first[-1]


def _mutate(child: _Individual, settings: SearchSettings) -> None:
    mask = list(child[:-1])
    tools.mutFlipBit(mask, indpb=min(1.0, settings.mutated_features / len(mask)))
    child[:-1] = [int(gene) for gene in mask]
    if random.random() < settings.mutated_hidden:
        low, high = _hidden_range(settings)
        child[-1] = min(high, max(low, child[-1] + random.choice((-2, -1, 1, 2))))


def _hidden_range(settings: SearchSettings) -> tuple[int, int]:
    return settings.hidden_minimum, settings.hidden_maximum


def _log_row(state: SearchState, genomes: Sequence[Genome], fitness: Sequence[float], trained: int) -> dict[str, Any]:
    best = from_genes(state.best)
    values = pd.Series(fitness)
    return {
        "generation": state.generation,
        "trained": trained,
        "best_fitness": state.best_fitness,
        "best_score": state.scores[best.key],
        "best_features": len(best.features),
        "best_hidden": best.hidden,
        "mean_fitness": float(values.mean()),
        "sd_fitness": float(values.std(ddof=0)),
        "mean_features": float(pd.Series([len(g.features) for g in genomes]).mean()),
        "mean_hidden": float(pd.Series([g.hidden for g in genomes]).mean()),
    }


@contextmanager
def _own_random(state: SearchState, seed: int | None = None) -> Iterator[None]:
    """Python's generator in the state of a search (or seeded anew), and that state kept; one search at a time."""
    with _DRAWING:
        before = random.getstate()
        try:
            if seed is None:
                version, words, gauss = state.random_state
                random.setstate((version, tuple(words), gauss))
            else:
                random.seed(seed)
            yield
            version, words, gauss = random.getstate()
            state.random_state = [version, list(words), gauss]
        finally:
            random.setstate(before)
