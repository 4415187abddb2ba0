"""The whole of ``config.yaml`` as one type: the single source of its schema, its defaults and its documentation."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from livermets.config.base import PathText, Section
from livermets.config.classification import ClassificationSettings
from livermets.config.cohort_entries import Name, Timepoints
from livermets.config.cohorts import CohortSettings
from livermets.config.concordance import ConcordanceSettings
from livermets.config.covariates import Covariates
from livermets.config.follow_up import FollowUpSettings
from livermets.config.networks import LIVER, OWN, FurtherNetwork
from livermets.config.outcome import OutcomeSettings
from livermets.config.perturbation import PerturbationSettings
from livermets.config.preprocess import PreprocessSettings
from livermets.config.programs import LesionProgram
from livermets.config.radiomics import RadiomicsSettings
from livermets.config.report import ReportSettings
from livermets.config.retraining import RetrainingSettings
from livermets.config.segmentation import SegmentationSettings
from livermets.config.selection import SelectionSettings
from livermets.config.sources import ReadersSettings, Sources, not_its_own_start
from livermets.config.statistics import StatisticsSettings


class StudyConfig(Section):
    """One study: its cohorts, its outcome rule and the settings of every stage."""

    study: str = "study"
    """Title of the study, shown in the report."""
    seed: int = Field(20260101, ge=0)
    """The one seed of the study; every random choice is spawned from it by purpose."""
    cohorts: dict[Name, CohortSettings] = Field(min_length=1)
    """The cohorts by name; a new one is added here and nowhere else."""
    model: PathText | None = None
    """Path of the bundle of a finished study (`livermets bundle`), whose networks and response model are applied as
    they are: no cohort trains for a task that the bundle brings, and the settings of that task come from it."""
    outcome: OutcomeSettings = OutcomeSettings()
    """What counts as a responder."""
    response_timepoints: Timepoints = ["baseline"]
    """Timepoints whose images the response model learns from, and whose classes count as predictions. A follow-up image
    is part of the outcome (the response is measured on it): name one here only where it is none."""
    preprocess: PreprocessSettings = PreprocessSettings()
    """The grid and intensities that the networks see."""
    segmentation: SegmentationSettings = SegmentationSettings()
    """Networks, their training, and how masks are made from them."""
    networks: dict[Name, FurtherNetwork] = {}
    """Further lesion networks by name, trained beside the study's own (automatic), each a mask source of the validation
    scans: {giannini2020: {preset: giannini2020}}."""
    programs: dict[Name, LesionProgram] = {}
    """External programs that find lesions, by name, each a mask source of the validation scans: {nnunet: {command:
    "nnUNetv2_predict -i {image_folder} -o {out_folder} -d 3 -c 3d_fullres", labels: [2]}}."""
    radiomics: RadiomicsSettings = RadiomicsSettings()
    """Sliding-ROI and whole-lesion features."""
    covariates: Covariates = {}
    """What the clinic knows beside the image, by name, compared with the radiomics model and added to it in the same
    folds: {cea: {column: "CEA (ng/ml)"}, ras: {kind: category}, lesions: {derived: lesion_count}}."""
    selection: SelectionSettings = SelectionSettings()
    """Genetic selection, the two-layer network and its threshold."""
    classification: ClassificationSettings = ClassificationSettings()
    """How the fitted model is applied to lesions."""
    concordance: ConcordanceSettings = ConcordanceSettings()
    """Which masks are compared with which."""
    statistics: StatisticsSettings = StatisticsSettings()
    """Intervals, strata and the agreement model."""
    perturbation: PerturbationSettings = PerturbationSettings()
    """Reference masks altered as segmentations fail: how good must a mask be?"""
    retraining: RetrainingSettings = RetrainingSettings()
    """The response model fitted again: how much of a change of class is not the mask's?"""
    follow_up: FollowUpSettings = FollowUpSettings()
    """Which lesion of one timepoint is which of the next, in patients whose masks are known at several."""
    sources: Sources = {}
    """Who made the masks of a source, by its name: {adjusted: {reader: A, start: automatic}, nnunet: {tool: true}};
    what is not named here is a network, or a reader of its own."""
    readers: ReadersSettings = ReadersSettings()
    """When the masks of a network are as good as those of a second reader."""
    report: ReportSettings = ReportSettings()
    """What the report shows."""

    _starts = field_validator("sources")(not_its_own_start)

    @field_validator("networks", "programs")
    @classmethod
    def _taken_names(cls, named: dict[str, Any]) -> dict[str, Any]:
        for name, whose in ((OWN, "own"), (LIVER, "liver")):
            if name in named:
                raise ValueError(f"{name} is what the study's {whose} network is called; choose another name")
        return named

    @model_validator(mode="after")
    def _joint_network_finds_livers(self) -> StudyConfig:
        own = self.segmentation
        if own.liver.missing == "joint" and "liver" not in own.classes:
            what = "joint needs a lesion network that finds the liver too"
            raise ValueError(f"segmentation.liver.missing: {what}; set segmentation.classes: [liver, lesion]")
        if own.liver.missing == "joint" and own.output.restrict_to_liver:
            what = "joint finds liver and lesions at once, so these cannot be sought within that"
            raise ValueError(f"segmentation.liver.missing: {what}; set segmentation.output.restrict_to_liver: false")
        return self

    @model_validator(mode="after")
    def _one_source_per_name(self) -> StudyConfig:
        drawn = {name: cohort for cohort, settings in self.cohorts.items() for name in settings.given_sources}
        for name in (OWN, LIVER, *self.networks, *self.programs):
            if name in drawn:
                where = f"cohort {drawn[name]} names given masks so"
                kind = "program" if name in self.programs else "network"
                raise ValueError(f"{name} is a {kind}'s name, and {where}; choose another name there")
        for name in self.programs:
            if name in self.networks:
                raise ValueError(f"{name} is a network and a program; choose another name for one of them")
            if name in self.sources and (self.sources[name].reader or self.sources[name].start):
                raise ValueError(f"sources.{name}: it is a program, which has no `reader` and no `start`")
        return self

    @model_validator(mode="after")
    def _sources_exist(self) -> StudyConfig:
        given = [name for settings in self.cohorts.values() for name in settings.given_sources]
        sources = dict.fromkeys([*given, OWN, *self.networks, *self.programs])
        reference, primary = self.concordance.reference, self.concordance.primary
        needed = any(settings.needs_reference for settings in self.cohorts.values())
        if needed and reference not in given:
            known = ", ".join(dict.fromkeys(given)) or "none"
            raise ValueError(f"concordance.reference: no cohort gives masks of {reference}; given are: {known}")
        if primary is not None and primary not in sources:
            raise ValueError(f"concordance.primary: there is no mask source {primary}; sources: {', '.join(sources)}")
        named = [*self.sources, *(entry.start for entry in self.sources.values() if entry.start is not None)]
        if unknown := [name for name in named if name not in sources]:
            raise ValueError(f"sources: there is no mask source {unknown[0]}; sources: {', '.join(sources)}")
        if primary == reference:
            raise ValueError(f"concordance.primary: {primary} is the reference, which is not compared with itself")
        return self


def json_schema() -> dict[str, Any]:
    """The JSON schema of ``config.yaml``, for editors and for Snakemake."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **StudyConfig.model_json_schema()}
