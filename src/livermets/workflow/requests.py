"""What a job asks the machine or the cluster for: memory and time by the size of its scans, threads, a GPU, a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livermets.cohort.scan import Scan
from livermets.workflow.cluster import offers_gpus
from livermets.workflow.demand import ON_THE_NETWORK_GRID, asked_memory_mb, asked_minutes, grid_growth
from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan
from livermets.workflow.snakemake import Run

Asked = Callable[[Any, int], int]


@dataclass(frozen=True)
class Requests:
    """Resource, thread and group functions of the rules."""

    plan: Plan
    run: Run

    def memory(self, rule: str) -> Asked:
        """MB of memory; it doubles with every retry."""
        return lambda wildcards, attempt: asked_memory_mb(rule, self._size(rule, wildcards), attempt)

    def time_limit(self, rule: str) -> Asked:
        """Minutes; they double with every retry."""
        return lambda wildcards, attempt: asked_minutes(rule, self._size(rule, wildcards), attempt)

    def long_time_limit(self, wildcards: Any, attempt: int) -> int:
        """Training and selection take as long as their settings say; half a day is little to ask for a study's
        networks."""
        return 720 * 2 ** (attempt - 1)

    def megavoxels(self, wildcards: Any) -> float:
        """Millions of voxels of the scans behind a job: one scan, a cohort, a concordance folder, or all of a study."""
        return self.plan.megavoxels(self._scans(wildcards))

    def _size(self, rule: str, wildcards: Any) -> float:
        """The same, and more where a network sees a finer grid than usual."""
        size = self.megavoxels(wildcards)
        if rule not in ON_THE_NETWORK_GRID:
            return size
        return size * grid_growth(self.plan.networks.preprocess(wildcards.network))

    def _scans(self, wildcards: Any) -> Iterable[Scan]:
        inputs = Inputs(self.plan)
        if hasattr(wildcards, "patient") and not hasattr(wildcards, "timepoint"):
            return [scan for scan in inputs.of_cohort(wildcards) if scan.patient_id == wildcards.patient]
        if hasattr(wildcards, "patient"):
            return [inputs.scan(wildcards)]
        if hasattr(wildcards, "cohort"):
            return inputs.of_cohort(wildcards)
        return inputs.of_concordance(wildcards) if hasattr(wildcards, "name") else self.plan.scans()

    # What one scan needs in a row goes to a cluster as one submission (profiles may join several scans).

    def liver_group(self, wildcards: Any) -> str:
        """Liver and preprocessing of one scan: with its intake, unless it waits for a liver network in between."""
        return "liver" if self.plan.livers.by_network(Inputs(self.plan).scan(wildcards)) else "scan"

    def preprocess_group(self, wildcards: Any) -> str:
        """What a network learns to find livers from needs none that is found first."""
        return "scan" if Inputs(self.plan).learns_liver(wildcards) else self.liver_group(wildcards)

    def features_group(self, wildcards: Any) -> str:
        """ROI and lesion features of one mask. What a network draws comes later, so given masks do not wait for it."""
        sources = self.plan.sources
        drawn = wildcards.source in (*sources.networks, *sources.programs)
        return "features_drawn" if drawn else "features_given"

    def gpus(self, wildcards: Any) -> int:
        """One GPU per job. Where none is offered none is claimed, and such jobs run on the CPU, side by side."""
        return int(offers_gpus() if self.run.submits else has_gpu())

    def selection_gpus(self, wildcards: Any) -> int:
        """The same for the selection, which may be told to stay on the CPU."""
        return 0 if self.plan.config.selection.device == "cpu" else self.gpus(wildcards)

    @property
    def network_threads(self) -> int:
        """How many threads a network's arithmetic is divided among. That decides its last digits, so this number is a
        parameter too: `threads` Snakemake lowers to the cores it has."""
        return self.plan.config.segmentation.cpu_threads

    def liver_threads(self, wildcards: Any) -> int:
        """A given mask needs no arithmetic."""
        return self.network_threads if self.plan.livers.is_found(Inputs(self.plan).scan(wildcards)) else 1

    def scan_threads(self, wildcards: Any) -> int:
        """A synthetic scan is done before a second thread has started; a real one is worth several."""
        return 1 if self.plan.is_phantom(wildcards.cohort) else 4

    def selection_threads(self, wildcards: Any) -> int:
        """The search gives the same result with any number of threads; a synthetic study is done before many have
        started."""
        return 1 if all(self.plan.is_phantom(cohort.name) for cohort in self.plan.cohorts(response="train")) else 8


def has_gpu() -> bool:
    """Whether this machine has an NVIDIA GPU (told by its device files: asking torch would cost a second per job)."""
    return any(Path("/dev").glob("nvidia[0-9]*"))
