"""What the Snakefile needs to know: the typed study, its scans, and what a rule depends on.

Light to import (every cluster job parses the Snakefile again): neither torch nor SimpleITK is reached from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from livermets.cohort.load import found_cohorts
from livermets.cohort.rows import PHANTOM_FOLDER
from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort, Study
from livermets.config.base import Section
from livermets.config.intake import outcome_part, scan_part
from livermets.config.load import validate_section
from livermets.config.networks import OWN
from livermets.config.phantom import PhantomSettings
from livermets.config.study import StudyConfig
from livermets.provenance import canonical_json, text_digest
from livermets.randomness import integer_seed
from livermets.workflow.demand import megavoxels, phantom_megavoxels
from livermets.workflow.networks import Networks
from livermets.workflow.readiness import file_problems, study_problems
from livermets.workflow.scans import Scans

POOLED = "pooled"
REFERENCE = "manual"


@dataclass(frozen=True)
class Plan:
    """One study as the workflow sees it."""

    config: StudyConfig
    study: Study

    @classmethod
    def from_config(cls, values: Mapping[str, Any], *, check_files: bool = True, source: Path | None = None) -> Plan:
        """The plan of a configuration; raises `InputError` with every problem that tables and paths already show.
        ``source``: the file that it was read from, to quote."""
        config = validate_section(StudyConfig, values, "", source)
        study = found_cohorts(config.cohorts, config.outcome, config.seed)
        problems = study_problems(config, study) if check_files else study.problems
        if check_files:
            problems.extend(file_problems(study))
        problems.raise_if_errors()
        return cls(config, study)

    @cached_property
    def networks(self) -> Networks:
        """The networks of the study, by name."""
        return Networks(self.config)

    # Settings, code and seeds: what a rule's parameters hold.

    def settings(self, key: str) -> str:
        """One section with its defaults filled in, as JSON: a verb's ``--settings``, and the trigger of its rerun."""
        section: Section = getattr(self.config, key)
        return canonical_json(section.model_dump(mode="json"))

    def scan_settings(self, scan: Scan) -> str:
        """What `intake` needs of one scan, as JSON: another patient, and what tables say, do not change it."""
        settings = self.study.cohort(scan.cohort).settings
        return canonical_json(scan_part(settings, scan.image_path, scan.liver_path, scan.lesion_pattern))

    def outcome_settings(self, cohorts: Iterable[Cohort], centres: bool = True) -> str:
        """What `outcome` needs of some cohorts, as JSON; without centres for what is fitted, which knows none."""
        parts = {cohort.name: outcome_part(cohort.settings, cohort.table_path, centres) for cohort in cohorts}
        outcome = self.config.outcome.model_dump(mode="json")
        return canonical_json({"cohorts": parts, "outcome": outcome, "seed": self.seed})

    def liver_settings(self) -> str:
        """What the chosen source of livers goes by: a network's training is in its weights, a given mask is kept."""
        used = {"given": set(), "command": {"command", "postprocess"}, "network": {"output", "postprocess"}}
        parts = {"source", *used[self.liver_source]}
        return canonical_json({"liver": self.config.segmentation.liver.model_dump(mode="json", include=parts)})

    @property
    def seed(self) -> int:
        """The study's seed; every stage spawns its own from it by purpose."""
        return self.config.seed

    def phantom_settings(self, cohort: str) -> str:
        """How a synthetic cohort is written, as JSON."""
        return canonical_json(self._phantom(cohort).model_dump(mode="json"))

    def phantom_seed(self, cohort: str) -> int:
        """A synthetic cohort's own seed, or one spawned from the study's for its name."""
        own = self._phantom(cohort).seed
        return integer_seed(self.seed, "phantom", cohort) if own is None else own

    def _phantom(self, cohort: str) -> PhantomSettings:
        phantom = self.config.cohorts[cohort].phantom
        assert phantom is not None
        return phantom

    @cached_property
    def check_settings(self) -> str:
        """The parts of the configuration that are checked against files, as JSON. What can be said without opening an
        image is said before the first job, so a change of that does not read every image again."""
        parts: dict[str, Any] = dict.fromkeys(("seed", "cohorts", "outcome"), True)
        parts["segmentation"] = {"liver": {"source", "command"}}
        return canonical_json(self.config.model_dump(mode="json", include=parts))

    @cached_property
    def whole(self) -> str:
        """The whole configuration as JSON, for `check`, `report` and `manifest`."""
        return canonical_json(self.config.model_dump(mode="json"))

    # Cohorts and scans: lists of what exists, never a cross product.

    def is_phantom(self, cohort: str) -> bool:
        """Whether the cohort is synthetic."""
        return self.config.cohorts[cohort].phantom is not None

    def cohorts(self, *roles: str) -> list[Cohort]:
        """The cohorts with one of the roles (all without)."""
        return [cohort for cohort in self.study.cohorts if not roles or cohort.role in roles]

    def scans(self, *roles: str) -> Scans:
        """The scans of the cohorts with one of the roles (all without)."""
        return self._scans.filter(cohorts={cohort.name for cohort in self.cohorts(*roles)}) if roles else self._scans

    @cached_property
    def _scans(self) -> Scans:
        return Scans(self.study.scans())

    def response_scans(self) -> Scans:
        """The training scans that the response model learns from: those of `response_timepoints`. A follow-up image
        is part of the outcome, so neither its ROIs, its lesions nor its diameters may reach the model unasked."""
        return self.scans("train").filter(timepoints=self.config.response_timepoints)

    def compared_scans(self) -> Scans:
        """The validation scans on which networks are measured side by side: those with a manual mask."""
        return self.scans("validation").filter(has_lesions=True)

    def judged_scans(self, network: str) -> Scans:
        """The scans whose masks a network is judged by: all of the study's own, of others those compared."""
        return self.scans() if network == OWN else self.compared_scans()

    # Mask sources: names, and the scans that each has a mask of.

    @property
    def reference(self) -> str:
        """The mask source that the others are compared with, and that the response model is fitted on."""
        return REFERENCE

    @property
    def primary(self) -> str:
        """The mask source whose pair with the reference is the headline."""
        return OWN

    @property
    def sources(self) -> list[str]:
        """Every mask source of the study, the reference first."""
        return [self.reference, self.primary]

    def masks_of(self, scans: Scans) -> dict[str, Scans]:
        """Those of some scans that have a mask, by mask source, the reference first."""
        return {self.reference: scans.filter(has_lesions=True), self.primary: scans}

    def pairs_of(self, name: str) -> list[str]:
        """The mask sources that have a pair with the reference in one concordance folder, the primary one first."""
        return [self.primary]

    def scan(self, cohort: str, patient: str, timepoint: str) -> Scan:
        """One scan."""
        return self.study.scan(cohort, patient, timepoint)

    @property
    def liver_source(self) -> str:
        """Where liver masks come from: given, network or command."""
        return self.config.segmentation.liver.source

    def training_patients(self) -> str:
        """The patient of every training scan, in the order of `scans("train")`, comma-separated."""
        return ",".join(scan.patient_id for scan in self.scans("train"))

    def fold(self, scan: Scan) -> int | None:
        """With cross-fitting, the fold whose network never saw this training patient; None: the network of
        all training patients."""
        folds = self.config.segmentation.cross_fit
        if not folds or self.study.cohort(scan.cohort).role != "train":
            return None
        return self._fold_of_patient[scan.patient_id]

    @cached_property
    def _fold_of_patient(self) -> dict[str, int]:
        from livermets.segmentation.folds import fold_of

        return fold_of({scan.patient_id for scan in self.scans("train")}, self.config.segmentation.cross_fit, self.seed)

    def source_files(self, scan: Scan) -> list[str]:
        """The files that the user gave for one scan."""
        return [str(path) for path in scan.input_paths]

    def megavoxels(self, scans: Iterable[Scan]) -> float:
        """Size of some scans in millions of voxels; an expectation for synthetic ones."""
        return sum(self._megavoxels(scan) for scan in scans)

    def _megavoxels(self, scan: Scan) -> float:
        if self.is_phantom(scan.cohort):
            return phantom_megavoxels(self._phantom(scan.cohort).grid)
        return megavoxels(scan.image_path) if scan.image_path else 0.0

    def outcome_digest(self, scans: Iterable[Scan], centres: bool = True) -> str:
        """Digest of what the tables say about some scans, wherever in the tables it stands."""
        return text_digest(repr([self._said_of(scan, centres) for scan in scans]))[:16]

    def _said_of(self, scan: Scan, centre: bool) -> tuple[Any, ...]:
        cohort = self.study.cohort(scan.cohort)
        rows = cohort.lesion_rows(scan.patient_id, scan.timepoint)
        said = [(row.lesion_id, row.response, row.baseline_diameter_mm, row.followup_diameter_mm) for row in rows]
        excluded = sorted(cohort.excluded_lesions(scan.patient_id, scan.timepoint))
        return scan.patient_id, scan.timepoint, scan.centre if centre else "", said, excluded

    def phantom_folders(self) -> list[str]:
        """The folders that the phantom rule writes."""
        names = [cohort.name for cohort in self.cohorts() if self.is_phantom(cohort.name)]
        return [PHANTOM_FOLDER.format(cohort=name) for name in names]

    def given_files(self) -> list[str]:
        """Every table and image of the cohorts that are not synthetic."""
        given = [cohort for cohort in self.cohorts() if not self.is_phantom(cohort.name)]
        tables = [str(cohort.table_path) for cohort in given if cohort.table_path is not None]
        return sorted(
            {*tables, *(path for cohort in given for scan in cohort.scans() for path in self.source_files(scan))}
        )

    def concordance_names(self) -> list[str]:
        """The validation cohorts that get a concordance folder of their own, and their union."""
        names = [cohort.name for cohort in self.cohorts("validation")]
        return [*names, POOLED] if len(names) > 1 else names

    def concordance_cohorts(self, name: str) -> list[str]:
        """The cohorts behind one concordance folder."""
        return [cohort.name for cohort in self.cohorts("validation")] if name == POOLED else [name]
