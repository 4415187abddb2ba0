"""Everything that the report reads, gathered once from a results folder; what is missing stays missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from livermets.config.cohorts import CohortSettings
from livermets.config.roles import Role
from livermets.config.study import StudyConfig
from livermets.errors import input_error
from livermets.io.tables import read_table, with_text
from livermets.masks.identity import SCAN_KEY
from livermets.masks.lesion_table import NOT_STATED, checked_lesions
from livermets.report import folder as places
from livermets.report.benchmarks import read_benchmarks
from livermets.report.configuration import ReportedConfig
from livermets.report.exclusions import exclusions
from livermets.report.folder import ResultsFolder, pictures_in, read_json, table_or_empty
from livermets.report.lesions import LISTED_COLUMNS, split_findings
from livermets.segmentation.description import NetworkDescription, read_description

_DEFAULTS = {"cohort": "study", "timepoint": "baseline"}
"""What a lesion table that lacks these columns is about."""


@dataclass(frozen=True)
class CohortFacts:
    """A cohort as the report names it."""

    name: str
    role: str
    synthetic: bool


@dataclass(frozen=True)
class Network:
    """One trained network: what it is, its log, its pictures."""

    name: str
    description: NetworkDescription
    log: pd.DataFrame
    pictures: dict[str, Path]


@dataclass(frozen=True)
class StudyResults:
    """The tables and facts of one study; empty frames and mappings stand for what was not computed."""

    folder: Path
    config: ReportedConfig
    cohorts: dict[str, CohortFacts]
    lesions: pd.DataFrame
    false_positives: pd.DataFrame
    findings: pd.DataFrame
    scan_metrics: pd.DataFrame
    scans: pd.DataFrame
    excluded: pd.DataFrame
    problems: pd.DataFrame
    model: dict[str, pd.DataFrame]
    model_facts: dict[str, Any]
    model_pictures: dict[str, Path]
    networks: dict[str, Network]
    overlap: dict[str, pd.DataFrame]
    concordance: dict[str, dict[str, pd.DataFrame]]
    concordance_pictures: dict[str, dict[str, Path]]
    benchmarks: pd.DataFrame
    manifest: dict[str, Any] = field(default_factory=dict)
    applied: dict[str, Any] = field(default_factory=dict)
    """What the bundle says of itself whose networks or model were applied; empty where there is none."""

    def of_role(self, role: str) -> list[str]:
        """Names of the cohorts with a role, in the study's order."""
        return [cohort.name for cohort in self.cohorts.values() if cohort.role == role]

    def cohort_lesions(self, *names: str) -> pd.DataFrame:
        """The manual lesions of some cohorts."""
        return self.lesions[self.lesions["cohort"].isin(names)]

    @property
    def response_timepoints(self) -> list[str]:
        """The timepoints whose classes count as predictions; without a configuration, those of the lesion table."""
        if self.config.gives("response_timepoints"):
            return list(self.config.response_timepoints)
        return [str(name) for name in self.lesions["timepoint"].unique()]

    @property
    def other_timepoints(self) -> list[str]:
        """Timepoints of validation lesions whose classes count nowhere as predictions."""
        seen = self.cohort_lesions(*self.of_role("validation"))["timepoint"].unique()
        return [str(name) for name in seen if str(name) not in self.response_timepoints]

    def headline_lesions(self, *names: str) -> pd.DataFrame:
        """The manual lesions of some cohorts at these timepoints: those that the headline figures are about."""
        return self.predicted(self.cohort_lesions(*names))

    def predicted(self, lesions: pd.DataFrame) -> pd.DataFrame:
        """Those of some lesions that were seen at a timepoint whose classes count as predictions."""
        return lesions[lesions["timepoint"].isin(self.response_timepoints)]

    @property
    def synthetic(self) -> list[str]:
        return [cohort.name for cohort in self.cohorts.values() if cohort.synthetic]

    @property
    def trained_on_synthetic(self) -> bool:
        """Whether any training cohort is synthetic, so that networks and model have seen made-up images."""
        return bool(self.applied.get("trained_on_synthetic")) or any(
            self.cohorts[name].synthetic for name in self.of_role("train")
        )


def read_results(root: Path, config: ReportedConfig, manifest: dict[str, Any] | None = None) -> StudyResults:
    """The results folder as one object. Raises `InputError` when there is no lesion table, or when it
    holds what a lesion table cannot hold."""
    lesions, false_positives, findings = split_findings(_lesions(root))
    if lesions.empty:
        raise input_error(
            root / places.LESIONS, "the table has no manual lesion", "Give at least one cohort with masks"
        )
    lesions = checked_lesions(lesions, str(root / places.LESIONS))
    folder = ResultsFolder.of(root, config)
    scans = _scans(folder)
    compared = folder.folders(places.CONCORDANCE)
    return StudyResults(
        folder=root,
        config=config,
        cohorts=_cohorts(config, lesions),
        lesions=lesions,
        false_positives=false_positives,
        findings=findings,
        scan_metrics=folder.whole_table(places.SCAN_METRICS),
        scans=scans,
        excluded=exclusions(config, scans),
        problems=folder.whole_table(places.CHECK_REMARKS, places.LIVER_REMARKS),
        model=folder.tables(places.MODEL),
        model_facts=read_json(root / places.MODEL_FACTS),
        model_pictures=pictures_in(root / places.MODEL),
        networks={name: _network(name, path) for name, path in folder.trained_networks().items()},
        overlap=folder.tables(places.OVERLAP),
        concordance={
            path.name: folder.tables(f"{places.CONCORDANCE}/{path.name}/{places.PRIMARY}") for path in compared
        },
        concordance_pictures={path.name: pictures_in(path / places.PRIMARY) for path in compared},
        benchmarks=read_benchmarks(root / places.BENCHMARKS),
        manifest=manifest or read_json(root / places.MANIFEST),
        applied={} if config.model is None else read_json(root / places.APPLIED_FACTS),
    )


def _lesions(root: Path) -> pd.DataFrame:
    path = root / places.LESIONS
    if path.exists():
        table = read_table(path)
    else:
        parts = [read_table(part) for part in sorted(root.glob(places.LESIONS_OF_COHORTS))]
        if not parts:
            fix = "Run the workflow up to the lesion tables, or give the folder that holds them"
            raise input_error(root, "no lesion table (lesions.csv) was found here", fix)
        table = pd.concat(parts, ignore_index=True)
    missing = [name for name in ("patient_id", "lesion_id") if name not in table]
    if missing:
        raise input_error(path, f"the lesion table lacks the columns {', '.join(missing)}", "Add them")
    return _with_all_columns(table)


def _with_all_columns(table: pd.DataFrame) -> pd.DataFrame:
    absent = {name: _DEFAULTS.get(name, float("nan")) for name in LISTED_COLUMNS if name not in table}
    table = table.assign(**absent)
    named = [name for name in ("cohort", "timepoint", "centre") if name in table]
    stated = {name: table[name].astype(object).where(table[name].notna(), NOT_STATED) for name in named}
    return with_text(table.assign(**stated), SCAN_KEY)


def _cohorts(config: StudyConfig, lesions: pd.DataFrame) -> dict[str, CohortFacts]:
    found = {
        name: CohortFacts(name, _main_role(cohort), cohort.phantom is not None)
        for name, cohort in config.cohorts.items()
    }
    for name in lesions["cohort"].unique():
        if name not in found:
            known = lesions.loc[lesions["cohort"] == name, "response"].notna().any()
            found[name] = CohortFacts(name, "validation" if known else "predict", False)
    return found


def _main_role(cohort: CohortSettings) -> Role:
    """The role for the response; of a cohort that has several, the one that shows most of it."""
    stated = {roles.response for roles in cohort.stated_roles}
    return next(role for role in get_args(Role) if role in stated)


def _scans(folder: ResultsFolder) -> pd.DataFrame:
    """Facts of every scan: source, size, spacing, and what its headers say of the acquisition."""
    return pd.DataFrame({**scan, **_scan(facts)} for scan, facts in folder.scan_facts())


def _scan(facts: dict[str, Any]) -> dict[str, Any]:
    spacing_names = ("column_spacing_mm", "row_spacing_mm", "slice_spacing_mm")
    spacing = dict(zip(spacing_names, facts.get("spacing_xyz_mm") or [], strict=False))
    size = dict(zip(("size_x", "size_y", "size_z"), facts.get("size_xyz") or [], strict=False))
    acquisition = facts.get("acquisition") or {}
    plain = {key: value for key, value in acquisition.items() if not isinstance(value, dict | list)}
    return {"source": facts.get("source"), "has_liver": facts.get("has_liver"), **size, **spacing, **plain}


def _network(name: str, folder: Path) -> Network:
    return Network(name, read_description(folder), table_or_empty(folder / places.TRAINING_LOG), pictures_in(folder))
