"""The networks of a study by the names of their folders under results/networks/: `liver`, `automatic` (the study's own
lesion network) and the further ones, and of each that is cross-fitted `automatic/fold0` and so on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from livermets.config.networks import LIVER, OWN
from livermets.config.preprocess import PreprocessSettings
from livermets.config.recipes import NetworkRecipe, liver_preprocess, network_recipes
from livermets.config.segmentation import LiverSettings, SegmentationSettings
from livermets.config.study import StudyConfig
from livermets.provenance import canonical_json


@dataclass(frozen=True)
class Networks:
    """What rules ask of the networks of one configuration."""

    config: StudyConfig
    learns: bool
    """Whether any scan trains a network."""
    finds_livers: bool = False
    """Whether the study has a network for livers alone."""
    in_bundle: Sequence[str] = ()
    """The networks of the bundle that the study applies; without training and bundle there are none."""
    folds: int = 0
    """How many folds every network that is trained has; 0: none is cross-fitted."""
    liver_folds: Sequence[int] = ()
    """The folds with a training scan whose liver is found by a network."""

    @cached_property
    def recipes(self) -> dict[str, NetworkRecipe]:
        """How every further network is made, by name."""
        return network_recipes(self.config)

    @property
    def of_lesions(self) -> list[str]:
        """The networks that find lesions, the study's own first."""
        return [OWN, *self.config.networks] if self.learns or OWN in self.in_bundle else []

    @property
    def names(self) -> list[str]:
        """The networks that have preprocessed scans of their own."""
        return [*([LIVER] if self.finds_livers else []), *self.of_lesions]

    @property
    def bundled(self) -> list[str]:
        """The networks that are taken from the bundle."""
        return [name for name in self.names if name in self.in_bundle]

    @property
    def trained(self) -> list[str]:
        """Everything that is trained: the networks, and those of the folds."""
        whole = [name for name in self.names if name not in self.in_bundle]
        return [*whole, *(fold_name(name, fold) for name in whole for fold in self._folds_of(name))]

    def is_crossed(self, network: str) -> bool:
        """Whether training scans are drawn by networks that never saw the patient."""
        return bool(self.folds) and network not in self.in_bundle

    def _folds_of(self, network: str) -> Sequence[int]:
        if not self.is_crossed(network):
            return ()
        return self.liver_folds if network == LIVER else range(self.folds)

    @cached_property
    def of_one_recipe(self) -> list[list[str]]:
        """The lesion networks that differ in their share of the training patients alone, recipe by recipe: those of a
        learning curve."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for name in self.of_lesions:
            recipe = (self.preprocess_settings(name), self.training_settings(name), self.mask_settings(name))
            groups.setdefault(recipe, []).append(name)
        return [names for names in groups.values() if len({self._share(name) for name in names}) > 1]

    def _share(self, network: str) -> float:
        recipe = self.recipes.get(network)
        return recipe.training_share if recipe else 1.0

    def preprocess_settings(self, network: str) -> str:
        """How scans are prepared for a network, as JSON."""
        return canonical_json(self.preprocess(network).model_dump(mode="json"))

    def preprocess(self, network: str) -> PreprocessSettings:
        """The same as settings; folds see what the whole network sees."""
        network = whole_name(network)
        if network == LIVER:
            return self._preprocess_of_liver
        recipe = self.recipes.get(network)
        return recipe.preprocess if recipe else self.config.preprocess

    @cached_property
    def _preprocess_of_liver(self) -> PreprocessSettings:
        return liver_preprocess(self.config)

    def training_settings(self, network: str) -> str:
        """What decides the weights of a network, as JSON; those of a fold are trained like the whole one."""
        parts = _training_parts(self.settings(network))
        return canonical_json({"liver": parts} if whole_name(network) == LIVER else parts)

    def mask_settings(self, network: str) -> str:
        """What decides the masks of a lesion network beside its weights, as JSON."""
        parts = {"classes", "network", "sampling", "output", "matching"}
        return canonical_json(self._segmentation(network).model_dump(mode="json", include=parts))

    def settings(self, network: str) -> SegmentationSettings | LiverSettings:
        """Where a network's architecture, view, training and output are set; folds are made like the whole one."""
        return self.config.segmentation.liver if whole_name(network) == LIVER else self._segmentation(network)

    def _segmentation(self, network: str) -> SegmentationSettings:
        recipe = self.recipes.get(whole_name(network))
        return recipe.segmentation if recipe else self.config.segmentation

    def finds_liver(self, network: str) -> bool:
        """Whether a network finds the liver, alone or with lesions."""
        return LIVER in self.classes(network).split(",")

    def classes(self, network: str) -> str:
        """What a network finds, as `--classes` says it."""
        return LIVER if whole_name(network) == LIVER else ",".join(self._segmentation(network).classes)


def fold_name(network: str, fold: int | None) -> str:
    """The network of a fold; None: the one of all training patients."""
    return network if fold is None else f"{network}/fold{fold}"


def whole_name(network: str) -> str:
    """The network of all training patients that one belongs to, with whose preprocessed scans its folds are trained."""
    return network.partition("/")[0]


def fold_number(network: str) -> int | None:
    """The fold that a network never saw; None: it is one of all training patients."""
    fold = network.partition("/fold")[2]
    return int(fold) if fold else None


def checkpoint_folder(network: str) -> str:
    """Where an interrupted training keeps its state, beside and not below that of another network."""
    return f"results/checkpoints/networks/{network.replace('/', '.')}"


def _training_parts(section: SegmentationSettings | LiverSettings) -> dict[str, Any]:
    """Architecture, training, and what is shown of a scan. A threshold does not train a network again, unless whole
    scans are cut at it to choose the epoch."""
    parts = {"network", "sampling", "training"}
    if section.training.validate_on == "volumes":
        parts.add("output")
    return section.model_dump(mode="json", include=parts)
