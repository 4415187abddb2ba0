"""The model fitted again, with other seeds or on bootstrapped patients: what another fit would say of a lesion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.retraining import RetrainingSettings
from livermets.config.selection import SelectionSettings
from livermets.errors import ProblemList, input_error
from livermets.model.checkpoint import Checkpoint
from livermets.model.data import TrainingData, check_enough_patients
from livermets.model.fit import Run, fit
from livermets.model.fitness import device_name
from livermets.model.fitted import FittedModel
from livermets.model.generations import counted
from livermets.model.network_training import in_threads
from livermets.model.stable_features import stable_problems
from livermets.provenance import canonical_json, code_digest, text_digest
from livermets.randomness import generator, integer_seed

SEEDS, BOOTSTRAPS = RETRAININGS = ("seeds", "bootstraps")
"""What differs in a refit: the seed alone, or the patients too."""
REFIT_COLUMNS = ("retraining", "refit", "n_patients", "score", "threshold", "hidden_neurons", "n_features", "features")
_ATTEMPTS = 1000
_LEAST_PER_CLASS = 2


@dataclass(frozen=True, eq=False)
class Refit:
    """One model fitted again."""

    retraining: str
    number: int
    """From 1 on, among those of its kind."""
    model: FittedModel
    n_patients: int
    """Different patients that it was fitted on."""
    score: float
    """Cross-validated score of its search, optimistic as the study's own is."""

    @property
    def row(self) -> dict[str, object]:
        """The `REFIT_COLUMNS`."""
        model = self.model
        return {
            "retraining": self.retraining,
            "refit": self.number,
            "n_patients": self.n_patients,
            "score": self.score,
            "threshold": model.threshold,
            "hidden_neurons": len(model.network.hidden_bias),
            "n_features": len(model.features),
            "features": " ".join(model.features),
        }


@dataclass(frozen=True, eq=False)
class Retraining:
    """Checked training data with settings and seed: all that the refits depend on."""

    data: TrainingData
    settings: SelectionSettings
    counts: RetrainingSettings
    seed: int
    extraction: Mapping[str, Any] | None = None
    """Settings under which the ROIs were extracted; None: unknown."""

    @classmethod
    def checked(
        cls,
        data: TrainingData,
        settings: SelectionSettings,
        counts: RetrainingSettings,
        seed: int,
        extraction: Mapping[str, Any] | None = None,
        where: str = "training table",
    ) -> Retraining:
        """Raises `InputError` where no refit is asked for, or too few patients are there to search."""
        if not counts.seeds + counts.bootstraps:
            raise input_error("retraining", "seeds 0 and bootstraps 0 ask for no refit", "Give a number of refits")
        folds = settings.search.folds
        check_enough_patients(data, folds, f"cross-validation with {folds} folds", where)
        without_interval = settings.threshold.model_copy(update={"bootstrap": 0})
        asked = cls(data, settings.model_copy(update={"threshold": without_interval}), counts, seed, extraction)
        problems = ProblemList()
        for kind, number in asked.names:
            of = f"the patients of refit {number} ({kind})"
            problems.extend(stable_problems(asked.training(kind, number), settings.stable_features, of))
        problems.raise_if_errors()
        return asked

    def digest(self) -> str:
        """What a checkpoint must have in common with the run that uses it. More refits of the same go on with those
        that there are."""
        settings = self.settings.model_dump(mode="json", exclude={"audit"})
        code = code_digest("model", "randomness.py")
        return text_digest("\n".join([self.data.digest(), canonical_json(settings), str(self.seed), code]))

    @property
    def names(self) -> list[tuple[str, int]]:
        """Every refit: its kind and its number among them."""
        return [(kind, number) for kind in RETRAININGS for number in range(1, getattr(self.counts, kind) + 1)]

    @property
    def generations(self) -> int:
        """How many generations all searches have together, if none stops early."""
        return len(self.names) * self.settings.search.generations

    def training(self, retraining: str, number: int) -> TrainingData:
        """What a refit is fitted on."""
        if retraining == SEEDS:
            return self.data
        return bootstrapped(self.data, generator(self.seed, "retraining", "patients", number))


def bootstrapped(data: TrainingData, random: np.random.Generator) -> TrainingData:
    """As many patients as there are, drawn with replacement, until each class occurs in two of them at least, which no
    search can do without. Copies of a patient have his number, so that folds by patient keep them together, and each
    copy of his lesions counts as a lesion."""
    patients, code = np.unique(data.patient, return_inverse=True)
    holds = np.zeros((2, len(patients)), dtype=bool)
    holds[data.response, code] = True
    for _ in range(_ATTEMPTS):
        drawn = random.choice(len(patients), len(patients))
        if holds[:, np.unique(drawn)].sum(axis=1).min() >= _LEAST_PER_CLASS:
            return drawn_patients(data, patients[drawn])
    what = "hardly any resample of patients has two of each class"
    raise input_error("training table", what, "Add patients, or set retraining.bootstraps to 0")


def drawn_patients(data: TrainingData, patients: NDArray[np.intp]) -> TrainingData:
    """The lesions of some patients, with all of their rows, as often as the patient is named."""
    lesions = np.concatenate([np.flatnonzero(data.patient == patient) for patient in patients])
    order, size = np.argsort(data.lesion, kind="stable"), np.bincount(data.lesion, minlength=data.n_lesions)
    rows = np.split(order, np.cumsum(size)[:-1])
    return TrainingData(
        features=data.features[np.concatenate([rows[lesion] for lesion in lesions])],
        names=data.names,
        lesion=np.repeat(np.arange(len(lesions)), size[lesions]),
        patient=data.patient[lesions],
        response=data.response[lesions],
        lesions=data.lesions.iloc[lesions].reset_index(drop=True),
        masks={by: masks.drawn(lesions) for by, masks in data.masks.items()},
    )


def refits(asked: Retraining, run: Run | None = None) -> list[Refit]:
    """All refits, side by side in the threads of ``run``; the result depends on ``asked`` only."""
    run = run or Run()
    on_cpu = device_name(asked.settings) == "cpu"
    side_by_side = min(run.threads, len(asked.names)) if on_cpu else 1
    each = Run(max(1, run.threads // side_by_side), run.store, run.on_generation, run.on_finished)

    def one(name: tuple[str, int]) -> Refit:
        data, label = asked.training(*name), f"{name[0]}-{name[1]}"
        fitted = fit(data, asked.settings, integer_seed(asked.seed, "retraining", *name), label, each)
        model = replace(fitted.model, extraction=asked.extraction)
        return Refit(*name, model, len(np.unique(data.patient)), fitted.search.score)

    return in_threads(one, asked.names, side_by_side)


def refits_table(found: Sequence[Refit]) -> pd.DataFrame:
    """One row per refit: the `REFIT_COLUMNS`."""
    return pd.DataFrame([refit.row for refit in found], columns=list(REFIT_COLUMNS))


def refitting(asked: Retraining, threads: int, checkpoint: Path | str | None) -> AbstractContextManager[Run]:
    """A `Run` that shows progress and time left on stderr, and keeps a checkpoint per refit if a folder is given."""
    store = Checkpoint(checkpoint, asked.digest()) if checkpoint else None
    return counted("refits", asked.generations, threads, store)
