"""The ``concordance`` section: which masks are compared with which."""

from __future__ import annotations

from livermets.config.base import Section
from livermets.config.cohort_entries import FIRST_READER, Name


class ConcordanceSettings(Section):
    """The pairs of mask sources: the reference with each of the others."""

    reference: Name = FIRST_READER
    """The source whose masks networks and model are fitted on and all others are compared with."""
    primary: Name | None = None
    """The source whose pair with the reference makes the headline. Empty: the study's own network (automatic), where it
    draws masks; else the first further source of the cohorts."""
