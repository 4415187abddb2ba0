"""Whose masks a study compares, by the names that its configuration gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from livermets.config.cohorts import FIRST_READER
from livermets.config.networks import OWN
from livermets.report.configuration import ReportedConfig
from livermets.report.folder import CONCORDANCE, ResultsFolder


@dataclass(frozen=True)
class MaskSources:
    """The reference, and every source that is compared with it: networks first, then given masks."""

    reference: str = FIRST_READER
    networks: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    chosen: str | None = None
    """The source that the configuration names for the headline."""

    @property
    def others(self) -> tuple[str, ...]:
        """Every source beside the reference."""
        return (*self.networks, *self.given)

    @property
    def primary(self) -> str | None:
        """The source whose pair with the reference is the headline; None: there is no other source."""
        return self.chosen if self.chosen in self.others else next(iter(self.others), None)

    @property
    def further(self) -> list[str]:
        """The sources beside the pair of the headline."""
        return [name for name in self.others if name != self.primary]

    @property
    def sides(self) -> tuple[str, str]:
        """The names of the two sides of the headline's pair: the reference, and the source compared with it."""
        return self.reference, self.headline

    @property
    def headline(self) -> str:
        """The folder of the headline's tables; a study without a pair has those of its reference alone."""
        return self.primary or self.reference


def mask_sources(config: ReportedConfig, folder: ResultsFolder) -> MaskSources:
    """The sources of a configuration; without one, or where it names none, those that the folder of results has pairs
    of."""
    reference, chosen = config.concordance.reference, config.concordance.primary
    networks = (OWN, *config.networks) if has_networks(config, folder) else ()
    given = tuple(dict.fromkeys([*config.programs, *_given(config, reference)]))
    if not networks and not given:
        found = _found(folder) - {reference}
        others = found or ({OWN} if not config.cohorts else set())
        networks, given = tuple(others & {OWN}), tuple(sorted(others - {OWN}))
    return MaskSources(reference, networks, given, chosen)


def _found(folder: ResultsFolder) -> set[str]:
    """The sources that have tables of a pair."""
    places = [f"{CONCORDANCE}/{path.name}" for path in folder.folders(CONCORDANCE)]
    return {path.name for place in places for path in folder.folders(place)}


def has_networks(config: ReportedConfig, folder: ResultsFolder) -> bool:
    """Whether networks draw masks: trained here, or brought along by another study."""
    roles = [roles.segmentation for settings in config.cohorts.values() for roles in settings.stated_roles]
    brought = any(role != "none" for role in roles) and bool(folder.trained_networks())
    return "train" in roles or brought


def _given(config: ReportedConfig, reference: str) -> Iterator[str]:
    for settings in config.cohorts.values():
        yield from (name for name in settings.mask_files if name != reference)
