"""The whole selection stage: fit, nested evaluation, comparison models, permutation null, gains per feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import MasksBy, SelectionSettings
from livermets.errors import ProblemList
from livermets.model.centres import centres_of
from livermets.model.data import TrainingData, check_enough_patients, text_columns, training_data
from livermets.model.evaluation import mean_auc_within_folds
from livermets.model.fit import Fit, Run, fit, with_provenance
from livermets.model.fitness import CrossValidation
from livermets.model.nested import OURS, Chosen, NestedEvaluation, nested_evaluation, outer_folds
from livermets.model.permutation import observed_search_score, permutation_null, permuted_data
from livermets.model.recalibration import fit_recalibration
from livermets.model.simpler_models import Comparator, comparators
from livermets.model.stable_features import stable_problems, with_masks
from livermets.model.unfiltered import UnfilteredSelection
from livermets.provenance import canonical_json, code_digest, text_digest, versions
from livermets.stats.results import Estimate

MAIN_SEARCH = "search"


@dataclass(frozen=True, eq=False)
class Inputs:
    """Checked training data with settings and seed: all that the result depends on."""

    data: TrainingData
    whole_lesions: Sequence[pd.DataFrame]
    extraction: Mapping[str, Any] | None
    settings: SelectionSettings
    seed: int
    repeats: list[NDArray[np.intp]]
    """Outer fold of every lesion, for every repeat of the nested evaluation."""
    permuted: Sequence[TrainingData] = ()
    """The same data with permuted outcomes, for every permutation."""
    notes: tuple[str, ...] = ()
    """What a reader should know about the table."""
    centres: NDArray[np.str_] | None = None
    """Centre of every lesion, where each is to be left out once."""

    @classmethod
    def checked(
        cls,
        table: pd.DataFrame,
        target: str,
        group: Sequence[str],
        lesion: Sequence[str],
        whole_lesions: Sequence[pd.DataFrame],
        extraction: Mapping[str, Any] | None,
        settings: SelectionSettings,
        seed: int,
        where: str,
        masks: Mapping[MasksBy, Sequence[pd.DataFrame]] | None = None,
    ) -> Inputs:
        """Lays the table out and finds everything that is wrong with it before anything is computed. ``masks``: tables
        of the features over other masks (`with_masks`)."""
        data = training_data(table, target, group, lesion, where)
        data = with_masks(data, masks or {}, settings.stable_features, where)
        words = text_columns(table, (target, *group, *lesion))
        notes = [f"columns that hold words are no features: {', '.join(words)}"] if words else []
        found = sorted(map(str, table["timepoint"].unique())) if "timepoint" in table else []
        if len(found) > 1:
            notes.append(f"the table holds {', '.join(found)}: a follow-up image is part of the outcome it predicts")
        folds = settings.search.folds
        check_enough_patients(data, folds, f"cross-validation with {folds} folds", where)
        repeats = outer_folds(data, settings, seed, where)
        centres = centres_of(data, whole_lesions, where) if settings.audit.leave_one_centre_out else None
        _check_stable(data, settings, [*repeats, *([] if centres is None else [_fold_of(centres)])])
        permuted = permuted_data(data, settings, seed, where)
        return cls(data, whole_lesions, extraction, settings, seed, repeats, permuted, tuple(notes), centres)

    def digest(self) -> str:
        """What a checkpoint must have in common with the run that uses it."""
        settings = self.settings.model_dump(mode="json")
        parts = [
            self.data.digest(),
            canonical_json(settings),
            str(self.seed),
            code_digest("model", "randomness.py"),
        ]
        return text_digest("\n".join(parts))

    @property
    def audit_settings(self) -> SelectionSettings:
        """The settings of the audit's searches."""
        audit = self.settings.audit
        sizes = {"population": audit.population, "generations": audit.generations}
        smaller = {name: size for name, size in sizes.items() if size is not None}
        return self.settings.model_copy(update={"search": self.settings.search.model_copy(update=smaller)})

    @property
    def n_searches(self) -> dict[int, int]:
        """How many searches of how many generations will run."""
        audit = self.settings.audit
        nested = audit.outer_folds * audit.repeats
        per_permutation = nested if audit.permutation_statistic == "nested" else 1
        centres = 0 if self.centres is None else len(np.unique(self.centres))
        others = nested + centres + audit.permutations * per_permutation + int(self._observed_needs_search)
        others += nested if self.compares_unfiltered else 0
        counts = {self.settings.search.generations: 1}
        size = self.audit_settings.search.generations
        counts[size] = counts.get(size, 0) + others
        return counts

    @property
    def compares_unfiltered(self) -> bool:
        """Whether the nested evaluation is repeated with unstable features among the candidates."""
        return self.settings.stable_features.icc is not None and self.settings.audit.comparisons

    @property
    def _observed_needs_search(self) -> bool:
        audit = self.settings.audit
        smaller = self.audit_settings.search != self.settings.search
        return bool(audit.permutations) and audit.permutation_statistic == "search" and smaller


@dataclass(frozen=True, eq=False)
class Selected:
    """Everything the selection stage found."""

    inputs: Inputs
    fitted: Fit
    nested: NestedEvaluation | None
    permutations: pd.DataFrame | None
    gains: pd.DataFrame | None
    notes: tuple[str, ...]
    by_centre: NestedEvaluation | None = None
    """Every centre judged by a fit without it; None: not asked for."""
    recalibration: tuple[Estimate, ...] = ()
    """Slope and intercept of the recalibration, or why there is none; empty without nested evaluation."""

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        """What the main search and the nested searches chose."""
        main = Chosen(MAIN_SEARCH, self.fitted.model.features, len(self.fitted.model.network.hidden_bias))
        return (main, *(self.nested.chosen if self.nested else ()))

    @property
    def summary(self) -> str:
        """One line for the terminal."""
        model = self.fitted.model
        features = f"{len(model.features)} of {len(self.inputs.data.names)} features"
        return f"{features}, {len(model.network.hidden_bias)} hidden neurons, threshold {model.threshold:.3f}"


def select(inputs: Inputs, run: Run | None = None) -> Selected:
    """Runs the stage; the result depends on ``inputs`` only."""
    run = run or Run()
    data, settings, seed = inputs.data, inputs.settings, inputs.seed
    audit = inputs.audit_settings
    fitted = fit(data, settings, seed, MAIN_SEARCH, run)
    fitted = with_provenance(fitted, inputs.extraction, _provenance(inputs, fitted))
    notes: list[str] = []
    nested = None
    if inputs.repeats:
        models, missing = comparators(data, inputs.whole_lesions) if settings.audit.comparisons else ([], [])
        others: list[Comparator] = [UnfilteredSelection(run)] if inputs.compares_unfiltered else []
        notes += missing if inputs.whole_lesions else []
        nested = nested_evaluation(data, audit, seed, inputs.repeats, [*others, *models], run)
    by_centre = None
    if inputs.centres is not None:
        by_centre = nested_evaluation(data, audit, seed, [_fold_of(inputs.centres)], run=run, prefix="centre")
    fitted, recalibration = _recalibrated(fitted, nested, settings)
    permutations = None
    if settings.audit.permutations:
        observed = _observed(inputs, fitted, nested, run)
        permutations = permutation_null(inputs.permuted, audit, seed, observed, run)
    gains = feature_gains(fitted, settings, seed, run.threads) if settings.audit.feature_gains else None
    return Selected(inputs, fitted, nested, permutations, gains, tuple(notes), by_centre, recalibration)


def _recalibrated(
    fitted: Fit, nested: NestedEvaluation | None, settings: SelectionSettings
) -> tuple[Fit, tuple[Estimate, ...]]:
    """The fit with a recalibration of its score, where a nested evaluation allows one."""
    if nested is None:
        return fitted, ()
    own = nested.predictions[nested.predictions["model"] == OURS]
    recalibration, estimates = fit_recalibration(own, settings.threshold.level)
    return replace(fitted, model=replace(fitted.model, recalibration=recalibration)), tuple(estimates)


def feature_gains(fitted: Fit, settings: SelectionSettings, seed: int, threads: int = 1) -> pd.DataFrame:
    """What every feature is worth to the selected chromosome: ``gain`` is the cross-validated score with it minus
    that without it, ``cost`` the fitness it costs by parsimony. Both come from the folds of the search."""
    data, best = fitted.data, fitted.search.best
    cross_validation = CrossValidation.prepare(data, settings, seed, threads)
    everything = range(len(data.names))
    removable = [f for f in everything if f not in best.features or len(best.features) > 1]
    scores = dict(
        zip(removable, cross_validation.scores([best.with_flipped(feature) for feature in removable]), strict=True)
    )
    sign = {feature: 1.0 if feature in best.features else -1.0 for feature in everything}
    gain = [sign[f] * (fitted.search.score - scores[f]) if f in scores else np.nan for f in everything]
    cost = settings.search.parsimony / len(data.names)
    return pd.DataFrame({"feature": data.names, "gain": gain, "cost": cost})


def _observed(inputs: Inputs, fitted: Fit, nested: NestedEvaluation | None, run: Run) -> float:
    """The permutation statistic of the true outcomes, by a search of the same size as the permuted ones."""
    if inputs.settings.audit.permutation_statistic == "nested" and nested is not None:
        return mean_auc_within_folds(nested.predictions, OURS)
    if inputs._observed_needs_search:
        return observed_search_score(inputs.data, inputs.audit_settings, inputs.seed, run)
    return fitted.search.score


def _fold_of(centres: NDArray[np.str_]) -> NDArray[np.intp]:
    """Centres as folds, in the order of their names."""
    return np.unique(centres, return_inverse=True)[1]


def _check_stable(data: TrainingData, settings: SelectionSettings, repeats: Sequence[NDArray[np.intp]]) -> None:
    """Raises `InputError` where all lesions, or those of the training part of an outer fold, have no stable feature.
    Permuted outcomes change no ICC; where they have folds of their own, `permuted_data` looks at these."""

    def problems() -> Iterator[ProblemList]:
        yield stable_problems(data, settings.stable_features, "the training lesions")
        for fold in repeats:
            for number in range(int(fold.max()) + 1):
                part = data.subset(fold != number)
                yield stable_problems(
                    part, settings.stable_features, "the training lesions of an outer fold or of the other centres"
                )

    found = [problem for problems_of_one in problems() for problem in problems_of_one.problems]
    ProblemList(list(dict.fromkeys(found))).raise_if_errors()


def _provenance(inputs: Inputs, fitted: Fit) -> dict[str, Any]:
    data = inputs.data
    return {
        "seed": inputs.seed,
        "settings": inputs.settings.model_dump(mode="json"),
        "versions": versions(),
        "training_data": {
            "sha256": data.digest(),
            "rows": len(data.lesion),
            "lesions": data.n_lesions,
            "patients": int(data.patient.max()) + 1,
            "responders": int(data.response.sum()),
            "candidate_features": len(data.names),
        },
        **_filter(inputs, fitted),
    }


def _filter(inputs: Inputs, fitted: Fit) -> dict[str, Any]:
    """Which features were kept from the search, and by what; nothing where every feature could be selected."""
    asked, masks = inputs.settings.stable_features, inputs.data.masks
    if asked.icc is None:
        return {}
    counts = {by: {"lesions": len(one.lesions), "masks": len(one.lesion)} for by, one in masks.items()}
    left_out = len(fitted.unstable)
    stable = len(inputs.data.names) - left_out
    return {"stable_features": {"icc": asked.icc, "masks": counts, "stable": stable, "left_out": left_out}}
