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
from livermets.config.intake import mask_part
from livermets.config.networks import LIVER, OWN
from livermets.config.roles import USED
from livermets.provenance import canonical_json
from livermets.workflow.networks import fold_number, whole_name
from livermets.workflow.plan import Plan
from livermets.workflow.scans import Scans

PREPROCESSED = "results/{cohort}/preprocess/{network}/{patient}/{timepoint}"
MASKS = "results/{cohort}/segmentation/{source}/{patient}/{timepoint}"
"""The folders of one scan and one network, or one source of masks."""
INTAKE = "results/{cohort}/intake/{patient}/{timepoint}"
LIVER_MASK = "results/{cohort}/liver/{patient}/{timepoint}.nii.gz"
PROGRAM_MASK = "results/{cohort}/programs/{source}/{patient}/{timepoint}.nii.gz"
"""What an external program draws of one scan."""


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

    def with_response(self, wildcards: Any) -> Scans:
        """Those of them whose lesions get a class."""
        return self.of_cohort(wildcards).filter(response=USED)

    def of_concordance(self, wildcards: Any) -> Scans:
        """The scans behind one concordance folder."""
        cohorts = self.plan.concordance_cohorts(wildcards.name)
        return self.plan.scans(response="validation").filter(cohorts=cohorts)

    def of_sources(self, template: str, reference: bool = True) -> Callable[[Any], list[str]]:
        """One path per mask source and scan of a job's cohort (without one: of the study), ``reference`` included or
        not."""
        return lambda wildcards: [
            path
            for source, scans in self._masks(wildcards, reference).items()
            for path in scans.expand(template, source=source)
        ]

    def options_of_sources(self, template: str, reference: bool = True) -> Callable[[Any], str]:
        """The same as words of a command: `--rois {source}=results/...`."""
        return lambda wildcards: " ".join(
            scans.words(template, source=source) for source, scans in self._masks(wildcards, reference).items()
        )

    def _masks(self, wildcards: Any, reference: bool) -> dict[str, Scans]:
        sources = self.plan.sources
        names = [*([sources.reference] if reference else []), *sources.others]
        masks = {name: sources.classified(name) for name in names}
        if hasattr(wildcards, "cohort"):
            masks = {name: scans.filter(cohorts=[wildcards.cohort]) for name, scans in masks.items()}
        return {name: scans for name, scans in masks.items() if scans}

    def of_unseen(self, template: str) -> Callable[[Any], list[str]]:
        """One path per mask source, the reference too, and scan that refits classify."""
        return lambda wildcards: [
            path for source, scans in self._unseen().items() for path in scans.expand(template, source=source)
        ]

    def options_of_unseen(self, template: str) -> Callable[[Any], str]:
        """The same as words of a command."""
        return lambda wildcards: " ".join(
            scans.words(template, source=source) for source, scans in self._unseen().items()
        )

    def _unseen(self) -> dict[str, Scans]:
        names, asked = (self.plan.sources.reference, *self.plan.sources.others), set(self.plan.reclassified)
        found = {name: Scans(scan for scan in self.plan.unseen(name) if scan in asked) for name in names}
        return {name: scans for name, scans in found.items() if scans}

    def of_pair(self, template: str) -> Callable[[Any], list[str]]:
        """One path per scan behind one concordance folder and side of its pair: the reference, and its own source."""
        return lambda wildcards: [
            path for source, scans in self._pair(wildcards) for path in scans.expand(template, source=source)
        ]

    def options_of_pair(self, template: str) -> Callable[[Any], str]:
        """The same as words of a command."""
        return lambda wildcards: " ".join(
            scans.words(template, source=source) for source, scans in self._pair(wildcards)
        )

    def _pair(self, wildcards: Any) -> list[tuple[str, Scans]]:
        cohorts, sources = self.plan.concordance_cohorts(wildcards.name), self.plan.sources
        asked = sources.classified(wildcards.source).filter(cohorts=cohorts, response=["validation"])
        return [(source, asked) for source in (sources.reference, wildcards.source)]

    def intake_sources(self, wildcards: Any) -> str | list[str]:
        """What the user gave for a scan, or the folder of the synthetic cohort."""
        if self.plan.is_phantom(wildcards.cohort):
            return PHANTOM_FOLDER.format(cohort=wildcards.cohort)
        return self.plan.source_files(self.scan(wildcards))

    def further_masks(self, wildcards: Any) -> str | list[str]:
        """The mask files that a source beside the reference has given of a scan, or a program has written."""
        if wildcards.source in self.plan.sources.programs:
            return PROGRAM_MASK.format(**_names(wildcards))
        if self.plan.is_phantom(wildcards.cohort):
            return PHANTOM_FOLDER.format(cohort=wildcards.cohort)
        return [str(path) for path in self.scan(wildcards).of_source(wildcards.source).mask_paths]

    def mask_settings(self, wildcards: Any) -> str:
        """What `match` needs of a mask that is brought in, as JSON."""
        scan, source = self.scan(wildcards), wildcards.source
        if source in self.plan.sources.programs:
            settings = self.plan.study.cohort(scan.cohort).settings.read_binary()
            return canonical_json(mask_part(settings, scan.image_path, None, PROGRAM_MASK.format(**_names(wildcards))))
        return self.plan.mask_settings(scan, source)

    def program_settings(self, wildcards: Any) -> str:
        """What decides the masks of an external program, as JSON."""
        program = self.plan.config.programs[wildcards.source]
        return canonical_json(program.model_dump(mode="json", exclude={"trained_on"}))

    def seen_option(self, wildcards: Any) -> str:
        """`--seen`, where the study says whether the program was trained on the patient."""
        program = self.plan.config.programs.get(wildcards.source)
        if program is None or program.trained_on is None:
            return ""
        names = {wildcards.patient, f"{wildcards.cohort}/{wildcards.patient}"}
        return "--seen" if names.intersection(program.trained_on) else "--not-seen"

    def lesions_option(self, wildcards: Any) -> str:
        """`--lesions` with the reference's mask, where the scan came with one."""
        return _given("--lesions", "lesions", wildcards) if self.scan(wildcards).has_lesions else ""

    def given_liver_option(self, wildcards: Any) -> str:
        """`--liver` with the given liver mask, where the scan came with one."""
        return _given("--liver", "liver", wildcards) if self.scan(wildcards).has_liver else ""

    def liver_network(self, wildcards: Any) -> list[str]:
        """The weights that the liver of a scan is found with, where a network finds it: a given one waits for none."""
        scan = self.scan(wildcards)
        finder = self.plan.livers.finder
        return [_weights(self.plan.drawn_with(finder, scan))] if finder and self.plan.livers.by_network(scan) else []

    def liver_options(self, wildcards: Any, input: Any) -> str:
        """Where `liver` takes its mask from: the given one, the network, or (nothing said) a program."""
        if not self.plan.livers.is_found(self.scan(wildcards)):
            return _given("--given", "liver", wildcards)
        return f"--network {Path(input.network[0]).parent}" if input.network else ""

    def known_liver(self, scan: Scan) -> str | None:
        """The liver in use where the study has one, else the given one; None: none is known."""
        words = {"cohort": scan.cohort, "patient": scan.patient_id, "timepoint": scan.timepoint}
        if self.plan.livers.is_used(scan):
            return LIVER_MASK.format(**words)
        return f"{INTAKE.format(**words)}/liver.nii.gz" if scan.has_liver else None

    def liver_in_use(self, wildcards: Any) -> list[str]:
        """The liver in use, by which a network is shown a scan: none where it is to learn the given one."""
        where = f"results/{wildcards.cohort}/liver/{wildcards.patient}/{wildcards.timepoint}.nii.gz"
        return [] if self.learns_liver(wildcards) else [where]

    def learns_liver(self, wildcards: Any) -> bool:
        """Whether the network of a job learns to find livers from the given one of the job's scan."""
        finds = self.plan.networks.finds_liver(wildcards.network)
        return finds and self.plan.livers.is_learnt(self.scan(wildcards))

    def liver_settings(self, wildcards: Any) -> str:
        """What the liver of a job's scan is found by, as JSON."""
        return self.plan.livers.settings_of(self.scan(wildcards))

    def preprocess_options(self, wildcards: Any) -> str:
        """The masks that are preprocessed along with a scan."""
        in_use = self.liver_in_use(wildcards)
        liver = f"--liver {in_use[0]}" if in_use else self.given_liver_option(wildcards)
        lesions = "" if wildcards.network == LIVER else f"{self.lesions_option(wildcards)} "
        return f"{liver} {lesions}--classes {self.plan.networks.classes(wildcards.network)}"

    def liver_reference(self, wildcards: Any) -> str:
        """`--liver-reference` with the given liver mask, where a network finds the liver itself or a found one takes
        the given one's place. The liver in use is the same for all networks, so it is measured once, beside the masks
        of the study's own."""
        scan = self.scan(wildcards)
        finds = scan.has_liver and self.plan.networks.finds_liver(wildcards.network)
        replaced = self.plan.livers.is_replaced(scan) and wildcards.network == OWN
        return _given("--liver-reference", "liver", wildcards) if finds or replaced else ""

    def training_images(self, wildcards: Any) -> list[str]:
        """The scans that a network is trained on, as it sees them."""
        template, network = f"{PREPROCESSED}/image.nii.gz", whole_name(wildcards.network)
        return self.plan.trained_on(wildcards.network).expand(template, network=network)

    def training_options(self, wildcards: Any) -> str:
        """The same as `--scans` of their folders."""
        network = whole_name(wildcards.network)
        return self.plan.trained_on(wildcards.network).words(f"--scans={PREPROCESSED}", network=network)

    def training_patients(self, wildcards: Any) -> str:
        """The patient of each of them, in the same order, comma-separated."""
        return ",".join(scan.patient_id for scan in self.plan.trained_on(wildcards.network))

    def fold_options(self, wildcards: Any) -> str:
        """The options of `train-segmentation` that say which fold a network leaves out, and which share of the others
        it learns from: empty for a network of all training patients. All patients are named, since not all of them have
        what the liver network learns from, and a share is one of all."""
        fold, folds = fold_number(wildcards.network), self.plan.cross_fit
        share = folds.share_of(wildcards.network)
        options = [] if fold is None else [f"--fold {fold} --folds {folds.count}"]
        options += [] if share == 1 else [f"--training-share {share}"]
        return " ".join([*options, f"--fold-patients {','.join(folds.patients)}"]) if options else ""

    def network_of_scan(self, wildcards: Any) -> str:
        """The weights that a scan is segmented with: where it is cross-fitted, those that never saw the patient."""
        return _weights(self.plan.drawn_with(wildcards.network, self.scan(wildcards)))

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

    def liver_of_features(self, wildcards: Any) -> list[str]:
        """The liver that grey values are normalised over, where they are."""
        if self.plan.config.radiomics.intensity != "zscore":
            return []
        return [f"results/{wildcards.cohort}/liver/{wildcards.patient}/{wildcards.timepoint}.nii.gz"]

    def liver_option_of_features(self, wildcards: Any) -> str:
        """The same as `--liver`."""
        return " ".join(f"--liver {path}" for path in self.liver_of_features(wildcards))

    def liver_of_perturbation(self, wildcards: Any) -> list[str]:
        """The liver that altered masks leak into, where it is the declared output of a job of its own."""
        liver = self.known_liver(self.scan(wildcards))
        return [liver] if liver and self.plan.livers.is_used(self.scan(wildcards)) else []

    def liver_option_of_perturbation(self, wildcards: Any) -> str:
        """`--liver` with it, or with the given one, where one is known."""
        liver = self.known_liver(self.scan(wildcards))
        return f"--liver {liver}" if liver else ""

    @property
    def erring_masks(self) -> list[str]:
        """The declared outputs of the jobs that wrote the masks whose errors are measured."""
        return [
            path
            for name, scans in self.plan.erring.items()
            for file in ("lesions.nii.gz", "scan_metrics.csv")
            for path in scans.expand(f"{MASKS}/{file}", source=name)
        ]

    @property
    def erring_references(self) -> list[str]:
        """The declared outputs of the jobs that wrote the reference's masks of the same scans."""
        images = (scans.expand(f"{INTAKE}/image.nii.gz") for scans in self.plan.erring.values())
        return list(dict.fromkeys(path for paths in images for path in paths))

    @property
    def error_options(self) -> str:
        """`--mask NAME=FOLDER` and, in the same order, `--reference` of every source and scan."""
        words: list[str] = []
        for name, scans in self.plan.erring.items():
            words += [scans.words(f"--mask={name}={MASKS}", source=name)]
            words += [scans.words(f"--reference={INTAKE}/lesions.nii.gz")]
        return " ".join(words)

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
        return MASKS.format(**_names(wildcards))


def _names(wildcards: Any) -> dict[str, str]:
    return {key: getattr(wildcards, key) for key in ("cohort", "source", "patient", "timepoint")}


def _weights(network: str) -> str:
    return f"results/networks/{network}/network.safetensors"


def _given(option: str, name: str, wildcards: Any) -> str:
    """An option with a mask that came with the scan: `--lesions results/.../lesions.nii.gz`."""
    return f"{option} results/{wildcards.cohort}/intake/{wildcards.patient}/{wildcards.timepoint}/{name}.nii.gz"
