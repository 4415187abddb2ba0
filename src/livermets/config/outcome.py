"""What counts as a responder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from livermets.config.base import Section


class OutcomeSettings(Section):
    """The outcome rule: which lesions are responders (R+, 1) and which are not (R-, 0)."""

    rule: Literal["growth_mm", "growth_percent", "recist11", "column"] = "growth_mm"
    """growth_mm: R- if the longest diameter grew by more than `limit_mm`; growth_percent: R- if it grew by more than
    `limit_percent`; recist11: R- if it grew by at least 20 % and 5 mm (progressive disease, RECIST 1.1, applied to the
    single lesion); column: the table's `response` column already says it."""
    limit_mm: float = Field(3.0, ge=0)
    """Growth in mm above which a lesion is R- (Giannini 2020: 3 mm)."""
    limit_percent: float = Field(20.0, ge=0)
    """Growth in percent of the baseline diameter above which a lesion is R-."""
