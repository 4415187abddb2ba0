"""What the rules about readers ask: which scans have masks to compare, and the files and options of their jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from livermets.cohort.scan import Scan
from livermets.provenance import canonical_json, text_digest
from livermets.workflow.inputs import INTAKE, MASKS, Inputs
from livermets.workflow.plan import Plan
from livermets.workflow.scans import Scans

PAIRS_OF_SCAN = "results/{cohort}/readers/{patient}/{timepoint}.csv"
SCORES = "results/readers/given_scores.csv"
_LIVER_MACHINES = ("network", "command")
"""Sources of livers that no reader drew."""


@dataclass(frozen=True)
class Readers:
    """Inputs and parameters of the rules; ``wildcards`` are those of Snakemake."""

    inputs: Inputs

    @property
    def plan(self) -> Plan:
        """The study."""
        return self.inputs.plan

    @cached_property
    def scans(self) -> Scans:
        """Those with a given mask beyond the reference and another to set beside it, or with two given livers: what
        networks and the reference alone have to say is in overlap/."""
        return Scans(scan for scan in self.plan.scans() if self._worth_comparing(scan))

    @property
    def tables(self) -> list[str]:
        """One table of pairs per scan."""
        return self.scans.expand(PAIRS_OF_SCAN)

    @property
    def wanted(self) -> list[str]:
        """What a study is asked for: nothing, where no scan has masks to compare."""
        return ["results/readers/pairs.csv"] if self.scans else []

    @property
    def networks(self) -> str:
        """`--network` with every source that is a network of the study."""
        return " ".join(f"--network={name}" for name in [*self.plan.networks.of_lesions, *_LIVER_MACHINES])

    def files(self, wildcards: Any) -> list[str]:
        """Declared outputs of the jobs that wrote the masks of a scan, and what is said of those of networks."""
        scan = self.inputs.scan(wildcards)
        masks = [*self._masks(scan).values(), *self._livers(scan).values()]
        return [*dict.fromkeys(_declared(mask) for mask in masks), *self._metrics(scan).values()]

    def options(self, wildcards: Any) -> str:
        """`--mask`, `--liver` and `--metrics` of a scan."""
        scan = self.inputs.scan(wildcards)
        found = {
            "mask": self._masks(scan),
            "liver": self._livers(scan),
            "metrics": self._metrics(scan),
        }
        return " ".join(f"--{option}={name}={path}" for option, paths in found.items() for name, path in paths.items())

    @property
    def settings(self) -> str:
        """What the summary goes by, as JSON."""
        config, keys = self.plan.config, ("sources", "readers", "statistics")
        values = config.model_dump(mode="json", include=set(keys), exclude={"statistics": {"size_cuts_mm"}})
        for name in config.programs:
            values["sources"][name] = {**values["sources"].get(name, {}), "tool": True}
        return canonical_json(values)

    @property
    def scores(self) -> list[str]:
        """The table of scores, where the configuration names columns of any."""
        named = (s.quality_column or s.minutes_column for s in self.plan.config.sources.values())
        return [SCORES] if any(named) else []

    @property
    def score_settings(self) -> str:
        """How cohorts' tables and the scores in them are read, as JSON."""
        tables = self.plan.outcome_settings(self.plan.cohorts())
        sources = canonical_json(self.plan.config.model_dump(mode="json", include={"sources"}))
        return f"{tables[:-1]},{sources[1:]}"

    @property
    def score_cells(self) -> str:
        """Digest of what the tables' columns of scores say, wherever in the tables it stands."""
        sources = self.plan.config.sources.values()
        columns = sorted({c for s in sources for c in (s.quality_column, s.minutes_column) if c is not None})
        rows = (row for cohort in self.plan.cohorts() for row in cohort.rows)
        said = [(row.patient_id, row.timepoint, *(row.cells.get(column) for column in columns)) for row in rows]
        return text_digest(repr((columns, said)))[:16]

    def _worth_comparing(self, scan: Scan) -> bool:
        given = set(self.plan.sources.given)
        further = given.intersection(self.plan.sources.of_scan(scan))
        return bool(further) or (scan.has_liver and bool(scan.other_livers))

    def _masks(self, scan: Scan) -> dict[str, str]:
        """The lesion masks of a scan by source, the reference first."""
        names = {"cohort": scan.cohort, "patient": scan.patient_id, "timepoint": scan.timepoint}
        sources = self.plan.sources
        places = {name: INTAKE if name == sources.reference else MASKS for name in sources.of_scan(scan)}
        return {name: f"{place}/lesions.nii.gz".format(source=name, **names) for name, place in places.items()}

    def _livers(self, scan: Scan) -> dict[str, str]:
        """The liver masks of a scan by source."""
        where = f"{scan.patient_id}/{scan.timepoint}"
        livers = self.plan.livers
        given = {"given": f"results/{scan.cohort}/intake/{where}/liver.nii.gz"} if scan.has_liver else {}
        is_found = livers.is_used(scan) and livers.is_found(scan)
        found = {livers.settings.missing: f"results/{scan.cohort}/liver/{where}.nii.gz"} if is_found else {}
        further = {
            name: f"results/{scan.cohort}/segmentation/{name}/{where}/liver.nii.gz"
            for name, _ in scan.other_livers
            if name in self.plan.sources.of_scan(scan)
        }
        return found | given | further

    def _metrics(self, scan: Scan) -> dict[str, str]:
        """Of every network with a mask of the scan, the file that says whether it was trained on the patient."""
        drawn = {name: path for name, path in self._masks(scan).items() if name in self.plan.networks.of_lesions}
        return {name: path.replace("lesions.nii.gz", "scan_metrics.csv") for name, path in drawn.items()}


def _declared(mask: str) -> str:
    """Masks that the intake writes are no declared outputs of it: the image is; of `match`, a liver is none."""
    folder, _, name = mask.rpartition("/")
    if "/segmentation/" in mask:
        return f"{folder}/lesions.nii.gz"
    return f"{folder}/image.nii.gz" if "/intake/" in mask else f"{folder}/{name}"
