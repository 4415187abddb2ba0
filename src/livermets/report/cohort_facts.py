"""The cohorts as the report names them, with what their scans are for, task by task and timepoint by timepoint."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from livermets.config.cohorts import CohortSettings
from livermets.config.roles import Roles
from livermets.config.study import StudyConfig


@dataclass(frozen=True)
class CohortFacts:
    """A cohort: its settings (None: it came without a configuration), and whether any outcome of it is known."""

    name: str
    settings: CohortSettings | None
    knows_outcome: bool

    @property
    def synthetic(self) -> bool:
        """Whether a program made it up."""
        return self.settings is not None and self.settings.phantom is not None

    @property
    def stated_timepoints(self) -> list[str]:
        """The timepoints whose roles are written one by one."""
        by_timepoint = self.settings is not None and isinstance(self.settings.timepoints, dict)
        return self.settings.listed_timepoints if by_timepoint and self.settings else []

    def roles_at(self, timepoint: str, response_timepoints: Collection[str]) -> Roles:
        """What the scans of a timepoint are for; of a cohort without a configuration, lesions with an outcome validate
        and others are predicted."""
        if self.settings is None:
            return Roles(response="validation" if self.knows_outcome else "predict")
        return self.settings.roles_at(timepoint, response_timepoints) or Roles()


def cohort_facts(config: StudyConfig, lesions: pd.DataFrame) -> dict[str, CohortFacts]:
    """The cohorts of the configuration, then those that only the lesions name."""
    known = set(lesions.loc[lesions["response"].notna(), "cohort"])
    names = dict.fromkeys([*config.cohorts, *lesions["cohort"]])
    return {name: CohortFacts(name, config.cohorts.get(name), name in known) for name in names}
