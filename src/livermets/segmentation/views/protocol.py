"""How a network is shown a scan, in training and afterwards. Training and prediction know these protocols only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import torch
from numpy import bool_, float32
from numpy.typing import NDArray
from torch import Tensor, nn

from livermets.config.segmentation import OutputSettings
from livermets.config.training import AugmentationSettings
from livermets.segmentation.architectures.pathways import Images
from livermets.segmentation.training_scan import TrainingScan

Progress = Callable[[Iterable[int]], Iterable[int]]


class Batch(NamedTuple):
    """Images with the class of every voxel of the output ``(batch, 1, …)``."""

    images: Images
    target: Tensor
    network: int
    """Which of the networks that are trained together they are for (`architectures.build.networks_in`)."""


class EpochSamples(Protocol):
    """What one epoch shows, varied at random, by the seed, the epoch and the position alone."""

    def set_epoch(self, epoch: int) -> None:
        """Draws anew what is shown."""

    def __len__(self) -> int: ...

    def __getitem__(self, position: int) -> tuple[Images, Tensor, int]:
        """Image, target and network of one position, as in `Batch`."""

    def batches(self, size: int) -> list[list[int]]:
        """The positions of every batch; a batch is for one network."""

    def class_shares(self) -> tuple[float, ...]:
        """Shares of the classes beside the background among the voxels that epochs show: never quite 0, and together
        never quite 1, so that their inverses are weights."""


class Samples(Protocol):
    """What a network is trained on or monitored with."""

    def __len__(self) -> int: ...

    @property
    def with_focus(self) -> NDArray[bool_]:
        """Which of them show the innermost class."""

    def epochs(self, augmentation: AugmentationSettings, seed: int) -> EpochSamples:
        """The epochs of a training on them."""

    def batches(self, size: int) -> Iterator[Batch]:
        """All of them, once, as they are: to monitor a training."""


class View(Protocol):
    """A way to show scans to a network and to put its answers together again."""

    @property
    def parts(self) -> Sequence[str]:
        """The names of the networks that are trained together; empty for a single one."""

    def check_image(self, shape_zyx: tuple[int, ...], where: object) -> None:
        """Raises `InputError` for an image of a shape that is too small to be shown."""

    def shown(self, scans: list[TrainingScan], network: nn.Module) -> list[TrainingScan]:
        """What a network (of which only the sizes matter) is shown of scans: all of them, or boxes around their
        livers."""

    def samples(self, scans: list[TrainingScan], network: nn.Module) -> Samples:
        """What is shown of scans, cut into samples.

        Raises `InputError` if they do not fit the network, or if nothing is left."""

    def probabilities(
        self,
        network: nn.Module,
        image: NDArray[float32],
        liver: NDArray | None,
        output: OutputSettings,
        device: torch.device,
        progress: Progress = iter,
    ) -> NDArray[float32]:
        """The probability of every class beside the background (first axis) per voxel of a normalised image (``zyx``,
        network grid). With ``restrict_to_liver`` it is 0 outside the liver.

        Raises `InputError` if a liver is needed and none is given, or memory runs out."""
