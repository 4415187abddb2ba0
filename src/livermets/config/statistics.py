"""The ``statistics`` section: levels, cuts and what is asked of the concordance."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from livermets.config.base import Section

SIZE_CUTS_MM = (20.0,)
"""The cut of Giannini 2020 and Defeudis 2022."""
Probability = Annotated[float, Field(gt=0, lt=1)]
IccKind = Literal["ICC(2,1)", "ICC(3,1)"]
"""Intraclass correlation that asks for equal values, and one that allows each rater a constant shift."""


class EquivalenceSettings(Section):
    """When a source's masks count as equivalent to the reference's. Choose the margins before the results are seen."""

    agreement: Probability = 0.9
    """Smallest share of lesions that must keep their class when the source's mask replaces the reference's."""
    auc: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Largest difference of the areas under the ROC curve with the two masks, either way, that does not matter."""
    significance: Annotated[float, Field(gt=0, le=0.25)] = 0.05
    """Of each of the two one-sided tests; at 0.05 the interval of level 0.9 must lie within the margins."""


class StatisticsSettings(Section):
    """How uncertainty is stated and how lesions are stratified."""

    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """Confidence level of every interval."""
    dice_cuts: tuple[Probability, ...] = (0.25, 0.6, 0.8)
    """Cuts of the Dice strata; a stratum is (low, high], and the first one includes 0."""
    diameter_cuts_mm: tuple[Annotated[float, Field(gt=0)], ...] = (15.0, 20.0)
    """Cuts of the longest-diameter strata in mm; a stratum is [low, high)."""
    size_cuts_mm: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(max_length=5)] = SIZE_CUTS_MM
    """Cuts of the longest diameter in mm between the sizes that masks are judged by (overlap, detection, differences
    between networks and timepoints, learning curve): [20] tells < 20 mm from ≥ 20 mm (Giannini 2020, Defeudis 2022),
    [10, 20] tells < 10, 10–20 and ≥ 20 mm apart; a lesion at a cut belongs to the larger size. Empty: all lesions
    together. Comparisons of classes go by `diameter_cuts_mm`."""
    minimum_stratum_n: Annotated[int, Field(ge=1)] = 5
    """Below this many lesions a stratum is "too few to say"; its counts and interval are still shown."""
    bootstrap_replicates: Annotated[int, Field(ge=200)] = 2000
    """Resamples of patients behind every cluster-bootstrap interval."""
    target_agreement: Probability = 0.9
    """The agreement for which the needed Dice is asked."""
    target_diameters_mm: tuple[Annotated[float, Field(gt=0)], ...] = (10.0, 15.0, 20.0, 30.0, 40.0)
    """Longest diameters (mm) at which the needed Dice is given."""
    working_correlation: Literal["exchangeable", "independence"] = "exchangeable"
    """Working correlation of the lesions of one patient in the agreement model: exchangeable (GEE), or independence
    (logistic regression); errors are clustered by patient in both."""
    calibration_bins: Annotated[int, Field(ge=2)] = 5
    """Groups of about equal size in the calibration curve."""
    probability_margin: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    """Scores of exactly 0 or 1 are moved this far inside before their logit is taken for calibration."""
    decision_thresholds: tuple[Probability, ...] = tuple(round(0.05 * step, 2) for step in range(1, 20))
    """Threshold probabilities of the decision curve."""
    icc: IccKind = "ICC(2,1)"
    """Intraclass correlation of a feature between the two masks: absolute agreement (2,1) or consistency (3,1)."""
    events_per_term: Annotated[float, Field(ge=1)] = 10
    """The agreement model has a term (Dice, diameter, their product) for every so many lesions of the rarer outcome."""
    events_per_term_penalised: Annotated[float, Field(ge=1)] = 5
    """The same for the penalised model, the last one tried; with fewer, there is no model."""
    minimum_rois_tried: tuple[Annotated[int, Field(ge=1)], ...] = (1, 2, 5, 10, 20, 50)
    """Smallest numbers of ROIs for a class, for which agreement is computed again."""
    few_rois: Annotated[int, Field(ge=1)] = 10
    """A class from fewer ROIs is remarked on where lesions that changed class are listed."""
    equivalence: EquivalenceSettings = EquivalenceSettings()
    """Margins within which a source's masks count as equivalent to the reference's (two one-sided tests)."""

    @field_validator(
        "dice_cuts",
        "diameter_cuts_mm",
        "size_cuts_mm",
        "target_diameters_mm",
        "decision_thresholds",
        "minimum_rois_tried",
    )
    @classmethod
    def _increasing(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if list(values) != sorted(set(values)):
            raise ValueError("give the values in increasing order, each once")
        return values
