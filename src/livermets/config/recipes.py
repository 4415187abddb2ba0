"""Further lesion networks, trained and applied beside the study's own, to be compared with it on the same lesions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livermets.config.load import read_yaml, validate_section
from livermets.config.networks import FurtherNetwork
from livermets.config.overlay import merged, overlaid, without
from livermets.config.paths import TemplateError, located
from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import SegmentationSettings
from livermets.config.study import StudyConfig
from livermets.errors import ProblemList, input_error

# Beside the package in a checkout, wherever the study's own folder is.
PRESETS = Path(__file__).parents[3] / "presets"


@dataclass(frozen=True)
class NetworkRecipe:
    """What a further network is made by, with every default filled in."""

    preprocess: PreprocessSettings
    segmentation: SegmentationSettings
    training_share: float = 1.0
    """The share of the training patients that it learns from."""


def network_recipes(study: StudyConfig) -> dict[str, NetworkRecipe]:
    """How every further network is made, by name; raises `InputError` for all that are wrong at once."""
    found, problems = {}, ProblemList()
    for name, entry in study.networks.items():
        with problems.collected():
            found[name] = network_recipe(name, entry, study)
    problems.raise_if_errors()
    return found


def liver_preprocess(study: StudyConfig) -> PreprocessSettings:
    """How scans are prepared for the liver network: as for the study's own, but for the keys that differ.

    Raises `InputError` for every key that is wrong."""
    values = overlaid(study.preprocess.model_dump(mode="json"), study.segmentation.liver.preprocess)
    return validate_section(PreprocessSettings, values, "segmentation.liver.preprocess")


def network_recipe(name: str, entry: FurtherNetwork, study: StudyConfig) -> NetworkRecipe:
    """The study's settings, with the preset's on top (as by ``--configfile``), and the entry's own on top of those.

    Raises `InputError` for a preset that is not there and for every key that is wrong."""
    where = f"networks.{name}"
    preset = read_yaml(preset_path(entry.preset, where)) if entry.preset else {}
    preprocess = overlaid(study.preprocess.model_dump(mode="json"), preset.get("preprocess") or {}, entry.preprocess)
    segmentation = study.segmentation.model_dump(mode="json")
    theirs = preset.get("segmentation") or {}
    segmentation["classes"] = entry.classes or theirs.get("classes") or segmentation["classes"]
    for part in ("network", "sampling", "training", "output"):
        segmentation[part] = overlaid(segmentation[part], theirs.get(part) or {}, getattr(entry, part))
    return NetworkRecipe(
        validate_section(PreprocessSettings, preprocess, f"{where}.preprocess"),
        validate_section(SegmentationSettings, segmentation, where),
        entry.training_share,
    )


def preset_path(preset: str, where: str) -> Path:
    """The file of a preset given by name or path."""
    named = PRESETS / f"{preset}.yaml"
    try:
        path = named if named.is_file() else located(preset)
    except TemplateError as error:
        raise input_error(f"{where}.preset", str(error), "Set it, or write the path out") from error
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in PRESETS.glob("*.yaml")))
        raise input_error(f"{where}.preset", f"there is no preset {preset!r}", f"Give a path, or one of {known}")
    return path


def by_forms(config: Mapping[str, Any], files: Sequence[Path]) -> dict[str, Any]:
    """A configuration that Snakemake merged from these files (the last one wins), without the keys of forms that a
    later file replaced by others: Snakemake keeps the levels of a U-Net under an architecture that has none."""
    read = [read_yaml(file) for file in files] if len(files) > 1 else []
    return without(config, *(merged({}, read, by_form=asked) for asked in (False, True)))
