"""Settings of a study that applies a finished one: taken from its bundle, and refused where the study states others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, TypeVar

from livermets.config.bundled import KEY, BundleFacts, facts_named_by, with_bundle
from livermets.config.load import is_json, validate_section, values_from_option
from livermets.config.networks import LIVER
from livermets.config.recipes import NetworkRecipe, network_recipes
from livermets.config.study import StudyConfig
from livermets.errors import ProblemList

ConfigType = TypeVar("ConfigType", bound=StudyConfig)

_OF_SEGMENTATION: dict[str, Any] = {
    "preprocess": True,
    "segmentation": {"classes", "network", "sampling", "training", "output", "matching", "cpu_threads"},
}
_OF_LIVERS = {"missing", "replace_given", "preprocess", "network", "sampling", "training", "output", "postprocess"}
_OF_RESPONSE = ("outcome", "response_timepoints", "radiomics", "selection", "classification")
OWN_CHOICE = ("outcome", "segmentation.liver.missing", "segmentation.liver.replace_given")
"""What a study may state otherwise: how it tells responders, and where its livers come from."""
_PARTS = ("classes", "network", "sampling", "training", "output")


def study_config(
    section: type[ConfigType], values: Mapping[str, Any], where: str = "", source: Path | None = None
) -> ConfigType:
    """A configuration with everything that its bundle states. Raises `InputError` with one problem per setting that
    the study states otherwise than the bundle, and for a bundle that cannot be read."""
    config = validate_section(section, with_bundle(values), where, source)
    facts = facts_of(config)
    if facts is not None:
        _stated_otherwise(config, facts).raise_if_errors()
    return config


def study_from_option(option: str) -> StudyConfig:
    """The whole configuration from a verb's ``--settings``: its JSON, or the path of the file."""
    return study_config(StudyConfig, values_from_option(option), "", None if is_json(option) else Path(option))


def facts_of(config: StudyConfig) -> BundleFacts | None:
    """The facts of the bundle that a study applies; None: it applies none."""
    return facts_named_by({KEY: config.model})


def settings_to_share(config: StudyConfig, networks: Collection[str], fits_response: bool) -> dict[str, Any]:
    """What decides masks and classes, for a bundle with these networks and perhaps the response model: no path and no
    cohort. Where livers come from is a matter of the place, unless a network that is in the bundle finds them."""
    shared: dict[str, Any] = {}
    if networks:
        shared |= config.model_dump(mode="json", include=_OF_SEGMENTATION)
        shared["networks"] = {name: _explicit(recipe) for name, recipe in network_recipes(config).items()}
    if LIVER in networks or (networks and config.segmentation.liver.missing == "joint"):
        liver = config.segmentation.liver.model_dump(mode="json", include=_OF_LIVERS)
        shared["segmentation"]["liver"] = liver
    if fits_response:
        shared |= config.model_dump(mode="json", include=set(_OF_RESPONSE))
    return without_paths(shared)


def without_paths(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings, or a description of a network, with the name alone of a file of pre-trained weights."""
    found = {}
    for key, value in settings.items():
        if key == "pretrained" and isinstance(value, Mapping):
            found[key] = {**value, "file": PurePath(str(value["file"])).name}
        else:
            found[key] = without_paths(value) if isinstance(value, Mapping) else value
    return found


def _explicit(recipe: NetworkRecipe) -> dict[str, Any]:
    """A further network as an entry of `networks` that needs no preset and no study around it."""
    parts = recipe.segmentation.model_dump(mode="json", include=set(_PARTS))
    preprocess = recipe.preprocess.model_dump(mode="json")
    return {"preprocess": preprocess, **parts, "training_share": recipe.training_share}


def _stated_otherwise(config: StudyConfig, facts: BundleFacts) -> ProblemList:
    problems = ProblemList()
    ours, theirs = config.model_dump(mode="json"), dict(facts.settings)
    if "networks" in theirs:
        ours["networks"] = {name: _explicit(recipe) for name, recipe in network_recipes(config).items()}
        for name in ours["networks"].keys() - theirs["networks"].keys():
            what = "the bundle does not bring this network, and a study that applies networks trains none"
            problems.error(f"networks.{name}", what, f"Leave it out, or leave out `{KEY}`")
    for key, mine, bundled in (*_differing(without_paths(ours), theirs), *_of_livers_alone(ours, theirs)):
        if not key.startswith(OWN_CHOICE):
            what = f"this is {mine!r} here and {bundled!r} in the bundle, which was made with that"
            problems.error(key, what, f"Leave it out: a study takes it from its `{KEY}`")
    return problems


def _of_livers_alone(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Keys of preprocessing that this study states for the bundle's liver network, which was made with those of all."""
    liver = theirs.get("segmentation", {}).get("liver")
    if liver is not None:
        of_all = theirs.get("preprocess", {})
        for key, mine in ours["segmentation"]["liver"]["preprocess"].items():
            if key not in liver.get("preprocess", {}) and mine != of_all.get(key):
                yield f"segmentation.liver.preprocess.{key}", mine, of_all.get(key)


def _differing(ours: Any, theirs: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every setting of the bundle's that is another one here, by its dotted key."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        # What another architecture has no word for is not told key by key: that it is another one is.
        for name in (name for name in theirs if name in ours):
            yield from _differing(ours[name], theirs[name], f"{key}.{name}" if key else name)
    elif ours != theirs:
        yield key, ours, theirs
