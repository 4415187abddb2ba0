"""What the networks of a study are called, and what a further one beside the study's own says of itself."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from livermets.config.base import PathText, Section

OWN = "automatic"
"""The study's own lesion network: its masks are those that the report calls automatic."""
LIVER = "liver"
"""The network that finds livers, where one is trained."""


class FurtherNetwork(Section):
    """How one further lesion network differs from the study's own. It is trained on the same patients, or a share of
    them, with the same seed, shares the study's liver masks, its folds and its rule of detection, and draws masks of
    the validation scans and, with `segmentation.cross_fit`, of the training scans."""

    preset: PathText | None = None
    """A published recipe by its name in presets/ (giannini2020), or the path of a YAML file of that form; empty: the
    study's own settings. Its liver and matching settings are not used."""
    preprocess: dict[str, Any] = {}
    """Keys of `preprocess` that differ from it, e.g. {network_grid: 128}."""
    classes: list[str] | None = None
    """What it tells apart (`segmentation.classes`), if not the same."""
    network: dict[str, Any] = {}
    """Keys of `segmentation.network` that differ from it; those of another architecture are taken alone."""
    sampling: dict[str, Any] = {}
    """Keys of `segmentation.sampling` that differ from it."""
    training: dict[str, Any] = {}
    """Keys of `segmentation.training` that differ from it."""
    output: dict[str, Any] = {}
    """Keys of `segmentation.output` that differ from it."""
    training_share: float = Field(default=1.0, gt=0, le=1)
    """Share of the training patients that it learns from, rounded up to whole patients; under `segmentation.cross_fit`
    of those that a fold leaves. The patients of a smaller share are among those of a larger one, whatever the network.
    Networks of one recipe with several shares make a learning curve (`overlap/learning_curve.csv`)."""
