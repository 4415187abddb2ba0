"""The mask sources of a study: who drew which scans, and which of these masks later stages ask for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from livermets.cohort.scan import Scan
from livermets.config.networks import OWN
from livermets.config.roles import USED, Role
from livermets.config.study import StudyConfig
from livermets.workflow.scans import Scans


@dataclass(frozen=True)
class Sources:
    """The reference, the networks and external programs that draw masks, and the further masks that were given."""

    config: StudyConfig
    every_scan: Scans
    networks: Sequence[str]
    """The networks that draw lesion masks, the study's own first."""
    crossed: Collection[str] = ()
    """Those of them that are cross-fitted."""

    @property
    def reference(self) -> str:
        """The source that the others are compared with."""
        return self.config.concordance.reference

    @cached_property
    def given(self) -> list[str]:
        """The further sources whose masks are given and can be compared with the reference's, in the study's order."""
        return list(dict.fromkeys(name for scan in self.every_scan for name in _compared(scan)))

    @cached_property
    def programs(self) -> list[str]:
        """The external programs that draw a scan, in the study's order."""
        return list(self.config.programs) if self._judged else []

    @property
    def brought_in(self) -> list[str]:
        """The sources whose masks are made elsewhere, and checked and matched as they come."""
        return [*self.programs, *self.given]

    @property
    def others(self) -> list[str]:
        """Every source but the reference: networks, then external programs, then given masks."""
        return [*self.networks, *self.brought_in]

    @cached_property
    def _judged(self) -> Scans:
        """The scans that any masks are judged on."""
        return self._judged_on(crossed=bool(self.crossed))

    def _judged_on(self, crossed: bool) -> Scans:
        judged: list[Role] = ["train", "validation"] if crossed else ["validation"]
        return self.every_scan.filter(segmentation=judged, has_lesions=True)

    @property
    def primary(self) -> str | None:
        """The source whose pair with the reference is the headline; None: there is no other source."""
        chosen = self.config.concordance.primary
        return chosen if chosen in self.others else next(iter(self.others), None)

    @property
    def options(self) -> str:
        """`--reference` and, where there is another source, `--primary`."""
        chosen = {"reference": self.reference, "primary": self.primary}
        return " ".join(f"--{side} {name}" for side, name in chosen.items() if name is not None)

    def drawn_by(self, source: str) -> Scans:
        """The scans with a mask of a source. The study's own network draws every scan that segmentation uses; further
        ones and programs only those that they are judged on: of validation, and of training where these are
        cross-fitted."""
        if source == self.reference:
            return self.every_scan.filter(has_lesions=True)
        if source in self.given:
            return Scans(scan for scan in self.every_scan if source in _compared(scan))
        if source == OWN:
            return self.every_scan.filter(segmentation=USED)
        if source in self.programs:
            return self._judged
        return self._judged_on(crossed=source in self.crossed)

    def evaluated(self, source: str) -> Scans:
        """The scans with a mask of a source beside the reference that say how it errs: of a network, those of patients
        that it was not trained on."""
        if source in self.networks:
            return self._judged_on(crossed=source in self.crossed)
        return self.drawn_by(source).filter(has_lesions=True)

    def classified(self, source: str) -> Scans:
        """The scans whose lesions get a class from a source's masks. Of the patients that the model was fitted on that
        is asked of the headline's pair only."""
        asked = self.drawn_by(source).filter(response=USED)
        in_headline = source in (self.reference, self.primary)
        return asked if in_headline else asked.filter(response=("validation", "predict"))

    def of_scan(self, scan: Scan) -> list[str]:
        """The sources with a mask of one scan, the reference first."""
        return [source for source in (self.reference, *self.others) if scan in self._drawn[source]]

    @cached_property
    def _drawn(self) -> dict[str, frozenset[Scan]]:
        return {source: frozenset(self.drawn_by(source)) for source in (self.reference, *self.others)}


def _compared(scan: Scan) -> list[str]:
    """The further sources of a scan that can be compared: there must be a mask of the reference."""
    return scan.further_sources if scan.has_lesions else []
