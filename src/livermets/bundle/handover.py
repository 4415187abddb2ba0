"""A finished study as one file, for those who have their own patients."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from livermets.bundle.card import model_card
from livermets.bundle.contents import bundle_members, fitted_files
from livermets.bundle.finished import finished
from livermets.config.bundled import BundleFacts, read_facts
from livermets.config.load import is_json, values_from_option
from livermets.config.overlay import overlaid
from livermets.io.archive import write_archive
from livermets.provenance import file_digest
from livermets.report.configuration import reported_config
from livermets.report.formatting import plural
from livermets.workflow.plan import Plan

_MEGABYTE = 1e6


@dataclass(frozen=True)
class Written:
    """A bundle that was written."""

    path: Path
    facts: BundleFacts

    def __str__(self) -> str:
        size = self.path.stat().st_size / _MEGABYTE
        parts = "; ".join(_parts(self.facts))
        return f"{self.path}: {size:.1f} MB, {parts}. SHA-256 {file_digest(self.path)}"


def write_bundle(out: Path, results: Path, configurations: Sequence[str]) -> Written:
    """Writes the bundle of a finished study. ``configurations``: its files (or JSON), a later one on top of those
    before, as the workflow was given them.

    Raises `InputError` for a study that is not finished or whose results are not as they were written."""
    one = Path(configurations[0]) if len(configurations) == 1 and not is_json(configurations[0]) else None
    values = overlaid(*map(values_from_option, configurations))
    plan = Plan.from_config(values, check_files=False, source=one)
    created = finished(results, reported_config(json.loads(plan.whole)), fitted_files(plan))
    write_archive(out, bundle_members(plan, results, created, model_card(plan, results)))
    return Written(out, read_facts(out))


def _parts(facts: BundleFacts) -> Iterator[str]:
    for name, network in facts.networks.items():
        found = " and ".join(network.classes[1:])
        yield f"network {name} ({found}, trained on {plural(network.training_patients, 'patient')})"
    if facts.model is not None:
        lesions, patients = (
            plural(facts.model.training_lesions, "lesion"),
            plural(facts.model.training_patients, "patient"),
        )
        yield f"response model ({lesions} of {patients})"
