"""What a network tells apart: the background, and one or several classes beside it, in the order of its channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.errors import input_error

BACKGROUND = "background"
LIVER, LESION = "liver", "lesion"
_INWARDS = (LIVER, LESION)
"""All classes from the outside in: where a voxel is of several, it belongs to the innermost."""


@dataclass(frozen=True)
class Classes:
    """The names of the classes in the order of the channels; the background is the first."""

    names: tuple[str, ...]

    @classmethod
    def beside_background(cls, names: Iterable[str]) -> Classes:
        """The background and these classes. Raises `InputError` for one that is not known, and if there is none."""
        asked = list(names)
        unknown = [name for name in asked if name not in _INWARDS]
        if unknown or not asked:
            known = f"Use {', '.join(_INWARDS)} or both"
            raise input_error("--classes", f"{', '.join(unknown) or 'nothing'} is no class to be found", known)
        return cls((BACKGROUND, *(name for name in _INWARDS if name in asked)))

    def __str__(self) -> str:
        return " and ".join(self.found)

    @property
    def found(self) -> tuple[str, ...]:
        """The classes beside the background, as a prediction has them."""
        return self.names[1:]

    @property
    def focus(self) -> int:
        """The channel of the innermost class: what is rare, by which epochs are balanced."""
        return len(self.names) - 1

    @property
    def need_liver(self) -> bool:
        """Whether the image's scale may depend on a known liver: not where the liver is what is looked for."""
        return LIVER not in self.names

    def channels(self, output: str) -> int:
        """Channels of a network's last layer. Raises `InputError` for a sigmoid of several classes."""
        if output == "softmax":
            return len(self.names)
        if len(self.found) > 1:
            what = f"output: sigmoid has one class, not {self}"
            raise input_error("segmentation.network.output", what, "Set network.output: softmax")
        return 1

    def index(self, name: str, where: object = "--network") -> int:
        """The place of a class among those beside the background.

        Raises `InputError` if the network, in the folder ``where``, does not find it."""
        if name not in self.found:
            raise input_error(where, f"this network finds {self}, not {name}", f"Name one that finds {name}")
        return self.found.index(name)

    def target(self, masks: Mapping[str, NDArray]) -> NDArray[np.uint8]:
        """The class of every voxel, 0 for the background, from one mask (above 0) of each class."""
        first = masks[self.found[0]]
        target = np.zeros(first.shape, dtype=np.uint8)
        for channel, name in enumerate(self.found, start=1):
            target[masks[name] > 0] = channel
        return target


def most_probable(probability: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where each class beside the background (first axis) is the most probable of all, the background included."""
    background = 1 - probability.sum(axis=0, keepdims=True)
    winner = np.argmax(np.concatenate([background, probability]), axis=0)
    return np.stack([winner == channel for channel in range(1, len(probability) + 1)])
