"""From diameters to responder and non-responder: the outcome rules."""

from __future__ import annotations

from collections.abc import Mapping

from livermets.config.outcome import OutcomeSettings

RECIST_GROWTH_PERCENT = 20.0
RECIST_GROWTH_MM = 5.0
# 20.000000000000004 % is 20 %: diameters are read to a tenth of a millimetre, growth is compared to a millionth.
_ROUNDING = 6

_RESPONDER = ("1", "r+", "responder", "yes", "true", "r")
_NON_RESPONDER = ("0", "r-", "r−", "non-responder", "nonresponder", "non responder", "no", "false", "nr")


def needed_columns(settings: OutcomeSettings) -> tuple[str, ...]:
    """The columns that the outcome table must have for a rule."""
    return ("response",) if settings.rule == "column" else ("baseline_diameter_mm", "followup_diameter_mm")


def response_from_diameters(baseline_mm: float, followup_mm: float, settings: OutcomeSettings) -> int:
    """1 (R+) or 0 (R-) of one lesion from its longest diameter before and after, by the configured rule.

    Giannini 2020: R- if it grew by more than 3 mm. RECIST 1.1 (Eisenhauer 2009): progression is growth by at least
    20 % and at least 5 mm."""
    growth_mm = round(followup_mm - baseline_mm, _ROUNDING)
    growth_percent = round(100.0 * growth_mm / baseline_mm, _ROUNDING)
    if settings.rule == "growth_mm":
        return int(growth_mm <= settings.limit_mm)
    if settings.rule == "growth_percent":
        return int(growth_percent <= settings.limit_percent)
    if settings.rule == "recist11":
        return int(not (growth_percent >= RECIST_GROWTH_PERCENT and growth_mm >= RECIST_GROWTH_MM))
    raise ValueError(f"rule {settings.rule} does not use diameters")


def response_from_entry(entry: str, meanings: Mapping[str, int]) -> int | None:
    """1 or 0 as a table's own entry says it, by the cohort's `response_values` or the usual words; None: unknown."""
    if meanings:
        return {key.casefold(): value for key, value in meanings.items()}.get(entry.casefold())
    if entry.casefold() in _RESPONDER:
        return 1
    return 0 if entry.casefold() in _NON_RESPONDER else None
