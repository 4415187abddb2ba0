"""Which livers of a study are given and which are found, scan by scan, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from livermets.cohort.scan import Scan
from livermets.cohort.study import Study
from livermets.config.networks import LIVER, OWN
from livermets.config.segmentation import LiverSettings
from livermets.config.study import StudyConfig
from livermets.errors import ProblemList
from livermets.provenance import canonical_json
from livermets.workflow.scans import Scans

OF_CHECK: dict[str, Any] = {
    "missing": True,
    "replace_given": True,
    "command": True,
    "training": {"validation_fraction"},
}
"""The settings that decide what a study lacks for its livers."""


@dataclass(frozen=True)
class Livers:
    """The livers of the scans that need one."""

    settings: LiverSettings
    scans: Scans
    """The scans whose liver something uses."""
    training: Scans
    """The scans that networks are trained on."""

    @classmethod
    def of(cls, config: StudyConfig, study: Study) -> Livers:
        """The livers of a study: networks see a scan by them, and so does a radiomics of z-scores."""
        by_zscore = config.radiomics.intensity == "zscore"
        used = [
            scan
            for scan in study.scans()
            if scan.roles.segmentation != "none" or (by_zscore and scan.roles.response != "none")
        ]
        return cls(config.segmentation.liver, Scans(used), Scans(study.scans("segmentation", "train")))

    def is_used(self, scan: Scan) -> bool:
        """Whether something uses the liver of a scan."""
        return scan in self._used

    @cached_property
    def _used(self) -> frozenset[Scan]:
        return frozenset(self.scans)

    def is_found(self, scan: Scan) -> bool:
        """Whether the liver in use is one that is found, by the network or the program."""
        return self.settings.replace_given or not scan.has_liver

    def is_replaced(self, scan: Scan) -> bool:
        """Whether it is found although one is given, which it can be measured against."""
        return scan.has_liver and self.is_found(scan)

    @property
    def finder(self) -> str | None:
        """The network by name that finds livers, one of its own or the study's joint one; None: a program does."""
        return {"network": LIVER, "joint": OWN, "command": None}[self.settings.missing]

    def by_network(self, scan: Scan) -> bool:
        """Whether a network finds it."""
        return self.finder is not None and self.is_found(scan)

    @cached_property
    def need_network(self) -> bool:
        """Whether the liver of any scan is found by a network."""
        return any(self.by_network(scan) for scan in self.scans)

    @property
    def need_own_network(self) -> bool:
        """Whether the study has a network for livers alone."""
        return self.need_network and self.finder == LIVER

    @cached_property
    def learnt_from(self) -> Scans:
        """The training scans that come with a liver, from which networks learn to find it."""
        return Scans(scan for scan in self.training if scan.has_liver)

    def is_learnt(self, scan: Scan) -> bool:
        """Whether a network that finds livers learns from the given one of a scan: whatever liver is in use, a network
        taught by what another one found would learn its errors."""
        return scan in self._learnt

    @cached_property
    def _learnt(self) -> frozenset[Scan]:
        return frozenset(self.learnt_from)

    def settings_of(self, scan: Scan) -> str:
        """What the liver of one scan depends on, as JSON: a network's training is in its weights, a given mask is kept.
        So one more scan without a liver changes nothing for the others."""
        of_network = {"output", "postprocess"}
        used = {"network": of_network, "joint": of_network, "command": {"command", "labels", "postprocess"}}
        parts = {"missing", *used[self.settings.missing]} if self.is_found(scan) else set()
        return canonical_json({"liver": self.settings.model_dump(mode="json", include=parts)})

    def problems(self) -> ProblemList:
        """What the study lacks for a liver network that it needs: patients for training whose liver is given."""
        found = ProblemList()
        if self.settings.missing == "joint":
            self._check_joint(found)
            return found
        patients = {scan.patient_id for scan in self.learnt_from}
        needed = patients_needed(self.settings.training.validation_fraction)
        if self.need_network and len(patients) < needed:
            what = f"{self._found_words()}, which needs a given liver mask of at least {needed} training patients"
            fix = "Give `liver` in the training cohorts, or set `missing: command` (any program that finds livers)"
            found.error("segmentation.liver", f"{what}; there are {len(patients)}", fix)
        return found

    def words(self) -> str:
        """How many livers are given and found, in a line; empty where all are given."""
        found = sum(self.is_found(scan) for scan in self.scans)
        if not found:
            return ""
        learnt = f"trained on {len(self.learnt_from)} scans" if self.learnt_from else "of another study"
        makers = {
            "network": f"a network {learnt}",
            "joint": f"the study's own network, {learnt}",
            "command": "the liver command",
        }
        return f"livers: {len(self.scans) - found} given, {found} found by {makers[self.settings.missing]}"

    def _check_joint(self, problems: ProblemList) -> None:
        """A network that is to find the livers of its own training scans would wait for itself."""
        bare = [scan for scan in self.training if not scan.has_liver]
        if bare:
            named = bare[0].label + (f" and {len(bare) - 1} more" if len(bare) > 1 else "")
            what = f"a network that finds livers and lesions learns both; without a given liver: training scan {named}"
            fix = "Give `liver` there, set another role for segmentation, or set `missing: network`"
            problems.error("segmentation.liver", what, fix)

    def _found_words(self) -> str:
        """The scans whose liver the network is to find, the first one by name."""
        first, *others = (scan for scan in self.scans if self.by_network(scan))
        more = f" and of {len(others)} more scans" if len(others) > 1 else " and of 1 more scan" if others else ""
        why = "is to be replaced" if first.has_liver else "is not given"
        return f"the liver of {first.label}{more} {why}: a network is to find it"


def patients_needed(validation_fraction: float) -> int:
    """Patients that the training of a network takes: one to learn from, and one more to monitor it unless none is held
    back."""
    return 1 if validation_fraction == 0 else 2
