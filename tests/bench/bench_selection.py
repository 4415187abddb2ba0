"""One generation of the genetic search, ours beside a DEAP loop that fits scikit-learn's ``MLPClassifier`` per
individual and fold: time, scores, and what bounds ours.

Run: ``python tests/bench/bench_selection.py [--fits N] [--rounds R]``. Same table (20,000 ROIs × 93 features), same
100 individuals, same 5 folds by patient, same epochs, two CPU cores for both. The alternative is evaluated as people
parallelise DEAP, by ``toolbox.map`` over two processes with one thread each, on a seeded sample of the individuals
(all folds of each), and its time is scaled to 100; the sample and the scaling are printed. Rounds alternate, medians
are compared. With a GPU, ours is timed there as well.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import time
import warnings

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy: ours runs blocks in threads, the alternative processes

import numpy as np
import pandas as pd
import torch
from deap import base
from scipy.stats import spearmanr

from livermets.config.selection import SelectionSettings
from livermets.model.data import TrainingData
from livermets.model.fitness import CrossValidation
from livermets.model.genome import Genome
from livermets.model.network_training import optimiser_steps
from livermets.model.scores import auc_within_folds

ROIS, FEATURES, PATIENTS, LESIONS, INDIVIDUALS, FOLDS, EPOCHS = 20_000, 93, 20, 80, 100, 5, 20
NOISE_SAMPLE = 30  # individuals that the alternative scores a second time
SETTINGS = SelectionSettings.model_validate({
    "network": {
        "epochs": EPOCHS, "minimum_steps": 1, "rois_per_lesion": None, "class_weight": "none", "lesion_weight": "none"
    },
    "search": {"folds": FOLDS},
})  # fmt: skip


def table(seed: int = 0) -> TrainingData:
    """Correlated features of ROIs of lesions of patients, a weak and partly non-linear effect."""
    random = np.random.default_rng(seed)
    patient = np.repeat(np.arange(PATIENTS), LESIONS // PATIENTS)
    response = np.tile([1, 0], LESIONS // 2)
    lesion = np.sort(random.integers(0, LESIONS, ROIS))
    latent = random.normal(size=(ROIS, 12)) + 0.5 * random.normal(size=(PATIENTS, 12))[patient[lesion]]
    latent[:, 0] += 0.4 * (2 * response[lesion] - 1)
    latent[:, 1] *= 1 + 0.5 * response[lesion]
    features = latent @ random.normal(size=(12, FEATURES)) + random.normal(size=(ROIS, FEATURES))
    lesions = pd.DataFrame({"group": patient.astype(str), "lesion_id": np.arange(LESIONS)})
    names = tuple(f"F{i}" for i in range(FEATURES))
    return TrainingData(features, names, lesion, patient, response, lesions)


def individuals(seed: int = 1) -> list[Genome]:
    """A first generation: each feature with chance one half, 2 to 20 neurons."""
    random = np.random.default_rng(seed)
    return [
        Genome(tuple(np.flatnonzero(random.random(FEATURES) < 0.5)), int(random.integers(2, 21)))
        for _ in range(INDIVIDUALS)
    ]


_FOLDS: CrossValidation


def mlp_score(job: tuple[Genome, int]) -> float:
    """The alternative's fitness of one individual: one ``MLPClassifier`` per fold."""
    from sklearn.neural_network import MLPClassifier

    genome, random_state = job
    logits = np.empty(len(_FOLDS.data.lesion))
    row_fold = _FOLDS.fold[_FOLDS.data.lesion]
    for fold, (rows, held_out) in enumerate(zip(_FOLDS.training, _FOLDS.held_out, strict=True)):
        model = MLPClassifier((genome.hidden,), max_iter=EPOCHS, random_state=random_state)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(rows.features[:, genome.features], rows.target)
        probability = model.predict_proba(held_out[:, genome.features])[:, 1].astype(np.float64)
        logits[row_fold == fold] = np.log(np.clip(probability, 1e-30, 1) / np.clip(1 - probability, 1e-30, 1))
    return auc_within_folds(logits, _FOLDS.data.row_response, _FOLDS.weight, row_fold)


def alternative(sample: list[Genome], random_state: int = 0) -> tuple[float, list[float]]:
    """Seconds and scores of the sample by DEAP's ``toolbox.map`` over two processes."""
    with multiprocessing.get_context("fork").Pool(2) as pool:
        toolbox = base.Toolbox()
        toolbox.register("map", pool.map)
        pool.map(abs, range(8))  # started before the clock
        start = time.perf_counter()
        scores = list(toolbox.map(mlp_score, [(genome, random_state) for genome in sample], chunksize=1))
        return time.perf_counter() - start, scores


def ours(cross_validation: CrossValidation, generation: list[Genome]) -> tuple[float, list[float]]:
    start = time.perf_counter()
    scores = cross_validation.scores(generation)
    return time.perf_counter() - start, scores


def products_only(generation: list[Genome]) -> float:
    """Seconds that the matrix products of the generation take alone, on two threads: the bound of our layout."""
    from concurrent.futures import ThreadPoolExecutor

    from livermets.model.network_training import BLOCK_UNITS, blocks_of

    width, batch = -(-FEATURES // 16) * 16, SETTINGS.network.batch_size
    epochs, per_epoch = optimiser_steps(ROIS * (FOLDS - 1) // FOLDS, SETTINGS.network)
    units = [sum(generation[i].hidden for i in block) for block in blocks_of(generation, BLOCK_UNITS)] * FOLDS

    def work(count: int) -> None:
        torch.set_num_threads(1)
        x, weight, back = torch.randn(batch, width), torch.randn(count, width), torch.randn(count, batch)
        hidden, gradient = torch.empty(count, batch), torch.empty(count, width)
        for _ in range(epochs * per_epoch):
            torch.mm(weight, x.T, out=hidden)
            torch.mm(back, x, out=gradient)

    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, units))
    return time.perf_counter() - start


def main() -> None:
    global _FOLDS
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fits", type=int, default=8, help="individuals of the alternative, of 100")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    generation, _FOLDS = individuals(), CrossValidation.prepare(table(), SETTINGS, 0, threads=2)
    sampled = np.random.default_rng(2).permutation(INDIVIDUALS)
    chunks = np.array_split(sampled[: options.fits * options.rounds], options.rounds)
    ours(_FOLDS, generation[:2])
    seconds: dict[str, list[float]] = {"ours": [], "alternative": [], "products": []}
    theirs: dict[int, float] = {}
    for chunk in chunks:
        taken, mine = ours(_FOLDS, generation)
        seconds["ours"].append(taken)
        taken, found = alternative([generation[i] for i in chunk])
        seconds["alternative"].append(taken * INDIVIDUALS / len(chunk))
        theirs |= dict(zip(chunk.tolist(), found, strict=True))
        seconds["products"].append(products_only(generation))
    median = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"one generation, {INDIVIDUALS} individuals × {FOLDS} folds, {ROIS} ROIs × {FEATURES} features")
    print(f"{EPOCHS} epochs, 2 cores, medians of {options.rounds} rounds")
    print(f"ours                      {median['ours']:8.1f} s   {[round(s, 1) for s in seconds['ours']]}")
    print(f"DEAP + MLPClassifier      {median['alternative']:8.1f} s   {[round(s, 1) for s in seconds['alternative']]}"
          f"   (scaled from {len(chunks[0])} individuals a round)")  # fmt: skip
    print(f"ratio                     {median['alternative'] / median['ours']:8.1f}")
    print(
        f"matrix products alone     {median['products']:8.1f} s   = {median['products'] / median['ours']:.0%} of ours"
    )
    compare_scores(theirs, mine, generation)
    if torch.cuda.is_available():
        on_gpu = CrossValidation.prepare(table(), SETTINGS.model_copy(update={"device": "cuda"}), 0)
        ours(on_gpu, generation[:2])
        taken, scores = ours(on_gpu, generation)
        print(f"ours on the GPU           {taken:8.1f} s   largest score difference to the CPU "
              f"{np.abs(np.subtract(scores, mine)).max():.4f}")  # fmt: skip


def compare_scores(theirs: dict[int, float], mine: list[float], generation: list[Genome]) -> None:
    """Scores of the same individuals by both, and by the alternative with another random state, which is the noise."""
    again = sorted(theirs)[:NOISE_SAMPLE]
    other = dict(zip(again, alternative([generation[i] for i in again], random_state=1)[1], strict=True))
    ours_scores = dict(enumerate(mine))
    pairs = (("ours − MLPClassifier", ours_scores, theirs), ("MLPClassifier, two random states", other, theirs))
    for label, first, second in pairs:
        both = sorted(first.keys() & second.keys())
        x, y = np.array([first[i] for i in both]), np.array([second[i] for i in both])
        gap = x - y
        print(
            f"{label:34s} mean difference {gap.mean():+.4f} (SE {gap.std(ddof=1) / np.sqrt(len(x)):.4f}), "
            f"mean absolute {np.abs(gap).mean():.4f}, rank correlation {spearmanr(x, y).statistic:.3f}, n = {len(x)}"
        )


if __name__ == "__main__":
    main()
