"""The networks of a study by the names of their folders under results/networks/: `liver`, `automatic` (the study's own
lesion network) with `automatic/fold0` and so on where it is cross-fitted, and the further ones."""

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
    """Whether the liver of any scan is found by a network."""
    in_bundle: Sequence[str] = ()
    """The networks of the bundle that the study applies; without training and bundle there are none."""

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
        folds = self.config.segmentation.cross_fit if self.learns else 0
        whole = [name for name in self.names if name not in self.in_bundle]
        return [*whole, *(f"{OWN}/fold{number}" for number in range(folds))]

    def preprocess_settings(self, network: str) -> str:
        """How scans are prepared for a network, as JSON."""
        return canonical_json(self.preprocess(network).model_dump(mode="json"))

    def preprocess(self, network: str) -> PreprocessSettings:
        """The same as settings; folds see what the whole network sees."""
        network = preprocessed_for(network)
        if network == LIVER:
            return self._preprocess_of_liver
        recipe = self.recipes.get(network)
        return recipe.preprocess if recipe else self.config.preprocess

    @cached_property
    def _preprocess_of_liver(self) -> PreprocessSettings:
        return liver_preprocess(self.config)

    def training_settings(self, network: str) -> str:
        """What decides the weights of a network, as JSON; those of a fold are trained like the whole one."""
        if network == LIVER:
            return canonical_json({"liver": _training_parts(self.config.segmentation.liver)})
        return canonical_json(_training_parts(self._segmentation(network)))

    def mask_settings(self, network: str) -> str:
        """What decides the masks of a lesion network beside its weights, as JSON."""
        parts = {"classes", "network", "sampling", "output", "matching"}
        return canonical_json(self._segmentation(network).model_dump(mode="json", include=parts))

    def _segmentation(self, network: str) -> SegmentationSettings:
        recipe = self.recipes.get(network)
        return recipe.segmentation if recipe else self.config.segmentation

    def classes(self, network: str) -> str:
        """What a network finds, as `--classes` says it."""
        return LIVER if network == LIVER else ",".join(self._segmentation(network).classes)

    def fold_options(self, network: str) -> str:
        """The options of `train-segmentation` that leave a fold out: empty for a network of all training patients."""
        fold = network.partition("/fold")[2]
        return f"--fold {fold} --folds {self.config.segmentation.cross_fit}" if fold else ""


def preprocessed_for(network: str) -> str:
    """The network whose preprocessed scans a network is trained on: folds see those of the whole one."""
    return network.partition("/")[0]


def checkpoint_folder(network: str) -> str:
    """Where an interrupted training keeps its state, beside and not below that of another network."""
    return f"results/checkpoints/networks/{network.replace('/', '.')}"


def _training_parts(section: SegmentationSettings | LiverSettings) -> dict[str, Any]:
    """Architecture, training, and what is shown of a scan. A threshold does not train a network again."""
    return section.model_dump(mode="json", include={"network", "sampling", "training"})
