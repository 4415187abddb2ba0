"""What every trained network is: its size, its training, its curves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livermets.overlap.networks import kept_epoch
from livermets.report import formatting as fmt
from livermets.report.model import Block, Figure, Note, Pairs, Section
from livermets.report.pictures import drawing_svg, picture_file
from livermets.report.results import Network, StudyResults
from livermets.report.tables import csv_download

_PICTURES = {
    "curves": "Training and validation curves of the {name} network, by epoch.",
    "examples": "Example slices of {whose}: {name} network's mask beside the manual one.",
}


def networks_sections(study: StudyResults) -> list[Section]:
    if not study.networks:
        why = "No network is described because none was trained in this study (results/networks is empty)."
        return [Section("networks", "Networks", [Note(why)])]
    blocks: list[Block] = []
    synthetic = [name for name in study.of_role("train") if study.cohorts[name].synthetic]
    if synthetic:
        text = (
            f"The networks were trained on synthetic images ({fmt.listed(synthetic)}): their masks prove "
            "nothing clinical."
        )
        blocks.append(Note(text, "caution"))
    sections = [_network(network) for network in study.networks.values()]
    return [Section("networks", "Networks", blocks, sections)]


def _network(network: Network) -> Section:
    facts = list(_facts(network.facts))
    blocks: list[Block] = (
        [Pairs(facts)] if facts else [Note(f"network.json of the {network.name} network was not found.")]
    )
    for stem, path in network.pictures.items():
        words = _PICTURES.get(stem, "{name} network: " + stem.replace("_", " ") + ".")
        caption = words.format(name=network.name, whose=_shown_patients(network.facts))
        if len(network.log) and stem == "curves":
            kept = kept_epoch(network.facts)
            mark = f" Dashed: epoch {fmt.integer(kept)}, whose weights were kept." if kept else ""
            caption += f" {fmt.plural(len(network.log), 'epoch')}; one run, no interval.{mark}"
        identifier = f"network-{network.name}-{stem}".replace("/", "-")
        data = csv_download(identifier, network.log) if stem == "curves" and len(network.log) else None
        blocks.append(Figure(identifier, caption, caption, picture_file(path, identifier), download=data))
    if len(network.log) and "curves" not in network.pictures:
        blocks.append(_curves(network))
    return Section(f"network-{network.name.replace('/', '-')}", f"Network: {network.name.replace('/', ', ')}", blocks)


def _shown_patients(facts: dict[str, Any]) -> str:
    """Whose slices the examples are: of patients that only monitored the training, where any were held back."""
    return "the inner validation split" if facts.get("validation_patients") else "training patients"


def _curves(network: Network) -> Block:
    from livermets.overlap.figures import curves_by_epoch

    identifier = f"network-{network.name}-curves".replace("/", "-")
    caption = (
        _PICTURES["curves"].format(name=network.name)
        + f" {fmt.plural(len(network.log), 'epoch')}; one run, no interval."
    )
    image = drawing_svg(curves_by_epoch(network.log), identifier)
    return Figure(identifier, caption, "Loss and Dice by epoch.", image, download=csv_download(identifier, network.log))


_FACTS = (
    ("target", "target"), ("parameter_count", "weights"), ("convolution_count", "convolution layers"),
    ("training_patients", "training patients"), ("validation_patients", "patients of the inner validation split"),
    ("training_slices", "training slices"), ("training_slices_with_target", "of these with the target"),
    ("epochs", "epochs run"), ("kept_epoch", "epoch kept"), ("slices_per_second", "slices per second in training"),
    ("seconds", "training time"), ("device", "device"), ("seed", "seed"),
)  # fmt: skip


def _facts(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a reader asks of a network; the rest stays in network.json."""
    architecture: dict[str, Any] = facts["network"] if isinstance(facts.get("network"), dict) else {}
    for key in ("architecture", "levels", "base_filters", "norm", "output"):
        if key in architecture:
            yield key.replace("_", " "), _fact(architecture[key])
    facts = {**facts, "kept_epoch": kept_epoch(facts)}
    for key, words in _FACTS:
        if key in facts and facts[key] is not None:
            value = facts[key]
            text = fmt.integer(len(value)) if isinstance(value, list) else _fact(value) if key != "seed" else str(value)
            yield words, fmt.duration(value) if key == "seconds" else text


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return fmt.yes_no(value)
    if isinstance(value, int):
        return fmt.integer(value)
    return fmt.significant(value) if isinstance(value, float) else str(value)
