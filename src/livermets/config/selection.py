"""Genetic selection, its two-layer network, its threshold and its audit."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from livermets.config.base import Section
from livermets.config.perturbation import Kind, rising
from livermets.config.statistics import Probability


class ResponseNetworkSettings(Section):
    """Training of the two-layer network (input, one hidden layer with ReLU, one sigmoid output) with Adam."""

    epochs: int = Field(20, ge=1)
    """Passes over the training rows."""
    minimum_steps: int = Field(300, ge=1)
    """Small tables are passed over more often, until the optimiser has made at least this many steps."""
    learning_rate: float = Field(1e-3, gt=0)
    """Adam's learning rate (betas 0.9 and 0.999)."""
    batch_size: int = Field(200, ge=1)
    """Rows per optimiser step."""
    l2: float = Field(1e-4, ge=0)
    """L2 penalty on the weights, divided by the rows of the step (scikit-learn's `alpha`)."""
    class_weight: Literal["balanced", "none"] = "balanced"
    """balanced: R+ and R- rows have the same total weight in every fit."""
    lesion_weight: Literal["equal", "sqrt", "none"] = "equal"
    """equal: every lesion has the same total weight, however many ROIs it has; sqrt: in proportion to the root of its
    ROIs; none: every ROI counts the same, so that large lesions outvote small ones."""
    rois_per_lesion: int | None = Field(150, ge=1)
    """A network is trained on at most this many ROIs per lesion, drawn once with the seed (neighbouring ROIs overlap
    and say nearly the same); scores and shares always use all ROIs. Empty: no limit."""


class SearchSettings(Section):
    """The genetic algorithm: a chromosome is a feature mask and a number of hidden neurons."""

    population: int = Field(40, ge=4)
    """Individuals per generation."""
    generations: int = Field(25, ge=1)
    """Generations after the first, random one."""
    patience: int | None = Field(8, ge=1)
    """Stop when the best fitness has not risen for this many generations; empty: never before `generations`."""
    fitness: Literal["roi_auc", "roi_balanced_accuracy", "lesion_auc"] = "roi_auc"
    """Cross-validated score on held-out patients of the training cohorts: weighted over ROIs (a lesion weighs the same
    whatever its size, see `network.lesion_weight`), or the AUC of the lesions' shares of R+ ROIs. AUCs only compare
    within a fold, where one network has judged both."""
    folds: int = Field(5, ge=2)
    """Folds by patient, stratified by the lesions' response."""
    parsimony: float = Field(0.02, ge=0)
    """Fitness given up for using all features instead of none: breaks ties towards fewer features."""
    hidden_minimum: int = Field(2, ge=1)
    """Fewest hidden neurons."""
    hidden_maximum: int = Field(16, ge=1)
    """Most hidden neurons."""
    initial_features: float = Field(0.3, gt=0, le=1)
    """Chance of every feature to be selected in the first generation."""
    selection: Literal["tournament", "roulette", "universal"] = "tournament"
    """How parents are drawn: best of `tournament_size`; or in proportion to the fitness, one by one (roulette) or
    all with one throw (universal: stochastic universal sampling)."""
    tournament_size: int = Field(3, ge=2)
    """Individuals per tournament."""
    crossover: Literal["uniform", "one_point", "two_point"] = "uniform"
    """How two parents' masks are mixed; neurons are exchanged with chance one half."""
    crossover_rate: float = Field(0.8, ge=0, le=1)
    """Chance of a pair of parents to be mixed."""
    mutation_rate: float = Field(1.0, ge=0, le=1)
    """Chance of a child to be mutated."""
    mutated_features: float = Field(1.5, ge=0)
    """Mask bits flipped on average in a mutated child."""
    mutated_hidden: float = Field(0.2, ge=0, le=1)
    """Chance that a mutated child gets another number of hidden neurons (up to two more or fewer)."""
    elite: int = Field(2, ge=0)
    """Best individuals that go unchanged into the next generation; fewer than there are individuals."""

    @model_validator(mode="after")
    def _ranges_rise(self) -> SearchSettings:
        if self.hidden_minimum > self.hidden_maximum:
            raise ValueError(
                f"hidden_minimum ({self.hidden_minimum}) must not be above hidden_maximum ({self.hidden_maximum})"
            )
        if self.elite >= self.population:
            raise ValueError(f"elite ({self.elite}) must be below population ({self.population}), or nothing changes")
        return self


MasksBy = Literal["altered", "readers"]


class StableFeaturesSettings(Section):
    """Which features may be selected: those that keep their value when another mask of the lesion is taken. Within
    every fit the ICC is computed on the patients of that fit alone, before its search; no outcome enters it. Comparison
    models see every feature."""

    icc: float | None = Field(None, gt=0, lt=1)
    """A feature's mean over the ROIs of a lesion's mask must reach this intraclass correlation between the masks
    of a lesion: ICC(1), one-way, absolute agreement of single masks (McGraw and Wong 1996). 0.75 is called good,
    0.9 excellent (Koo and Li 2016). Empty: every feature may be selected, and no mask is altered for it."""
    by: tuple[MasksBy, ...] = ("altered",)
    """Which masks of the training lesions count. altered: the reference mask altered as below; readers: the reference
    mask and those that further readers drew of the same scans. With both, a feature must reach `icc` by each."""
    draws: int = Field(20, ge=2, le=1000)
    """Altered masks per lesion, shared out evenly among the kinds."""
    kinds: tuple[Kind, ...] = ("erosion", "dilation", "border", "shift")
    """How masks are altered, by the names of `perturbation.kinds`. The default is how careful readers differ: in
    volume, in contour and in place (Zwanenburg 2019)."""
    dice: tuple[Probability, Probability] = (0.7, 0.97)
    """Range of Dice with the reference mask that altered masks are spread over evenly."""

    _range = field_validator("dice")(rising)

    @property
    def used(self) -> tuple[MasksBy, ...]:
        """The masks that are needed: none where every feature may be selected."""
        return () if self.icc is None else self.by

    @field_validator("by", "kinds")
    @classmethod
    def _some_and_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("name at least one")
        return tuple(dict.fromkeys(names))


class ThresholdSettings(Section):
    """The share of R+ ROIs from which a lesion is called R+."""

    method: Literal["cross_fitted", "resubstitution"] = "cross_fitted"
    """cross_fitted: Youden index on shares given by networks that had not seen the patient, with features that were
    chosen on the same folds; resubstitution: on shares given by the final network to its own training lesions (as
    published). By either its sensitivity and specificity on these lesions are optimistic; the nested evaluation's are
    not. Both are reported, this one is used."""
    score: Literal["auto", "share", "mean_probability"] = "auto"
    """A lesion's score: the share of its ROIs that are R+ (as published), or their mean probability; auto: the share,
    but the probability in tables with a single row per lesion, where a share could only be 0 or 1."""
    bootstrap: int = Field(1000, ge=0)
    """Bootstrap samples (of patients) for the interval of the threshold; 0: no interval."""
    level: float = Field(0.95, gt=0, lt=1)
    """Level of all intervals of the selection stage."""


class AuditSettings(Section):
    """How much of the selection is repeated to see what it means. Each part costs whole searches."""

    outer_folds: int = Field(5, ge=0)
    """Nested cross-validation: search, threshold and network are repeated in each outer training part; 0: none."""
    repeats: int = Field(1, ge=1)
    """Repetitions of the nested cross-validation with other folds."""
    permutations: int = Field(199, ge=0)
    """Searches with outcomes permuted by patient; 0: no permutation null. The smallest p that n permutations can give
    is 1 / (n + 1): 0.005 for 199; fewer than 19 cannot show p <= 0.05. Each costs a whole search: with the defaults, 84
    lesions of 60 to 260 ROIs and 93 features about a minute of one core, so that 199 take 3.6 hours of one, or half an
    hour of the eight that the workflow gives."""
    permutation_statistic: Literal["search", "nested"] = "search"
    """search: the best cross-validated score that the search finds (one search per permutation); nested: the nested
    AUC (outer_folds searches per permutation)."""
    comparisons: bool = True
    """Evaluate the longest diameter alone, LASSO, whole-lesion features and the network on all features in the same
    outer folds, and where only stable features may be selected the genetic selection among all (as many searches as
    the nested evaluation again)."""
    leave_one_centre_out: bool = False
    """Repeat the fit without each centre of the training patients, and judge it there: does the model travel? A search
    per centre. The table's column `centre`, or the cohorts' `centre`, says who is where."""
    population: int | None = Field(None, ge=4)
    """Population of the audit's searches; empty: as in `search`. Smaller ones are to the disadvantage of the genetic
    selection beside the comparison models, and the report says so."""
    generations: int | None = Field(None, ge=1)
    """Generations of the audit's searches; empty: as in `search`. Fewer: as for `population`."""
    feature_gains: bool = True
    """Score the selected chromosome again with each feature left out, and with each other feature added."""

    @model_validator(mode="after")
    def _nested_has_folds(self) -> AuditSettings:
        if self.outer_folds == 1:
            raise ValueError("outer_folds needs at least 2 folds, or 0 for no nested evaluation")
        if self.permutations and self.permutation_statistic == "nested" and not self.outer_folds:
            raise ValueError("permutation_statistic nested needs outer_folds of at least 2")
        return self


class SelectionSettings(Section):
    """Genetic selection of features and neurons, the two-layer network, the threshold, and the audit of all three."""

    network: ResponseNetworkSettings = ResponseNetworkSettings()
    """Training of the networks."""
    search: SearchSettings = SearchSettings()
    """The genetic algorithm."""
    stable_features: StableFeaturesSettings = StableFeaturesSettings()
    """Which features may be selected."""
    threshold: ThresholdSettings = ThresholdSettings()
    """The threshold on the share of R+ ROIs."""
    audit: AuditSettings = AuditSettings()
    """Nested evaluation, permutation null, comparison models."""
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    """Where networks are trained; auto: a GPU when there is one. Two devices do not give the same last digits."""

    @model_validator(mode="after")
    def _audit_can_search(self) -> SelectionSettings:
        if self.audit.population is not None and self.search.elite >= self.audit.population:
            raise ValueError(f"search.elite ({self.search.elite}) must be below audit.population")
        return self
