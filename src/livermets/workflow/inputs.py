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
MASKS = "results/{cohort}/segmentation/{source}/{patient}/{timepoint}"
"""The folders of one scan and one network, or one source of masks."""
LESION_FEATURES = "results/{cohort}/features/{patient}/{timepoint}/lesions_{source}.csv"


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

    def classified(self, source: str, wildcards: Any) -> Scans:
        """The scans of a job's cohort whose lesions get a class from a source's masks."""
        return self.plan.sources.classified(source).filter(cohorts=[wildcards.cohort])

    def of_concordance(self, wildcards: Any) -> Scans:
        """The scans behind one concordance folder."""
        cohorts = self.plan.concordance_cohorts(wildcards.name)
        return self.plan.scans(response="validation").filter(cohorts=cohorts)

    def intake_sources(self, wildcards: Any) -> str | list[str]:
        """What the user gave for a scan, or the folder of the synthetic cohort."""
        if self.plan.is_phantom(wildcards.cohort):
            return PHANTOM_FOLDER.format(cohort=wildcards.cohort)
        return self.plan.source_files(self.scan(wildcards))

    def further_masks(self, wildcards: Any) -> str | list[str]:
        """The mask files that a source beside the reference has given of a scan."""
        if self.plan.is_phantom(wildcards.cohort):
            return PHANTOM_FOLDER.format(cohort=wildcards.cohort)
        return [str(path) for path in self.scan(wildcards).of_source(wildcards.source).mask_paths]

    def lesions_option(self, wildcards: Any) -> str:
        """`--lesions` with the reference's mask, where the scan came with one."""
        return _given("--lesions", "lesions", wildcards) if self.scan(wildcards).has_lesions else ""

    def given_liver_option(self, wildcards: Any) -> str:
        """`--liver` with the given liver mask, where the scan came with one."""
        return _given("--liver", "liver", wildcards) if self.scan(wildcards).has_liver else ""

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
        if wildcards.network == LIVER:
            return f"{_given('--liver', 'liver', wildcards)} --target liver"
        (liver,) = self.liver_in_use(wildcards)
        return f"--liver {liver} {self.lesions_option(wildcards)}"

    def liver_reference(self, wildcards: Any) -> str:
        """`--liver-reference` with the given liver mask, where another source made the one in use. Livers are the same
        for all networks, so they are measured once, beside the masks of the study's own."""
        other = self.scan(wildcards).has_liver and self.plan.liver_source != "given"
        return _given("--liver-reference", "liver", wildcards) if other and wildcards.network == OWN else ""

    def training_images(self, wildcards: Any) -> list[str]:
        """The scans that a network is trained on, as it sees them."""
        template, network = f"{PREPROCESSED}/image.nii.gz", preprocessed_for(wildcards.network)
        return self.plan.scans(segmentation="train").expand(template, network=network)

    def training_options(self, wildcards: Any) -> str:
        """The same as `--scans` of their folders."""
        scans, seen = self.plan.scans(segmentation="train"), preprocessed_for(wildcards.network)
        return scans.words(f"--scans={PREPROCESSED}", network=seen)

    def network_of_scan(self, wildcards: Any) -> str:
        """The weights that a scan is segmented with: of the study's own network, those that never saw the patient."""
        fold = self.plan.fold(self.scan(wildcards)) if wildcards.network == OWN else None
        folder = wildcards.network if fold is None else f"{OWN}/fold{fold}"
        return f"results/networks/{folder}/network.safetensors"

    def judged_masks(self, file: str) -> Callable[[Any], list[str]]:
        """One path per source and scan that it has drawn."""
        return lambda wildcards: [
            path
            for name in self.plan.sources.others
            for path in self.plan.sources.drawn_by(name).expand(f"{MASKS}/{file}", source=name)
        ]

    def judged_options(self, wildcards: Any) -> str:
        """The same as `--scans NAME=FOLDER`."""
        return " ".join(
            self.plan.sources.drawn_by(name).words(f"--scans={name}={MASKS}", source=name)
            for name in self.plan.sources.others
        )

    def lesion_features(self, wildcards: Any) -> list[str]:
        """The whole-lesion features of every source whose lesions get a class."""
        sources = self.plan.sources
        return [
            path
            for source in (sources.reference, *sources.others)
            for path in sources.classified(source).expand(LESION_FEATURES, source=source)
        ]

    def lesion_feature_words(self, wildcards: Any) -> str:
        """The same as words of a command."""
        sources = self.plan.sources
        every = (sources.reference, *sources.others)
        return " ".join(sources.classified(source).words(LESION_FEATURES, source=source) for source in every)

    def mask_of_source(self, wildcards: Any) -> str:
        """The lesion mask that a source has drawn of a scan."""
        return f"{self._folder_of_source(wildcards)}/lesions.nii.gz"

    def written_with_mask(self, wildcards: Any) -> str:
        """The declared output of the job that wrote the mask."""
        file = "image.nii.gz" if wildcards.source == self.plan.sources.reference else "lesions.nii.gz"
        return f"{self._folder_of_source(wildcards)}/{file}"

    def _folder_of_source(self, wildcards: Any) -> str:
        if wildcards.source == self.plan.sources.reference:
            return f"results/{wildcards.cohort}/intake/{wildcards.patient}/{wildcards.timepoint}"
        scan = {key: getattr(wildcards, key) for key in ("cohort", "source", "patient", "timepoint")}
        return MASKS.format(**scan)


def _given(option: str, name: str, wildcards: Any) -> str:
    """An option with a mask that came with the scan: `--lesions results/.../lesions.nii.gz`."""
    return f"{option} results/{wildcards.cohort}/intake/{wildcards.patient}/{wildcards.timepoint}/{name}.nii.gz"
