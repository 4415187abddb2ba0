"""What the selection left and how the report names it: one part per artefact, in the order in which one would doubt
them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from livermets.report.sections import selection_doubts as doubts
from livermets.report.sections import selection_words as words
from livermets.report.sections.selection_thresholds import calls_thresholds, threshold_words
from livermets.report.sections.stable_features import stable_caption, stable_words, unfiltered_caption
from livermets.report.study import StudyResults


@dataclass(frozen=True)
class Part:
    """One artefact of the selection: its heading, its tables and pictures by stem, their caption, and why it may be
    missing."""

    title: str
    stems: tuple[str, ...]
    caption: str
    missing: str
    says: Callable[[StudyResults], str] | None = None
    """What stands before the tables, in sentences."""
    added: tuple[Callable[[StudyResults], str], ...] = ()
    """What the study adds to the caption."""
    only_if_made: bool = False
    """Whether nothing is said where a study did not ask for it."""

    @property
    def id(self) -> str:
        return f"selection-{self.title.lower().replace(' ', '-')}"

    def paragraph(self, study: StudyResults) -> str:
        """What stands before the tables; empty where there is nothing to say."""
        return self.says(study) if self.says else ""

    def caption_of(self, study: StudyResults) -> str:
        """The caption with all that the study adds to it."""
        return " ".join(text for text in [self.caption, *(add(study) for add in self.added)] if text)


PARTS = (
    Part(
        title="Convergence",
        stems=("generations", "convergence"),
        caption=(
            "Best and mean fitness (patient-grouped cross-validated score on the training cohort) by generation of the "
            "search."
        ),
        missing="the search left no log",
        added=(words.fitness_words,),
    ),
    Part(
        title="Stable features",
        stems=("stable_features",),
        caption=(
            "ICC(1) (one-way, absolute agreement of single masks; McGraw and Wong 1996) of the mean of every candidate "
            "feature over the ROIs of a lesion’s masks, on all training lesions, and whether it could be selected. "
            "Every fit computes its own, on its own patients."
        ),
        missing="every feature could be selected",
        says=stable_words,
        added=(stable_caption,),
        only_if_made=True,
    ),
    Part(
        title="Selected features",
        stems=("selection",),
        caption=(
            "Candidate features: in the final model or not, how often selected, gain of the cross-validated score and "
            "its cost."
        ),
        missing="selection.csv is missing",
    ),
    Part(
        title="Frequency and stability",
        stems=("frequency", "stability"),
        caption="",
        missing="the search was not repeated",
        says=doubts.stability_words,
        added=(words.search_size,),
    ),
    Part(
        title="Nested evaluation",
        stems=("evaluation", "predictions"),
        caption=(
            "Nested, patient-grouped evaluation on the training cohort: search, threshold and network are repeated in "
            "each outer training part."
        ),
        missing="nested evaluation was switched off",
        says=words.nested_words,
        added=(words.search_size,),
    ),
    Part(
        title="Permutation null",
        stems=("permutation",),
        caption=(
            "Searches with outcomes permuted by patient (each patient gets the outcomes of one with about as many "
            "lesions): what they find when there is nothing to find."
        ),
        missing="no permutation was asked for",
        says=words.permutation_words,
        added=(words.search_size,),
    ),
    Part(
        title="Comparison models",
        stems=("comparison",),
        caption=(
            "Other models in the same outer folds: longest diameter alone, LASSO, whole-lesion features, all features."
        ),
        missing="comparisons were switched off",
        says=doubts.comparison_words,
        added=(unfiltered_caption, words.search_size, doubts.disadvantage_words, doubts.covariate_words),
    ),
    Part(
        title="Leave one centre out",
        stems=("centres",),
        caption=(
            "The whole fit repeated without the patients of a centre, and judged on their lesions, with these patients "
            "resampled. All centres together: pairs of lesions of one centre only, whose scores come from one model."
        ),
        missing="it was not asked for",
        added=(words.search_size,),
        only_if_made=True,
    ),
    Part(
        title="Correct calls per training patient",
        stems=("training_patients",),
        caption=(
            "Lesions called right of all, by outcome, for each training patient (Giannini 2020, Table 3): by nested "
            "models, which had not seen the patient, and by both rules of the threshold."
        ),
        missing="training_patients.csv is missing",
        added=(calls_thresholds,),
    ),
    Part(
        title="Threshold",
        stems=("threshold", "roc_training", "training_lesions"),
        caption=(
            "Share of R+ ROIs from which a lesion is called R+ (Youden index on the training cohort), by rule, with "
            "the interval over resamples of patients. Sensitivity and specificity are optimistic: the features were "
            "chosen on these lesions."
        ),
        missing="threshold.csv is missing",
        says=threshold_words,
    ),
    Part(
        title="Dropped features",
        stems=("dropped_features",),
        caption="Features dropped before the search, and why.",
        missing="no feature was dropped",
    ),
)
