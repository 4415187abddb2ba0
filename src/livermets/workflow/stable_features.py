"""What the rules about stable features ask: over which masks of the training scans features are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from livermets.config.sources import is_drawn_by_a_person
from livermets.provenance import canonical_json
from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan
from livermets.workflow.scans import Scans

ALTERED = "results/{cohort}/features/{patient}/{timepoint}/altered.parquet"
_READ = {"draws", "kinds", "dice"}
"""The settings that decide which masks there are; the others are of what is made of them."""


@dataclass(frozen=True)
class StableFeatures:
    """Inputs and parameters of the rules; ``wildcards`` are those of Snakemake."""

    inputs: Inputs

    @property
    def plan(self) -> Plan:
        """The study."""
        return self.inputs.plan

    @cached_property
    def altered(self) -> Scans:
        """The scans whose reference masks are altered: none unless features are to be stable over such masks."""
        asked = "altered" in self.plan.config.selection.stable_features.used
        return self.plan.response_scans() if asked else Scans([])

    @cached_property
    def readers(self) -> Mapping[str, Scans]:
        """The training scans that every further reader has drawn, by source; none unless features are to be stable over
        readers."""
        if "readers" not in self.plan.config.selection.stable_features.used:
            return {}
        drawn = {
            source: Scans(scan for scan in self.plan.response_scans() if source in scan.further_sources)
            for source in self.plan.sources.given
            if is_drawn_by_a_person(self.plan.config.sources, source)
        }
        return {source: scans for source, scans in drawn.items() if scans}

    def reader_files(self, template: str) -> list[str]:
        """One path per scan and further reader."""
        return [path for source, scans in self.readers.items() for path in scans.expand(template, source=source)]

    def options(self, altered: str, rois: str) -> str:
        """`--altered-features` and `--reader-rois` of `select`, by the templates of their files."""
        words = [self.altered.words(f"--altered-features={altered}")] if self.altered else []
        words += [scans.words(f"--reader-rois={rois}", source=source) for source, scans in self.readers.items()]
        return " ".join(words)

    def liver(self, wildcards: Any) -> list[str]:
        """The liver of a scan that is the declared output of a job of its own, where one is needed."""
        return self.inputs.liver_of_perturbation(wildcards) if self._needs_liver else []

    def liver_option(self, wildcards: Any) -> str:
        """`--liver` with it, or with the given one, where one is needed and known."""
        return self.inputs.liver_option_of_perturbation(wildcards) if self._needs_liver else ""

    @property
    def _needs_liver(self) -> bool:
        """Masks leak into it, and z-scores are taken over it."""
        config = self.plan.config
        return config.radiomics.intensity == "zscore" or "leakage" in config.selection.stable_features.kinds

    @property
    def settings(self) -> str:
        """What decides the features over altered masks, as JSON."""
        values = self.plan.config.model_dump(
            mode="json", include={"radiomics": True, "selection": {"stable_features": _READ}}
        )
        return canonical_json(values)
