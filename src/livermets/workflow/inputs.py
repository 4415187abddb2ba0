"""What one job reads, by its wildcards: the files of its scan, and the options of its verb that name them.

Not every scan comes with a liver or a lesion mask, so those files are no declared outputs of `intake`. They are written
by the same job as the image, which is the declared input wherever one of them is passed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livermets.cohort.rows import PHANTOM_FOLDER
from livermets.cohort.scan import Scan
from livermets.config.networks import LIVER, OWN
from livermets.workflow.networks import preprocessed_for
from livermets.workflow.plan import Plan
from livermets.workflow.scans import Scans

PREPROCESSED = "results/{cohort}/preprocess/{network}/{patient}/{timepoint}"
MASKS = "results/{cohort}/segmentation/{network}/{patient}/{timepoint}"
"""The folders of one scan and one network."""


@dataclass(frozen=True)
class Inputs:
    """Input and parameter functions of the rules; ``wildcards`` are those of Snakemake."""

    plan: Plan

    def scan(self, wildcards: Any) -> Scan:
        """The scan of a job."""
        return self.plan.scan(wildcards.cohort, wildcards.patient, wildcards.timepoint)

    def of_cohort(self, wildcards: Any) -> Scans:
        """The scans of a job's cohort."""
        return self.plan.scans().filter(cohorts=[wildcards.cohort])

    def with_lesions(self, wildcards: Any) -> Scans:
        """Those of them that have a manual mask."""
        return self.of_cohort(wildcards).filter(has_lesions=True)

    def of_concordance(self, wildcards: Any) -> Scans:
        """The scans behind one concordance folder."""
        return self.plan.scans().filter(cohorts=self.plan.concordance_cohorts(wildcards.name))

    def intake_sources(self, wildcards: Any) -> str | list[str]:
        """What the user gave for a scan, or the folder of the synthetic cohort."""
        if self.plan.is_phantom(wildcards.cohort):
            return PHANTOM_FOLDER.format(cohort=wildcards.cohort)
        return self.plan.source_files(self.scan(wildcards))

    def lesions_option(self, wildcards: Any) -> str:
        """`--lesions` with the manual mask, where the scan came with one."""
        return _given("--lesions", "lesions", wildcards) if self.scan(wildcards).has_lesions else ""

    def liver_network(self, wildcards: Any) -> list[str]:
        """The weights that a liver is found with, where a network finds it."""
        return [f"results/networks/{LIVER}/network.safetensors"] if self.plan.liver_source == "network" else []

    def liver_options(self, wildcards: Any, input: Any) -> str:
        """Where `liver` takes its mask from: the given one, the network, or (nothing said) a program."""
        if self.plan.liver_source == "given":
            return _given("--given", "liver", wildcards)
        return f"--network {Path(input.network[0]).parent}" if input.network else ""

    def liver_in_use(self, wildcards: Any) -> list[str]:
        """The liver that a scan is normalised over: for the liver network there is none yet."""
        where = f"results/{wildcards.cohort}/liver/{wildcards.patient}/{wildcards.timepoint}.nii.gz"
        return [] if wildcards.network == LIVER else [where]

    def preprocess_options(self, wildcards: Any) -> str:
        """The masks that are preprocessed along with a scan; the liver network learns from the given liver."""
        classes = f"--classes {self.plan.networks.classes(wildcards.network)}"
        if wildcards.network == LIVER:
            return f"{_given('--liver', 'liver', wildcards)} {classes}"
        (liver,) = self.liver_in_use(wildcards)
        return f"--liver {liver} {self.lesions_option(wildcards)} {classes}"

    def liver_reference(self, wildcards: Any) -> str:
        """`--liver-reference` with the given liver mask, where another source made the one in use. Livers are the same
        for all networks, so they are measured once, beside the masks of the study's own."""
        other = self.scan(wildcards).has_liver and self.plan.liver_source != "given"
        return _given("--liver-reference", "liver", wildcards) if other and wildcards.network == OWN else ""

    def training_images(self, wildcards: Any) -> list[str]:
        """The scans that a network is trained on, as it sees them."""
        template, network = f"{PREPROCESSED}/image.nii.gz", preprocessed_for(wildcards.network)
        return self.plan.scans("train").expand(template, network=network)

    def training_options(self, wildcards: Any) -> str:
        """The same as `--scans` of their folders."""
        return self.plan.scans("train").words(f"--scans={PREPROCESSED}", network=preprocessed_for(wildcards.network))

    def network_of_scan(self, wildcards: Any) -> str:
        """The weights that a scan is segmented with: of the study's own network, those that never saw the patient."""
        fold = self.plan.fold(self.scan(wildcards)) if wildcards.network == OWN else None
        folder = wildcards.network if fold is None else f"{OWN}/fold{fold}"
        return f"results/networks/{folder}/network.safetensors"

    def judged_masks(self, file: str) -> Callable[[Any], list[str]]:
        """One path per network and scan that it is judged on."""
        return lambda wildcards: [
            path
            for name in self.plan.networks.of_lesions
            for path in self.plan.judged_scans(name).expand(f"{MASKS}/{file}", network=name)
        ]

    def judged_options(self, wildcards: Any) -> str:
        """The same as `--scans NAME=FOLDER`."""
        return " ".join(
            self.plan.judged_scans(name).words(f"--scans={name}={MASKS}", network=name)
            for name in self.plan.networks.of_lesions
        )

    def mask_of_source(self, wildcards: Any) -> str:
        """The lesion mask of the reader or of the study's own network."""
        return f"{_folder_of_source(wildcards)}/lesions.nii.gz"

    def written_with_mask(self, wildcards: Any) -> str:
        """The declared output of the job that wrote the mask."""
        file = "image.nii.gz" if wildcards.source == "manual" else "lesions.nii.gz"
        return f"{_folder_of_source(wildcards)}/{file}"


def _given(option: str, name: str, wildcards: Any) -> str:
    """An option with a mask that came with the scan: `--lesions results/.../lesions.nii.gz`."""
    return f"{option} results/{wildcards.cohort}/intake/{wildcards.patient}/{wildcards.timepoint}/{name}.nii.gz"


def _folder_of_source(wildcards: Any) -> str:
    stage = "intake" if wildcards.source == "manual" else f"segmentation/{OWN}"
    return f"results/{wildcards.cohort}/{stage}/{wildcards.patient}/{wildcards.timepoint}"
