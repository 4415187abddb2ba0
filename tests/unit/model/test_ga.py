import random

import numpy as np
import pytest

from livermets.config.selection import SearchSettings
from livermets.model.ga import GeneticSearch
from livermets.model.genome import Genome, from_genes, to_genes

TRUE = {1, 4, 7}
FEATURES = 10


class Counting:
    """A known score: 0.9 for the three true features and 5 neurons, less for every difference."""

    def __init__(self):
        self.asked: list[str] = []

    def __call__(self, genomes):
        self.asked += [genome.key for genome in genomes]
        return [0.9 - 0.05 * len(set(g.features) ^ TRUE) - 0.01 * abs(g.hidden - 5) for g in genomes]


SEARCH = SearchSettings(population=20, generations=25, patience=None, hidden_maximum=9)


def run(settings=SEARCH, seed=0, score=None, **more):
    return GeneticSearch(score or Counting(), FEATURES, settings, seed).run(**more)


@pytest.mark.parametrize("crossover", ["uniform", "one_point", "two_point"])
@pytest.mark.parametrize("selection", ["tournament", "roulette", "universal"])
def test_every_operator_finds_the_known_optimum(crossover, selection):
    settings = SEARCH.model_copy(update={"crossover": crossover, "selection": selection, "generations": 60})
    result = run(settings)
    assert set(result.best.features) == TRUE
    assert result.best.hidden == 5
    assert result.fitness == pytest.approx(0.9 - 0.02 * 3 / FEATURES)


def test_same_seed_same_search_and_global_random_is_untouched():
    random.seed(123)
    before = random.getstate()
    first = run(seed=5)
    assert random.getstate() == before
    random.seed(999)
    second = run(seed=5)
    assert first.best == second.best
    assert first.log.equals(second.log)
    assert not run(seed=6).log.equals(first.log)


def test_no_chromosome_is_trained_twice():
    score = Counting()
    run(score=score)
    assert len(score.asked) == len(set(score.asked))


def test_elite_never_lets_the_best_fitness_fall():
    log = run().log
    assert (np.diff(log["best_fitness"]) >= 0).all()
    assert log["generation"].tolist() == list(range(26))


def test_stops_when_nothing_improves():
    settings = SEARCH.model_copy(update={"patience": 3})
    log = run(settings, score=lambda genomes: [0.5 for _ in genomes]).log
    assert len(log) < 26
    improved = np.flatnonzero(np.diff(log["best_fitness"], prepend=-1) > 0)
    assert log["generation"].iloc[-1] == improved[-1] + 3


def test_parsimony_prefers_fewer_features():
    flat = SEARCH.model_copy(update={"generations": 60})
    assert len(run(flat, score=lambda genomes: [0.5 for _ in genomes]).best.features) == 1


@pytest.mark.parametrize("killed_after", [0, 1, 7, 24])
def test_resumed_search_is_the_uninterrupted_one(killed_after):
    class Killed(Exception):
        pass

    saved = {}

    def save(state):
        from copy import deepcopy

        saved["state"] = deepcopy(state)
        if state.generation == killed_after:
            raise Killed

    with pytest.raises(Killed):
        run(after_generation=save)
    whole, resumed = run(), run(state=saved["state"])
    assert resumed.best == whole.best
    assert resumed.score == whole.score
    assert resumed.log.equals(whole.log)


def test_genes_round_trip():
    genome = Genome((0, 3), 4)
    assert to_genes(genome, 5) == [1, 0, 0, 1, 0, 4]
    assert from_genes(to_genes(genome, 5)) == genome
    assert genome.with_flipped(2) == Genome((0, 2, 3), 4)
    assert genome.with_flipped(3) == Genome((0,), 4)
