"""What a study says of all its cohorts at once, where their tables and paths are read."""

from __future__ import annotations

from dataclasses import dataclass

from livermets.config.cohorts import FIRST_READER, CohortSettings
from livermets.config.roles import Roles


@dataclass(frozen=True)
class Conventions:
    """What a study's cohorts are read by beside their own settings."""

    response_timepoints: tuple[str, ...] = ("baseline",)
    """Timepoints at which the short form of a role holds for the response too."""
    reference: str = FIRST_READER
    """The mask source that all others are compared with."""

    def roles(self, settings: CohortSettings, timepoint: str) -> Roles | None:
        """What the scans of a cohort's timepoint are for; None: nothing is said of them."""
        return settings.roles_at(timepoint, self.response_timepoints)


USUAL = Conventions()
"""Those of a study that says nothing of its own."""
