"""The model card that goes with a bundle, as a text that opens everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from livermets.report import formatting as fmt
from livermets.report.configuration import reported_config
from livermets.report.document import Block, Bullets, Pairs
from livermets.report.results import read_results
from livermets.report.sections.model_card import FILES, model_card_section
from livermets.report.sections.trained_networks import receptive_field_words
from livermets.segmentation.description import read_description
from livermets.workflow.plan import Plan


def model_card(plan: Plan, results: Path) -> str:
    """Markdown: the networks, and of a response model what the report's card says."""
    lines = [f"# {plan.config.study}", "", *_networks(plan, results)]
    if (results / "model/model.json").is_file() and plan.classified_cohorts:
        study = read_results(results, reported_config(json.loads(plan.whole)))
        lines += ["## Response model", ""]
        for block in model_card_section(study).blocks:
            lines += [*_lines(block), ""]
    return "\n".join(lines)


def _networks(plan: Plan, results: Path) -> Iterator[str]:
    for name in plan.networks.names:
        found = read_description(results / "networks" / name)
        if name == plan.networks.names[0]:
            yield from ("## Networks", "")
        patients = fmt.plural(len(found.patients), "patient")
        kind = f"{found.network.architecture} with {fmt.integer(found.parameter_count)} weights"
        field = f"receptive field {receptive_field_words(found)}" if found.receptive_field else ""
        facts = ", ".join(filter(None, (kind, field, f"trained on {patients}")))
        yield f"- **{name}** finds {' and '.join(found.classes[1:])}: {facts}"
    if plan.networks.names:
        yield ""


def _lines(block: Block) -> list[str]:
    if isinstance(block, Pairs):
        return [f"- **{name}**: {value}" for name, value in block.items if name != FILES]
    return [f"- {item}" for item in block.items] if isinstance(block, Bullets) else []
