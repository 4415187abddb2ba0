"""What the rule about lesions over time asks: which patients have masks at several timepoints, and of which files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from livermets.cohort.scan import Scan
from livermets.cohort.scan_dates import days_since_first, in_time
from livermets.workflow.inputs import INTAKE, MASKS, Inputs
from livermets.workflow.plan import Plan
from livermets.workflow.scans import Scans

FOLLOWED = "results/{cohort}/follow_up/{patient}"


@dataclass(frozen=True)
class FollowUp:
    """Inputs and parameters of the rule; ``wildcards`` are those of Snakemake."""

    inputs: Inputs

    @property
    def plan(self) -> Plan:
        """The study."""
        return self.inputs.plan

    @cached_property
    def series(self) -> dict[tuple[str, str], Scans]:
        """By cohort and patient: the scans with a lesion mask of the reference, in the order of time, of patients who
        have several."""
        drawn = self.plan.scans().filter(has_lesions=True)
        counts: dict[tuple[str, str], int] = {}
        for scan in drawn:
            counts[scan.cohort, scan.patient_id] = counts.get((scan.cohort, scan.patient_id), 0) + 1
        return {
            (cohort, patient): Scans(s for s in in_time(self.plan.study.cohort(cohort), patient) if s.has_lesions)
            for (cohort, patient), count in counts.items()
            if count > 1
        }

    @property
    def wanted(self) -> list[str]:
        """What a study is asked for: nothing, where no patient has masks at several timepoints."""
        return [f"{FOLLOWED}/lesions.csv".format(cohort=cohort, patient=name) for cohort, name in self.series]

    def files(self, wildcards: Any) -> list[str]:
        """Declared outputs of the jobs that wrote images and masks, and how the sources' masks match the reference."""
        scans = self._scans(wildcards)
        livers = [path for scan in scans if (path := self.inputs.known_liver(scan)) and "/liver/" in path]
        return [*scans.expand(f"{INTAKE}/image.nii.gz"), *livers, *self._matching(scans).values()]

    def options(self, wildcards: Any) -> str:
        """`--lesions`, `--image`, `--liver`, `--matching` and `--days` of a patient, and what makes lesions the
        same."""
        scans = self._scans(wildcards)
        words = [
            f"--{option} {scan.timepoint}={_of(scan, INTAKE)}/{file}.nii.gz"
            for option, file in (("lesions", "lesions"), ("image", "image"))
            for scan in scans
        ]
        words += [f"--liver {scan.timepoint}={path}" for scan in scans if (path := self.inputs.known_liver(scan))]
        words += [f"--matching {name}={path}" for name, path in self._matching(scans).items()]
        days = days_since_first(self.plan.study.cohort(wildcards.cohort), wildcards.patient)
        words += [f"--days {scan.timepoint}={days[scan.timepoint]:g}" for scan in scans if days]
        return " ".join([*words, "--by-id" if self._by_id(wildcards.cohort) else "--by-position"])

    def _by_id(self, cohort: str) -> bool:
        link = self.plan.config.follow_up.link
        numbered = self.plan.config.cohorts[cohort].lesion_ids == "labels"
        return numbered if link == "cohort" else link == "ids"

    def _scans(self, wildcards: Any) -> Scans:
        return self.series[wildcards.cohort, wildcards.patient]

    def _matching(self, scans: Scans) -> dict[str, str]:
        """By `TIMEPOINT/SOURCE`, of every source beside the reference that has drawn a scan."""
        return {
            f"{scan.timepoint}/{source}": f"{_of(scan, MASKS, source=source)}/matching.csv"
            for source in self.plan.sources.others
            for scan in scans
            if source in self.plan.sources.of_scan(scan)
        }


def _of(scan: Scan, template: str, **fixed: str) -> str:
    return template.format(cohort=scan.cohort, patient=scan.patient_id, timepoint=scan.timepoint, **fixed)
