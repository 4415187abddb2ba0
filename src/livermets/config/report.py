"""The study report."""

from __future__ import annotations

from pydantic import Field

from livermets.config.base import Section


class ReportSettings(Section):
    """What the study report is called and how much of it is shown; nothing here changes a number."""

    title: str = ""
    """Title of the report; empty: the title of the study."""
    authors: str = ""
    """Who answers for the study; printed under the title when given."""
    overlays_per_cohort: int = Field(3, ge=0, le=12)
    """Lesions per cohort shown with both contours: the best, the median and the worst Dice first."""
    rows_per_page: int = Field(50, ge=10, le=1000)
    """Rows of the lesion table shown (and printed) at once."""
    statements: dict[str, str] = {}
    """Answers that only people can give, by checklist item, e.g. {"CLEAR 8": "Ethics committee of …, no. …"}; they
    replace "you must write this" in the report's checklists."""
