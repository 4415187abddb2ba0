"""What every trained network is: its size, its training, its curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isinf

from livermets.report import formatting as fmt
from livermets.report.document import Block, Figure, Note, Pairs, Section, Table
from livermets.report.parts import parts_of
from livermets.report.pictures import drawing_svg, picture_file
from livermets.report.study import Network, StudyResults
from livermets.report.tables import Shown, csv_download, shown_table
from livermets.segmentation.description import NetworkDescription

_PICTURES = {
    "curves": "Training and validation curves of the {name} network, by epoch.",
    "examples": "Example slices of {whose}: {name} network's mask beside the manual one.",
}


def networks_sections(study: StudyResults) -> list[Section]:
    parts = parts_of(study)
    if not parts.networks:
        return []
    if not study.networks:
        why = "No network is described because none was trained in this study (results/networks is empty)."
        return [Section("networks", "Networks", [Note(why)])]
    blocks: list[Block] = []
    synthetic = study.made_up("segmentation")
    if study.applied.get("networks") and study.applied.get("trained_on_synthetic"):
        synthetic.append(f"of the study “{study.applied['study']}”")
    if synthetic:
        text = (
            f"The networks were trained on synthetic images ({fmt.listed(synthetic)}): their masks prove "
            "nothing clinical."
        )
        blocks.append(Note(text, "caution"))
    if bundled := study.applied.get("networks"):
        names, where = fmt.listed(list(bundled)), f"the study “{study.applied['study']}”"
        blocks.append(Note(f"Trained in {where}, and applied as its bundle brings them: {names}.", "info"))
    sections = [_network(network, _folds_of(study, name)) for name, network in _whole(study).items()]
    return [Section("networks", "Networks", blocks, sections)]


def _whole(study: StudyResults) -> dict[str, Network]:
    """The networks that stand for themselves: those of a fold stand below the one of all training patients."""
    return {
        name: network for name, network in study.networks.items() if name.rpartition("/fold")[0] not in study.networks
    }


def _folds_of(study: StudyResults, name: str) -> list[Network]:
    folds = [network for other, network in study.networks.items() if other.startswith(f"{name}/fold")]
    return sorted(folds, key=lambda network: network.description.fold or 0)


def _network(network: Network, folds: Sequence[Network] = ()) -> Section:
    blocks: list[Block] = [Pairs(list(_facts(network.description))), *_folds(network, folds)]
    for stem, path in network.pictures.items():
        caption = _caption(network, stem)
        identifier = f"network-{network.name}-{stem}".replace("/", "-")
        data = csv_download(identifier, network.log) if stem == "curves" and len(network.log) else None
        blocks.append(Figure(identifier, caption, caption, picture_file(path, identifier), download=data))
    if len(network.log) and "curves" not in network.pictures:
        blocks.append(_curves(network))
    return Section(f"network-{network.name.replace('/', '-')}", f"Network: {network.name.replace('/', ', ')}", blocks)


def _folds(network: Network, folds: Sequence[Network]) -> list[Table]:
    if not folds:
        return []
    columns = [
        Shown("Fold", lambda one: str(one.fold)),
        Shown("Training patients", lambda one: fmt.integer(len(one.training_patients)), True),
        Shown("Patients of the inner validation split", lambda one: fmt.integer(len(one.validation_patients)), True),
        Shown("Training samples", lambda one: fmt.integer(one.training_samples), True),
        Shown("Epoch kept", lambda one: fmt.count_of(one.kept_epoch, one.epochs), True),
        Shown("Training time", lambda one: fmt.duration(one.seconds), True),
    ]
    caption = (
        f"The networks of the folds of {network.name}: each was trained without the patients of its fold, whose scans "
        "it drew. Their weights, logs and curves lie beside those of the network of all training patients."
    )
    identifier = f"network-{network.name}-folds"
    return [shown_table(identifier, caption, columns, [one.description for one in folds])]


def _caption(network: Network, stem: str) -> str:
    words = _PICTURES.get(stem, "{name} network: " + stem.replace("_", " ") + ".")
    caption = words.format(name=network.name, whose=_shown_patients(network.description))
    if stem == "curves" and len(network.log):
        mark = f" Vertical line: epoch {fmt.integer(network.description.kept_epoch)}, whose weights were kept."
        caption += f" {fmt.plural(len(network.log), 'epoch')}; one run, no interval.{mark}"
    return caption


def _shown_patients(description: NetworkDescription) -> str:
    """Whose slices the examples are: of patients that only monitored the training, where any were held back."""
    return "the inner validation split" if description.validation_patients else "training patients"


def _curves(network: Network) -> Block:
    from livermets.segmentation.figures import training_curves

    identifier = f"network-{network.name}-curves".replace("/", "-")
    image = drawing_svg(training_curves(network.log, network.description.kept_epoch), identifier)
    data = csv_download(identifier, network.log)
    return Figure(identifier, _caption(network, "curves"), "Loss and Dice by epoch.", image, download=data)


_ARCHITECTURE = ("architecture", "levels", "base_filters", "norm", "output")
_FACTS = {
    "parameter_count": "weights",
    "convolution_count": "convolution layers",
    "receptive_field": "receptive field",
    "training_share": "share of the training patients that it was given",
    "training_patients": "training patients",
    "validation_patients": "patients of the inner validation split",
    "training_scans": "scans of the training patients",
    "training_samples": "training samples",
    "training_samples_with_focus": "with lesions (or, of the liver network, the liver)",
    "epochs": "epochs run",
    "kept_epoch": "epoch kept",
    "samples_per_second": "samples per second in training",
    "seconds": "training time",
    "device": "device",
    "seed": "seed",
}
"""What a reader asks of a network, in words; the rest stays in network.json."""


def _facts(description: NetworkDescription) -> Iterator[tuple[str, str]]:
    for key in _ARCHITECTURE:
        if hasattr(description.network, key):
            yield key.replace("_", " "), _fact(getattr(description.network, key))
    yield "classes", str(description.told_apart)
    yield "view", description.sampling.view
    for key, words in _FACTS.items():
        value = getattr(description, key)
        if (key == "training_scans" and value is None) or (key == "training_share" and value == 1):
            continue  # not counted by the version that trained it; all of them
        if key == "receptive_field":
            yield words, receptive_field_words(description)
            continue
        text = fmt.integer(len(value)) if isinstance(value, tuple) else _fact(value) if key != "seed" else str(value)
        yield words, fmt.duration(value) if key == "seconds" else text


def receptive_field_words(description: NetworkDescription) -> str:
    """The receptive field's side, or the smallest and the largest where it depends on the position or the axis."""
    sides = description.receptive_sides
    if sides is None:
        return "not measured"
    if isinf(max(sides)):
        return "the whole image"
    unit = "pixels" if description.network.dimensions == 2 else "voxels"
    return f"{' to '.join(fmt.integer(side) for side in dict.fromkeys(sides))} {unit}"


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return fmt.yes_no(value)
    if isinstance(value, int):
        return fmt.integer(value)
    return fmt.significant(value) if isinstance(value, float) else str(value)
