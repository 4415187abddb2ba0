"""One study as the report knows it: its tables, its facts, and which lesions are in it for what."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from livermets.config.roles import KNOWN, Role, Roles, Task
from livermets.report.cohort_facts import CohortFacts
from livermets.report.configuration import ReportedConfig
from livermets.report.rows import of_source
from livermets.report.sources import MaskSources
from livermets.segmentation.description import NetworkDescription


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
    sources: MaskSources
    concordance: dict[str, dict[str, pd.DataFrame]]
    """The tables of the headline's pair, by cohort (or pooled) and stem."""
    concordance_pictures: dict[str, dict[str, Path]]
    comparisons: dict[str, pd.DataFrame]
    """Every source beside the reference (``sources.csv``), by cohort or pooled."""
    comparison_pictures: dict[str, dict[str, Path]]
    readers: dict[str, pd.DataFrame]
    readers_pictures: dict[str, Path]
    benchmarks: pd.DataFrame
    manifest: dict[str, Any] = field(default_factory=dict)
    perturbation: dict[str, pd.DataFrame] = field(default_factory=dict)
    """How good a mask must be, by stem."""
    perturbation_pictures: list[Path] = field(default_factory=list)
    """Altered masks of a lesion of every scan."""
    follow_up: dict[str, pd.DataFrame] = field(default_factory=dict)
    """Lesions over time (``lesions``, ``scans``), of every patient with masks at several timepoints."""
    follow_up_pictures: dict[tuple[str, str], Path] = field(default_factory=dict)
    """By cohort and patient."""
    applied: dict[str, Any] = field(default_factory=dict)
    """What the bundle says of itself whose networks or model were applied; empty where there is none."""

    def masks(self, stem: str) -> pd.DataFrame:
        """The rows of a table of the overlap that are about the source of the headline."""
        return of_source(self.overlap, stem, self.sources.headline)

    # Who is in the study for what: by row, since one cohort may train at one timepoint and validate at another.

    @property
    def response_timepoints(self) -> list[str]:
        """The timepoints that the response is predicted from unless a cohort's own roles say otherwise; without a
        configuration, those of the lesion table."""
        if self.config.gives("response_timepoints"):
            return list(self.config.response_timepoints)
        return [str(name) for name in self.lesions["timepoint"].unique()]

    def roles(self, cohort: str, timepoint: str) -> Roles:
        """What the scans of a cohort at a timepoint are for."""
        facts = self.cohorts.get(cohort)
        return facts.roles_at(timepoint, self.response_timepoints) if facts else Roles()

    def of_role(self, role: Role, task: Task = "response") -> list[str]:
        """Names of the cohorts that have a role in a task at any of their timepoints, in the study's order; of those
        to be predicted, at one that is predicted from."""
        return [name for name in self.cohorts if any(self._has(name, t, role, task) for t in self._timepoints(name))]

    def _has(self, cohort: str, timepoint: str, role: Role, task: Task) -> bool:
        asked = role != "predict" or task != "response" or timepoint in self.response_timepoints
        return asked and self.roles(cohort, timepoint).of(task) == role

    def _timepoints(self, cohort: str) -> list[str]:
        stated = self.cohorts[cohort].stated_timepoints or self.response_timepoints
        seen = self.cohort_lesions(cohort)["timepoint"].unique()
        return list(dict.fromkeys([*stated, *map(str, seen)]))

    def cohort_lesions(self, *names: str) -> pd.DataFrame:
        """The lesions of the reference in some cohorts."""
        return self.lesions[self.lesions["cohort"].isin(names)]

    def response_roles(self, table: pd.DataFrame) -> pd.Series:
        """What every row (of a scan or a lesion) is for in the response model: its own column `role`, where it says so,
        else what the cohort's settings say of the timepoint."""
        keys = zip(table["cohort"], table["timepoint"], strict=True)
        known = {key: self.roles(str(key[0]), str(key[1])).response for key in set(keys)}
        pairs = zip(table["cohort"], table["timepoint"], strict=True)
        stated = pd.Series([known[key] for key in pairs], index=table.index, dtype=object)
        return table["role"].where(table["role"].isin(get_args(Role)), stated) if "role" in table else stated

    def lesions_of(self, role: Role, *names: str) -> pd.DataFrame:
        """The lesions whose scan has a role in the response model (of some cohorts, if any is named); those to be
        predicted only at timepoints that are predicted from."""
        lesions = self.cohort_lesions(*names) if names else self.lesions
        return self.predicted(lesions[self.response_roles(lesions) == role])

    def predicted(self, table: pd.DataFrame) -> pd.DataFrame:
        """Those of some rows whose classes count as predictions: they train or validate the response model, or are of a
        timepoint that is predicted from."""
        roles = self.response_roles(table)
        applied = (roles == "predict") & table["timepoint"].isin(self.response_timepoints)
        return table[roles.isin(KNOWN) | applied]

    def timepoints_of(self, role: Role) -> list[str]:
        """The timepoints of the lesions with a role in the response model; those that are predicted from if there are
        no such lesions."""
        seen = [str(name) for name in self.lesions_of(role)["timepoint"].unique()]
        return seen or self.response_timepoints

    def compared(self, *names: str) -> pd.DataFrame:
        """The lesions of the comparison of some cohorts, with ``headline`` for those that validate: training lesions
        and those that get no class are no part of it, while other timepoints are listed."""
        lesions = self.cohort_lesions(*names)
        roles = self.response_roles(lesions)
        return lesions.assign(headline=roles == "validation")[roles.isin(["validation", "predict"])]

    @property
    def other_timepoints(self) -> list[str]:
        """Timepoints at which lesions of the validation cohorts are compared, and their classes count nowhere as
        predictions."""
        compared = self.compared(*self.of_role("validation"))
        others = compared.loc[~compared["headline"], "timepoint"].unique()
        return [str(name) for name in others]

    @property
    def synthetic(self) -> list[str]:
        return [cohort.name for cohort in self.cohorts.values() if cohort.synthetic]

    def made_up(self, task: Task) -> list[str]:
        """The synthetic training cohorts of a task."""
        return [name for name in self.of_role("train", task) if self.cohorts[name].synthetic]

    @property
    def trained_on_synthetic(self) -> str:
        """What has learnt from made-up images: ``Networks and model were``; empty if nothing has."""
        brought = self.applied if self.applied.get("trained_on_synthetic") else {}
        networks = self.made_up("segmentation") or brought.get("networks")
        model = self.made_up("response") or brought.get("model")
        if networks and model:
            return "Networks and model were"
        return "The networks were" if networks else "The model was" if model else ""
