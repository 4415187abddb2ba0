"""What the Snakefile needs to know: the typed study, its scans, and what a rule depends on.

Light to import (every cluster job parses the Snakefile again): neither torch nor SimpleITK is reached from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from livermets.cohort.load import found_study
from livermets.cohort.rows import PHANTOM_FOLDER
from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort, Study
from livermets.config.applied import facts_of, study_config
from livermets.config.base import Section
from livermets.config.bundled import BundleFacts, bundle_path
from livermets.config.intake import mask_part, outcome_part, scan_part
from livermets.config.networks import LIVER
from livermets.config.phantom import PhantomSettings
from livermets.config.roles import Role
from livermets.config.study import StudyConfig
from livermets.provenance import canonical_json, text_digest
from livermets.randomness import integer_seed
from livermets.workflow.cross_fit import CrossFit
from livermets.workflow.demand import megavoxels, phantom_megavoxels
from livermets.workflow.livers import OF_CHECK, Livers
from livermets.workflow.networks import Networks, fold_name, whole_name
from livermets.workflow.readiness import file_problems, study_problems
from livermets.workflow.scans import Scans
from livermets.workflow.sources import Sources

POOLED = "pooled"


@dataclass(frozen=True)
class Plan:
    """One study as the workflow sees it."""

    config: StudyConfig
    study: Study

    @classmethod
    def from_config(cls, values: Mapping[str, Any], *, check_files: bool = True, source: Path | None = None) -> Plan:
        """The plan of a configuration; raises `InputError` with every problem that tables and paths already show.
        ``source``: the file that it was read from, to quote."""
        config = study_config(StudyConfig, values, "", source)
        study = found_study(config)
        problems = study_problems(config, study) if check_files else study.problems
        if check_files:
            problems.extend(file_problems(study))
        problems.raise_if_errors()
        return cls(config, study)

    @cached_property
    def networks(self) -> Networks:
        """The networks of the study, by name."""
        bundled = list(self.bundle.networks) if self.bundle else []
        found = self.livers.need_own_network
        livers = self.cross_fit.folds_of(scan for scan in self.livers.training if self.livers.by_network(scan))
        return Networks(
            self.config, bool(self.scans(segmentation="train")), found, bundled, self.cross_fit.count, livers
        )

    @cached_property
    def sources(self) -> Sources:
        """The mask sources of the study, by name."""
        crossed = [name for name in self.networks.of_lesions if self.networks.is_crossed(name)]
        return Sources(self.config, self._scans, self.networks.of_lesions, crossed)

    @cached_property
    def bundle(self) -> BundleFacts | None:
        """What the bundle says of itself whose networks and model are applied; None: there is none."""
        return facts_of(self.config)

    @property
    def bundle_files(self) -> list[str]:
        """That bundle's file."""
        return [] if self.config.model is None else [str(bundle_path(self.config.model))]

    def bundled_digests(self, folder: str) -> list[str]:
        """Digests of what a folder of the bundle holds: what is unpacked from it changes with these alone."""
        members = self.bundle.members if self.bundle else {}
        return [digest for name, digest in sorted(members.items()) if name.startswith(f"{folder}/")]

    @property
    def fits_response(self) -> bool:
        """Whether a model of response is fitted."""
        return bool(self.scans(response="train"))

    @cached_property
    def livers(self) -> Livers:
        """Which livers are given and which are found, scan by scan."""
        return Livers.of(self.config, self.study)

    # Settings, code and seeds: what a rule's parameters hold.

    def settings(self, key: str, without: str = "") -> str:
        """One section with its defaults filled in, as JSON: a verb's ``--settings``, and the trigger of its rerun.
        ``without``: a key that the verb does not read."""
        section: Section = getattr(self.config, key)
        return canonical_json(section.model_dump(mode="json", exclude={without}))

    def scan_settings(self, scan: Scan) -> str:
        """What `intake` needs of one scan, as JSON: another patient, and what tables say, do not change it."""
        settings = self.study.cohort(scan.cohort).reading(scan)
        return canonical_json(scan_part(settings, scan.image_path, scan.liver_path, scan.lesion_pattern))

    def mask_settings(self, scan: Scan, source: str) -> str:
        """What `match` needs of the mask that a further source has drawn of one scan, as JSON."""
        drawn = scan.of_source(source)
        settings = self.study.cohort(scan.cohort).reading(drawn)
        return canonical_json(mask_part(settings, drawn.image_path, drawn.liver_path, drawn.lesion_pattern))

    @property
    def matching_settings(self) -> str:
        """How the masks of a source are matched with the reference's, as JSON."""
        return canonical_json(self.config.segmentation.matching.model_dump(mode="json"))

    def outcome_settings(self, cohorts: Iterable[Cohort], fitted: bool = False) -> str:
        """What `outcome` needs of some cohorts, as JSON; for what is fitted without centres, unless one is left
        out, and with covariates, which nothing else looks at."""
        centres = not fitted or self.fits_by_centre
        parts = {cohort.name: outcome_part(cohort.settings, cohort.table_path, centres) for cohort in cohorts}
        outcome = self.config.outcome.model_dump(mode="json")
        study: dict[str, Any] = {"seed": self.seed, "response_timepoints": self.config.response_timepoints}
        if fitted and self.config.covariates:
            study["covariates"] = self.config.model_dump(mode="json", include={"covariates"})["covariates"]
        return canonical_json({"cohorts": parts, "outcome": outcome, **study})

    @property
    def fits_by_centre(self) -> bool:
        """Whether the model is fitted without each centre in turn; else what it is fitted on knows none."""
        return self.config.selection.audit.leave_one_centre_out

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
        parts: dict[str, Any] = dict.fromkeys(("seed", "cohorts", "model", "outcome", "response_timepoints"), True)
        parts["concordance"] = {"reference"}
        parts["segmentation"] = {"liver": OF_CHECK}
        own = self.config.segmentation
        if own.liver.missing == "joint":  # says of the lesion network that it finds livers
            parts["segmentation"] |= dict.fromkeys(("classes", "network", "sampling", "output"), True)
        if any(self.networks.settings(name).sampling.view == "orthogonal" for name in self.networks.names):
            # for which a scan may be too thin
            parts |= {"preprocess": True, "networks": True, "segmentation": True}
        return canonical_json(self.config.model_dump(mode="json", include=parts))

    @cached_property
    def whole(self) -> str:
        """The whole configuration as JSON, for `check`, `report` and `manifest`."""
        return canonical_json(self.config.model_dump(mode="json"))

    # Cohorts and scans: lists of what exists, never a cross product.

    def is_phantom(self, cohort: str) -> bool:
        """Whether the cohort is synthetic."""
        return self.config.cohorts[cohort].phantom is not None

    def cohorts(self, segmentation: Role | None = None, response: Role | None = None) -> list[Cohort]:
        """The cohorts with a scan of these roles (all without)."""
        names = {scan.cohort for scan in self.scans(segmentation, response)}
        return [cohort for cohort in self.study.cohorts if cohort.name in names]

    def scans(self, segmentation: Role | None = None, response: Role | None = None) -> Scans:
        """The scans with these roles (all without)."""
        if segmentation is None and response is None:
            return self._scans
        one, other = (None if role is None else [role] for role in (segmentation, response))
        return self._scans.filter(segmentation=one, response=other)

    @cached_property
    def classified_cohorts(self) -> list[Cohort]:
        """The cohorts whose lesions get a class."""
        names = {scan.cohort for scan in self._scans if scan.roles.response != "none"}
        return [cohort for cohort in self.study.cohorts if cohort.name in names]

    @cached_property
    def _scans(self) -> Scans:
        return Scans(self.study.scans())

    def response_scans(self) -> Scans:
        """The scans that the response model learns from. A follow-up image is part of the outcome, so neither its ROIs,
        its lesions nor its diameters may reach the model unasked."""
        return self.scans(response="train")

    @cached_property
    def perturbed(self) -> Scans:
        """The scans whose reference masks are altered."""
        return self.unseen(self.sources.reference) if self.config.perturbation.draws else Scans([])

    def unseen(self, source: str) -> Scans:
        """The scans whose lesions get a class from a source's masks, of patients that the model was not fitted on."""
        fitted = {(scan.cohort, scan.patient_id) for scan in self.response_scans()}
        classified = self.sources.classified(source)
        return Scans(scan for scan in classified if (scan.cohort, scan.patient_id) not in fitted)

    @cached_property
    def reclassified(self) -> Scans:
        """The scans whose lesions are classified by refits of the model, where it is fitted here and refits are asked
        for."""
        asked = self.config.retraining.seeds + self.config.retraining.bootstraps
        return self.unseen(self.sources.reference) if asked and self.fits_response else Scans([])

    @property
    def perturbed_cohorts(self) -> list[str]:
        """The cohorts of those whose reference masks are altered."""
        return list(dict.fromkeys(scan.cohort for scan in self.perturbed))

    @property
    def reclassified_cohorts(self) -> list[str]:
        """The cohorts of those that refits classify."""
        return list(dict.fromkeys(scan.cohort for scan in self.reclassified))

    @cached_property
    def erring(self) -> dict[str, Scans]:
        """The sources whose errors altered masks are given, and the scans on which they are measured."""
        if not (self.perturbed and self.config.perturbation.donors):
            return {}
        scans = {source: self.sources.evaluated(source) for source in self.sources.others}
        return {source: found for source, found in scans.items() if found}

    @property
    def error_table(self) -> list[str]:
        """The table of these errors, where there are any."""
        return ["results/perturbation/errors.parquet"] if self.erring else []

    def scan(self, cohort: str, patient: str, timepoint: str) -> Scan:
        """One scan."""
        return self.study.scan(cohort, patient, timepoint)

    @cached_property
    def cross_fit(self) -> CrossFit:
        """The folds of the training patients."""
        return CrossFit.of(self.config, self.study)

    def trained_on(self, network: str) -> Scans:
        """The training scans that a network learns from: that of livers from those that come with a liver, that of a
        fold from those of the other folds' patients, that of a share from those of the share's."""
        is_liver = whole_name(network) == LIVER
        scans = self.livers.learnt_from if is_liver else self.scans(segmentation="train")
        return self.cross_fit.learnt_by(network, scans)

    def drawn_with(self, network: str, scan: Scan) -> str:
        """The network by name that draws a scan for a network: where it is cross-fitted, a training scan is drawn by
        that of the fold which never saw the patient."""
        return fold_name(network, self.cross_fit.fold(scan) if self.networks.is_crossed(network) else None)

    def source_files(self, scan: Scan) -> list[str]:
        """The files that the user gave for one scan."""
        return [str(path) for path in scan.input_paths]

    def _all_files(self, scan: Scan) -> list[str]:
        return [*self.source_files(scan), *map(str, scan.further_paths)]

    def megavoxels(self, scans: Iterable[Scan]) -> float:
        """Size of some scans in millions of voxels; an expectation for synthetic ones."""
        return sum(self._megavoxels(scan) for scan in scans)

    def _megavoxels(self, scan: Scan) -> float:
        if self.is_phantom(scan.cohort):
            return phantom_megavoxels(self._phantom(scan.cohort).grid)
        return megavoxels(scan.image_path) if scan.image_path else 0.0

    def outcome_digest(self, scans: Iterable[Scan], fitted: bool = False) -> str:
        """Digest of what the tables say about some scans, wherever in the tables it stands; ``fitted`` as for
        `outcome_settings`."""
        return text_digest(repr([self._said_of(scan, fitted) for scan in scans]))[:16]

    def _said_of(self, scan: Scan, fitted: bool) -> tuple[Any, ...]:
        cohort = self.study.cohort(scan.cohort)
        rows = cohort.lesion_rows(scan.patient_id, scan.timepoint)
        said = [(row.lesion_id, row.response, row.baseline_diameter_mm, row.followup_diameter_mm) for row in rows]
        excluded = sorted(cohort.excluded_lesions(scan.patient_id, scan.timepoint))
        centre = scan.centre if not fitted or self.fits_by_centre else ""
        told = (scan.patient_id, scan.timepoint, centre, said, excluded)
        covariates = self.config.covariates.items() if fitted else ()
        columns = [one.column or name for name, one in covariates if one.derived is None]
        if not columns:
            return told
        # A value of the patient may stand in the row of any of its lesions, and in one that names none.
        own = cohort.rows_of(scan.patient_id, scan.timepoint)
        return *told, [(row.lesion_id, *(row.cells.get(column) for column in columns)) for row in own]

    def phantom_folders(self) -> list[str]:
        """The folders that the phantom rule writes."""
        names = [cohort.name for cohort in self.cohorts() if self.is_phantom(cohort.name)]
        return [PHANTOM_FOLDER.format(cohort=name) for name in names]

    def given_files(self) -> list[str]:
        """Every table and image of the cohorts that are not synthetic."""
        given = [cohort for cohort in self.cohorts() if not self.is_phantom(cohort.name)]
        tables = [str(cohort.table_path) for cohort in given if cohort.table_path is not None]
        return sorted(
            {*tables, *(path for cohort in given for scan in cohort.scans() for path in self._all_files(scan))}
        )

    def concordance_names(self) -> list[str]:
        """The validation cohorts that get a concordance folder of their own, and their union."""
        names = [cohort.name for cohort in self.cohorts(response="validation")]
        return [*names, POOLED] if len(names) > 1 else names

    @property
    def lesion_tables(self) -> list[str]:
        """The tables of all lesions, where lesions get a class."""
        names = ("lesions", "lesions_long", "lesion_features")
        return [f"results/{name}.csv" for name in names] if self.classified_cohorts else []

    @property
    def reported(self) -> list[str]:
        """What the report waits for: the last tables of every stage that the study has."""
        files = ["results/check/summary.txt"]
        if self.bundle is not None:
            files += ["results/bundle/applied.json"]
        if self.sources.others:
            files += ["results/overlap/overlap.csv"]
        # Where every scan is drawn by a fold, nothing else asks for the networks that a bundle takes along.
        files += [f"results/networks/{name}/network.json" for name in self.networks.names]
        if self.classified_cohorts:
            files += ["results/lesions.csv", "results/model/model.json"]
        if self.fits_response:
            files += ["results/model/resubstitution.csv"]
        if self.perturbed:
            files += ["results/perturbation/needed.csv"]
        if self.reclassified:
            files += ["results/perturbation/class_noise.csv"]
        for name in self.concordance_names():
            pairs = self.pairs_of(name)
            # Where there is nothing to compare it with, the reference is judged alone.
            judged = pairs or [self.sources.reference]
            files += [f"results/concordance/{name}/{source}/diagnostics.csv" for source in judged]
            files += [f"results/concordance/{name}/{source}/roi_agreement.csv" for source in pairs]
            files += [f"results/concordance/{name}/sources.csv"] if pairs else []
        return files

    def pairs_of(self, name: str) -> list[str]:
        """The sources that are compared with the reference in one concordance folder."""
        cohorts, classified = self.concordance_cohorts(name), self.sources.classified
        return [s for s in self.sources.others if classified(s).filter(cohorts=cohorts, response=["validation"])]

    def concordance_cohorts(self, name: str) -> list[str]:
        """The cohorts behind one concordance folder."""
        return [cohort.name for cohort in self.cohorts(response="validation")] if name == POOLED else [name]
